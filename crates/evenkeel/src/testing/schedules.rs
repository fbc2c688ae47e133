//! A test under many schedules: tried in order, the first that fails shrunk, and told so that it can be had
//! again.

use std::time::{Duration, Instant};

use super::attempt::{Attempt, attempt};
use super::quiet::quietly;
use super::watch::Watch;
use super::{Schedule, Seed, Test, Verdict};
use crate::runner::forbid_nesting;

/// One schedule is asked for: `EVENKEEL_SEED=0x51ED@2:17`.
const ONE: &str = "EVENKEEL_SEED";
/// So many are asked for: `EVENKEEL_SEEDS=1000000`.
const MANY: &str = "EVENKEEL_SEEDS";

/// For shrinking: it halves what is left at each try, so few are needed unless each of them is long.
const SHRINKING: Duration = Duration::from_secs(20);

/// Runs `body` under `count` schedules, each on one and on two workers, with a clock that jumps; panics at
/// the first that fails.
///
/// With a seed the order in which tasks go on is drawn by lot, see [`Options::seed`](crate::Options::seed).
/// The one that fails is then *shrunk*: run again with fewer lots, after which tasks go on in order, as few
/// as still fail. What is printed replays exactly that:
///
/// ```text
/// schedule 0x51ED@2:17 fails, seed 20974 of 100000: assertion failed: left == right
///     of the 412 lots it drew, 17 suffice. To have it again:
///     EVENKEEL_SEED=0x51ED@2:17 cargo test lock::nobody_is_lost
/// ```
///
/// A test fails if `body` panics or returns an error, if it waits and nothing can wake it, if it takes more
/// than a minute, or if a task panics that nobody awaits. `EVENKEEL_SEEDS` overrules `count`.
///
/// # Panics
/// If a schedule fails, or one of the two variables cannot be read.
#[track_caller]
pub fn schedules<V: Verdict>(count: u64, body: impl AsyncFn(Seed) -> V) {
    Test { schedule: Schedule::Seeds(count), ..Test::default() }.run(body);
}

impl Test {
    /// Runs `body` as described; it may borrow and need not be Send.
    ///
    /// # Panics
    /// If the test fails, with the reason and, if it was drawn by lot, the way to have it again.
    #[track_caller]
    pub fn run<V: Verdict>(&self, body: impl AsyncFn(Seed) -> V) {
        forbid_nesting();
        let watch = Watch::new();
        let told = self.find_failure(&watch, &body);
        drop(watch);
        if let Some(told) = told {
            panic!("{told}");
        }
    }

    fn find_failure<V: Verdict>(
        &self,
        watch: &Watch,
        body: &impl AsyncFn(Seed) -> V,
    ) -> Option<String> {
        let (first, count) = match (read::<Seed>(ONE), self.schedule) {
            (Some(seed), _) | (None, Schedule::Seed(seed)) => (seed, 1),
            (None, Schedule::Seeds(count)) => (Seed::new(0), read(MANY).unwrap_or(count)),
            (None, Schedule::InOrder) => {
                return attempt(self, self.workers.unwrap_or(1), None, watch, body).failure;
            }
        };
        let crews = match (first.workers, self.workers) {
            (Some(workers), _) | (None, Some(workers)) => vec![workers],
            (None, None) => vec![1, 2],
        };
        for nth in 0..count {
            for &workers in &crews {
                let value = first.value().wrapping_add(nth);
                let seed = Seed { workers: Some(workers), lots: first.lots, ..Seed::new(value) };
                let tried = attempt(self, workers, Some(seed), watch, body);
                if let Some(failure) = tried.failure {
                    let found = Found { test: self, watch, body, seed, workers };
                    return Some(found.tell(failure, tried.drawn, nth + 1, count));
                }
            }
        }
        None
    }
}

/// A schedule that fails.
struct Found<'a, B> {
    test: &'a Test,
    watch: &'a Watch,
    body: &'a B,
    seed: Seed,
    workers: usize,
}

impl<V: Verdict, B: AsyncFn(Seed) -> V> Found<'_, B> {
    fn with_lots(&self, lots: u64) -> Attempt {
        let seed = Seed { lots: Some(lots), ..self.seed };
        attempt(self.test, self.workers, Some(seed), self.watch, self.body)
    }

    /// Shrinks it and says what there is to say.
    fn tell(&self, failure: String, drawn: u64, nth: u64, count: u64) -> String {
        let (lots, shrunk) = match self.seed.lots {
            Some(lots) => (lots, Some(failure.clone())), // It comes from somebody who has shrunk it.
            None => quietly(|| self.shrunk(drawn)),
        };
        let seed = Seed { lots: Some(lots), ..self.seed };
        let name = std::thread::current().name().filter(|name| *name != "main").map(str::to_owned);
        let name = name.map_or_else(String::new, |name| format!(" {name}"));
        let which = if count > 1 { format!(", seed {nth} of {count}") } else { String::new() };
        match shrunk {
            Some(failure) => format!(
                "schedule {seed} fails{which}: {failure}\n    of the {drawn} lots it drew, {lots} \
                 suffice. To have it again:\n    {ONE}={seed} cargo test{name}"
            ),
            None => format!(
                "schedule {} fails{which}, but not when it is run again: {failure}\n    something that no \
                 seed decides takes part, such as threads, real time, or the order of a HashMap\n    \
                 {ONE}={} cargo test{name}",
                self.seed, self.seed
            ),
        }
    }

    /// How few lots suffice, and what it says then; no text if it does not fail again.
    fn shrunk(&self, drawn: u64) -> (u64, Option<String>) {
        let give_up = Instant::now() + SHRINKING;
        let Some(mut text) = self.with_lots(drawn).failure else { return (drawn, None) };
        // It fails with `most`, and was not seen to fail with `least - 1`. Whether it fails is not monotone
        // in the number of lots, so this finds a small number, not always the smallest.
        let (mut least, mut most) = (0, drawn);
        while least < most && Instant::now() < give_up {
            let middle = least + (most - least) / 2;
            match self.with_lots(middle).failure {
                Some(failure) => (most, text) = (middle, failure),
                None => least = middle + 1,
            }
        }
        (most, Some(text))
    }
}

/// What a variable holds, if it is set.
fn read<T: std::str::FromStr<Err: std::fmt::Display>>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    match text.parse() {
        Ok(value) => Some(value),
        Err(error) => panic!("{name}={text}: {error}"),
    }
}
