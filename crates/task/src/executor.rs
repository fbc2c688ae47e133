//! The executor of many threads: it holds tasks; whoever calls `run`, `tick` or a worker's `turn` runs them.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::builder::{Builder, Spawner};
use crate::error::FailureReport;
use crate::handle::Task;
use crate::home::{Home, HomeRef, Kind};
use crate::info::TaskInfo;
use crate::parker::Parker;
use crate::queue::{self, Queue};
use crate::spawn::{self, Named};
use crate::worker::{Core, Turn, Worker};

/// Tasks that [`Executor::run`] runs before it lets the executor that polls it do something else.
const RUN_BATCH: usize = 200;

/// Runs tasks on as many threads as work for it.
///
/// It starts no thread. Threads work for it by polling [`run`](Executor::run), by calling
/// [`try_tick`](Executor::try_tick) or awaiting [`tick`](Executor::tick), or, with full control over
/// sleeping, through a [`Worker`]. Futures may borrow from outside for `'a`. Dropping the executor
/// cancels its tasks: when the drop returns, every future is gone.
///
/// ```
/// use evenkeel_task::{Executor, block_on};
///
/// let name = String::from("anna");
/// let executor = Executor::new();
/// let task = executor.spawn(async { name.len() });
/// assert_eq!(block_on(executor.run(task)), 4);
/// ```
///
/// Order: what one thread spawns or wakes it runs in order, except that the task it woke last may go
/// first; between threads no order is promised. For strict order use a
/// [`LocalExecutor`](crate::LocalExecutor).
pub struct Executor<'a> {
    home: HomeRef,
    /// Invariant in `'a`, as a cell of futures that borrow for `'a` is.
    _futures: PhantomData<std::cell::UnsafeCell<&'a ()>>,
}

// SAFETY: it holds only futures that are Send, behind a queue that is Sync.
unsafe impl Send for Executor<'_> {}
// SAFETY: as above.
unsafe impl Sync for Executor<'_> {}
impl UnwindSafe for Executor<'_> {}
impl RefUnwindSafe for Executor<'_> {}

/// What an executor did and has, at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExecutorStatistics {
    /// Tasks that have not ended.
    pub live: usize,
    /// Tasks ever spawned.
    pub spawned: usize,
    /// Tasks that wait in the queue all workers share.
    pub injected: usize,
    /// Workers that sleep.
    pub asleep: usize,
}

/// How many processors this process may use. Asked once: on Linux the answer is read from several files, by
/// twenty system calls.
#[doc(hidden)]
pub fn processors() -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

impl<'a> Executor<'a> {
    /// An executor for as many workers as there are processors; more may work for it, without a queue of
    /// their own.
    pub fn new() -> Executor<'a> {
        Executor::with_workers(processors())
    }

    /// An executor with a queue each for `workers` workers; more may work for it, without one.
    pub fn with_workers(workers: usize) -> Executor<'a> {
        Executor { home: Home::new(Kind::Shared(Queue::new(workers))), _futures: PhantomData }
    }

    fn queue(&self) -> &Queue {
        queue::of(&self.home)
    }

    /// Spawns a task. It runs when somebody works for this executor.
    #[track_caller]
    pub fn spawn<T: Send + 'a>(&self, future: impl Future<Output = T> + Send + 'a) -> Task<T> {
        // SAFETY: as in `spawn_named`.
        let (runnable, task) =
            unsafe { spawn::build_plain(&self.home, future, Location::caller()) };
        spawn::admit_queued(&self.home, runnable);
        task
    }

    pub(crate) fn spawn_named<T: Send + 'a>(
        &self,
        future: impl Future<Output = T> + Send + 'a,
        named: Named,
    ) -> Task<T> {
        let start = named.start;
        // SAFETY: OUTLIVES ITS BORROWS (spawn.rs): our drop waits until the future is gone; ON ITS THREAD: the
        // future is Send.
        let (runnable, task) = unsafe { spawn::build(&self.home, future, named) };
        spawn::admit(&self.home, runnable, start);
        task
    }

    /// Spawns many at once and wakes other workers once, not for each; the tasks go to the back of
    /// `tasks`.
    #[track_caller]
    pub fn spawn_many<T: Send + 'a, F: Future<Output = T> + Send + 'a>(
        &self,
        futures: impl IntoIterator<Item = F>,
        tasks: &mut impl Extend<Task<T>>,
    ) {
        let builder = Builder::new().spawned_at(std::panic::Location::caller());
        let spawn = || {
            let spawn = |future| self.spawn_named(future, builder.clone().named());
            tasks.extend(futures.into_iter().map(spawn));
        };
        crate::thread_state::worker(|worker| match worker {
            Some(worker) if worker.works_for(&self.home) => worker.batch(false, spawn),
            _ => spawn(),
        });
    }

    /// A handle that spawns from anywhere.
    pub fn spawner(&self) -> Spawner
    where
        'a: 'static,
    {
        Spawner::new(&self.home)
    }

    /// A worker for the calling thread, which sleeps on it.
    pub fn worker(&self) -> Worker<'a> {
        self.worker_with(Parker::new())
    }

    /// A worker that sleeps where `parker` says.
    pub fn worker_with(&self, parker: Parker) -> Worker<'a> {
        Worker::new(self.core(parker))
    }

    fn core(&self, parker: Parker) -> Core {
        let lane = self.queue().claim_lane();
        Core::new(&self.home, parker, lane)
    }

    /// Runs tasks of this executor until `future` is ready, under whatever executor polls it.
    ///
    /// # Cancellation
    /// Nothing lost: what this worker had queued goes to the others. `future` is dropped.
    pub fn run<F: Future>(&self, future: F) -> Run<'a, F> {
        Run {
            work: AsTask { core: self.core(Parker::new()), asleep: false },
            future,
            _borrows: PhantomData,
        }
    }

    /// Waits until a task is ready and runs it once.
    ///
    /// # Cancellation
    /// Nothing lost.
    pub fn tick(&self) -> Tick<'a> {
        let core = Core::new(&self.home, Parker::new(), None);
        Tick { work: AsTask { core, asleep: false }, _borrows: PhantomData }
    }

    /// Runs one task, if one is ready, wherever it is queued. False if none is.
    pub fn try_tick(&self) -> bool {
        self.queue().take_any().map(|runnable| runnable.run()).is_some()
    }

    /// Whether no task is left.
    pub fn is_empty(&self) -> bool {
        self.home.live() == 0
    }

    /// Snapshots of the live tasks, in the order of their ids. asyncio's `all_tasks`.
    pub fn tasks(&self) -> Vec<TaskInfo> {
        self.home.tasks()
    }

    /// Asks every live task to end that was not asked before; answers how many those are.
    pub fn cancel_all(&self) -> usize {
        self.home.cancel_all()
    }

    /// The end begins: asks every live task to end that was not asked before, and from now on each new one as it
    /// is spawned. Answers how many it asked itself. Shielded work is not asked.
    ///
    /// To be called by every worker, each on its thread: what a worker spawned before it knew of the end, its
    /// own walk over the tasks finds.
    pub fn wind_down(&self) -> usize {
        self.home.wind_down()
    }

    /// No new tasks from now on: what is spawned ends as cancelled, unpolled.
    pub fn close(&self) {
        self.home.close();
    }

    /// Calls `hook` for each panicked task whose panic nobody can hear of otherwise; without a hook such
    /// a panic is one line on standard error. The first hook stands: false if there was one.
    pub fn on_failure(&self, hook: impl Fn(&FailureReport) + Send + Sync + 'static) -> bool {
        self.home.set_on_failure(Box::new(hook)).is_ok()
    }

    /// What it did and has.
    pub fn statistics(&self) -> ExecutorStatistics {
        ExecutorStatistics {
            live: self.home.live(),
            spawned: self.home.spawned(),
            injected: self.queue().injector.len(),
            asleep: self.queue().idle.asleep(),
        }
    }
}

