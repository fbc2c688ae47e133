//! One sample: one process that runs one case on one runtime and prints one line.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::flags::Mode;
use crate::step::{Line, Log};
use crate::workspace::{Workspace, cargo};

/// For the build of the workloads, link-time optimisation included.
const BUILD: Duration = Duration::from_secs(900);

/// What a sample may take beyond the time asked for: a warm-up and a start. Longer is a hang.
const GRACE: Duration = Duration::from_secs(30);

/// What a case counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// Nanoseconds per operation.
    Time,
    /// Bytes of heap per operation.
    Bytes,
    /// Allocations per operation.
    Allocations,
    /// Nanoseconds too late.
    Late,
}

/// A workload, as the workloads describe themselves.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) asyncio: String,
    pub(super) meaning: String,
    pub(super) measure: Measure,
    /// Which runtimes can do it, and with how many threads each.
    flavours: Value,
}

impl Case {
    pub(super) fn runs_on(&self, runtime: &str, threads: usize) -> bool {
        let flavours = self.flavours[runtime].as_array();
        flavours.is_some_and(|counts| counts.iter().any(|count| *count == json!(threads)))
    }
}

/// How long one sample runs.
#[derive(Clone, Copy)]
pub(super) enum Length {
    /// The smallest piece of work, once.
    Once,
    /// As many pieces as fit.
    Time(Duration),
}

/// How the workloads are compiled.
#[derive(Clone, Copy)]
pub(super) enum Profile {
    /// As the examples are: shares their build.
    Release,
    /// One unit, optimised as a whole: no runtime pays for crate boundaries.
    Measured,
}

/// The built workloads.
#[derive(Debug)]
pub(super) struct Programs {
    folder: PathBuf,
    root: PathBuf,
    log: Log,
}

impl Programs {
    pub(super) fn build(workspace: &Workspace, profile: Profile) -> Result<Programs, String> {
        let target = &workspace.target;
        let log = Log::fresh(&target.join("xtask"), "bench")?;
        let line = Line::new(cargo(), &workspace.root, BUILD).args([
            "build",
            "-p",
            super::PACKAGE,
            "--bins",
        ]);
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
        Ok(Programs { folder: target.join(name), root: workspace.root.clone(), log })
    }

    /// Which cases there are.
    pub(super) fn cases(&self) -> Result<Vec<Case>, String> {
        let said = self.line("workload", GRACE).args(["list"]).run(&self.log, "workload list");
        let said = said.map_err(|failure| failure.output)?;
        let line = said.lines().find(|line| line.starts_with('[')).unwrap_or_default();
        let json: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        json.as_array().into_iter().flatten().map(case).collect()
    }

    /// One number: what an operation of this case cost this time.
    pub(super) fn run(
        &self,
        case: &Case,
        runtime: &str,
        threads: usize,
        length: Length,
        mode: Mode,
    ) -> Result<f64, String> {
        // Counting allocations costs time, so times are taken from a binary that does not.
        let program = match case.measure {
            Measure::Time | Measure::Late => "workload",
            Measure::Bytes | Measure::Allocations => "workload-counted",
        };
        let (limit, time) = match length {
            Length::Once => (GRACE, None),
            Length::Time(time) => (GRACE + 10 * time, Some(time.as_secs_f64().to_string())),
        };
        let line = self
            .line(program, limit)
            .args(["run", &case.name, runtime, &threads.to_string()])
            .args(time);
        let shown = line.to_string();
        let said = line
            .run(&self.log, &shown)
            .map_err(|failure| format!("{shown}: {}", failure.output))?;
        number(&said, case.measure, mode).ok_or_else(|| format!("{shown}: no result in {said:?}"))
    }

    fn line(&self, program: &str, limit: Duration) -> Line {
        Line::new(self.folder.join(program).display().to_string(), Path::new(&self.root), limit)
    }
}

fn number(said: &str, measure: Measure, mode: Mode) -> Option<f64> {
    let line = said.lines().rev().find(|line| line.starts_with('{'))?;
    let json: Value = serde_json::from_str(line).ok()?;
    let field = match (measure, mode) {
        (Measure::Time, Mode::Cpu) => "cpu_ns",
        (Measure::Time, Mode::Wall) => "wall_ns",
        (Measure::Bytes, _) => "bytes",
        (Measure::Allocations, _) => "allocations",
        (Measure::Late, _) => return json["late_ns"].as_f64().map(|late| late.max(1.0)),
    };
    let ops = json["ops"].as_f64()?;
    let cost = json[field].as_f64()? / ops;
    // A clock may stand still over one tiny piece of work; a ratio needs more than zero.
    (ops > 0.0).then_some(if measure == Measure::Time { cost.max(1e-3) } else { cost })
}

fn case(json: &Value) -> Result<Case, String> {
    let text = |field: &str| json[field].as_str().unwrap_or_default().to_owned();
    let measure = match json["measure"].as_str() {
        Some("time") => Measure::Time,
        Some("bytes") => Measure::Bytes,
        Some("allocations") => Measure::Allocations,
        Some("late") => Measure::Late,
        other => return Err(format!("a case measures {other:?}, which is unknown here")),
    };
    let path = format!("{}/{}", text("group"), text("name"));
    let name = json["size"].as_u64().map_or(path.clone(), |size| format!("{path}@{size}"));
    let flavours = json["flavours"].clone();
    Ok(Case { name, asyncio: text("asyncio"), meaning: text("meaning"), measure, flavours })
}
