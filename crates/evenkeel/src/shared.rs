//! What the threads of one runner share: the executor, the timers, the reactor, the pool.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use evenkeel_blocking::{PoolOptions, ThreadPool};
use evenkeel_reactor::Reactor;
use evenkeel_task::{Executor, Parker, PollWatch, Spawner, Standby, TaskInfo};
use evenkeel_timer::{Timers, TimersOptions};

use crate::calls::{self, Waiting};
use crate::loom::{AtomicBool, AtomicUsize, Mutex, Ordering, lock};
use crate::options::{Ending, Options, failure_hook};
use crate::stall::Stall;
use crate::together::Together;

/// With a clock that jumps, and only while a blocking call waits for a task of the loop: how soon to see
/// whether the other calls have ended. Shorter costs a test's processor, longer its time.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

pub(crate) struct Shared {
    /// `None` with a single worker: everything runs on its local executor.
    pub(crate) executor: Option<Executor<'static>>,
    pub(crate) workers: usize,
    pub(crate) timers: Timers,
    pub(crate) reactor: Reactor,
    pub(crate) pool: ThreadPool,
    /// A worker is the driver: it alone looks into the reactor, or sleeps in it, and fires the timers. A role,
    /// not a lock: nobody ever waits for it, so wakers may be called in it.
    driven: AtomicBool,
    /// Watches while the driver is busy.
    pub(crate) standby: Standby,
    /// The local executor of each worker, and the thread's sleeper.
    locals: Mutex<Vec<(Spawner, Parker)>>,
    /// How many blocking calls wait for a task of ours. Counted for the same clocks as `resting`.
    pub(crate) waiting: Waiting,
    /// How many workers rest in `park`. Counted only for a clock that is moved by hand or jumps.
    resting: Mutex<usize>,
    /// How many workers may still have tasks, once the end has begun.
    busy: AtomicUsize,
    /// The end has begun: workers cancel what is theirs, and go when all is gone.
    pub(crate) ending: Arc<Ending>,
    /// Nothing is left, or the grace is over: workers go now.
    stopped: AtomicBool,
    pub(crate) stall: Stall,
    pub(crate) debug: bool,
    /// In debug mode.
    pub(crate) slow: Option<PollWatch>,
    pub(crate) shutdown_grace: Duration,
    pub(crate) cleanup_grace: Duration,
    pub(crate) together: Together,
    /// [`Options::look_every`].
    pub(crate) look_every: Option<usize>,
}

