//! From a plan to samples: rounds in rotated order, one process at a time.

use std::path::PathBuf;
use std::time::Duration;

use super::case::Unit;
use super::count::{Counter, Tool};
use super::plan::{Job, Plan};
use super::process::is_interrupted;
use super::programs::{Length, Programs};
use super::progress::Progress;
use super::run::{CONTROL, Latency, OURS, Row};
use super::table;
use crate::flags::Bench;

/// One process said this: the cost of an operation, and perhaps its latencies.
type Sample = (f64, Option<[f64; 3]>);

/// What came of a plan.
pub(super) struct Measured {
    /// Those that came about.
    pub(super) rows: Vec<Row>,
    /// What did not work.
    pub(super) faults: Vec<String>,
    /// Who was too slow for a row.
    pub(super) remarks: Vec<String>,
}

/// Why there is no sample.
#[derive(Debug, PartialEq)]
enum Lack {
    Fault(String),
    /// It finished nothing in the time it had.
    TooSlow(String),
}

pub(super) fn rows(programs: &Programs, plan: &Plan, flags: &Bench, scratch: PathBuf) -> Measured {
    let mut hand = Hand {
        programs,
        plan,
        flags,
        scratch,
        progress: Progress::new(plan.jobs.len(), plan.seconds),
        faults: Vec::new(),
        remarks: Vec::new(),
    };
    let mut rows = Vec::new();
    for (index, (job, &weight)) in plan.jobs.iter().zip(&plan.weights).enumerate() {
        if is_interrupted() {
            break;
        }
        hand.progress.row();
        if let Some(row) = hand.row(index, job, weight) {
            hand.progress.finished(&table::line(&row));
            rows.push(row);
        }
    }
    hand.progress.end();
    Measured { rows, faults: hand.faults, remarks: hand.remarks }
}

/// What measuring needs at hand.
struct Hand<'a> {
    programs: &'a Programs,
    plan: &'a Plan,
    flags: &'a Bench,
    scratch: PathBuf,
    progress: Progress,
    faults: Vec<String>,
    remarks: Vec<String>,
}

impl Hand<'_> {
    fn row(&mut self, index: usize, job: &Job, weight: f64) -> Option<Row> {
        let tool = Tool::of(job.unit).filter(|_| self.flags.mode.is_count());
        let counter = match tool {
            None => None,
            Some(tool) => {
                let of = (&job.case, job.threads);
                match Counter::new(self.programs, tool, of, &self.scratch) {
                    Ok(counter) => Some(counter),
                    Err(fault) => {
                        self.faults.push(fault);
                        return None;
                    }
                }
            }
        };
        let mut columns: Vec<(String, Vec<Sample>)> =
            job.columns.iter().map(|name| (name.clone(), Vec::new())).collect();
        let begun = self.progress.elapsed();
        for round in 0..job.rounds {
            let all = self.progress.elapsed();
            let own = (all - begun).as_secs_f64();
            if self.plan.is_late(index, round, own, all.as_secs_f64()) {
                self.progress.done(weight * ((job.rounds - round) * job.columns.len()) as f64);
                break;
            }
            let Some(samples) = self.round(round, job, &mut columns, counter.as_ref(), weight)
            else {
                break;
            };
            for ((_, all), sample) in columns.iter_mut().zip(samples) {
                all.push(sample);
            }
        }
        let complete = columns.iter().any(|it| it.0 == OURS) && !columns[0].1.is_empty();
        complete.then(|| row(index, job, columns))
    }

    /// One sample of everybody, or none: only whole rounds are compared. Whoever fails is told of
    /// and takes no further part.
    fn round(
        &mut self,
        round: usize,
        job: &Job,
        columns: &mut Vec<(String, Vec<Sample>)>,
        counter: Option<&Counter<'_>>,
        weight: f64,
    ) -> Option<Vec<Sample>> {
        let count = columns.len();
        let mut samples: Vec<Option<Sample>> = vec![None; count];
        for place in 0..count {
            if is_interrupted() {
                return None;
            }
            let index = (place + round) % count;
            let name = columns[index].0.clone();
            let id = &job.case.id;
            let (at, rounds) = (round + 1, job.rounds);
            self.progress.process(&format!("{id} {}  round {at}/{rounds}  {name}", job.threads));
            match self.sample(job, &name, counter) {
                Ok(sample) => samples[index] = Some(sample),
                Err(_) if is_interrupted() => return None,
                Err(Lack::Fault(fault)) => self.faults.push(fault),
                Err(Lack::TooSlow(remark)) => self.remarks.push(remark),
            }
            self.progress.done(weight);
        }
        let mut failed = samples.iter().map(Option::is_none);
        columns.retain(|_| !failed.next().unwrap_or(false));
        let ours = columns.first().is_some_and(|it| it.0 == OURS);
        ours.then(|| samples.into_iter().flatten().collect())
    }

    fn sample(
        &self,
        job: &Job,
        column: &str,
        counter: Option<&Counter<'_>>,
    ) -> Result<Sample, Lack> {
        if let Some(counter) = counter {
            return Ok((counter.per_operation(column).map_err(Lack::Fault)?, None));
        }
        let length = Length::Time(self.plan.time);
        let counted = matches!(job.unit, Unit::Bytes | Unit::Allocations);
        let of = (column, job.threads);
        let words = self.programs.command(&job.case, of, counted, length);
        let reply = self.programs.ask(&words, length).map_err(Lack::Fault)?;
        if reply.is_idle() {
            return Err(idle(job, column, self.plan.time));
        }
        let cost = reply.cost(job.unit, self.flags.mode);
        let none = || Lack::Fault(format!("{}: no {}", words.join(" "), job.unit.name()));
        Ok((cost.ok_or_else(none)?, reply.latency))
    }
}

