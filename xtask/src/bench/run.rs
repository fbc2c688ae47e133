//! A run: what was measured and where; and what follows from it, row by row and in all.

use super::case::{Case, Measure, Unit};
use super::machine::Machine;
use super::stats::{self, Estimate, Interval, Verdict};
use crate::flags::Mode;

/// What is measured against the others, as the workloads call it.
pub(super) const OURS: &str = "evenkeel";

/// evenkeel once more.
pub(super) const CONTROL: &str = "control";

/// The least that a machine can do it with, written by hand: no peer, and no verdict on it.
pub(super) const LIMIT: &str = "limit";

/// evenkeel as it was.
pub(super) const BASELINE: &str = "baseline";

/// The machine is too noisy for any verdict when evenkeel differs from itself by more than this.
const NOISE: f64 = 0.05;

/// How it was measured.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Setting {
    pub(super) mode: Mode,
    pub(super) allocator: String,
    /// Of cases without a size.
    pub(super) rounds: usize,
    pub(super) seconds: f64,
    pub(super) quick: bool,
    /// What `baseline` stands for, if anything.
    pub(super) baseline: Option<String>,
}

/// All that is known in the end.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) machine: Machine,
    pub(super) setting: Setting,
    /// In the order of the columns.
    pub(super) peers: Vec<String>,
    pub(super) rows: Vec<Row>,
    /// What did not work, one line each.
    pub(super) faults: Vec<String>,
    /// Who is missing in a row for being too slow there, one line each. No fault of the run.
    pub(super) remarks: Vec<String>,
    pub(super) interrupted: bool,
}

/// A case in one flavour.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) case: Case,
    pub(super) threads: usize,
    pub(super) unit: Unit,
    /// Per operation, one number a round: evenkeel, and whoever else took part.
    pub(super) samples: Vec<(String, Vec<f64>)>,
    /// Of those who reported it.
    pub(super) latency: Vec<(String, Latency)>,
    /// Everybody but evenkeel and its control.
    pub(super) beside: Vec<Beside>,
    pub(super) control: Estimate,
}

/// In ns, one number a round each.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Latency {
    pub(super) p50: Vec<f64>,
    pub(super) p99: Vec<f64>,
    pub(super) p999: Vec<f64>,
}

/// Somebody beside evenkeel.
#[derive(Debug)]
pub(super) struct Beside {
    pub(super) runtime: String,
    pub(super) ratio: Estimate,
    pub(super) verdict: Verdict,
}

impl Row {
    /// Takes the samples and says what follows. `seed` is the row's place.
    pub(super) fn new(
        (case, threads, unit): (Case, usize, Unit),
        samples: Vec<(String, Vec<f64>)>,
        latency: Vec<(String, Latency)>,
        seed: u64,
    ) -> Row {
        let find = |name: &str| samples.iter().find(|it| it.0 == name).map(|it| it.1.as_slice());
        let ours = find(OURS).unwrap_or_default();
        let against =
            |peer: &[f64], salt: u64| stats::estimate(&stats::ratios(peer, ours), seed * 31 + salt);
        let control = against(find(CONTROL).unwrap_or(ours), 0);
        let enough = is_enough(unit, ours.len());
        let others = samples.iter().filter(|it| it.0 != OURS && it.0 != CONTROL);
        let beside = others.zip(1..).map(|((runtime, values), salt)| {
            let ratio = against(values, salt);
            let verdict = match enough {
                true => stats::verdict(ratio.interval, control.interval),
                false => Verdict::Undecided,
            };
            Beside { runtime: runtime.clone(), ratio, verdict }
        });
        let beside = beside.collect();
        Row { case, threads, unit, samples, latency, beside, control }
    }

    /// The median cost on a runtime.
    pub(super) fn cost(&self, runtime: &str) -> Option<f64> {
        self.samples.iter().find(|it| it.0 == runtime).map(|it| stats::median(&it.1))
    }

