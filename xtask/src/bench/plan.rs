//! What is to be run: which rows, who takes part in each, how often and for how long. Pure.

use std::time::Duration;

use super::case::{Case, Unit};
use super::run::{BASELINE, CONTROL, LIMIT, OURS};
use super::stats;
use crate::flags::Bench;

/// Rounds of a case, if nobody says otherwise; an odd number has a median that was measured. As
/// many as fit into `FULL`; more rounds narrow an interval, more time a round does so less.
const ROUNDS: [usize; 4] = [11, 9, 7, 5];

/// Of a case with a size: there it is the growth that tells, and one piece may be a second's work.
const SIZED_ROUNDS: usize = 5;

/// Counts do not vary as times do; the second round and the control show that they do not.
const COUNT_ROUNDS: usize = 2;

/// Bytes and allocations of an ordinary run: the same, but cheap enough for one more.
const HEAP_ROUNDS: usize = 3;

const TIME: Duration = Duration::from_millis(100);

/// The least share of the time a process works for in a full run that would take too long.
const SHORTEST: f64 = 0.4;

/// What fits between two meals, and what one waits for at the desk. Both leave some room below what
/// the manual promises: 20 minutes and 90 s.
const FULL: f64 = 16.0 * 60.0;
const QUICK: f64 = 75.0;

/// A process of a quick run works for at most this long, and for at least that.
const QUICK_TIME: (f64, f64) = (0.05, 0.01);

/// A process beyond the time it is asked to work, in seconds: its start, its runtime's, its end. On two cores
/// 16 ms, in the mean of all cases without a size.
const START: f64 = 0.02;

/// The warm-up, as a share of the time.
const WARM_UP: f64 = 0.2;

/// What one of the things a size counts adds to a process: setting it up, a piece that outlasts the time, taking
/// it down. 0.7 to 1.2 us in the mean of the runtimes; a connection has to be made, and its other end too.
const EACH: f64 = 1.1e-6;
const CONNECTION: f64 = 1.3e-4;

/// A process under valgrind or strace: two of them are a sample.
const COUNTED: f64 = 2.5;

/// All of it, in order.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) jobs: Vec<Job>,
    /// Of cases without a size.
    pub(super) rounds: usize,
    pub(super) time: Duration,
    /// Estimated.
    pub(super) seconds: f64,
    /// If set, in seconds, and shared by the rows as they are estimated: once it is used up, a row makes do
    /// with the fewest rounds that allow a verdict.
    pub(super) budget: Option<f64>,
    /// What a sample of each job is estimated to take, in seconds.
    pub(super) weights: Vec<f64>,
}

/// A row that takes so many times its share of the budget ends, verdict or not.
const GREEDY: f64 = 4.0;

/// A row to be.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) case: Case,
    pub(super) threads: usize,
    pub(super) unit: Unit,
    /// evenkeel first, the control last, so that over the rounds it takes every place in the order.
    pub(super) columns: Vec<String>,
    pub(super) rounds: usize,
}

impl Plan {
    /// `against` are the peers that can run here.
    pub(super) fn new(cases: &[Case], against: &[String], flags: &Bench) -> Plan {
        let mut plan = Plan { time: flags.time.unwrap_or(TIME), ..Plan::default() };
        let short = flags.quick && flags.rounds.is_none();
        plan.rounds = flags.rounds.unwrap_or(if short { ROUNDS[3] } else { ROUNDS[0] });
        if flags.mode.is_count() {
            plan.rounds = flags.rounds.unwrap_or(COUNT_ROUNDS);
        }
        // Who names cases wants them, whether or not they are part of a first look.
        let wanted = |case: &&Case| !flags.quick || case.quick || !flags.filters.is_empty();
        for case in cases.iter().filter(wanted) {
            let Some(unit) = case.unit(flags.mode) else { continue };
            for &threads in flags.threads.iter().filter(|it| case.can(OURS, **it)) {
                let columns = columns(case, threads, against);
                let rounds = plan.rounds;
                plan.jobs.push(Job { case: case.clone(), threads, unit, columns, rounds });
            }
        }
        plan.fit(flags);
        plan
    }

