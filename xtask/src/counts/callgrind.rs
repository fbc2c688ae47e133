//! callgrind's dumps: how often each instruction was executed between two marks.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// How often each address was executed, by the object it lies in.
#[derive(Debug, Default)]
pub(super) struct Costs(pub(super) BTreeMap<PathBuf, HashMap<u64, u64>>);

impl Costs {
    pub(super) fn total(&self) -> f64 {
        self.0.values().flat_map(HashMap::values).sum::<u64>() as f64
    }
}

/// What is written before the driver's name. A dump is made at every mark.
pub(super) fn line(out: &Path) -> Vec<String> {
    let out = format!("--callgrind-out-file={}", out.display());
    let flags = [
        "valgrind",
        "-q",
        "--fair-sched=yes", // or a thread may wait for its turn for seconds
        "--tool=callgrind",
        "--dump-instr=yes",
        "--dump-line=no",
        "--compress-pos=no",
        "--dump-before=*mark::crossing*",
        &out,
    ];
    flags.into_iter().map(String::from).collect()
}

/// Removes what an earlier run has left.
pub(super) fn clear(out: &Path) -> Result<(), String> {
    for part in 1.. {
        if std::fs::remove_file(part_of(out, part)).is_err() {
            break;
        }
    }
    Ok(())
}

/// The dump of that number, the first being 1.
pub(super) fn read(out: &Path, part: usize) -> Result<Costs, String> {
    let path = part_of(out, part);
    let text = std::fs::read_to_string(&path)
        .map_err(|error| format!("callgrind has not dumped {}: {error}", path.display()))?;
    Ok(parse(&text))
}

fn part_of(out: &Path, part: usize) -> PathBuf {
    PathBuf::from(format!("{}.{part}", out.display()))
}

/// The format is callgrind's: `ob=` names the object from here on, a name being given once and its
/// number after that; a line behind `calls=` is the cost of the callee and not of this instruction.
pub(super) fn parse(text: &str) -> Costs {
    let mut names: HashMap<&str, &str> = HashMap::new();
    let mut costs = Costs::default();
    let mut object = "";
    let mut of_callee = false;
    for line in text.lines() {
        if let Some(named) = line.strip_prefix("ob=").or_else(|| line.strip_prefix("cob=")) {
            let (number, name) = named.split_once(' ').unwrap_or((named, ""));
            if !name.is_empty() {
                names.insert(number, name);
            }
            if line.starts_with("ob=") {
                object = names.get(number).copied().unwrap_or(name);
            }
        } else if line.starts_with("calls=") {
            of_callee = true;
        } else if let Some(cost) = line.strip_prefix("0x") {
            if std::mem::take(&mut of_callee) {
                continue;
            }
            let Some((address, times)) = cost.split_once(' ') else { continue };
            let times = times.trim().parse().unwrap_or(0);
            if let Ok(address) = u64::from_str_radix(address, 16) {
                *costs.0.entry(object.into()).or_default().entry(address).or_default() += times;
            }
        }
    }
    costs
}
