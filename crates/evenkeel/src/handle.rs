//! A loop from another thread: spawn on it, wait for what was spawned, look at it.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync::{Arc, Weak};

use evenkeel_task::{Builder, Executor, Spawner, Task, TaskInfo};

use crate::ambient::{Ambient, NoRunner};
use crate::callback::{self, CallHandle};
use crate::calls;
use crate::shared::Shared;

/// A way to a running loop that can be cloned and sent; it does not keep the loop open.
///
/// ```
/// let sum = evenkeel::run(async {
///     let handle = evenkeel::Handle::current();
///     // A thread of our own hands work to the loop and waits for it.
///     let thread = std::thread::spawn(move || handle.block_on(async { 1 + 2 }));
///     evenkeel::to_thread(move || thread.join().unwrap()).await
/// });
/// assert_eq!(sum, 3);
/// ```
#[derive(Clone)]
pub struct Handle {
    spawner: Spawner,
    shared: Weak<Shared>,
}

/// What a runner did and has, at some moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunnerStatistics {
    /// Threads that run tasks.
    pub workers: usize,
    /// Tasks that have not ended.
    pub live_tasks: usize,
    /// The executor of several workers; `None` with one worker.
    pub executor: Option<evenkeel_task::ExecutorStatistics>,
    /// Its timers.
    pub timers: evenkeel_timer::TimerStatistics,
    /// Its reactor.
    pub reactor: evenkeel_reactor::ReactorStatistics,
    /// Its threads for blocking calls.
    pub blocking: evenkeel_blocking::PoolStatistics,
}

impl Handle {
    pub(crate) fn new(shared: &Arc<Shared>) -> Handle {
        Handle { spawner: shared.spawner(), shared: Arc::downgrade(shared) }
    }

    /// The loop this thread belongs to.
    ///
    /// # Panics
    /// Outside any.
    #[track_caller]
    pub fn current() -> Handle {
        Handle::try_current().unwrap_or_else(|error| panic!("{error}"))
    }

    /// The loop this thread belongs to.
    ///
    /// # Errors
    /// [`NoRunner`] outside any.
    pub fn try_current() -> Result<Handle, NoRunner> {
        Ambient::with(|ambient| Handle::new(&ambient.shared))
    }

    /// Spawns a task on the loop. If the loop is closed, the task ends as cancelled, unpolled.
    #[doc(alias = "run_coroutine_threadsafe")]
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Builder::new().spawned_at(Location::caller()).spawn_with(&self.spawner, future)
    }

    /// Has the loop call `callback` soon, on the thread that runs its main: asyncio's
    /// `call_soon_threadsafe`. Callbacks are called in the order in which they came, from whatever
    /// thread; see [`call_soon`](crate::call_soon).
    ///
    /// If the loop is closed, or is closed before it comes to that, the callback is dropped and the
    /// handle says that it was cancelled.
    ///
    /// ```
    /// use evenkeel::{Handle, oneshot};
    ///
    /// let value = evenkeel::run(async {
    ///     let (handle, (sender, receiver)) = (Handle::current(), oneshot());
    ///     std::thread::spawn(move || handle.call_soon(move || sender.send(7).unwrap()));
    ///     receiver.await.unwrap()
    /// });
    /// assert_eq!(value, 7);
    /// ```
    #[doc(alias = "call_soon_threadsafe")]
    #[track_caller]
    pub fn call_soon(&self, callback: impl FnOnce() + Send + 'static) -> CallHandle {
        let at = Location::caller();
        match self.shared.upgrade() {
            Some(shared) => callback::send(&shared.main_spawner(), callback, at),
            None => CallHandle::never(),
        }
    }

    /// Spawns a task on the loop and blocks this thread until it has ended: for threads that are not the
    /// loop's, those of [`to_thread`](crate::to_thread) included.
    ///
    /// # Panics
    /// With the task's panic, or as cancelled if the loop closes meanwhile (`handle.spawn(f).join()`
    /// handles both). On a thread of a loop, which it would hold up.
    #[track_caller]
    pub fn block_on<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        assert!(
            !Ambient::is_set(),
            "block_on() cannot be called from a running event loop: await the future instead"
        );
        // A call of the loop's own waits: its clock may jump meanwhile.
        let waiting = self.shared.upgrade().map(|shared| Arc::clone(&shared.waiting));
        match waiting.filter(calls::is_one_of) {
            Some(waiting) => {
                evenkeel_task::block_on(self.spawn(calls::waited_for(waiting, future)))
            }
            None => evenkeel_task::block_on(self.spawn(future)),
        }
    }

    /// The loop's live tasks, in the order of their ids.
    pub fn all_tasks(&self) -> Vec<TaskInfo> {
        self.shared.upgrade().map_or_else(Vec::new, |shared| shared.tasks())
    }

    /// Whether the loop is closed, or closing.
    pub fn is_closed(&self) -> bool {
        self.shared.upgrade().is_none_or(|shared| shared.is_ending())
    }

    /// Whether the loop is in debug mode.
    pub fn is_debug(&self) -> bool {
        self.shared.upgrade().is_some_and(|shared| shared.debug)
    }

    /// What the loop did and has; `None` if it is gone.
    pub fn statistics(&self) -> Option<RunnerStatistics> {
        let shared = self.shared.upgrade()?;
        Some(RunnerStatistics {
            workers: shared.workers,
            live_tasks: shared.tasks().len(),
            executor: shared.executor.as_ref().map(Executor::statistics),
            timers: shared.timers.statistics(),
            reactor: shared.reactor.statistics(),
            blocking: shared.pool.statistics(),
        })
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("closed", &self.is_closed()).finish()
    }
}
