//! What a person reads: one line a row, losses as plain as wins.

use super::run::Measure;
use super::stats::{self, Interval, Verdict};
use super::store::Machine;
use super::{Row, flags};
use crate::flags::Mode;

/// The widest line, so that rules above and below fit.
const WIDTH: usize = 133;

pub(super) fn head(machine: &Machine, flags: &flags::Bench, cases: usize) {
    println!("evenkeel bench  {}  git {}  {}", machine.started, machine.git, machine.rustc);
    println!("machine   {machine}");
    println!("peers     {}", machine.peers.join(", "));
    let what = match flags.mode {
        Mode::Cpu => "processor time",
        Mode::Wall => "wall time",
    };
    let time = flags.time.as_secs_f64();
    let quick = if flags.quick { "; quick: not for claims" } else { "" };
    println!(
        "method    {cases} cases, {} rounds of {time} s, {what} per operation{quick}",
        flags.rounds
    );
    println!();
    let mut line = format!("{:<18}{:<24}{:>3}{:>11}", "asyncio", "case", "thr", "evenkeel");
    for peer in &flags.against {
        line += &format!("   {:<20}", format!("{peer}, ratio [95 %]"));
    }
    println!("{line}   verdict (ratio > 1: evenkeel needs less)");
    println!("{}", "-".repeat(WIDTH));
}

pub(super) fn row(row: &Row, verbose: bool) {
    let ours = amount(stats::median(&row.ours), row.case.measure);
    let mut line =
        format!("{:<18}{:<24}{:>3}{ours:>11}", row.case.asyncio, row.case.name, row.threads);
    for (_, ratio, _) in row.verdicts() {
        line += &format!("   {:<20}", shown(ratio));
    }
    println!("{line}   {}", verdict(row));
    if verbose {
        samples("evenkeel", &row.ours, row);
        samples("control", &row.again, row);
        for (peer, values) in &row.peers {
            samples(peer, values, row);
        }
    }
}

/// The control, the counts and the means.
pub(super) fn end(rows: &[Row]) {
    println!("{}", "-".repeat(WIDTH));
    let noise = stats::noise(rows);
    let widest = rows
        .iter()
        .map(Row::control)
        .map(|control| (control.high - 1.0).max(1.0 - control.low))
        .fold(0.0, f64::max);
    println!(
        "control   evenkeel against itself: mean {noise:.3}, the widest interval reaches {:.0} %",
        100.0 * widest
    );
    let Some(first) = rows.first() else { return };
    for (peer, _) in &first.peers {
        // A row that this peer cannot do has no ratio for it.
        let of = |row: &Row| {
            row.verdicts().into_iter().find(|(name, ..)| name == peer).map(|v| (v.1, v.2))
        };
        let verdicts: Vec<_> = rows.iter().filter_map(|row| Some(of(row)?.1)).collect();
        let count = |wanted| verdicts.iter().filter(|verdict| **verdict == wanted).count();
        let timed = rows.iter().filter(|row| row.case.measure == Measure::Time);
        let ratios: Vec<_> = timed.filter_map(|row| Some(of(row)?.0.median)).collect();
        println!(
            "summary   against {peer}: {} better, {} worse, {} undecided; geometric mean of the \
             timed ratios {:.2}",
            count(Verdict::Faster),
            count(Verdict::Slower),
            count(Verdict::Same),
            stats::geometric_mean(&ratios),
        );
    }
}

fn samples(name: &str, values: &[f64], row: &Row) {
    let values: Vec<_> = values.iter().map(|value| amount(*value, row.case.measure)).collect();
    println!("    {name:<12}{}", values.join("  "));
}

fn shown(ratio: Interval) -> String {
    format!("{:.2} [{:.2} {:.2}]", ratio.median, ratio.low, ratio.high)
}

/// Losses first.
fn verdict(row: &Row) -> String {
    let (better, worse) = match row.case.measure {
        Measure::Time | Measure::Late => ("faster than", "SLOWER than"),
        Measure::Bytes | Measure::Allocations => ("less than", "MORE than"),
    };
    let verdicts = row.verdicts();
    let peers = |wanted| -> Vec<&str> {
        verdicts.iter().filter(|(_, _, is)| *is == wanted).map(|(peer, ..)| *peer).collect()
    };
    let mut parts = Vec::new();
    for (word, wanted) in [(worse, Verdict::Slower), (better, Verdict::Faster)] {
        let peers = peers(wanted);
        if !peers.is_empty() {
            parts.push(format!("{word} {}", peers.join(", ")));
        }
    }
    match peers(Verdict::Same) {
        same if same.len() == verdicts.len() => "no difference shown".into(),
        same => {
            parts.extend(same.iter().map(|peer| format!("= {peer}")));
            parts.join("; ")
        }
    }
}

/// Three digits and a unit.
fn amount(value: f64, measure: Measure) -> String {
    match measure {
        Measure::Bytes => format!("{value:.0} B"),
        Measure::Allocations => format!("{value:.2}"),
        Measure::Time | Measure::Late if value < 1e3 => format!("{value:.1} ns"),
        Measure::Time | Measure::Late if value < 1e6 => format!("{:.2} us", value / 1e3),
        Measure::Time | Measure::Late => format!("{:.2} ms", value / 1e6),
    }
}
