//! Task-locals: values a task inherits at spawn and changes for itself alone. asyncio's `contextvars`.
//!
//! A task's values are one shared list, copied when written (there are few). A task without any costs
//! nothing; a child of a task with some costs one allocation.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::calls::discard;
use crate::home::Home;
use crate::meta::in_context;
use crate::thread_state;

type Value = Arc<dyn Any + Send + Sync>;

/// The values of one task; `None` means none were ever set.
pub(crate) type Locals = Option<Arc<List>>;

/// Values by the address of their task-local.
#[derive(Clone, Default)]
pub(crate) struct List(Vec<(usize, Value)>);

impl Drop for List {
    fn drop(&mut self) {
        // One by one: two that panic in one drop would abort the process.
        self.0.drain(..).for_each(discard);
    }
}

/// The task-locals of one task at one moment; asyncio's `copy_context()`.
///
/// Given to [`Builder::locals`](crate::Builder::locals) they are what the new task starts with, instead
/// of those of the task that spawns it.
#[derive(Clone, Default)]
pub struct TaskLocals(pub(crate) Locals);

impl TaskLocals {
    /// Those of the current task; none outside any task.
    pub fn current() -> TaskLocals {
        TaskLocals(of_current())
    }

    /// Runs `call` with these values, as part of no task: asyncio's `Context.run`. What `call` sets is
    /// seen until it returns.
    ///
    /// ```
    /// use evenkeel_task::{LocalExecutor, TaskLocals, block_on, current};
    ///
    /// let executor = LocalExecutor::new();
    /// let task = executor.spawn(async { TaskLocals::current().run(|| current().is_none()) });
    /// assert!(block_on(executor.run(task)));
    /// ```
    pub fn run<R>(&self, call: impl FnOnce() -> R) -> R {
        // What `call` spawns or registers on behalf of the task that runs is for that one's executor.
        let here = thread_state::task(|meta| meta.map(|meta| meta.home().clone()));
        let home = here.unwrap_or_else(|| Home::jobs().clone());
        in_context(&home, self.0.clone(), call)
    }
}

impl fmt::Debug for TaskLocals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskLocals")
            .field("set", &self.0.as_ref().map_or(0, |list| list.0.len()))
            .finish()
    }
}

/// The values of the task this thread polls.
pub(crate) fn of_current() -> Locals {
    thread_state::task(|meta| meta.and_then(|meta| meta.extra().and_then(|extra| extra.locals())))
}

/// A value each task has its own of. Made by [`task_local!`](crate::task_local).
pub struct TaskLocal<T: 'static> {
    initial: fn() -> T,
}

/// There is no current task, so there is nothing to set a task-local of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoCurrentTask;

impl fmt::Display for NoCurrentTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no current task: task-locals can be set inside a task only")
    }
}

impl std::error::Error for NoCurrentTask {}

impl<T: Clone + Send + Sync + 'static> TaskLocal<T> {
    #[doc(hidden)]
    pub const fn new(initial: fn() -> T) -> TaskLocal<T> {
        TaskLocal { initial }
    }

    fn key(&'static self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// The current task's value; the initial one if none was set here or in an ancestor before it
    /// spawned this task, and outside any task.
    pub fn get(&'static self) -> T {
        let locals = of_current();
        let found = locals.iter().flat_map(|list| &list.0).find(|(key, _)| *key == self.key());
        match found.and_then(|(_, value)| value.downcast_ref::<T>()) {
            Some(value) => value.clone(),
            None => (self.initial)(),
        }
    }

    /// Sets the value for the current task and for tasks it spawns from now on. Neither its parent nor
    /// tasks that run already see it.
    ///
    /// # Errors
    /// [`NoCurrentTask`] outside any task.
    pub fn try_set(&'static self, value: T) -> Result<(), NoCurrentTask> {
        thread_state::task(|meta| {
            let meta = meta.ok_or(NoCurrentTask)?;
            let extra = meta.extra_or_make(meta.slot().record.id());
            let mut list = extra.locals().map_or_else(List::default, |list| (*list).clone());
            list.0.retain(|(key, _)| *key != self.key());
            list.0.push((self.key(), Arc::new(value)));
            extra.set_locals(Some(Arc::new(list)));
            Ok(())
        })
    }

    /// [`try_set`](TaskLocal::try_set), for where there is a task for sure.
    ///
    /// # Panics
    /// Outside any task.
    #[track_caller]
    pub fn set(&'static self, value: T) {
        if let Err(error) = self.try_set(value) {
            panic!("{error}");
        }
    }
}

impl<T> fmt::Debug for TaskLocal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TaskLocal")
    }
}

/// Declares task-locals, each with the value it has where none was set.
///
/// A child sees the value its parent had when it spawned the child; what the child sets does not leak
/// back. [`to_thread`] jobs inherit in the same way.
///
/// ```
/// evenkeel_task::task_local! {
///     /// Who asked.
///     static USER: String = "nobody".to_string();
/// }
///
/// let executor = evenkeel_task::LocalExecutor::new();
/// let parent = executor.spawn(async {
///     USER.set("anna".to_string());
///     USER.get()
/// });
/// assert_eq!(evenkeel_task::block_on(executor.run(parent)), "anna");
/// assert_eq!(USER.get(), "nobody");
/// ```
///
/// [`to_thread`]: https://docs.rs/evenkeel-blocking
#[macro_export]
macro_rules! task_local {
    ($($(#[$meta:meta])* $visible:vis static $name:ident: $type:ty = $initial:expr;)+) => {$(
        $(#[$meta])*
        $visible static $name: $crate::TaskLocal<$type> = $crate::TaskLocal::new(|| $initial);
    )+};
}
