//! What is kept of a run: every sample, and on which machine it was taken; as JSON, to and fro.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::case::{Case, Unit};
use super::machine::Machine;
use super::run::{BASELINE, CONTROL, LIMIT, Latency, OURS, Row, Run, Setting};
use super::stats::{Interval, Verdict};
use crate::flags::Mode;

/// Raised when a reader of old files would misread a new one.
const SCHEMA: u64 = 1;

/// The file of a run: named after its start.
pub(super) fn path(folder: &Path, run: &Run) -> PathBuf {
    folder.join(format!("{}.json", run.machine.started.replace(':', "-")))
}

/// The last run in a folder: names are dates.
pub(super) fn last(folder: &Path) -> Option<PathBuf> {
    let files = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    files.filter(|path| path.extension().is_some_and(|it| it == "json")).max()
}

pub(super) fn read(path: &Path) -> Result<Run, String> {
    let fault = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| fault(&error))?;
    let json = serde_json::from_str(&text).map_err(|error| fault(&error))?;
    from_json(&json).map_err(|error| fault(&error))
}

/// With a line break at the end, as files have.
pub(super) fn text(run: &Run) -> String {
    format!("{:#}\n", to_json(run))
}

pub(super) fn to_json(run: &Run) -> Value {
    let Run { machine, setting, .. } = run;
    let versions = machine.peers.iter().map(|(name, version)| (name.clone(), json!(version)));
    let mut control = interval(run.control(), None);
    control["sound"] = json!(run.is_sound());
    control["grain"] = json!(run.grain());
    json!({
        "schema": SCHEMA,
        "started": machine.started,
        "git": machine.git,
        "dirty": machine.dirty,
        "rustc": machine.rustc,
        "profile": machine.profile,
        "cpu": machine.cpu,
        "cores": machine.cores,
        "kernel": machine.kernel,
        "governor": machine.governor,
        "load": machine.load,
        "mode": setting.mode.name(),
        "allocator": setting.allocator,
        "rounds": setting.rounds,
        "seconds": setting.seconds,
        "quick": setting.quick,
        "baseline": setting.baseline,
        "interrupted": run.interrupted,
        "peers": versions.collect::<Map<_, _>>(),
        "against": run.peers,
        "control": control,
        "faults": run.faults,
        "remarks": run.remarks,
        "cases": run.rows.iter().map(row_to_json).collect::<Vec<_>>(),
    })
}

fn row_to_json(row: &Row) -> Value {
    let case = &row.case;
    let samples = row.samples.iter().map(|(name, values)| (name.clone(), json!(values)));
    let ratios = row.beside.iter().map(|beside| {
        let ratio = beside.ratio.interval;
        (beside.runtime.clone(), interval(ratio, Some(beside.verdict)))
    });
    let control = (CONTROL.to_owned(), interval(row.control.interval, None));
    let latency = row
        .latency
        .iter()
        .map(|(name, of)| (name.clone(), json!({ "p50": of.p50, "p99": of.p99, "p999": of.p999 })));
    json!({
        "id": case.id,
        "group": case.group,
        "name": case.name,
        "size": case.size,
        "axis": case.axis,
        "asyncio": case.asyncio,
        "measure": case.measure.name(),
        "meaning": case.meaning,
        "threads": row.threads,
        "unit": row.unit.name(),
        "samples": samples.collect::<Map<_, _>>(),
        "ratio": ratios.chain([control]).collect::<Map<_, _>>(),
        "latency": latency.collect::<Map<_, _>>(),
    })
}

/// No number is JSON's word for infinity: then the member is null.
fn interval(ratio: Interval, verdict: Option<Verdict>) -> Value {
    let mut json = json!({ "median": ratio.median, "lo": ratio.low, "hi": ratio.high });
    if let Some(verdict) = verdict {
        json["verdict"] = json!(match verdict {
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            Verdict::Undecided => "undecided",
        });
    }
    json
}

