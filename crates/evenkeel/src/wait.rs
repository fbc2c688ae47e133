//! asyncio's `wait`: the tasks' `wait` with a limit of time.

use std::future::{Future, Pending};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use evenkeel_task::{Borrowed, Task, Watch, Watched};
use evenkeel_timer::{Sleep, sleep};
use pin_project_lite::pin_project;

/// Waits for tasks and sorts them into done and pending.
///
/// Waits for all of them unless told otherwise. It never cancels anybody: what is not done comes back as
/// a task that goes on. A limit of time is no error: what is not done then is pending.
///
/// ```
/// use evenkeel::{Task, Waited, create_task, sleep, wait};
/// use std::time::Duration;
///
/// evenkeel::run(async {
///     let slow = create_task(sleep(Duration::from_secs(60)));
///     let quick = create_task(sleep(Duration::ZERO));
///     let Waited { done, pending } = wait([slow, quick]).first_completed().await;
///     assert_eq!((done.len(), pending.len()), (1, 1));
/// });
/// ```
///
/// # Cancellation
/// Data may be lost: the wait owns the tasks, so dropping it drops them, and that cancels them.
/// [`wait_mut`] leaves them alone, as asyncio does.
#[doc(alias = "select")]
#[doc(alias = "race")]
pub fn wait<T>(tasks: impl IntoIterator<Item = Task<T>>) -> Wait<Watched<T>> {
    Wait { inner: evenkeel_task::wait(tasks) }
}

/// [`wait`] on tasks that somebody else owns: says by position which have ended.
///
/// # Cancellation
/// Nothing lost: the tasks go on, and what has ended is still in its task.
pub fn wait_mut<T>(tasks: &mut [Task<T>]) -> Wait<Borrowed<'_, T>> {
    Wait { inner: evenkeel_task::wait_mut(tasks) }
}

pin_project! {
    /// What [`wait`] makes: await it as it is, or say first what to wait for.
    #[derive(Debug)]
    #[must_use = "it waits only when it is awaited"]
    pub struct Wait<S: Watch, U = Pending<()>> {
        #[pin]
        inner: evenkeel_task::Wait<S, U>,
    }
}

impl<S: Watch, U> Wait<S, U> {
    /// Until all tasks have ended, however they end. This is the default.
    pub fn all_completed(self) -> Self {
        Wait { inner: self.inner.all_completed() }
    }

    /// Until a task has ended, however it ends.
    pub fn first_completed(self) -> Self {
        Wait { inner: self.inner.first_completed() }
    }

    /// Until `stop` is ready, if that comes first.
    pub fn until<V: Future<Output = ()>>(self, stop: V) -> Wait<S, V> {
        Wait { inner: self.inner.until(stop) }
    }

    /// For no longer than `limit`, counted from here; what has not ended then is pending.
    pub fn timeout(self, limit: Duration) -> Wait<S, Sleep> {
        self.until(sleep(limit))
    }
}

impl<T, E, U> Wait<Watched<Result<T, E>>, U> {
    /// Until a task has failed: returned an `Err`, panicked, or found no thread to run on. Until all
    /// have ended if none fails. A cancelled task has not failed.
    pub fn first_exception(self) -> Self {
        Wait { inner: self.inner.first_exception() }
    }
}

impl<S: Watch, U: Future<Output = ()>> Future for Wait<S, U> {
    type Output = S::Waited;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<S::Waited> {
        self.project().inner.poll(cx)
    }
}
