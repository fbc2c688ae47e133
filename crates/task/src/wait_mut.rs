//! The wait that borrows: who has ended, by position, and no task is touched.

use std::fmt;
use std::task::{Context, Poll, ready};

use crate::handle::Task;
use crate::wait::{Wait, Watch};

/// [`wait`](crate::wait) on tasks that somebody else owns: says by position which have ended. Their
/// results stay in them, and dropping the wait leaves every task running, as cancelling asyncio's
/// `wait` does.
///
/// ```
/// use evenkeel_task::{Task, wait_mut};
///
/// # futures_lite::future::block_on(async {
/// let mut tasks = [Task::ready(1), Task::ready(2)];
/// assert_eq!(wait_mut(&mut tasks).await.done, [0, 1]);
/// let [first, _] = tasks;
/// assert_eq!(first.await, 1);
/// # });
/// ```
///
/// # Cancellation
/// Nothing lost: the tasks go on, and what has ended is still in its task.
pub fn wait_mut<T>(tasks: &mut [Task<T>]) -> Wait<Borrowed<'_, T>> {
    let ended = vec![false; tasks.len()];
    Wait::new(Borrowed { tasks, ended, stop_at_first: false })
}

/// What [`wait_mut`] found: positions in the slice it was given, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitedIndices {
    /// The tasks that have ended.
    pub done: Vec<usize>,
    /// The tasks that go on.
    pub pending: Vec<usize>,
}

/// The tasks that a [`wait_mut`] borrows.
pub struct Borrowed<'a, T> {
    tasks: &'a mut [Task<T>],
    ended: Vec<bool>,
    stop_at_first: bool,
}

impl<T> Watch for Borrowed<'_, T> {
    type Waited = WaitedIndices;

    fn count(&self) -> usize {
        self.tasks.len()
    }

    fn stop_at_first(&mut self, stop: bool) {
        self.stop_at_first = stop;
    }

    fn poll(&mut self, index: usize, cx: &mut Context<'_>) -> Poll<bool> {
        if self.ended[index] {
            return Poll::Pending; // Woken once more after its end.
        }
        ready!(self.tasks[index].poll_end(cx));
        self.ended[index] = true;
        Poll::Ready(self.stop_at_first)
    }

    fn waited(self) -> WaitedIndices {
        let (done, pending) = (0..self.tasks.len()).partition(|index| self.ended[*index]);
        WaitedIndices { done, pending }
    }
}

impl<T> fmt::Debug for Borrowed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Borrowed").field("tasks", &self.tasks.len()).finish_non_exhaustive()
    }
}
