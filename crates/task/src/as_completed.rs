//! Tasks in the order in which they end.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use evenkeel_context::{poll_budget, spend};
use futures_core::Stream;
use futures_core::stream::FusedStream;

use crate::done::Done;
use crate::handle::Task;
use crate::rounds::{Answer, Rounds};
use crate::wait::Waited;

/// Gives tasks one by one in the order in which they end: asyncio's `as_completed`.
///
/// Each item is the [`Done`] of a task that was given, so [`id`](Done::id) and [`name`](Done::name)
/// say which. A task that failed is an item like any other. Tasks that had ended before the first
/// item was asked for come first, in argument order. Without tasks it ends at once.
///
/// One may leave it and come back: nothing is lost or given twice. A time limit per item is a
/// `timeout` around [`next`](AsCompleted::next).
///
/// ```
/// use evenkeel_task::{LocalExecutor, as_completed, block_on, yield_now};
///
/// let executor = LocalExecutor::new();
/// let slow = executor.spawn(async {
///     yield_now().await;
///     "slow"
/// });
/// let fast = executor.spawn(async { "fast" });
/// block_on(executor.run(async {
///     let mut tasks = as_completed([slow, fast]);
///     while let Some(task) = tasks.next().await {
///         println!("{}", task.result()); // fast, then slow
///     }
/// }));
/// ```
pub fn as_completed<T>(tasks: impl IntoIterator<Item = Task<T>>) -> AsCompleted<T> {
    let tasks: Vec<_> = tasks.into_iter().map(Some).collect();
    AsCompleted { rounds: Rounds::new(tasks.len()), tasks, done: VecDeque::new() }
}

/// The stream made by [`as_completed`]. Dropping it drops the tasks it has not given, which cancels
/// them; [`into_pending`](AsCompleted::into_pending) gives them back.
#[must_use = "a stream does nothing unless it is asked for items"]
pub struct AsCompleted<T> {
    rounds: Rounds,
    /// `None`: ended.
    tasks: Vec<Option<Task<T>>>,
    /// Ended, not given yet.
    done: VecDeque<Done<T>>,
}

impl<T> Unpin for AsCompleted<T> {}

impl<T> AsCompleted<T> {
    /// The next task that has ended; `None` when all were given.
    ///
    /// # Cancellation
    /// Nothing lost: the item stays for the next call.
    #[expect(clippy::should_implement_trait, reason = "a stream's next, not an iterator's")]
    pub fn next(&mut self) -> Next<'_, T> {
        Next { tasks: self }
    }

    /// How many tasks have not been given yet.
    pub fn len(&self) -> usize {
        self.rounds.len() - self.rounds.done() + self.done.len()
    }

    /// Whether all tasks have been given.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Leaves for good: gives back every task that was not given, sorted into those seen to have
    /// ended (in the order in which they did) and those that go on (in argument order).
    pub fn into_pending(self) -> Waited<T> {
        let pending = self.tasks.into_iter().flatten().collect();
        Waited { done: self.done.into(), pending }
    }

    fn poll_done(&mut self, cx: &mut Context<'_>) -> Poll<Option<Done<T>>> {
        ready!(poll_budget(cx));
        if self.done.is_empty() {
            let (tasks, done) = (&mut self.tasks, &mut self.done);
            // Whole rounds: the first one must show us to every task, or a later end would be met
            // too late.
            let _ = self.rounds.whole_round(cx.waker(), |index, cx| {
                let Some(task) = &mut tasks[index] else {
                    return Answer::Pending; // Woken once more after its end.
                };
                let Poll::Ready(outcome) = task.poll_outcome(cx) else {
                    return Answer::Pending;
                };
                done.push_back(Done::new(task, outcome));
                tasks[index] = None;
                Answer::Done
            });
        }
        match self.done.pop_front() {
            Some(done) => {
                spend();
                Poll::Ready(Some(done))
            }
            None if self.is_empty() => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

impl<T> Stream for AsCompleted<T> {
    type Item = Done<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Done<T>>> {
        self.get_mut().poll_done(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len()))
    }
}

impl<T> FusedStream for AsCompleted<T> {
    fn is_terminated(&self) -> bool {
        self.is_empty()
    }
}

impl<T> fmt::Debug for AsCompleted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompleted").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// The future of [`AsCompleted::next`].
#[must_use = "futures do nothing unless awaited"]
#[derive(Debug)]
pub struct Next<'a, T> {
    tasks: &'a mut AsCompleted<T>,
}

impl<T> Future for Next<'_, T> {
    type Output = Option<Done<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.tasks.poll_done(cx)
    }
}
