//! The programs that do the work: the workloads as cargo builds them, and CPython's script.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::case::{Case, Unit};
use super::machine;
use super::process;
use super::run::{BASELINE, CONTROL, OURS};
use crate::flags::{Allocator, Mode};
use crate::step::{Line, Log};
use crate::workspace::{Workspace, cargo};

/// For the build of the workloads, link-time optimisation included.
const BUILD: Duration = Duration::from_secs(1800);

/// What a sample may take beyond the time asked for: a warm-up and a start. Longer is a hang.
const GRACE: Duration = Duration::from_secs(60);

/// The same work in Python.
const SCRIPT: &str = "benches/asyncio_cases.py";

/// The peers that are asked of that script.
const PYTHON: [&str; 2] = ["asyncio", "uvloop"];

/// How long one process works.
#[derive(Clone, Copy, Debug)]
pub(super) enum Length {
    /// The smallest piece of work, once.
    Once,
    /// As many pieces as fit.
    Time(Duration),
    /// So many, and nothing before them.
    Pieces(u64),
}

/// How the workloads are compiled.
#[derive(Clone, Copy)]
pub(super) enum Profile {
    /// As the examples are: shares their build.
    Release,
    /// One unit, optimised as a whole: no runtime pays for crate boundaries.
    Measured,
}

/// What a process said of its work.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reply {
    pub(super) ops: f64,
    pub(super) wall_ns: f64,
    pub(super) cpu_ns: f64,
    pub(super) allocations: f64,
    pub(super) bytes: f64,
    pub(super) late_ns: Option<f64>,
    /// p50, p99, p99.9 in ns.
    pub(super) latency: Option<[f64; 3]>,
}

/// The built workloads.
#[derive(Debug)]
pub(super) struct Programs {
    pub(super) root: PathBuf,
    pub(super) folder: PathBuf,
    allocator: Allocator,
    /// Where an earlier evenkeel's programs lie.
    pub(super) baseline: Option<PathBuf>,
}

impl Programs {
    pub(super) fn build(
        workspace: &Workspace,
        profile: Profile,
        allocator: Allocator,
        built: &[&str],
    ) -> Result<Programs, String> {
        let target = &workspace.target;
        let log = Log::fresh(&target.join("xtask"), "bench")?;
        let line = Line::new(cargo(), &workspace.root, BUILD).args(["build"]);
        let line = line.args(built.iter().copied());
        // Said on the command line, so that no profile of the workspace is for this tool alone.
        let (name, flags): (_, &[&str]) = match profile {
            Profile::Release => ("release", &[]),
            Profile::Measured => (
                "measured",
                &[
                    "--config",
                    "profile.measured.inherits='release'",
                    "--config",
                    "profile.measured.lto='fat'",
                    "--config",
                    "profile.measured.codegen-units=1",
                ],
            ),
        };
        let line = line.args(flags.iter().copied()).args(["--profile", name]);
        line.run(&log, "cargo xtask bench").map_err(|failure| failure.output)?;
        let root = workspace.root.clone();
        Ok(Programs { folder: target.join(name), root, allocator, baseline: None })
    }

    /// Which cases there are; with `python`, also which of them CPython can do. A baseline need
    /// not know them all.
    pub(super) fn cases(&self, python: bool) -> Result<Vec<Case>, String> {
        let list = [self.folder.join("workload").display().to_string(), "list".into()];
        let mut cases = self.list(&list)?;
        if python {
            let script = ["python3", SCRIPT, "list"].map(String::from);
            for theirs in self.list(&script)? {
                if let Some(case) = cases.iter_mut().find(|case| case.id == theirs.id) {
                    case.on.extend(PYTHON.map(|name| (name.into(), theirs.threads.clone())));
                }
            }
        }
        if let Some(baseline) = &self.baseline {
            let list = [baseline.join("workload").display().to_string(), "list".into()];
            for theirs in self.list(&list)? {
                if let Some(case) = cases.iter_mut().find(|case| case.id == theirs.id) {
                    let threads = theirs.threads.iter().copied().filter(|it| theirs.can(OURS, *it));
                    case.on.push((BASELINE.into(), threads.collect()));
                }
            }
        }
        Ok(cases)
    }

    fn list(&self, words: &[String]) -> Result<Vec<Case>, String> {
        let (said, _) = process::run(words, &self.root, GRACE)?;
        let line = said.lines().find(|line| line.starts_with('[')).unwrap_or_default();
        let json: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        json.as_array().into_iter().flatten().map(Case::from_json).collect()
    }

    /// The command line of one process.
    pub(super) fn command(
        &self,
        case: &Case,
        (column, threads): (&str, usize),
        counted: bool,
        length: Length,
    ) -> Vec<String> {
        let runtime = if [BASELINE, CONTROL].contains(&column) { OURS } else { column };
        let mut words = if is_python(column) {
            ["python3", SCRIPT].map(String::from).to_vec()
        } else {
            let folder = match &self.baseline {
                Some(folder) if column == BASELINE => folder,
                _ => &self.folder,
            };
            vec![folder.join(self.program(counted)).display().to_string()]
        };
        words.extend(["run".into(), case.id.clone(), runtime.into(), threads.to_string()]);
        match length {
            Length::Once => {}
            Length::Time(time) => words.push(time.as_secs_f64().to_string()),
            Length::Pieces(pieces) => words.extend(["--pieces".into(), pieces.to_string()]),
        }
        words
    }

