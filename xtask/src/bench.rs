//! `cargo xtask bench`: the same work on every runtime, side by side.
//!
//! This module decides what is run and in which order. What a workload does is the business of the
//! package `evenkeel-benches`, which is asked for its list: no case is named here.

use std::io::IsTerminal;

use crate::Exit;
use crate::flags::{self, Mode};
use crate::workspace::Workspace;

mod run; // one sample: one process
mod stats; // from samples to a verdict
mod table; // what a person reads
mod store; // what is kept, and on which machine

use run::{Case, Measure, Programs};
use stats::Verdict;

/// The package that holds the workloads.
pub(crate) const PACKAGE: &str = "evenkeel-benches";

/// What is measured against the others, as the workloads call it.
const OURS: &str = "evenkeel";

/// Counts do not vary as times do; three rounds show that they do not.
const COUNT_ROUNDS: usize = 3;

/// The machine is too noisy for any verdict when evenkeel differs from itself by more than this.
const NOISE: f64 = 0.05;

/// One line of the table.
#[derive(Debug)]
struct Row {
    case: Case,
    threads: usize,
    /// Per operation, one number a round: evenkeel, evenkeel again, then each peer.
    ours: Vec<f64>,
    again: Vec<f64>,
    peers: Vec<(String, Vec<f64>)>,
}

impl Row {
    fn control(&self) -> stats::Interval {
        stats::interval(&stats::ratios(&self.again, &self.ours))
    }

    fn ratio(&self, samples: &[f64]) -> stats::Interval {
        stats::interval(&stats::ratios(samples, &self.ours))
    }

    fn verdicts(&self) -> Vec<(&str, stats::Interval, Verdict)> {
        let control = self.control();
        self.peers
            .iter()
            .map(|(peer, samples)| {
                let ratio = self.ratio(samples);
                (peer.as_str(), ratio, stats::verdict(ratio, control))
            })
            .collect()
    }
}

pub(crate) fn run(workspace: &Workspace, flags: &flags::Bench) -> Exit {
    if flags.smoke {
        println!("{}", smoke(workspace)?);
        return Ok(0);
    }
    let programs = Programs::build(workspace, run::Profile::Measured)?;
    let cases = chosen(programs.cases()?, &flags.filters)?;
    if flags.list {
        for case in &cases {
            println!("{:<28} {:<18} {}", case.name, case.asyncio, case.meaning);
        }
        return Ok(0);
    }
    let machine = store::Machine::read(workspace, &flags.against);
    table::head(&machine, flags, cases.len());
    let (rows, broken) = measure(&programs, &cases, flags);
    table::end(&rows);
    for fault in &broken {
        println!("FAILED    {fault}");
    }
    let saved = store::save(workspace, &machine, flags, &rows)?;
    println!("saved     {}", saved.display());
    Ok(match () {
        () if !broken.is_empty() => 1,
        () if (stats::noise(&rows) - 1.0).abs() > NOISE => {
            println!("the machine is too noisy: evenkeel differs from itself; no verdict counts");
            3
        }
        () => 0,
    })
}

/// Every case once on every runtime, tiny: the workloads check their own results.
pub(crate) fn smoke(workspace: &Workspace) -> Result<String, String> {
    let programs = Programs::build(workspace, run::Profile::Release)?;
    let cases = programs.cases()?;
    let defaults = flags::Bench::default();
    let mut runs = 0;
    for case in &cases {
        for &threads in &defaults.threads {
            for runtime in std::iter::once(OURS).chain(defaults.against.iter().map(String::as_str))
            {
                if !case.runs_on(runtime, threads) {
                    continue;
                }
                programs.run(case, runtime, threads, run::Length::Once, Mode::Cpu)?;
                runs += 1;
            }
        }
    }
    Ok(format!("{} workloads, {runs} runs", cases.len()))
}

fn chosen(cases: Vec<Case>, filters: &[String]) -> Result<Vec<Case>, String> {
    let wanted = |case: &Case| filters.is_empty() || filters.iter().any(|f| matches(&case.name, f));
    let chosen: Vec<_> = cases.into_iter().filter(wanted).collect();
    if chosen.is_empty() {
        return Err(format!("no case matches {}; see --list", filters.join(" ")));
    }
    Ok(chosen)
}

/// A part of the name; with `*`, its parts in order.
fn matches(name: &str, filter: &str) -> bool {
    let mut rest = name;
    filter.split('*').all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

/// All rows; each is printed as soon as it is known. What does not run is named, not measured.
fn measure(programs: &Programs, cases: &[Case], flags: &flags::Bench) -> (Vec<Row>, Vec<String>) {
    let (mut rows, mut broken) = (Vec::new(), Vec::new());
    let flavours = |case: &&Case| flags.threads.iter().filter(|n| case.runs_on(OURS, **n)).count();
    let total: usize = cases.iter().map(|case| flavours(&case)).sum();
    for case in cases {
        for &threads in &flags.threads {
            if !case.runs_on(OURS, threads) {
                continue;
            }
            let at = rows.len() + broken.len() + 1;
            match measure_row(programs, case, threads, flags, &format!("{at}/{total}")) {
                Ok(row) => {
                    table::row(&row, flags.verbose);
                    rows.push(row);
                }
                Err(fault) => {
                    println!("{:<16} {threads:>3}  FAILED", case.name);
                    broken.push(fault);
                }
            }
        }
    }
    (rows, broken)
}

fn measure_row(
    programs: &Programs,
    case: &Case,
    threads: usize,
    flags: &flags::Bench,
    progress: &str,
) -> Result<Row, String> {
    // The control stands last, so that over the rounds it takes every place in the order.
    let mut runtimes = vec![OURS];
    runtimes.extend(flags.against.iter().map(String::as_str).filter(|r| case.runs_on(r, threads)));
    runtimes.push(OURS);
    let rounds =
        if case.measure == Measure::Time { flags.rounds } else { flags.rounds.min(COUNT_ROUNDS) };
    let mut samples = vec![Vec::with_capacity(rounds); runtimes.len()];
    for round in 0..rounds {
        for place in 0..runtimes.len() {
            let index = (place + round) % runtimes.len();
            if std::io::stderr().is_terminal() {
                let name = &case.name;
                let runtime = runtimes[index];
                eprint!("\r\x1b[K[{progress}] {name} {threads}  round {}  {runtime}", round + 1);
            }
            let length = run::Length::Time(flags.time);
            let sample = programs.run(case, runtimes[index], threads, length, flags.mode);
            samples[index].push(sample?);
        }
    }
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
    let again = samples.pop().unwrap_or_default();
    let mut samples = samples.into_iter();
    let ours = samples.next().unwrap_or_default();
    let peers = flags.against.iter().filter(|r| case.runs_on(r, threads)).cloned().zip(samples);
    let peers = peers.collect();
    Ok(Row { case: case.clone(), threads, ours, again, peers })
}
