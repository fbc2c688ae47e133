//! asyncio's `as_completed`: the tasks' `as_completed` with a limit of time.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use evenkeel_task::{Done, Next, Task, Waited};
use evenkeel_timer::{Sleep, TimeoutError, sleep};
use futures_core::Stream;
use futures_core::stream::FusedStream;

/// Gives tasks one by one in the order in which they end.
///
/// Each item is the [`Done`] of a task that was given, so [`id`](Done::id) and [`name`](Done::name) say
/// which; one that failed is an item like any other. Tasks that had ended before the first item was asked
/// for come first, in argument order. One may leave it and come back: nothing is lost or given twice.
/// [`timeout`](AsCompleted::timeout) limits the time for all of them.
///
/// ```
/// use evenkeel::{as_completed, create_task, sleep};
/// use std::time::Duration;
///
/// evenkeel::run(async {
///     let tasks = [20, 10].map(|ms| create_task(async move {
///         sleep(Duration::from_millis(ms)).await;
///         ms
///     }));
///     let mut completed = as_completed(tasks);
///     while let Some(task) = completed.next().await {
///         println!("{}", task.result()); // 10, then 20
///     }
/// });
/// ```
#[doc(alias = "FuturesUnordered")]
pub fn as_completed<T>(tasks: impl IntoIterator<Item = Task<T>>) -> AsCompleted<T> {
    AsCompleted { inner: evenkeel_task::as_completed(tasks) }
}

/// The stream made by [`as_completed`]. Dropping it drops the tasks it has not given, which cancels
/// them; [`into_pending`](AsCompleted::into_pending) gives them back.
#[derive(Debug)]
#[must_use = "a stream does nothing unless it is asked for items"]
pub struct AsCompleted<T> {
    inner: evenkeel_task::AsCompleted<T>,
}

impl<T> AsCompleted<T> {
    /// The next task that has ended; `None` when all were given.
    ///
    /// # Cancellation
    /// Nothing lost: the item stays for the next call.
    #[expect(clippy::should_implement_trait, reason = "a stream's next, not an iterator's")]
    pub fn next(&mut self) -> Next<'_, T> {
        self.inner.next()
    }

    /// How many tasks have not been given yet.
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Whether all tasks have been given.
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// Leaves for good: gives back every task that was not given, those that have ended first.
    pub fn into_pending(self) -> Waited<T> {
        self.inner.into_pending()
    }

    /// For no longer than `limit`, counted from here: then one item is an error. See
    /// [`AsCompletedTimeout`].
    pub fn timeout(self, limit: Duration) -> AsCompletedTimeout<T> {
        AsCompletedTimeout { inner: self.inner, limit: Some(Box::pin(sleep(limit))) }
    }
}

impl<T> Stream for AsCompleted<T> {
    type Item = Done<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Done<T>>> {
        Pin::new(&mut self.inner).poll_next(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

impl<T> FusedStream for AsCompleted<T> {
    fn is_terminated(&self) -> bool {
        self.inner.is_terminated()
    }
}

/// [`AsCompleted`] with a limit of time, made by [`AsCompleted::timeout`].
///
/// When the limit is over and no task has ended in time, the next item is `Err(TimeoutError)`, once.
/// Nobody is cancelled by that: whoever goes on asking gets the other tasks as they end, without a limit,
/// or sets another; dropping the stream is what cancels them. A task that has ended is given before the
/// limit is looked at.
///
/// ```
/// use evenkeel::{TimeoutError, as_completed, create_task, sleep};
/// use std::time::Duration;
///
/// evenkeel::run(async {
///     let slow = create_task(sleep(Duration::from_millis(30)));
///     let mut completed = as_completed([slow]).timeout(Duration::from_millis(5));
///     assert!(matches!(completed.next().await, Some(Err(TimeoutError))));
///     assert!(matches!(completed.next().await, Some(Ok(_))), "it has gone on");
///     assert!(completed.next().await.is_none());
/// });
/// ```
#[must_use = "a stream does nothing unless it is asked for items"]
pub struct AsCompletedTimeout<T> {
    inner: evenkeel_task::AsCompleted<T>,
    /// `None`: it was told, or nobody is left to wait for.
    limit: Option<Pin<Box<Sleep>>>,
}

impl<T> AsCompletedTimeout<T> {
    /// The next task that has ended, or that the time is over; `None` when all were given.
    ///
    /// # Cancellation
    /// Nothing lost: the item stays for the next call.
    pub async fn next(&mut self) -> Option<Result<Done<T>, TimeoutError>> {
        std::future::poll_fn(|cx| self.poll_item(cx)).await
    }

    /// How many tasks have not been given yet.
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Whether all tasks have been given.
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// Leaves for good: gives back every task that was not given, those that have ended first.
    pub fn into_pending(self) -> Waited<T> {
        self.inner.into_pending()
    }

    /// Another limit instead, counted from here.
    pub fn timeout(self, limit: Duration) -> AsCompletedTimeout<T> {
        AsCompletedTimeout { limit: Some(Box::pin(sleep(limit))), ..self }
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Done<T>, TimeoutError>>> {
        let polled = Pin::new(&mut self.inner).poll_next(cx).map(|done| done.map(Ok));
        if self.inner.is_empty() {
            self.limit = None;
        }
        let Some(limit) = self.limit.as_mut().filter(|_| polled.is_pending()) else {
            return polled;
        };
        std::task::ready!(limit.as_mut().poll(cx));
        self.limit = None;
        Poll::Ready(Some(Err(TimeoutError)))
    }
}

impl<T> Stream for AsCompletedTimeout<T> {
    type Item = Result<Done<T>, TimeoutError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_item(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len() + usize::from(self.limit.is_some())))
    }
}

impl<T> FusedStream for AsCompletedTimeout<T> {
    fn is_terminated(&self) -> bool {
        self.inner.is_terminated()
    }
}

impl<T> fmt::Debug for AsCompletedTimeout<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompletedTimeout")
            .field("len", &self.len())
            .field("limit", &self.limit)
            .finish()
    }
}
