//! For tests: a clock that does not wait, schedules drawn from a seed, and the moment at which all wait.
//!
//! | you want | take | tokio |
//! |---|---|---|
//! | a run in which hours take no time | [`run`] | `#[tokio::test(start_paused = true)]` |
//! | the same program under a thousand schedules | [`schedules`] | – |
//! | one of them again | `EVENKEEL_SEED=0x51ED cargo test its_name` | – |
//! | more of them, for a night | `EVENKEEL_SEEDS=1000000 cargo test its_name` | – |
//! | to go on when everybody else waits | [`wait_all_blocked`] | – |
//! | other clocks, workers and timeouts | [`Test`] | `runtime::Builder` |
//!
//! With the feature `macros`, `#[evenkeel::test]` writes [`Test`] for you.
//!
//! A run whose main waits while no task is ready, no timer armed, no call running and no descriptor watched
//! does not hang: it ends with `deadlock: main waits and nothing can wake it`, and a table of all who wait.
//! A thread of the test's own, which no runner knows, has three seconds of real time to wake somebody before
//! that, and a fifth of a second under a seed; blocking calls (`to_thread`) have as long as they take.
//!
//! ```
//! use evenkeel::{Lock, create_task, gather, testing, yield_now};
//! use std::sync::Arc;
//!
//! // Whatever the order in which two tasks go on, nothing is lost.
//! testing::schedules(50, async |_seed| {
//!     let count = Arc::new(Lock::new(0));
//!     let adds = |count: Arc<Lock<u32>>| async move {
//!         let mut count = count.lock().await;
//!         let seen = *count;
//!         yield_now().await;
//!         *count = seen + 1;
//!     };
//!     gather([0; 2].map(|_| create_task(adds(count.clone())))).await;
//!     assert_eq!(*count.lock().await, 2);
//! });
//! ```

mod attempt;
mod quiet;
mod schedules;
mod seed;
mod watch;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use evenkeel_timer::ManualClock;

use crate::ambient::Ambient;
use crate::options::Options;
use crate::runner::{Runner, finish, forbid_nesting};

pub use schedules::schedules;
pub use seed::{BadSeed, Seed};

/// How a test is run: on which clock and workers, in which order, for how long at most.
///
/// ```
/// use evenkeel::testing::{Schedule, Test};
/// use std::time::Duration;
///
/// let test = Test { schedule: Schedule::Seeds(10), workers: Some(3), ..Test::default() };
/// test.run(async |_| evenkeel::sleep(Duration::from_secs(3600)).await);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Test {
    /// In which order tasks go on. `EVENKEEL_SEED` overrules it.
    pub schedule: Schedule,
    /// How many workers; `None` is one, and one and then two where a seed decides the order.
    pub workers: Option<usize>,
    /// Whose time passes.
    pub clock: TestClock,
    /// How much time on its clock the test may take. Whatever is said here, one run of it may not take
    /// more than a minute of real time, or this much if it is more.
    pub timeout: Option<Duration>,
}

/// In which order the tasks of a test go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Schedule {
    /// As on any runner: with one worker in strict order, with several on as many threads.
    #[default]
    InOrder,
    /// Drawn from this seed.
    Seed(Seed),
    /// Drawn anew from each of so many seeds, beginning with 0; `EVENKEEL_SEEDS` overrules the number.
    Seeds(u64),
}

/// Whose time passes in a test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TestClock {
    /// Nobody's: when all tasks wait, the clock jumps to the next deadline.
    #[default]
    Paused,
    /// The system's.
    Real,
}

/// What the body of a test may answer: nothing, or a `Result`.
#[diagnostic::on_unimplemented(
    message = "a test answers `()` or a `Result` whose error is `Debug`, not `{Self}`"
)]
pub trait Verdict {
    /// # Errors
    /// What went wrong, as text.
    fn verdict(self) -> Result<(), String>;
}

impl Verdict for () {
    fn verdict(self) -> Result<(), String> {
        Ok(())
    }
}

impl<T, E: fmt::Debug> Verdict for Result<T, E> {
    fn verdict(self) -> Result<(), String> {
        self.map(drop).map_err(|error| format!("the test returned Err({error:?})"))
    }
}

/// Runs `main` on one worker in strict order, with a clock that jumps when all wait.
///
/// ```
/// use std::time::Duration;
///
/// evenkeel::testing::run(async {
///     let begun = evenkeel::now();
///     evenkeel::sleep(Duration::from_secs(3600)).await;
///     assert_eq!(evenkeel::now() - begun, Duration::from_secs(3600));
/// });
/// ```
///
/// # Panics
/// As [`run`](crate::run()); and if main waits and nothing can wake it.
#[track_caller]
pub fn run<F: Future>(main: F) -> F::Output {
    forbid_nesting();
    let clock = Arc::new(ManualClock::auto_jump());
    let options = Options { workers: 1, clock, ..Options::default() };
    let mut runner =
        Runner::new(options).unwrap_or_else(|error| panic!("run() cannot start its loop: {error}"));
    let outcome = runner.run_to_end(main);
    runner.close();
    finish(outcome)
}

/// Waits until every other task waits for something and no blocking call runs; then, before the clock
/// jumps, all who wait here go on. Trio's `wait_all_tasks_blocked`.
///
/// ```
/// use evenkeel::{Event, create_task, testing};
/// use std::sync::Arc;
///
/// testing::run(async {
///     let event = Arc::new(Event::new());
///     let waiter = create_task({
///         let event = event.clone();
///         async move { event.wait().await }
///     });
///     testing::wait_all_blocked().await;
///     assert_eq!(event.statistics().waiting, 1);
///     event.set();
///     waiter.await;
/// });
/// ```
///
/// # Cancellation
/// Nothing lost.
///
/// # Panics
/// Outside a running loop, and on one whose clock is the system's: there nobody counts who waits.
pub async fn wait_all_blocked() {
    let asked = Ambient::with(|ambient| {
        let manual = ambient.shared.timers.clock().is_manual();
        manual.then(|| ambient.shared.stall.add())
    });
    let asked = asked.unwrap_or_else(|error| panic!("{error}"));
    let all_rest = asked.expect(
        "wait_all_blocked() needs a clock that stands still while tasks run: use `testing::run`, or a \
         `ManualClock` in the runner's options",
    );
    let _ = all_rest.await; // The sender goes only with the runner.
}