/// What follows from the samples is worked out again and not believed.
pub(super) fn from_json(json: &Value) -> Result<Run, String> {
    if json["schema"].as_u64() != Some(SCHEMA) {
        return Err(format!("schema {} is not {SCHEMA}", json["schema"]));
    }
    let text = |field: &str| json[field].as_str().unwrap_or_default().to_owned();
    let mode = text("mode");
    let mode = Mode::ALL.into_iter().find(|it| it.name() == mode).ok_or("an unknown mode")?;
    let versions = json["peers"].as_object().into_iter().flatten();
    let version = |version: &Value| version.as_str().unwrap_or_default().to_owned();
    let machine = Machine {
        started: text("started"),
        git: text("git"),
        dirty: json["dirty"].as_bool().unwrap_or(false),
        rustc: text("rustc"),
        profile: text("profile"),
        peers: versions.map(|(name, of)| (name.clone(), version(of))).collect(),
        cpu: text("cpu"),
        cores: json["cores"].as_u64().unwrap_or(0),
        kernel: text("kernel"),
        governor: text("governor"),
        load: numbers(&json["load"]),
    };
    let setting = Setting {
        mode,
        allocator: text("allocator"),
        rounds: json["rounds"].as_u64().unwrap_or(0) as usize,
        seconds: json["seconds"].as_f64().unwrap_or(0.0),
        quick: json["quick"].as_bool().unwrap_or(false),
        baseline: json["baseline"].as_str().map(String::from),
    };
    let cases = json["cases"].as_array().ok_or("no cases")?;
    let against = strings(&json["against"]);
    let rows = cases.iter().zip(0..).map(|(json, seed)| row_from_json(json, &against, seed));
    let rows = rows.collect::<Result<_, _>>()?;
    Ok(Run {
        machine,
        setting,
        peers: against,
        rows,
        faults: strings(&json["faults"]),
        remarks: strings(&json["remarks"]),
        interrupted: json["interrupted"].as_bool().unwrap_or(false),
    })
}

fn row_from_json(json: &Value, against: &[String], seed: u64) -> Result<Row, String> {
    let case = Case::from_json(json)?;
    let unit = json["unit"].as_str().and_then(Unit::from_name);
    let unit = unit.ok_or_else(|| format!("{} has no unit", case.id))?;
    let threads = json["threads"].as_u64().ok_or_else(|| format!("{} has no threads", case.id))?;
    let samples = json["samples"].as_object().into_iter().flatten();
    let mut samples: Vec<_> =
        samples.map(|(name, values)| (name.clone(), numbers(values))).collect();
    let Some((_, ours)) = samples.iter().find(|it| it.0 == OURS) else {
        return Err(format!("{} has no samples of evenkeel", case.id));
    };
    let rounds = ours.len();
    if samples.iter().any(|(_, values)| values.len() != rounds) {
        return Err(format!("{}: not every round is whole", case.id));
    }
    // Objects are unordered; columns are not, and neither are the draws of an interval.
    let place = |name: &str| {
        let last = [LIMIT, BASELINE, CONTROL].iter().position(|it| *it == name);
        let peer = against.iter().position(|it| it == name);
        (name != OURS, last.map_or(0, |at| at + 1), peer)
    };
    samples.sort_by_key(|it| place(&it.0));
    let latency = json["latency"].as_object().into_iter().flatten();
    let each = |json: &Value| Latency {
        p50: numbers(&json["p50"]),
        p99: numbers(&json["p99"]),
        p999: numbers(&json["p999"]),
    };
    let latency = latency.map(|(name, json)| (name.clone(), each(json))).collect();
    Ok(Row::new((case, threads as usize, unit), samples, latency, seed))
}

fn numbers(json: &Value) -> Vec<f64> {
    json.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

fn strings(json: &Value) -> Vec<String> {
    let items = json.as_array().into_iter().flatten();
    items.filter_map(|item| item.as_str().map(String::from)).collect()
}

#[cfg(test)]
mod tests;
