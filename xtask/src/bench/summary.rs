//! What a run says, in sentences for somebody who knows nothing of this project.

use super::case::Unit;
use super::run::{BASELINE, LIMIT, Row, Run};
use super::stats::{Interval, Verdict};
use crate::flags::Mode;

/// How evenkeel stands against one peer.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) peer: String,
    pub(super) mean: Interval,
    /// Rows in that mean.
    pub(super) timed: usize,
    pub(super) better: usize,
    pub(super) worse: usize,
    pub(super) undecided: usize,
}

/// The geometric means of one group in one flavour, a peer each; none where no row is timed.
#[derive(Debug)]
pub(super) struct Means {
    pub(super) group: String,
    pub(super) threads: usize,
    pub(super) means: Vec<Option<Interval>>,
}

/// What is compared, as one says it.
pub(super) fn quantity(mode: Mode) -> &'static str {
    match mode {
        Mode::Cpu => "processor time",
        Mode::Wall => "wall time",
        Mode::Instr => "instructions",
        Mode::Alloc => "allocations",
        Mode::Syscalls => "system calls",
    }
}

/// What evenkeel stands beside: the peers, and an evenkeel of old.
pub(super) fn columns(run: &Run) -> Vec<String> {
    let baseline = run.has(BASELINE).then(|| BASELINE.to_owned());
    // A peer that can do none of these cases has nothing to show.
    run.peers.iter().filter(|peer| run.has(peer)).cloned().chain(baseline).collect()
}

/// How a column is headed.
pub(super) fn title(run: &Run, column: &str) -> String {
    match &run.setting.baseline {
        Some(name) if column == BASELINE => format!("baseline {name}"),
        _ => column.to_owned(),
    }
}

pub(super) fn standings(run: &Run) -> Vec<Standing> {
    let standing = |peer: String| {
        let (mean, timed) = run.mean(&peer, |_| true);
        let [better, worse, undecided] = run.counts(&peer);
        Standing { peer, mean, timed, better, worse, undecided }
    };
    columns(run).into_iter().map(standing).collect()
}

impl Standing {
    /// `tokio takes 1.82 times evenkeel's processor time (95 % sure: 1.79 to 1.86)`
    pub(super) fn sentence(&self, run: &Run) -> String {
        let peer = title(run, &self.peer);
        let Interval { median, low, high } = self.mean;
        if self.timed == 0 {
            return format!("{peer}: no row that goes into a mean");
        }
        let what = quantity(run.setting.mode);
        format!(
            "{peer} needs {median:.2} times evenkeel's {what} (95 % sure: {low:.2} to {high:.2}; \
             geometric mean of {})",
            rows(self.timed)
        )
    }

    pub(super) fn tally(&self) -> String {
        let Standing { better, worse, undecided, .. } = self;
        format!("evenkeel better in {better}, WORSE in {worse}, no difference shown in {undecided}")
    }
}

/// By group and flavour; the last lines are the flavours as a whole.
pub(super) fn means(run: &Run) -> Vec<Means> {
    let columns = columns(run);
    let mut all = Vec::new();
    let groups = run.groups();
    let named = groups.iter().map(|group| Some(*group)).filter(|_| groups.len() > 1);
    for group in named.chain([None]) {
        for threads in run.flavours() {
            let holds = |row: &Row| {
                row.threads == threads && group.is_none_or(|group| row.case.group == group)
            };
            let mean = |peer: &String| Some(run.mean(peer, holds)).filter(|it| it.1 > 0);
            let means: Vec<_> = columns.iter().map(|peer| mean(peer).map(|it| it.0)).collect();
            if means.iter().any(Option::is_some) {
                let group = group.unwrap_or("all").to_owned();
                all.push(Means { group, threads, means });
            }
        }
    }
    all
}

/// Where evenkeel is behind, worst first: the row, and each peer that is ahead there.
pub(super) fn losses(run: &Run) -> Vec<&Row> {
    let mut rows: Vec<_> = run.rows.iter().filter(|row| row.is_loss()).collect();
    let worst = |row: &Row| {
        let lost = row.peers(Verdict::Worse);
        let ratios = lost.iter().filter_map(|peer| row.beside(peer));
        ratios.map(|it| it.ratio.interval.median).fold(f64::INFINITY, f64::min)
    };
    rows.sort_by(|a, b| worst(a).total_cmp(&worst(b)));
    rows
}

/// `SLOWER than tokio; faster than smol; = compio`: losses first.
pub(super) fn verdict(row: &Row) -> String {
    let (better, worse) = row.unit.words();
    let mut parts = Vec::new();
    for (word, verdict) in [(worse, Verdict::Worse), (better, Verdict::Better)] {
        let peers = row.peers(verdict);
        if !peers.is_empty() {
            parts.push(format!("{word} than {}", peers.join(", ")));
        }
    }
    let same = row.peers(Verdict::Undecided);
    if row.is_short() {
        return "too few rounds".into();
    }
    if parts.is_empty() {
        return if same.is_empty() { "alone".into() } else { "no difference shown".into() };
    }
    if !same.is_empty() {
        parts.push(format!("= {}", same.join(", ")));
    }
    parts.join("; ")
}

/// A ratio with its interval.
pub(super) fn shown(ratio: Interval) -> String {
    let Interval { median, low, high } = ratio;
    format!("{} [{} {}]", digits(median), digits(low), digits(high))
}

/// Three of them, as far as the decimal point allows.
pub(super) fn digits(value: f64) -> String {
    match value {
        value if value.is_infinite() => "inf".into(),
        value if value < 9.995 => format!("{value:.2}"),
        value if value < 99.95 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

/// What the control says of the machine.
pub(super) fn control(run: &Run) -> String {
    let Interval { median, low, high } = run.control();
    let grain = 100.0 * run.grain();
    format!(
        "evenkeel against itself: {median:.3} [{low:.3} {high:.3}] over all rows; in a middling \
         row a difference below {grain:.0} % is not called"
    )
}

/// What somebody has to know who sees the table for the first time.
pub(super) fn key(run: &Run) -> Vec<String> {
    let sure = match run.setting.mode.is_count() {
        true => "[the least, the greatest]",
        false => "[where it lies, 95 % sure]",
    };
    let mut lines = vec![
        format!("ratio: what a peer needs / what evenkeel needs, a round's; the median, and {sure}"),
        "verdict: how evenkeel is, called only if all of that lies beyond 1 and beyond the control; \
         `= x`: no difference to x shown"
            .to_owned(),
        "thr: threads that poll tasks; -: this runtime has no such thing".to_owned(),
    ];
    if run.has(LIMIT) {
        lines.push("limit: the same work done by hand with no runtime; a floor, not a peer".into());
    }
    lines.push("what one operation of a case is: cargo xtask bench --list".into());
    lines
}

/// Why no verdict counts.
pub(super) const UNSOUND: &str = "the control failed: evenkeel differs from itself by more than \
     5 %, so the machine is too noisy for any verdict; run again when it is quiet";

/// What the units in the table abbreviate.
pub(super) fn legend(run: &Run) -> Option<&'static str> {
    let has = |unit| run.rows.iter().any(|row| row.unit == unit);
    match () {
        () if has(Unit::Instructions) => Some("in: instructions, kin: thousands, Min: millions"),
        () if has(Unit::Syscalls) => Some("sc: system calls"),
        () if has(Unit::Allocations) => Some("al: allocations"),
        () => None,
    }
}

fn rows(count: usize) -> String {
    if count == 1 { "1 row".into() } else { format!("{count} rows") }
}
