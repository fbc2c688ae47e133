//! Building the driver twice, and running it under each who counts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::locked::Locked;
use super::row::{Row, Tally};
use super::words::Names;
use super::{OURS, PACKAGE, callgrind, strace, words};
use crate::step::{Line, Log};
use crate::workspace::{Workspace, cargo};

/// For a build; a cold one on two busy cores stays well below.
const BUILD: Duration = Duration::from_secs(900);

/// For all operations under callgrind, which takes seconds. Longer is a hang.
const RUN: Duration = Duration::from_secs(60);

/// Runs of what is never the same twice; the cheapest is told.
const TRIES: usize = 3;

/// What was counted, and what was not and why.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) rows: Vec<Row>,
    pub(super) ops: Vec<Op>,
    pub(super) names: Names,
    pub(super) rustc: String,
    pub(super) remarks: Vec<String>,
}

/// An operation, as the driver describes it.
#[derive(Clone, Debug)]
pub(super) struct Op {
    pub(super) name: String,
    times: f64,
    workers: Vec<String>,
    loose: bool,
    pub(super) meaning: String,
}

/// The two drivers, and where they leave what they wrote.
struct Drivers<'a> {
    workspace: &'a Workspace,
    log: &'a Log,
    plain: PathBuf,
    counting: PathBuf,
    folder: PathBuf,
}

pub(super) fn all(
    workspace: &Workspace,
    log: &Log,
    against: &[String],
    filters: &[String],
    beside: &[&str],
) -> Result<Gathered, String> {
    let drivers = Drivers::build(workspace, log, beside)?;
    let mut ops = drivers.ops()?;
    ops.retain(|op| filters.is_empty() || filters.iter().any(|filter| op.name.contains(filter)));
    let mut gathered = Gathered {
        rows: Vec::new(),
        names: Names::read(workspace)?,
        rustc: rustc(workspace),
        remarks: Vec::new(),
        ops,
    };
    let missing = |tool: &str| Command::new(tool).arg("--version").output().is_err();
    let can = |tools: &[&str], remarks: &mut Vec<String>| {
        let absent = tools.iter().find(|tool| missing(tool));
        remarks.extend(absent.map(|tool| format!("NOT COUNTED, for want of {tool}")));
        absent.is_none()
    };
    let valgrind = can(&["valgrind", "objdump", "addr2line"], &mut gathered.remarks);
    let strace = can(&["strace"], &mut gathered.remarks);
    let mut locked = Locked::new(workspace);
    for runtime in std::iter::once(OURS).chain(against.iter().map(String::as_str)) {
        if against.first().is_some_and(|first| first == runtime) {
            // After ours: the peers beside it in one program would move what is inlined where.
            drivers.plain(&["--features", "evenkeel-counts/peers"])?;
            locked = Locked::new(workspace);
        }
        for workers in ["1", "2", "2-free"] {
            if workers == "2-free" && runtime != OURS {
                continue;
            }
            let mut rows = gathered.blank(runtime, workers);
            if workers != "2-free" {
                if valgrind {
                    drivers.instructions(&mut rows, &gathered.ops, &mut locked)?;
                }
                if strace {
                    drivers.calls(&mut rows, &gathered.ops)?;
                }
            }
            if runtime == OURS {
                drivers.words(&mut rows, &gathered.ops, &mut gathered.names)?;
            }
            gathered.rows.extend(rows);
        }
    }
    Ok(gathered)
}

impl Gathered {
    fn blank(&self, runtime: &str, workers: &str) -> Vec<Row> {
        let done = self.ops.iter().filter(|op| op.workers.iter().any(|one| one == workers));
        // smol's local executor takes nothing from other threads.
        let deaf = runtime == "smol" && workers == "1";
        done.filter(|op| !(deaf && op.name.starts_with("remote")))
            .map(|op| Row {
                runtime: runtime.into(),
                op: op.name.clone(),
                workers: workers.into(),
                loose: op.loose || workers == "2-free",
                ..Row::default()
            })
            .collect()
    }
}

impl<'a> Drivers<'a> {
    /// The counting one is not optimised: what is counted is the same, and it is built sooner.
    fn build(workspace: &'a Workspace, log: &'a Log, beside: &[&str]) -> Result<Self, String> {
        let target = workspace.target.join("counting");
        let counting = Line::new(cargo(), &workspace.root, BUILD)
            .args(["build", "-p", PACKAGE, "--target-dir", &target.to_string_lossy()])
            .env("RUSTFLAGS", "--cfg evenkeel_count");
        counting.run(log, &counting.to_string()).map_err(|failure| failure.output)?;
        let folder = workspace.target.join("xtask/counts");
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let plain = workspace.target.join("release/counts");
        let counting = target.join("debug/counts");
        let drivers = Drivers { workspace, log, plain, counting, folder };
        drivers.plain(beside)?;
        Ok(drivers)
    }