impl Drop for Executor<'_> {
    fn drop(&mut self) {
        self.home.end(|| self.try_tick());
    }
}

impl Default for Executor<'_> {
    fn default() -> Self {
        Executor::new()
    }
}

impl fmt::Debug for Executor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Executor").field(&self.statistics()).finish()
    }
}

/// A worker that is itself a task of some other executor.
#[derive(Debug)]
struct AsTask {
    core: Core,
    asleep: bool,
}

// SAFETY: a Core is touched by one thread at a time: whoever holds it; what it has of thread-local nature
// (`thread_state`) is set for the length of a poll only.
unsafe impl Send for AsTask {}
// SAFETY: a shared borrow gives no access to the Core (Debug reads plain values).
unsafe impl Sync for AsTask {}

impl AsTask {
    fn wake(&mut self) {
        if std::mem::replace(&mut self.asleep, false) {
            self.core.wake_as_task();
        }
    }

    fn sleep(&mut self, cx: &Context<'_>) {
        self.asleep = self.core.sleep_as_task(cx.waker());
        if !self.asleep {
            cx.waker().wake_by_ref(); // There is work already: come back.
        }
    }
}

impl Drop for AsTask {
    fn drop(&mut self) {
        // A wake-up that chose us, and finds us gone, must reach another: the Core's drop hands it on.
        self.wake();
    }
}

pin_project! {
    /// The future of [`Executor::run`].
    #[must_use = "futures do nothing unless awaited"]
    #[derive(Debug)]
    pub struct Run<'a, F> {
        work: AsTask,
        #[pin]
        future: F,
        _borrows: PhantomData<&'a ()>,
    }
}

impl<F: Future> Future for Run<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.work.wake();
        if let Poll::Ready(output) = this.work.core.enter(|| this.future.poll(cx)) {
            return Poll::Ready(output);
        }
        match this.work.core.turn(RUN_BATCH) {
            Turn::More => cx.waker().wake_by_ref(),
            Turn::Idle => this.work.sleep(cx),
        }
        Poll::Pending
    }
}

/// The future of [`Executor::tick`].
#[must_use = "futures do nothing unless awaited"]
#[derive(Debug)]
pub struct Tick<'a> {
    work: AsTask,
    _borrows: PhantomData<&'a ()>,
}

impl Future for Tick<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let work = &mut self.work;
        work.wake();
        match work.core.next() {
            Some(runnable) => {
                work.core.run(runnable);
                Poll::Ready(())
            }
            None => {
                work.sleep(cx);
                Poll::Pending
            }
        }
    }
}