    /// Counting allocations costs time, so times are taken from a binary that does not.
    fn program(&self, counted: bool) -> &'static str {
        match self.allocator {
            _ if counted => "workload-counted",
            Allocator::System => "workload",
            Allocator::Mimalloc => "workload-mimalloc",
        }
    }

    /// Runs a process and reads its answer.
    pub(super) fn ask(&self, words: &[String], length: Length) -> Result<Reply, String> {
        let time = if let Length::Time(time) = length { time } else { Duration::ZERO };
        let (said, _) = process::run(words, &self.root, GRACE + 10 * time)?;
        Reply::to(length, &said)
            .ok_or_else(|| format!("{}: no result in {said:?}", words.join(" ")))
    }
}

impl Reply {
    /// In so long a time a slow runtime may have finished nothing; the other lengths are of whole pieces.
    pub(super) fn to(length: Length, said: &str) -> Option<Reply> {
        let timed = matches!(length, Length::Time(_));
        Reply::read(said).filter(|reply| timed || !reply.is_idle())
    }

    /// Whether not one operation was finished.
    pub(super) fn is_idle(&self) -> bool {
        self.ops == 0.0
    }

    fn read(said: &str) -> Option<Reply> {
        let line = said.lines().rev().find(|line| line.starts_with('{'))?;
        let json: Value = serde_json::from_str(line).ok()?;
        let number = |field: &str| json[field].as_f64();
        let latency = &json["latency"];
        let latency = [&latency["p50"], &latency["p99"], &latency["p999"]].map(Value::as_f64);
        Some(Reply {
            ops: number("ops")?,
            wall_ns: number("wall_ns").unwrap_or(0.0),
            cpu_ns: number("cpu_ns").unwrap_or(0.0),
            allocations: number("allocations").unwrap_or(0.0),
            bytes: number("bytes").unwrap_or(0.0),
            late_ns: number("late_ns"),
            latency: match latency {
                [Some(p50), Some(p99), Some(p999)] => Some([p50, p99, p999]),
                _ => None,
            },
        })
    }

    /// What an operation cost; nothing if the unit is not one a process tells by itself.
    pub(super) fn cost(&self, unit: Unit, mode: Mode) -> Option<f64> {
        match unit {
            // A clock may stand still over one tiny piece of work; a ratio needs more than zero.
            Unit::Ns if mode == Mode::Wall => Some((self.wall_ns / self.ops).max(1e-3)),
            Unit::Ns => Some((self.cpu_ns / self.ops).max(1e-3)),
            Unit::LateNs => self.late_ns.map(|late| late.max(1.0)),
            Unit::Bytes => Some(self.bytes / self.ops),
            Unit::Allocations => Some(self.allocations / self.ops),
            Unit::Instructions | Unit::Syscalls => None,
        }
    }
}

pub(super) fn is_python(runtime: &str) -> bool {
    PYTHON.contains(&runtime)
}

/// Which of these can run here, each with its version; and one line for each that cannot.
pub(super) fn present(
    workspace: &Workspace,
    against: &[String],
    mode: Mode,
) -> (Vec<(String, String)>, Vec<String>) {
    let (mut peers, mut missing) = (Vec::new(), Vec::new());
    for peer in against {
        let version = match peer.as_str() {
            name if !is_python(name) => Ok(machine::locked(workspace, name)),
            _ if mode.is_count() => Err(format!("--mode {} does not reach Python", mode.name())),
            name => python(&workspace.root, name),
        };
        match version {
            Ok(version) => peers.push((peer.clone(), version)),
            Err(why) => missing.push(format!("skipped   {peer}: {why}")),
        }
    }
    (peers, missing)
}

fn python(root: &Path, peer: &str) -> Result<String, String> {
    if !root.join(SCRIPT).is_file() {
        return Err(format!("{SCRIPT} is not there"));
    }
    let ask = |code: &str| machine::said(root, "python3", &["-c", code]);
    let python = ask("import platform, asyncio; print(platform.python_version())");
    let python = python.ok_or("python3 does not run")?;
    if peer == "asyncio" {
        return Ok(format!("(CPython {python})"));
    }
    let version = ask("import uvloop; print(uvloop.__version__)");
    let version = version.ok_or("python3 cannot import it; `pip install uvloop` would do")?;
    Ok(format!("{version} (CPython {python})"))
}

#[cfg(test)]
mod tests {
    //! Answers, in full and as they were before there was more to say.

    use super::*;

    #[test]
    fn a_reply_in_full() {
        let reply = Reply::read(
            "noise\n{\"ops\":2,\"wall_ns\":30,\"cpu_ns\":20,\"allocations\":4,\"bytes\":256,\
             \"late_ns\":null,\"latency\":{\"p50\":1,\"p99\":2,\"p999\":3}}",
        )
        .unwrap();
        assert_eq!(reply.cost(Unit::Ns, Mode::Cpu), Some(10.0));
        assert_eq!(reply.cost(Unit::Ns, Mode::Wall), Some(15.0));
        assert_eq!(reply.cost(Unit::Bytes, Mode::Cpu), Some(128.0));
        assert_eq!(reply.cost(Unit::LateNs, Mode::Cpu), None);
        assert_eq!(reply.latency, Some([1.0, 2.0, 3.0]));
    }

    #[test]
    fn a_reply_of_few_words() {
        let reply = Reply::read("{\"ops\":1,\"wall_ns\":0,\"cpu_ns\":0}").unwrap();
        assert_eq!(reply.cost(Unit::Ns, Mode::Cpu), Some(1e-3));
        assert_eq!((reply.latency, reply.late_ns), (None, None));
        assert_eq!(Reply::read("no"), None);
    }

    #[test]
    fn nothing_done_is_an_answer_only_where_time_was_up() {
        let of = |length| Reply::to(length, "{\"ops\":0,\"wall_ns\":40000000}");
        assert!(of(Length::Time(Duration::from_millis(40))).unwrap().is_idle());
        assert_eq!(of(Length::Once), None);
        assert_eq!(of(Length::Pieces(3)), None);
    }
}