/// That a runtime finished nothing tells of that runtime; without evenkeel there is no row, and without its
/// control no verdict in it.
fn idle(job: &Job, column: &str, time: Duration) -> Lack {
    let (id, threads) = (&job.case.id, job.threads);
    let said = format!("{column} finished nothing of {id} ({threads} thr) in {time:?}");
    if [OURS, CONTROL].contains(&column) { Lack::Fault(said) } else { Lack::TooSlow(said) }
}

fn row(index: usize, job: &Job, columns: Vec<(String, Vec<Sample>)>) -> Row {
    let mut latency = Vec::new();
    for (name, samples) in columns.iter().filter(|it| it.0 != CONTROL) {
        let all: Vec<_> = samples.iter().filter_map(|sample| sample.1).collect();
        if !all.is_empty() && all.len() == samples.len() {
            let each = |place: usize| all.iter().map(|it| it[place]).collect();
            latency.push((name.clone(), Latency { p50: each(0), p99: each(1), p999: each(2) }));
        }
    }
    let costs = |samples: Vec<Sample>| samples.into_iter().map(|sample| sample.0).collect();
    let samples = columns.into_iter().map(|(name, samples)| (name, costs(samples))).collect();
    Row::new((job.case.clone(), job.threads, job.unit), samples, latency, index as u64)
}

#[cfg(test)]
mod tests {
    //! Processes that finish nothing.

    use super::*;
    use crate::bench::case::Case;

    #[test]
    fn a_slow_peer_is_remarked_upon_and_evenkeel_may_not_be_slow() {
        let case = serde_json::json!({ "group": "sync", "name": "line", "measure": "time" });
        let case = Case::from_json(&case).unwrap();
        let job = Job { case, threads: 2, unit: Unit::Ns, columns: Vec::new(), rounds: 5 };
        let of = |column| idle(&job, column, Duration::from_millis(40));
        let said = "smol finished nothing of sync/line (2 thr) in 40ms";
        assert_eq!(of("smol"), Lack::TooSlow(said.into()));
        assert!(matches!(of(OURS), Lack::Fault(_)));
        assert!(matches!(of(CONTROL), Lack::Fault(_)));
    }
}
