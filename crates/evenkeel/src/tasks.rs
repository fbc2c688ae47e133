//! Tasks on the loop this thread belongs to.

use std::future::Future;
use std::panic::Location;

use evenkeel_task::{Task, TaskInfo, TaskLocals};

use crate::ambient::Ambient;

/// Starts a task on the running loop; it begins as soon as a worker is free, awaited or not.
///
/// Awaiting the handle gives the value; dropping it cancels the task;
/// [`detach`](evenkeel_task::Task::detach) lets it go on alone. The future may run on any worker; one
/// that is not Send goes to [`create_local_task`].
///
/// ```
/// let sum = evenkeel::run(async {
///     let a = evenkeel::create_task(async { 10 });
///     let b = evenkeel::create_task(async { 10 });
///     a.await + b.await
/// });
/// assert_eq!(sum, 20);
/// ```
///
/// # Panics
/// Outside a running loop: "no running event loop".
#[doc(alias = "spawn")]
#[track_caller]
pub fn create_task<F>(future: F) -> Task<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let location = Location::caller();
    Ambient::with(|ambient| ambient.spawner.spawn_at(location, future))
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Starts a task that stays on this thread, so its future need not be Send.
///
/// ```
/// use std::rc::Rc;
///
/// let counted = Rc::new(5);
/// let task = async move { evenkeel::create_local_task(async move { *counted }).await };
/// assert_eq!(evenkeel::run(task), 5);
/// ```
///
/// # Panics
/// Outside a running loop: "no running event loop".
#[doc(alias = "spawn_local")]
#[track_caller]
pub fn create_local_task<F>(future: F) -> Task<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    Builder::new().create_local_task(future)
}

/// Starts a task and runs its first step at once, inside this call; one that never waits is done when
/// this returns. asyncio's `eager_task_factory`, task by task.
///
/// In that step the task is the current one, with its own task-locals; then the caller is again. A task
/// that waits goes on as any other. It is for fast paths, a cache that mostly hits: it costs no turn of
/// the loop, but it begins before tasks that were created earlier.
///
/// ```
/// evenkeel::run(async {
///     let mut cached = evenkeel::create_eager_task(async { 42 });
///     assert_eq!(cached.try_take().unwrap().unwrap(), 42);
/// });
/// ```
///
/// # Panics
/// Outside a running loop: "no running event loop".
#[doc(alias = "eager_start")]
#[track_caller]
pub fn create_eager_task<F>(future: F) -> Task<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    Builder::new().eager(true).create_task(future)
}

/// Says what a task is called, then starts it on the running loop. asyncio's `create_task(.., name=)`.
///
/// ```
/// let name = evenkeel::run(async {
///     let task = evenkeel::Builder::new().name("fetch").create_task(async {});
///     task.name()
/// });
/// assert_eq!(name, "fetch");
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing before it starts a task"]
pub struct Builder {
    inner: evenkeel_task::Builder,
}

impl Builder {
    /// Nothing said: the task will be called `Task-N`, with its id.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// The task's name, for [`all_tasks`], errors and reports.
    pub fn name(self, name: impl Into<String>) -> Builder {
        Builder { inner: self.inner.name(name) }
    }

    /// The task-locals it starts with, instead of those of the task that starts it.
    pub fn locals(self, locals: TaskLocals) -> Builder {
        Builder { inner: self.inner.locals(locals) }
    }

    /// Whether its first step runs at once, inside `create_task`: see [`create_eager_task`].
    #[doc(alias = "eager_start")]
    pub fn eager(self, eager: bool) -> Builder {
        Builder { inner: self.inner.eager(eager) }
    }

    /// [`create_task`] with what was said.
    ///
    /// # Panics
    /// Outside a running loop.
    #[track_caller]
    pub fn create_task<F>(self, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let builder = self.inner.spawned_at(Location::caller());
        Ambient::with(|ambient| builder.spawn_with(&ambient.spawner, future))
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// [`create_local_task`] with what was said.
    ///
    /// # Panics
    /// Outside a running loop.
    #[track_caller]
    pub fn create_local_task<F>(self, future: F) -> Task<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let builder = self.inner.spawned_at(Location::caller());
        Ambient::with(|ambient| builder.spawn_local(&ambient.local, future))
            .unwrap_or_else(|error| panic!("{error}"))
    }
}

/// For [`TaskGroup::create_task_as`](crate::TaskGroup::create_task_as), which is of the task crate.
impl From<Builder> for evenkeel_task::Builder {
    fn from(builder: Builder) -> evenkeel_task::Builder {
        builder.inner
    }
}

/// The live tasks of the loop this thread belongs to, main included, in the order of their ids; none
/// outside any loop.
pub fn all_tasks() -> Vec<TaskInfo> {
    Ambient::with(|ambient| ambient.shared.tasks()).unwrap_or_default()
}
