//! A case, as the workloads describe it, and in which unit a mode gives its cost.

use serde_json::Value;

use crate::flags::Mode;

/// What a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// What an operation takes.
    Time,
    /// Bytes of heap an operation keeps.
    Bytes,
    /// Allocations an operation makes.
    Allocations,
    /// How late something came. Smaller is better; a mean over ratios means nothing.
    Late,
}

/// In what a cost is given, always per operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Ns,
    Bytes,
    Allocations,
    LateNs,
    Instructions,
    Syscalls,
}

/// A workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Case {
    /// `GROUP/NAME` or `GROUP/NAME@SIZE`: what the workloads are called with.
    pub(super) id: String,
    pub(super) group: String,
    /// Without group and size.
    pub(super) name: String,
    pub(super) size: Option<u64>,
    /// What the size counts: `live tasks`.
    pub(super) axis: String,
    /// The call of asyncio whose price this is.
    pub(super) asyncio: String,
    pub(super) measure: Measure,
    /// What one operation is.
    pub(super) meaning: String,
    /// Who can do it, and with how many threads.
    pub(super) on: Vec<(String, Vec<usize>)>,
    /// In any flavour.
    pub(super) threads: Vec<usize>,
    /// Part of a first look.
    pub(super) quick: bool,
}

impl Case {
    /// From one entry of `list`. What is missing has the value it had before there was a field.
    pub(super) fn from_json(json: &Value) -> Result<Case, String> {
        let text = |field: &str| json[field].as_str().unwrap_or_default().to_owned();
        let (group, name, size) = (text("group"), text("name"), json["size"].as_u64());
        if name.is_empty() {
            return Err(format!("a case without a name: {json}"));
        }
        let measure = text("measure");
        let measure = Measure::from_name(&measure)
            .ok_or_else(|| format!("{name} measures `{measure}`, which is unknown here"))?;
        let mut id = if group.is_empty() { name.clone() } else { format!("{group}/{name}") };
        if let Some(size) = size {
            id += &format!("@{size}");
        }
        let threads = numbers(&json["threads"]).unwrap_or_else(|| vec![1, 2]);
        let on = match (json["flavours"].as_object(), json["runtimes"].as_array()) {
            (Some(flavours), _) => flavours
                .iter()
                .map(|(name, threads)| (name.clone(), numbers(threads).unwrap_or_default()))
                .collect(),
            (None, Some(names)) => {
                let names = names.iter().filter_map(Value::as_str);
                names.map(|name| (name.to_owned(), threads.clone())).collect()
            }
            (None, None) => Vec::new(),
        };
        Ok(Case {
            id,
            axis: text("axis"),
            asyncio: text("asyncio"),
            meaning: text("meaning"),
            measure,
            on,
            threads,
            quick: json["quick"].as_bool().unwrap_or(true),
            group,
            name,
            size,
        })
    }

    /// `GROUP/NAME`: all sizes of a case share it.
    pub(super) fn family(&self) -> &str {
        self.id.split('@').next().unwrap_or_default()
    }

    pub(super) fn can(&self, runtime: &str, threads: usize) -> bool {
        self.on.iter().any(|(name, counts)| name == runtime && counts.contains(&threads))
    }

    /// What this mode says of the case; nothing, for example, of its instructions if it is about
    /// bytes.
    pub(super) fn unit(&self, mode: Mode) -> Option<Unit> {
        match (self.measure, mode) {
            (Measure::Time, Mode::Cpu | Mode::Wall) => Some(Unit::Ns),
            (Measure::Time, Mode::Instr) => Some(Unit::Instructions),
            (Measure::Time, Mode::Syscalls) => Some(Unit::Syscalls),
            (Measure::Time | Measure::Allocations, Mode::Alloc) => Some(Unit::Allocations),
            (Measure::Bytes, Mode::Cpu | Mode::Wall | Mode::Alloc) => Some(Unit::Bytes),
            (Measure::Allocations, Mode::Cpu | Mode::Wall) => Some(Unit::Allocations),
            (Measure::Late, Mode::Cpu | Mode::Wall) => Some(Unit::LateNs),
            (_, Mode::Instr | Mode::Alloc | Mode::Syscalls) => None,
        }
    }
}

impl Measure {
    const ALL: [(Measure, &'static str); 4] = [
        (Measure::Time, "time"),
        (Measure::Bytes, "bytes"),
        (Measure::Allocations, "allocations"),
        (Measure::Late, "late"),
    ];

    pub(super) fn from_name(name: &str) -> Option<Measure> {
        Measure::ALL.iter().find(|it| it.1 == name).map(|it| it.0)
    }

    pub(super) fn name(self) -> &'static str {
        Measure::ALL.iter().find(|it| it.0 == self).map_or("", |it| it.1)
    }
}

impl Unit {
    const ALL: [(Unit, &'static str); 6] = [
        (Unit::Ns, "ns"),
        (Unit::Bytes, "bytes"),
        (Unit::Allocations, "allocations"),
        (Unit::LateNs, "ns late"),
        (Unit::Instructions, "instructions"),
        (Unit::Syscalls, "system calls"),
    ];

    pub(super) fn from_name(name: &str) -> Option<Unit> {
        Unit::ALL.iter().find(|it| it.1 == name).map(|it| it.0)
    }

    pub(super) fn name(self) -> &'static str {
        Unit::ALL.iter().find(|it| it.0 == self).map_or("", |it| it.1)
    }

    /// Taken with a clock: scatters, and needs rounds and a quiet machine.
    pub(super) fn is_time(self) -> bool {
        matches!(self, Unit::Ns | Unit::LateNs)
    }

    /// What evenkeel is when it needs less, and when it needs more.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Unit::Ns => ("faster", "SLOWER"),
            Unit::LateNs => ("sooner", "LATER"),
            _ => ("less", "MORE"),
        }
    }

    /// Three digits and a unit.
    pub(super) fn shown(self, value: f64) -> String {
        match self {
            Unit::Ns | Unit::LateNs if value < 1e3 => format!("{value:.1} ns"),
            Unit::Ns | Unit::LateNs if value < 1e6 => format!("{} us", digits(value / 1e3)),
            Unit::Ns | Unit::LateNs if value < 1e9 => format!("{} ms", digits(value / 1e6)),
            Unit::Ns | Unit::LateNs => format!("{} s", digits(value / 1e9)),
            Unit::Bytes if value < 1e5 => format!("{value:.0} B"),
            Unit::Bytes if value < 1e8 => format!("{} kB", digits(value / 1e3)),
            Unit::Bytes => format!("{} MB", digits(value / 1e6)),
            Unit::Instructions if value < 1e4 => format!("{value:.0} in"),
            Unit::Instructions if value < 1e6 => format!("{} kin", digits(value / 1e3)),
            Unit::Instructions => format!("{} Min", digits(value / 1e6)),
            Unit::Allocations => format!("{value:.2} al"),
            Unit::Syscalls => format!("{value:.2} sc"),
        }
    }
}

/// Three significant ones, as far as the decimal point allows.
fn digits(value: f64) -> String {
    match value {
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

fn numbers(json: &Value) -> Option<Vec<usize>> {
    json.as_array()?.iter().map(|it| it.as_u64().map(|n| n as usize)).collect()
}

#[cfg(test)]
mod tests;
