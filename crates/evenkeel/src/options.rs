//! What a runner is made of.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use evenkeel_blocking::{PoolOptions, StartThread};
use evenkeel_task::{FailureKind, FailureReport};
use evenkeel_timer::{Clock, SystemClock};

use crate::leftovers::{SAID, more};
use crate::loom::{AtomicBool, AtomicUsize, Ordering};
use crate::together::TOGETHER;

/// How a [`Runner`](crate::Runner) is made.
///
/// ```
/// use evenkeel::{Options, Runner};
///
/// // asyncio's loop: one thread, strict order.
/// let mut runner = Runner::new(Options { workers: 1, ..Options::default() })?;
/// assert_eq!(runner.run(async { 1 + 2 }), 3);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Options {
    /// Threads that run tasks, the calling one included; at least one. With one, tasks run in strict
    /// order, in batches, as on asyncio's loop.
    ///
    /// Default: one per processor.
    pub workers: usize,
    /// What the other worker threads are called; each adds its number: `evenkeel-1`.
    pub thread_name: String,
    /// The most threads for calls that block ([`to_thread`](crate::to_thread)), started when needed.
    ///
    /// Default: as in asyncio, four more than there are processors, but 32 at most.
    pub blocking_threads: usize,
    /// How long the end of a run waits for blocking calls that still run, and for tasks that do not end.
    ///
    /// Default: five seconds. asyncio waits five minutes, which users take for a hang.
    pub shutdown_grace: Duration,
    /// How long a clean-up ([`defer`](crate::defer)) may take, and how long a task that has nothing else left
    /// to do waits for work that it [shielded](crate::shield). What takes longer is dropped and reported.
    ///
    /// Default: five seconds.
    pub cleanup_grace: Duration,
    /// How far apart, at least, the loop wakes for timers; what falls due in between goes together, in one
    /// sleep of the kernel. asyncio's `_clock_resolution`, but never early: a timer fires at its deadline or
    /// later, in order of the deadlines, and because of this less than this much later. One that follows
    /// no other so closely is not delayed at all.
    ///
    /// Default: 90 µs. Larger saves processor time where timers are dense: at 1 ms, the tick of other
    /// runtimes' wheels, a thousand sleepers cost half or less. Zero: each deadline is slept for by itself.
    /// No effect on a clock that is not the system's.
    pub timer_resolution: Duration,
    /// Debug mode: says so where things are left behind, names tasks that [hold a worker](Options::slow_poll) and
    /// those that wait for each other's locks (the latter for the whole process). `None` leaves it to the variable
    /// `EVENKEEL_DEBUG` (set, not empty, not `0`).
    pub debug: Option<bool>,
    /// In debug mode: how long one poll of a task may hold its worker. A task that does so for as long or longer is
    /// named on standard error, with its id, the place where it was spawned and the time; so is a callback.
    /// asyncio's `slow_callback_duration`.
    ///
    /// Default: 100 ms, in real time whatever the clock. `Duration::MAX`: never. No effect with a
    /// [`seed`](Options::seed), nor out of debug mode, where no poll is timed.
    #[doc(alias = "slow_callback_duration")]
    pub slow_poll: Duration,
    /// What tells the time. With a [`ManualClock`](crate::ManualClock) no test waits.
    pub clock: Arc<dyn Clock>,
    /// Draws the schedule by lot, always the same for the same seed: all workers are driven by the calling
    /// thread, one poll at a time, and which of them goes on, with which of its tasks, comes from the
    /// seed. For tests: [`testing`](crate::testing) runs a program under many seeds.
    ///
    /// With one worker any ready task may be next, not the one that waits longest. Blocking calls still
    /// run on threads of their own, whose pace no seed decides; a clock that jumps waits for them.
    /// `None`: the workers are threads.
    pub seed: Option<u64>,
    /// Tasks between two looks at the kernel and the timers, instead of as many as take fifty microseconds:
    /// then what a program executes does not depend on how fast it is executed, by a tool that counts.
    #[doc(hidden)]
    pub look_every: Option<usize>,
    /// Called for each failure that nobody else will hear of, when it happens: a task that panicked without
    /// a handle, a clean-up that did not end. `None`: one line on standard error.
    pub on_failure: Option<OnFailure>,
    /// Who starts the threads: to set a stack size or an affinity, or to decline.
    pub start: StartThread,
}

/// What [`Options::on_failure`] is.
pub type OnFailure = Arc<dyn Fn(&FailureReport) + Send + Sync>;

impl Default for Options {
    fn default() -> Options {
        Options {
            workers: evenkeel_task::processors(),
            thread_name: "evenkeel".to_owned(),
            blocking_threads: PoolOptions::default().threads,
            shutdown_grace: Duration::from_secs(5),
            cleanup_grace: Duration::from_secs(5),
            timer_resolution: TOGETHER,
            debug: None,
            slow_poll: Duration::from_millis(100),
            clock: Arc::new(SystemClock),
            seed: None,
            look_every: None,
            on_failure: None,
            start: StartThread::default(),
        }
    }
}

impl Options {
    pub(crate) fn is_debug(&self) -> bool {
        self.debug.unwrap_or_else(|| {
            std::env::var_os("EVENKEEL_DEBUG")
                .is_some_and(|value| !value.is_empty() && value != "0")
        })
    }
}

/// The end of a runner, as its executors' hooks know it.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    began: AtomicBool,
    /// What did not end in time, and has a line on standard error if it was among the first.
    late: AtomicUsize,
}

impl Ending {
    pub(crate) fn begin(&self) {
        // Release: pairs with the Acquire below.
        self.began.store(true, Ordering::Release);
    }

    pub(crate) fn has_begun(&self) -> bool {
        // Acquire: pairs with the Release of whoever begins it.
        self.began.load(Ordering::Acquire)
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if let Some(more) = more(self.late.load(Ordering::Relaxed)) {
            eprintln!("evenkeel: {more} did not end in time, during run() shutdown");
        }
    }
}

/// What executors call: the user's hook, or one line; told whether the loop is `ending`.
pub(crate) fn failure_hook(
    hook: Option<OnFailure>,
    ending: Arc<Ending>,
) -> impl Fn(&FailureReport) + Send + Sync + 'static {
    move |report| {
        let mut report = report.clone();
        report.during_shutdown = ending.has_begun();
        if let Some(hook) = &hook {
            return hook(&report);
        }
        let is_late = report.during_shutdown && report.kind == FailureKind::Overran;
        // Of very many that are late, the rest is a number.
        if !is_late || ending.late.fetch_add(1, Ordering::Relaxed) < SAID {
            eprintln!("evenkeel: {report}");
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("workers", &self.workers)
            .field("thread_name", &self.thread_name)
            .field("blocking_threads", &self.blocking_threads)
            .field("shutdown_grace", &self.shutdown_grace)
            .field("cleanup_grace", &self.cleanup_grace)
            .field("timer_resolution", &self.timer_resolution)
            .field("debug", &self.debug)
            .field("slow_poll", &self.slow_poll)
            .field("clock", &self.clock)
            .field("seed", &self.seed)
            .field("look_every", &self.look_every)
            .finish_non_exhaustive()
    }
}