    pub(super) fn beside(&self, runtime: &str) -> Option<&Beside> {
        self.beside.iter().find(|it| it.runtime == runtime)
    }

    /// The peers on whom the verdict is this one.
    pub(super) fn peers(&self, verdict: Verdict) -> Vec<&str> {
        let peers = self.beside.iter().filter(|it| is_peer(&it.runtime) && it.verdict == verdict);
        peers.map(|it| it.runtime.as_str()).collect()
    }

    /// Whether its rounds are too few for any verdict.
    pub(super) fn is_short(&self) -> bool {
        let ours = self.samples.iter().find(|it| it.0 == OURS);
        ours.is_some_and(|(_, values)| !is_enough(self.unit, values.len()))
    }

    pub(super) fn is_loss(&self) -> bool {
        !self.peers(Verdict::Worse).is_empty()
    }

    /// Whether it goes into a mean: what an operation takes, and nothing else.
    pub(super) fn is_timed(&self) -> bool {
        self.case.measure == Measure::Time
    }

    pub(super) fn label(&self) -> String {
        let threads = if self.threads == 1 { "thread" } else { "threads" };
        format!("{}, {} {threads}", self.case.id, self.threads)
    }
}

impl Run {
    /// evenkeel against itself over all timed rows, or all rows if none is timed.
    pub(super) fn control(&self) -> Interval {
        let timed = self.rows.iter().any(Row::is_timed);
        let rows = self.rows.iter().filter(|row| row.is_timed() || !timed);
        stats::pooled(rows.map(|row| &row.control)).interval
    }

    /// Whether any verdict counts. Counts need no quiet machine; their rows are judged one by one.
    pub(super) fn is_sound(&self) -> bool {
        self.setting.mode.is_count() || (self.control().median - 1.0).abs() <= NOISE
    }

    /// How far the control of a middling row reaches: what a single row can tell.
    pub(super) fn grain(&self) -> f64 {
        let reach: Vec<_> = self.rows.iter().map(|row| row.control.interval.reach()).collect();
        stats::median(&reach)
    }

    /// The geometric mean over the timed rows that hold, and how many went into it.
    pub(super) fn mean(&self, peer: &str, holds: impl Fn(&Row) -> bool) -> (Interval, usize) {
        let rows = self.rows.iter().filter(|row| row.is_timed() && holds(row));
        let mut beside: Vec<_> = rows.filter_map(|row| row.beside(peer)).collect();
        beside.retain(|it| it.ratio.can_be_pooled());
        (stats::pooled(beside.iter().map(|it| &it.ratio)).interval, beside.len())
    }

    /// How many rows are better, worse and undecided against a peer.
    pub(super) fn counts(&self, peer: &str) -> [usize; 3] {
        [Verdict::Better, Verdict::Worse, Verdict::Undecided].map(|verdict| {
            let beside = self.rows.iter().filter_map(|row| row.beside(peer));
            beside.filter(|it| it.verdict == verdict).count()
        })
    }

    /// In the order of the rows.
    pub(super) fn groups(&self) -> Vec<&str> {
        let mut groups: Vec<&str> = Vec::new();
        for row in &self.rows {
            if !groups.contains(&row.case.group.as_str()) {
                groups.push(&row.case.group);
            }
        }
        groups
    }

    pub(super) fn flavours(&self) -> Vec<usize> {
        let mut flavours: Vec<_> = self.rows.iter().map(|row| row.threads).collect();
        flavours.sort_unstable();
        flavours.dedup();
        flavours
    }

    pub(super) fn has(&self, runtime: &str) -> bool {
        self.rows.iter().any(|row| row.beside(runtime).is_some())
    }
}

/// Counts do not scatter as times do.
fn is_enough(unit: Unit, rounds: usize) -> bool {
    !unit.is_time() || rounds >= stats::ENOUGH
}

pub(super) fn is_peer(runtime: &str) -> bool {
    ![OURS, CONTROL, LIMIT, BASELINE].contains(&runtime)
}
