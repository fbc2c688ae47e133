//! What is kept of a run: every sample, and on which machine it was taken.

use std::fmt;
use std::path::PathBuf;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::run::Measure;
use super::stats::{self, Interval, Verdict};
use super::{Row, flags};
use crate::flags::Mode;
use crate::workspace::Workspace;

/// Raised when a reader of old files would misread a new one.
const SCHEMA: u32 = 1;

/// Where and with what.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) started: String,
    pub(super) git: String,
    pub(super) rustc: String,
    pub(super) peers: Vec<String>,
    cpu: String,
    cores: usize,
    kernel: String,
    load: String,
}

impl Machine {
    pub(super) fn read(workspace: &Workspace, peers: &[String]) -> Machine {
        let dirty =
            output(workspace, "git", &["status", "--porcelain"]).is_some_and(|s| !s.is_empty());
        let commit = output(workspace, "git", &["rev-parse", "--short", "HEAD"]);
        let lock = std::fs::read_to_string(workspace.root.join("Cargo.lock")).unwrap_or_default();
        let file = |path| std::fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = file("/proc/cpuinfo");
        let model = cpuinfo.lines().find(|line| line.starts_with("model name"));
        let load = file("/proc/loadavg");
        Machine {
            started: date(SystemTime::now()),
            git: format!(
                "{} ({})",
                commit.unwrap_or_else(|| "none".into()),
                if dirty { "changed" } else { "clean" }
            ),
            rustc: output(workspace, "rustc", &["--version"]).unwrap_or_default(),
            peers: peers.iter().map(|peer| format!("{peer} {}", version(&lock, peer))).collect(),
            cpu: model.and_then(|line| line.split(": ").nth(1)).unwrap_or("unknown").into(),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            kernel: format!(
                "{} {}",
                std::env::consts::OS,
                file("/proc/sys/kernel/osrelease").trim()
            ),
            load: load.split(' ').next().unwrap_or_default().into(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cores ({}), {}, load {}", self.cores, self.cpu, self.kernel, self.load)
    }
}

/// Writes `target/bench/DATE.json` and where the flags say; answers with the former.
pub(super) fn save(
    workspace: &Workspace,
    machine: &Machine,
    flags: &flags::Bench,
    rows: &[Row],
) -> Result<PathBuf, String> {
    let folder = workspace.target.join("bench");
    let path = folder.join(format!("{}.json", machine.started.replace(':', "-")));
    let text = format!("{:#}\n", document(machine, flags, rows));
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(&path, &text))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    match flags.json.as_deref() {
        None => {}
        Some("-") => print!("{text}"),
        Some(other) => {
            std::fs::write(other, &text).map_err(|error| format!("{other}: {error}"))?;
        }
    }
    Ok(path)
}

fn document(machine: &Machine, flags: &flags::Bench, rows: &[Row]) -> Value {
    json!({
        "schema": SCHEMA,
        "started": machine.started,
        "git": machine.git,
        "rustc": machine.rustc,
        "cpu": machine.cpu,
        "cores": machine.cores,
        "kernel": machine.kernel,
        "load": machine.load,
        "peers": machine.peers,
        "mode": match flags.mode { Mode::Cpu => "cpu", Mode::Wall => "wall" },
        "rounds": flags.rounds,
        "seconds": flags.time.as_secs_f64(),
        "quick": flags.quick,
        "control": stats::noise(rows),
        "cases": rows.iter().map(case).collect::<Vec<_>>(),
    })
}

fn case(row: &Row) -> Value {
    let mut samples = serde_json::Map::new();
    samples.insert("evenkeel".into(), json!(row.ours));
    samples.insert("control".into(), json!(row.again));
    let mut ratios = serde_json::Map::new();
    ratios.insert("control".into(), interval(row.control(), None));
    for (peer, values) in &row.peers {
        samples.insert(peer.clone(), json!(values));
    }
    for (peer, ratio, verdict) in row.verdicts() {
        ratios.insert(peer.into(), interval(ratio, Some(verdict)));
    }
    json!({
        "id": row.case.name,
        "asyncio": row.case.asyncio,
        "threads": row.threads,
        "unit": match row.case.measure {
            Measure::Time | Measure::Late => "ns",
            Measure::Bytes => "bytes",
            Measure::Allocations => "allocations",
        },
        "samples": samples,
        "ratio": ratios,
    })
}

fn interval(ratio: Interval, verdict: Option<Verdict>) -> Value {
    let verdict = verdict.map(|verdict| match verdict {
        Verdict::Faster => "better",
        Verdict::Slower => "worse",
        Verdict::Same => "undecided",
    });
    json!({ "median": ratio.median, "low": ratio.low, "high": ratio.high, "verdict": verdict })
}

/// The version in the lock file: the second line of a package's entry.
fn version(lock: &str, package: &str) -> String {
    let entry = format!("name = \"{package}\"\nversion = \"");
    let at = lock.find(&entry).map(|at| at + entry.len());
    at.and_then(|at| lock[at..].split('"').next()).unwrap_or("?").into()
}

fn output(workspace: &Workspace, program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).current_dir(&workspace.root).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// UTC to the second, by the rule of the Gregorian calendar counted from the first of March.
fn date(now: SystemTime) -> String {
    let secs = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, time) = (secs / 86_400 + 719_468, secs % 86_400);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) =
        (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    let year = year + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (time / 3_600, time / 60 % 60, time % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    //! Dates one can look up.

    use std::time::Duration;

    use super::*;

    #[test]
    fn dates() {
        for (secs, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
        ] {
            assert_eq!(date(UNIX_EPOCH + Duration::from_secs(secs)), text);
        }
    }

    #[test]
    fn versions() {
        let lock =
            "name = \"tokio-util\"\nversion = \"0.7.1\"\nname = \"tokio\"\nversion = \"1.2.3\"";
        assert_eq!(version(lock, "tokio"), "1.2.3");
        assert_eq!(version(lock, "none"), "?");
    }
}