impl Shared {
    pub(crate) fn new(options: &Options) -> io::Result<Arc<Shared>> {
        if options.workers == 0 {
            let text = "a runner needs at least one worker: with none, nothing would ever run";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        if options.is_debug() {
            evenkeel_sync::watch_deadlocks(|circle| eprintln!("evenkeel: {circle}"));
        }
        let reactor = Reactor::new()?;
        let wake = reactor.clone();
        let clock = Arc::clone(&options.clock);
        let timers =
            Timers::new(TimersOptions { shards: options.workers, clock }, move || wake.notify());
        let waiting = Waiting::default();
        let mut start = options.start.clone();
        if options.clock.is_manual() {
            start = calls::known_by(&waiting, start);
        }
        let pool = ThreadPool::try_new(PoolOptions {
            threads: options.blocking_threads,
            name: format!("{}-pool", options.thread_name),
            start,
            ..PoolOptions::default()
        })?;
        if options.clock.is_manual() {
            // A clock that jumps when nothing is left to do must hear that a blocking call has ended.
            let wake = reactor.clone();
            pool.on_quiet(move || wake.notify());
        }
        let executor = (options.workers > 1).then(|| Executor::with_workers(options.workers));
        let ending = Arc::<Ending>::default();
        if let Some(executor) = &executor {
            executor.on_failure(failure_hook(options.on_failure.clone(), Arc::clone(&ending)));
        }
        Ok(Arc::new(Shared {
            executor,
            workers: options.workers,
            timers,
            reactor,
            pool,
            driven: AtomicBool::new(false),
            standby: Standby::default(),
            locals: Mutex::new(Vec::new()),
            waiting,
            resting: Mutex::new(0),
            busy: AtomicUsize::new(0),
            ending,
            stopped: AtomicBool::new(false),
            stall: Stall::default(),
            debug: options.is_debug(),
            slow: options.is_debug().then(|| {
                PollWatch::new(options.slow_poll, |slow| {
                    eprintln!(
                        "evenkeel: {slow}; what blocks or computes long belongs in to_thread()"
                    );
                })
            }),
            shutdown_grace: options.shutdown_grace,
            cleanup_grace: options.cleanup_grace,
            together: Together::new(options.timer_resolution),
            look_every: options.look_every,
        }))
    }

    /// Runs `call` as the driver, unless another worker is.
    pub(crate) fn try_drive<R>(&self, call: impl FnOnce() -> R) -> Option<R> {
        struct Driver<'a>(&'a AtomicBool);
        impl Drop for Driver<'_> {
            fn drop(&mut self) {
                // Release: pairs with the Acquire below: the next driver sees what this one did.
                self.0.store(false, Ordering::Release);
            }
        }
        if self.driven.load(Ordering::Relaxed) || self.driven.swap(true, Ordering::Acquire) {
            return None;
        }
        let _driver = Driver(&self.driven);
        Some(call())
    }

    /// Whether a worker is the driver.
    pub(crate) fn is_driven(&self) -> bool {
        self.driven.load(Ordering::SeqCst)
    }

    pub(crate) fn add_local(&self, spawner: Spawner, parker: Parker) {
        lock(&self.locals).push((spawner, parker));
    }

    /// Where `create_task` spawns: on the executor, or with a single worker on its local one.
    pub(crate) fn spawner(&self) -> Spawner {
        match &self.executor {
            Some(executor) => executor.spawner(),
            None => self.main_spawner(),
        }
    }

    /// Spawns on the local executor of the thread that runs main.
    pub(crate) fn main_spawner(&self) -> Spawner {
        lock(&self.locals)[0].0.clone()
    }

    /// Every task that has not ended, in the order of their ids.
    pub(crate) fn tasks(&self) -> Vec<TaskInfo> {
        let locals: Vec<Spawner> =
            lock(&self.locals).iter().map(|(spawner, _)| spawner.clone()).collect();
        let mut tasks: Vec<TaskInfo> = locals.iter().flat_map(Spawner::tasks).collect();
        tasks.extend(self.executor.iter().flat_map(Executor::tasks));
        tasks.sort_by_key(TaskInfo::id);
        tasks
    }

    /// Whether the shared executor has no task left.
    pub(crate) fn executor_is_empty(&self) -> bool {
        self.executor.as_ref().is_none_or(Executor::is_empty)
    }

    /// How many shared tasks there have ever been.
    pub(crate) fn spawned(&self) -> usize {
        self.executor.as_ref().map_or(0, |executor| executor.statistics().spawned)
    }

    /// Counts a worker among those that rest until the guard is dropped.
    pub(crate) fn rest(&self) -> Resting<'_> {
        *lock(&self.resting) += 1;
        Resting(&self.resting)
    }

    /// Whether a blocking call waits for a task of ours; known only with a clock that is not the system's.
    pub(crate) fn has_waiting_call(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0
    }

    /// Whether every blocking call has ended or waits for a task of ours; known only with such a clock.
    pub(crate) fn calls_rest(&self) -> bool {
        self.pool.pending() <= self.waiting.load(Ordering::SeqCst)
    }

    /// A call that ends beside one that waits for us is not told to us: then the driver looks again soon.
    pub(crate) fn look_again(&self) -> Option<Instant> {
        self.has_waiting_call().then(|| Instant::now() + LOOK_AGAIN)
    }

    /// All workers rest and nothing is queued: nothing will happen before the next deadline, unless from
    /// outside. A worker may have been woken and not know it yet; then what it was woken for is queued,
    /// and stays so while we hold the count, which it must leave first.
    pub(crate) fn all_rest(&self) -> bool {
        let resting = lock(&self.resting);
        *resting == self.workers
            // Calls before queues: one that has ended has queued whom it woke.
            && self.calls_rest()
            && self.executor.as_ref().is_none_or(|executor| executor.spawner().is_idle())
            && lock(&self.locals).iter().all(|(spawner, _)| spawner.is_idle())
    }

    /// Whether the clock was moved past a deadline.
    pub(crate) fn is_manual_and_due(&self) -> bool {
        let clock = self.timers.clock();
        clock.is_manual() && self.timers.next_deadline().is_some_and(|next| next <= clock.now())
    }

    /// Whether main waits, and no deadline, call or source is in sight that could wake it.
    pub(crate) fn is_stalled(&self) -> bool {
        self.stall.is_watching()
            && self.timers.next_deadline().is_none()
            && self.reactor.statistics().sources == 0
    }

    /// Nothing can wake main: ends it, with a report of all who wait.
    pub(crate) fn tell_of_stall(&self) {
        self.stall.tell(&self.tasks());
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.ending.has_begun()
    }

    pub(crate) fn begin_end(&self) {
        self.busy.store(self.workers, Ordering::Release);
        self.ending.begin();
        self.wake_all();
    }

    /// A worker has seen its own tasks and the shared ones gone.
    pub(crate) fn one_is_empty(&self) {
        self.busy.fetch_sub(1, Ordering::AcqRel);
        // The others may sleep and not know that the last shared task is gone; main waits for us.
        self.wake_all();
    }

    /// Every worker has seen that. Some may have tasks again, which came late to them.
    fn all_were_empty(&self) -> bool {
        self.busy.load(Ordering::Acquire) == 0
    }

    pub(crate) fn all_are_empty(&self) -> bool {
        self.all_were_empty()
            && self.executor_is_empty()
            && lock(&self.locals).iter().all(|(spawner, _)| spawner.live() == 0)
    }

    /// Main waits for a worker that has said that nothing is left and has tasks again, and does not tell of their
    /// end: looks again soon.
    pub(crate) fn look_for_latecomers(&self) -> Option<Instant> {
        self.all_were_empty().then(|| Instant::now() + LOOK_AGAIN)
    }

    pub(crate) fn is_stopped(&self) -> bool {
        // Acquire: pairs with the Release in `stop`.
        self.stopped.load(Ordering::Acquire)
    }

    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.wake_all();
    }

    pub(crate) fn wake_all(&self) {
        let parkers: Vec<Parker> =
            lock(&self.locals).iter().map(|(_, parker)| parker.clone()).collect();
        for parker in parkers {
            parker.unpark();
        }
    }
}

/// A worker rests.
pub(crate) struct Resting<'a>(&'a Mutex<usize>);

impl Drop for Resting<'_> {
    fn drop(&mut self) {
        *lock(self.0) -= 1;
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("workers", &self.workers).finish_non_exhaustive()
    }
}