    /// A release build, for whoever has built the examples has most of it.
    fn plain(&self, beside: &[&str]) -> Result<(), String> {
        let line = Line::new(cargo(), &self.workspace.root, BUILD)
            .args(["build", "--release", "-p", PACKAGE])
            .args(beside.iter().copied());
        line.run(self.log, &line.to_string()).map_err(|failure| failure.output).map(drop)
    }

    fn ops(&self) -> Result<Vec<Op>, String> {
        let said = self.run(&self.plain, &[], &["list"])?;
        said.lines().map(|line| op(line).ok_or_else(|| format!("no operation: {line}"))).collect()
    }

    fn run(&self, program: &Path, before: &[String], args: &[&str]) -> Result<String, String> {
        let mut words: Vec<String> = before.to_vec();
        words.push(program.to_string_lossy().into_owned());
        words.extend(args.iter().map(ToString::to_string));
        let first = words.remove(0);
        let line = Line::new(first, &self.workspace.root, RUN).args(words);
        line.run(self.log, &line.to_string())
            .map_err(|failure| format!("{line}\n{}", failure.output))
    }

    /// Rows that share a process. Ours have a fresh runner each; a peer's executor may outlive its
    /// run, so each of its operations has a process.
    fn groups(rows: &mut [Row]) -> impl Iterator<Item = &mut [Row]> {
        let size = if rows.first().is_some_and(|row| row.runtime == OURS) { rows.len() } else { 1 };
        rows.chunks_mut(size.max(1))
    }

    fn args(rows: &[Row]) -> Vec<String> {
        let mut args = vec!["run".into(), rows[0].runtime.clone(), rows[0].workers.clone()];
        args.extend(rows.iter().map(|row| row.op.clone()));
        args
    }

    fn instructions(
        &self,
        rows: &mut [Row],
        ops: &[Op],
        locked: &mut Locked<'_>,
    ) -> Result<(), String> {
        for group in Self::groups(rows) {
            let out = self.folder.join("callgrind");
            callgrind::clear(&out)?;
            let before = callgrind::line(&out);
            let args = Self::args(group);
            let args: Vec<_> = args.iter().map(String::as_str).collect();
            // valgrind lets one thread run at a time; once in a while none is let.
            if self.run(&self.plain, &before, &args).is_err() {
                callgrind::clear(&out)?;
                self.run(&self.plain, &before, &args)?;
            }
            for (at, row) in group.iter_mut().enumerate() {
                // The second of each two dumps is what lies between an operation's marks.
                let costs = callgrind::read(&out, 2 * at + 2)?;
                let times = times(ops, &row.op);
                row.instructions = Some(costs.total() / times);
                row.locked = Some(per(locked.of(&costs)?, times));
            }
        }
        Ok(())
    }

    fn calls(&self, rows: &mut [Row], ops: &[Op]) -> Result<(), String> {
        for group in Self::groups(rows) {
            let out = self.folder.join("strace");
            let args = Self::args(group);
            let args: Vec<_> = args.iter().map(String::as_str).collect();
            self.run(&self.plain, &strace::line(&out), &args)?;
            let mut calls = strace::read(&out)?;
            for row in group {
                let calls = calls.remove(&row.op).ok_or("strace saw no marks")?;
                row.calls = Some(per(calls, times(ops, &row.op)));
            }
        }
        Ok(())
    }

    fn words(&self, rows: &mut [Row], ops: &[Op], names: &mut Names) -> Result<(), String> {
        let args = Self::args(rows);
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        for _ in 0..TRIES {
            let said = self.run(&self.counting, &[], &args)?;
            let mut found = words::read(&said, names)?;
            for row in rows.iter_mut() {
                let mut seen = found.remove(&row.op).ok_or("an operation that tells nothing")?;
                seen.divide(times(ops, &row.op));
                let before = row.words.as_ref().map_or(f64::INFINITY, words::locked);
                if words::locked(&seen.words) < before {
                    row.words = Some(seen.words);
                }
                let least = row.allocations.unwrap_or(f64::INFINITY);
                row.allocations = Some(seen.allocations.min(least));
            }
        }
        Ok(())
    }
}

fn op(line: &str) -> Option<Op> {
    let mut fields = line.split('\t');
    let (name, times) = (fields.next()?.into(), fields.next()?.parse().ok()?);
    let workers = fields.next()?.split(',').map(String::from).collect();
    Some(Op {
        name,
        times,
        workers,
        loose: fields.next()? == "loose",
        meaning: fields.next()?.into(),
    })
}

fn times(ops: &[Op], name: &str) -> f64 {
    ops.iter().find(|op| op.name == name).map_or(1.0, |op| op.times)
}

/// Less than once in two hundred operations is what begins and ends a run, not an operation.
fn per(tally: BTreeMap<String, f64>, times: f64) -> Tally {
    let each = tally.into_iter().map(|(name, all)| (name, all / times));
    each.filter(|(_, once)| *once >= 0.005).collect()
}

fn rustc(workspace: &Workspace) -> String {
    let output = Command::new("rustc").arg("--version").current_dir(&workspace.root).output();
    output.map_or(String::new(), |out| String::from_utf8_lossy(&out.stdout).trim().into())
}
