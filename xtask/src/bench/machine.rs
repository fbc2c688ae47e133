//! The machine's line: where, when and with what a run was made.

use std::fmt;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::workspace::Workspace;

/// Where and with what.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Machine {
    pub(super) started: String,
    pub(super) git: String,
    /// Whether files differ from that commit.
    pub(super) dirty: bool,
    pub(super) rustc: String,
    pub(super) profile: String,
    /// (name, version), of every runtime in the table that is not ours.
    pub(super) peers: Vec<(String, String)>,
    pub(super) cpu: String,
    pub(super) cores: u64,
    pub(super) kernel: String,
    pub(super) governor: String,
    /// The load average over one minute, before and after.
    pub(super) load: Vec<f64>,
}

impl Machine {
    pub(super) fn read(root: &Path, profile: &str) -> Machine {
        let said = |program, args: &[&str]| said(root, program, args);
        let file = |path| std::fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = file("/proc/cpuinfo");
        let model = cpuinfo.lines().find(|line| line.starts_with("model name"));
        let governor = file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
        let known = |text: &str| if text.is_empty() { "n/a".into() } else { text.to_owned() };
        Machine {
            started: date(SystemTime::now()),
            git: said("git", &["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "none".into()),
            dirty: said("git", &["status", "--porcelain"]).is_some_and(|text| !text.is_empty()),
            rustc: said("rustc", &["--version"]).unwrap_or_default(),
            profile: profile.into(),
            peers: Vec::new(),
            cpu: known(model.and_then(|line| line.split(": ").nth(1)).unwrap_or_default()),
            cores: std::thread::available_parallelism().map_or(0, usize::from) as u64,
            kernel: format!(
                "{} {}",
                std::env::consts::OS,
                file("/proc/sys/kernel/osrelease").trim()
            ),
            governor: known(governor.trim()),
            load: vec![load()],
        }
    }

    /// Notes the load once more: the end of the run.
    pub(super) fn ended(&mut self) {
        self.load.truncate(1);
        self.load.push(load());
    }

    /// The commit, and whether it is what was built.
    pub(super) fn commit(&self) -> String {
        format!("{} ({})", self.git, if self.dirty { "changed" } else { "clean" })
    }

    pub(super) fn versions(&self) -> String {
        let versions: Vec<_> = self.peers.iter().map(|(name, of)| format!("{name} {of}")).collect();
        if versions.is_empty() { "none".into() } else { versions.join(", ") }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine { cores, cpu, kernel, governor, .. } = self;
        let load: Vec<_> = self.load.iter().map(|load| format!("{load:.2}")).collect();
        write!(f, "{cores} cores ({cpu}), {kernel}, governor {governor}, ")?;
        write!(f, "load {}", load.join(" -> "))
    }
}

/// The version of a crate by the lock file.
pub(super) fn locked(workspace: &Workspace, package: &str) -> String {
    let lock = std::fs::read_to_string(workspace.root.join("Cargo.lock")).unwrap_or_default();
    version(&lock, package)
}

/// The first line that a program prints, if it runs and ends well.
pub(super) fn said(folder: &Path, program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).current_dir(folder).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or(0.0)
}

/// The second line of a package's entry.
fn version(lock: &str, package: &str) -> String {
    let entry = format!("name = \"{package}\"\nversion = \"");
    let at = lock.find(&entry).map(|at| at + entry.len());
    at.and_then(|at| lock[at..].split('"').next()).unwrap_or("?").into()
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
