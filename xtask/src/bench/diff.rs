//! Two saved runs, evenkeel beside evenkeel. They share no rounds, so the peers, which did not
//! change in between, tell how far the machine did.

use std::path::Path;

use super::baseline::{find, is_beyond};
use super::paint::Paint;
use super::run::{OURS, Row, Run, is_peer};
use super::stats::{self, Estimate, Interval, Verdict};
use super::{store, summary};
use crate::Exit;
use crate::flags::Bench;

/// A row that both runs have.
struct Pair<'a> {
    then: &'a Row,
    now: &'a Row,
    ratio: Estimate,
}

/// Prints the table; the exit code is 1 if there is a regression and the flags ask for that.
pub(super) fn run(folder: &Path, flags: &Bench, a: &str, b: &str) -> Exit {
    let (then, now) = (store::read(&find(folder, a))?, store::read(&find(folder, b))?);
    if then.setting.mode != now.setting.mode {
        return Err("one run compares other quantities than the other".into());
    }
    let (text, regressions) = table(&then, &now, Paint::new(flags.color), flags.fail_above);
    print!("{text}");
    Ok(u8::from(regressions > 0))
}

fn table(then: &Run, now: &Run, paint: Paint, percent: Option<f64>) -> (String, usize) {
    let mut text = String::new();
    for (name, run) in [("A", then), ("B", now)] {
        let machine = &run.machine;
        text +=
            &format!("{name}         {}  git {}  {machine}\n", machine.started, machine.commit());
    }
    let drift = drift(then, now);
    text += &drift_said(drift);
    let pairs = pairs(then, now);
    let width = pairs.iter().map(|pair| pair.now.case.id.len()).max().unwrap_or(0).max(4) + 2;
    text += &format!(
        "\n{:<width$}{:>3}{:>11}{:>11}   {:<20}   verdict (ratio = A / B: above 1, B needs less)\n",
        "case", "thr", "A", "B", "ratio [95 %]"
    );
    let mut regressions = 0;
    for pair in &pairs {
        let verdict = pair.verdict(drift);
        let (better, worse) = pair.now.unit.words();
        let beyond = percent.is_some_and(|it| is_beyond(pair.ratio.interval.high, it));
        let word = match verdict {
            Verdict::Better => format!("B {better}"),
            Verdict::Worse => format!("B {worse}"),
            Verdict::Undecided => "no difference shown".into(),
        };
        let mark = if verdict == Verdict::Worse && beyond { "; REGRESSED" } else { "" };
        regressions += usize::from(!mark.is_empty());
        let cost = |row: &Row| row.unit.shown(row.cost(OURS).unwrap_or(0.0));
        let line = format!(
            "{:<width$}{:>3}{:>11}{:>11}   {:<20}   {word}{mark}",
            pair.now.case.id,
            pair.now.threads,
            cost(pair.then),
            cost(pair.now),
            summary::shown(pair.ratio.interval)
        );
        text += &paint.verdict(verdict, &line);
        text.push('\n');
    }
    let timed = pairs.iter().filter(|pair| pair.now.is_timed());
    let mean = stats::pooled(timed.map(|pair| &pair.ratio)).interval;
    text += &format!(
        "\nin short  A needs {} times what B needs, over {} rows of both\n",
        summary::shown(mean),
        pairs.len()
    );
    (text, regressions)
}

impl Pair<'_> {
    /// Called only beyond what evenkeel differed from itself in either run, and the machine from
    /// run to run.
    fn verdict(&self, drift: Option<Interval>) -> Verdict {
        let mut control = self.then.control.interval;
        for other in [Some(self.now.control.interval), drift].into_iter().flatten() {
            control.low = control.low.min(other.low);
            control.high = control.high.max(other.high);
        }
        stats::verdict(self.ratio.interval, control)
    }
}

fn pairs<'a>(then: &'a Run, now: &'a Run) -> Vec<Pair<'a>> {
    let mut pairs = Vec::new();
    for (row, seed) in now.rows.iter().zip(0..) {
        let old = then.rows.iter().find(|old| {
            (&old.case.id, old.threads, old.unit) == (&row.case.id, row.threads, row.unit)
        });
        if let Some(old) = old {
            let ratio = apart(old, row, OURS, seed);
            pairs.extend(ratio.map(|ratio| Pair { then: old, now: row, ratio }));
        }
    }
    pairs
}

fn apart(then: &Row, now: &Row, runtime: &str, seed: u64) -> Option<Estimate> {
    let samples = |row: &Row| row.samples.iter().find(|it| it.0 == runtime).map(|it| it.1.clone());
    Some(stats::estimate_apart(&samples(then)?, &samples(now)?, seed))
}

/// What peers of the same version needed then, over what they need now.
fn drift(then: &Run, now: &Run) -> Option<Interval> {
    let same = |peer: &&String| {
        then.machine.peers.iter().any(|it| it.0 == **peer && now.machine.peers.contains(it))
    };
    let mut estimates = Vec::new();
    for peer in now.peers.iter().filter(same).filter(|peer| is_peer(peer)) {
        for (pair, seed) in pairs(then, now).iter().zip(0..) {
            if pair.now.is_timed() {
                estimates.extend(apart(pair.then, pair.now, peer, seed));
            }
        }
    }
    (!estimates.is_empty()).then(|| stats::pooled(estimates.iter()).interval)
}

fn drift_said(drift: Option<Interval>) -> String {
    match drift {
        None => "drift     unknown: no peer of the same version is in both runs\n".into(),
        Some(drift) => format!(
            "drift     the same peers needed {} times as much in A as in B: that much is the \
             machine's\n",
            summary::shown(drift)
        ),
    }
}

#[cfg(test)]
mod tests;
