//! What one may say of a task before it is spawned, and a handle to spawn from anywhere.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::Arc;

use crate::executor::Executor;
use crate::handle::Task;
use crate::home::HomeRef;
use crate::info::TaskInfo;
use crate::local_executor::LocalExecutor;
use crate::locals::TaskLocals;
use crate::spawn::{self, Named, Start};
use crate::thread_state;

/// Says what a task is called, then spawns it.
///
/// ```
/// use evenkeel_task::{Builder, LocalExecutor};
///
/// let executor = LocalExecutor::new();
/// let task = Builder::new().name("fetch").spawn_local(&executor, async {});
/// assert_eq!(task.name(), "fetch");
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing before it spawns"]
pub struct Builder {
    name: Option<Arc<str>>,
    locals: Option<TaskLocals>,
    spawned_at: Option<&'static Location<'static>>,
    start: Start,
}

impl Builder {
    /// Nothing said: the task will be called `Task-N`, with its id.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// The task's name, for `all_tasks`, errors and reports.
    pub fn name(mut self, name: impl Into<String>) -> Builder {
        self.name = Some(name.into().into());
        self
    }

    /// The task-locals it starts with, instead of those of the task that spawns it.
    pub fn locals(mut self, locals: TaskLocals) -> Builder {
        self.locals = Some(locals);
        self
    }

    /// Where it counts as spawned, for functions that spawn on behalf of their caller; otherwise where
    /// the builder's last method is called.
    pub fn spawned_at(mut self, location: &'static Location<'static>) -> Builder {
        self.spawned_at = Some(location);
        self
    }

    /// Whether its first step runs at once, inside the call that spawns it. asyncio's `eager_start`.
    ///
    /// In that step the task is the current one, with its own task-locals; afterwards the spawner is
    /// again. A task that never waits has ended when the call returns: its value is there, a cancel has
    /// nothing left to end, and no queue has seen it. One that waits goes on as any other. A panic ends
    /// in the task's handle, as always.
    ///
    /// It changes the order: an eager task begins before those that were spawned earlier. The step is
    /// queued as usual if this thread does not work for the executor, if it is a clean-up that spawns,
    /// and at the thirty-second eager step within eager steps, so that no stack runs out.
    ///
    /// ```
    /// use evenkeel_task::{Builder, LocalExecutor};
    ///
    /// let executor = LocalExecutor::new();
    /// let mut task = Builder::new().eager(true).spawn_local(&executor, async { 6 * 7 });
    /// assert!(task.is_finished() && executor.ready() == 0);
    /// assert_eq!(task.try_take().unwrap().unwrap(), 42);
    /// ```
    #[doc(alias = "eager_start")]
    #[doc(alias = "eager_task_factory")]
    pub fn eager(mut self, eager: bool) -> Builder {
        self.start = if eager { Start::Eager } else { Start::Queued };
        self
    }

    #[track_caller]
    pub(crate) fn named(self) -> Named {
        let locals = self.locals.map(|locals| locals.0);
        let spawned_at = self.spawned_at.unwrap_or(Location::caller());
        Named { name: self.name, locals, spawned_at, start: self.start, ..Named::nothing() }
    }

    /// Spawns on `executor`.
    #[track_caller]
    pub fn spawn<'a, T: Send + 'a>(
        self,
        executor: &Executor<'a>,
        future: impl Future<Output = T> + Send + 'a,
    ) -> Task<T> {
        executor.spawn_named(future, self.named())
    }

    /// Spawns on a local executor.
    #[track_caller]
    pub fn spawn_local<'a, T: 'a>(
        self,
        executor: &LocalExecutor<'a>,
        future: impl Future<Output = T> + 'a,
    ) -> Task<T> {
        executor.spawn_named(future, self.named())
    }

    /// Spawns through `spawner`.
    #[track_caller]
    pub fn spawn_with<F>(self, spawner: &Spawner, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        spawn::send(&spawner.home, future, self.named())
    }
}

/// Spawns on one executor, of either kind, from any thread. Clones are the same.
///
/// When the executor is gone, what is spawned ends as cancelled, unpolled.
#[derive(Clone)]
pub struct Spawner {
    home: HomeRef,
}

impl Spawner {
    pub(crate) fn new(home: &HomeRef) -> Spawner {
        Spawner { home: home.clone() }
    }

    pub(crate) fn home(&self) -> &HomeRef {
        &self.home
    }

    /// Where this thread spawns: what was [entered](Spawner::enter) last, or else the executor of the task
    /// that it polls, or for which it works. `None` if there is none.
    pub fn current() -> Option<Spawner> {
        let entered = ENTERED.try_with(|entered| entered.borrow().clone()).ok().flatten();
        let of_task = || {
            thread_state::task(|meta| {
                let meta = meta.filter(|meta| meta.home().is_async())?;
                Some(Spawner::new(meta.home()))
            })
        };
        let of_worker = || thread_state::worker(|core| core.map(|core| Spawner::new(core.home())));
        entered.or_else(of_task).or_else(of_worker)
    }

    /// Makes this what [`current`](Spawner::current) answers on this thread, until the guard is dropped:
    /// for a loop whose tasks should spawn on another executor than their own.
    pub fn enter(&self) -> EnteredSpawner {
        let outer = ENTERED.with(|entered| entered.replace(Some(self.clone())));
        EnteredSpawner { outer, _stays: PhantomData }
    }

    /// Spawns a task.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        spawn::send_plain(&self.home, future, Location::caller())
    }

    /// [`spawn`](Spawner::spawn), for functions that spawn on behalf of their caller.
    #[inline]
    pub fn spawn_at<F>(&self, location: &'static Location<'static>, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        spawn::send_plain(&self.home, future, location)
    }

    /// Whether no task is queued there, as far as any thread can see. A task that runs, or that the
    /// executor's own threads have taken out of the queue, is not.
    pub fn is_idle(&self) -> bool {
        self.home.is_idle()
    }

    /// Whether the executor is gone, or going.
    pub fn is_closed(&self) -> bool {
        self.home.is_closed()
    }

    /// Snapshots of the executor's live tasks, in the order of their ids.
    pub fn tasks(&self) -> Vec<TaskInfo> {
        self.home.tasks()
    }

    /// Asks every live task of the executor to end that was not asked before; answers how many those are.
    pub fn cancel_all(&self) -> usize {
        self.home.cancel_all()
    }

    /// How many tasks of the executor have not ended.
    pub fn live(&self) -> usize {
        self.home.live()
    }
}

thread_local! {
    static ENTERED: RefCell<Option<Spawner>> = const { RefCell::new(None) };
}

/// Until it is dropped, [`Spawner::current`] answers the spawner that was entered.
#[derive(Debug)]
#[must_use = "the spawner is left when this is dropped"]
pub struct EnteredSpawner {
    outer: Option<Spawner>,
    /// It belongs to its thread.
    _stays: PhantomData<*const ()>,
}

impl Drop for EnteredSpawner {
    fn drop(&mut self) {
        let entered = ENTERED.try_with(|entered| entered.replace(self.outer.take()));
        drop(entered); // Outside the borrow: the last reference to an executor may drop futures.
    }
}

impl fmt::Debug for Spawner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spawner").field("live", &self.live()).finish_non_exhaustive()
    }
}