    /// Chooses what the flags leave open, so that the whole takes no longer than it may.
    fn fit(&mut self, flags: &Bench) {
        let free = flags.rounds.is_none() && !flags.mode.is_count();
        self.budget = free.then_some(if flags.quick { QUICK } else { FULL });
        if flags.quick && flags.time.is_none() {
            self.set_rounds(flags);
            let processes: usize = self.jobs.iter().map(|job| job.rounds * job.columns.len()).sum();
            let each = QUICK / processes.max(1) as f64 - START;
            let secs = (each / (1.0 + WARM_UP)).clamp(QUICK_TIME.1, QUICK_TIME.0);
            self.time = Duration::from_micros((secs * 1e6) as u64);
        }
        let most = self.rounds;
        for rounds in ROUNDS.into_iter().filter(|it| free && *it <= most) {
            self.rounds = rounds;
            self.set_rounds(flags);
            if self.estimate(flags) <= FULL {
                break;
            }
        }
        self.set_rounds(flags);
        if free && flags.time.is_none() && self.estimate(flags) > FULL {
            // Fewer rounds would allow no verdict: each process works for less instead.
            let asked = std::mem::take(&mut self.time).as_secs_f64();
            let idle = self.estimate(flags);
            self.time = Duration::from_secs_f64(asked);
            let share = (FULL - idle) / (self.estimate(flags) - idle);
            self.time = Duration::from_secs_f64(asked * share.clamp(SHORTEST, 1.0));
        }
        self.seconds = self.estimate(flags);
        self.weights = self.jobs.iter().map(|job| self.process(job, flags)).collect();
    }

    fn set_rounds(&mut self, flags: &Bench) {
        for job in &mut self.jobs {
            job.rounds = match flags.rounds {
                Some(rounds) => rounds,
                None if flags.mode.is_count() => COUNT_ROUNDS,
                None if !job.unit.is_time() => HEAP_ROUNDS,
                None if job.case.size.is_some() => SIZED_ROUNDS.min(self.rounds),
                None => self.rounds,
            };
        }
    }

    fn estimate(&self, flags: &Bench) -> f64 {
        let of = |job: &Job| (job.rounds * job.columns.len()) as f64 * self.process(job, flags);
        self.jobs.iter().map(of).sum()
    }

    /// The seconds one sample of a job takes.
    fn process(&self, job: &Job, flags: &Bench) -> f64 {
        let each = if job.case.axis.ends_with("connections") { CONNECTION } else { EACH };
        let set_up = START + each * job.case.size.unwrap_or(0) as f64;
        if flags.mode.is_count() {
            return COUNTED + set_up;
        }
        let work = if job.unit.is_time() { self.time.as_secs_f64() } else { 0.0 };
        set_up + work * (1.0 + WARM_UP)
    }

    /// Those of a row, estimated.
    fn seconds_of(&self, index: usize) -> f64 {
        let job = &self.jobs[index];
        (job.rounds * job.columns.len()) as f64 * self.weights[index]
    }

    /// Whether the row that has done so many rounds is to end now, for the sake of the others:
    /// `index` is its place, `own` are its seconds so far and `all` those of the run. The clock
    /// alone decides, never what was found.
    pub(super) fn is_late(&self, index: usize, rounds: usize, own: f64, all: f64) -> bool {
        self.budget.is_some_and(|budget| {
            let scale = budget / self.seconds;
            let until_here: f64 = (0..=index).map(|at| self.seconds_of(at)).sum();
            let enough = rounds >= stats::ENOUGH && all > scale * until_here;
            enough || rounds > 0 && own > GREEDY * scale * self.seconds_of(index)
        })
    }
}

fn columns(case: &Case, threads: usize, against: &[String]) -> Vec<String> {
    let can = |name: &str| case.can(name, threads);
    let mut columns = vec![OURS.to_owned()];
    columns.extend(against.iter().filter(|peer| can(peer)).cloned());
    columns.extend(can(LIMIT).then(|| LIMIT.to_owned()));
    columns.extend(can(BASELINE).then(|| BASELINE.to_owned()));
    columns.push(CONTROL.to_owned());
    columns
}

#[cfg(test)]
mod tests;
