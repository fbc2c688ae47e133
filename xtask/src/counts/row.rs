//! One row of the table: what one operation on one runtime took, each figure being per operation.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// How often, by name.
pub(super) type Tally = BTreeMap<String, f64>;

/// What an operation took. What was not counted is absent.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) runtime: String,
    pub(super) op: String,
    /// `1`, `2` or `2-free`.
    pub(super) workers: String,
    /// Whether threads that sleep and wake make each run a little different.
    pub(super) loose: bool,
    pub(super) instructions: Option<f64>,
    /// Instructions that lock a cache line, by whose source they stand in.
    pub(super) locked: Option<Tally>,
    pub(super) calls: Option<Tally>,
    pub(super) allocations: Option<f64>,
    /// What was done to our own words, by the name of each.
    pub(super) words: Option<BTreeMap<String, Acts>>,
}

/// What was done to a word.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Acts {
    pub(super) changes: f64,
    pub(super) locks: f64,
    pub(super) stores: f64,
}

impl Acts {
    /// To lock and to unlock is to change a word twice.
    pub(super) fn locked(&self) -> f64 {
        self.changes + 2.0 * self.locks
    }

    /// What was done more often than once in two hundred operations.
    pub(super) fn told(&self) -> Vec<String> {
        let acts = [("changed", self.changes), ("locked", self.locks), ("stored", self.stores)];
        let seen = acts.into_iter().filter(|(_, times)| *times >= 0.005);
        seen.map(|(act, times)| format!("{act} {}", figure(times))).collect()
    }
}

impl Row {
    pub(super) fn key(&self) -> (&str, &str, &str) {
        (&self.runtime, &self.op, &self.workers)
    }

    pub(super) fn title(&self) -> String {
        format!("{} on {}", self.op, self.workers)
    }

    pub(super) fn to_json(&self) -> Value {
        let tally = |tally: &Tally| -> Value {
            tally.iter().map(|(name, times)| (name.clone(), round(*times))).collect()
        };
        let mut fields = Map::new();
        fields.insert("runtime".into(), json!(self.runtime));
        fields.insert("op".into(), json!(self.op));
        fields.insert("workers".into(), json!(self.workers));
        fields.insert("loose".into(), json!(self.loose));
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                fields.insert(name.into(), value);
            }
        };
        put("instructions", self.instructions.map(round));
        put("locked", self.locked.as_ref().map(tally));
        put("calls", self.calls.as_ref().map(tally));
        put("allocations", self.allocations.map(round));
        let words = self.words.as_ref().map(|words| {
            let acts =
                |acts: &Acts| json!([round(acts.changes), round(acts.locks), round(acts.stores)]);
            words.iter().map(|(name, one)| (name.clone(), acts(one))).collect()
        });
        put("words", words);
        Value::Object(fields)
    }

    pub(super) fn from_json(json: &Value) -> Row {
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_string();
        let tally = |name: &str| -> Option<Tally> {
            let fields = json[name].as_object()?;
            Some(fields.iter().filter_map(|(k, v)| Some((k.clone(), v.as_f64()?))).collect())
        };
        let words = json["words"].as_object().map(|words| {
            let act = |acts: &Value, at: usize| acts[at].as_f64().unwrap_or_default();
            let acts = |v: &Value| Acts { changes: act(v, 0), locks: act(v, 1), stores: act(v, 2) };
            words.iter().map(|(name, value)| (name.clone(), acts(value))).collect()
        });
        Row {
            runtime: text("runtime"),
            op: text("op"),
            workers: text("workers"),
            loose: json["loose"].as_bool().unwrap_or_default(),
            instructions: json["instructions"].as_f64(),
            locked: tally("locked"),
            calls: tally("calls"),
            allocations: json["allocations"].as_f64(),
            words,
        }
    }
}

/// Three decimals are more than any figure here means.
fn round(figure: f64) -> Value {
    json!((figure * 1000.0).round() / 1000.0)
}

pub(super) fn sum(tally: &Tally) -> f64 {
    tally.values().sum()
}

/// A figure as a person reads it.
pub(super) fn figure(value: f64) -> String {
    if value >= 99.5 {
        format!("{value:.0}")
    } else if (value - value.round()).abs() < 0.015 {
        format!("{:.0}", value.round().abs())
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}
