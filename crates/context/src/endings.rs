//! What a future leaves behind when it is dropped early: tasks it owned that are cancelled, not yet gone.
//!
//! Dropping cannot wait, but the combinator that drops can. It drops inside [`collect_endings`]; a task
//! handle dropped there leaves the end of its task ([`leave_ending`]); the combinator awaits the
//! [`Endings`] before it answers. So `timeout(d, task)` reports the timeout only when the task is gone.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::current::{current_owned, current_task_owned};

/// The end of something that was told to end, or a clean-up that leads there.
pub trait End: Future<Output = ()> + Send {
    /// Whether it is known, without polling, that nothing is left to wait for.
    fn is_over(&self) -> bool {
        false
    }
}

impl fmt::Debug for dyn End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("End").field("is_over", &self.is_over()).finish()
    }
}

/// An [`End`] that can be handed on. [`ending`] makes one from a future.
pub type Ending = Pin<Box<dyn End>>;

pin_project! {
    /// A future that is not over before it says so.
    struct Plain<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future<Output = ()>> Future for Plain<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().future.poll(cx)
    }
}

impl<F: Future<Output = ()> + Send> End for Plain<F> {}

/// Makes `future` an ending, or a clean-up.
pub fn ending(future: impl Future<Output = ()> + Send + 'static) -> Ending {
    Box::pin(Plain { future })
}

thread_local! {
    /// A stack of collectors' catches: empty when nobody collects on this thread.
    static COLLECTED: RefCell<Vec<Vec<Ending>>> = const { RefCell::new(Vec::new()) };
}

/// Pops its collector also when the collected call unwinds.
struct Collector;

impl Collector {
    fn start() -> Collector {
        COLLECTED.with_borrow_mut(|stack| stack.push(Vec::new()));
        Collector
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        // Dropped outside the borrow: an ending may run anything when it is dropped.
        let unwound = COLLECTED.with_borrow_mut(Vec::pop);
        drop(unwound);
    }
}

/// Runs `call`; what it drops may leave endings, which are returned to be awaited.
///
/// Costs two pushes on a thread-local stack and allocates nothing unless something is left.
pub fn collect_endings<R>(call: impl FnOnce() -> R) -> (R, Endings) {
    let collector = Collector::start();
    let result = call();
    let left = COLLECTED.with_borrow_mut(|stack| stack.last_mut().map(std::mem::take));
    drop(collector);
    let mut left = left.unwrap_or_default();
    left.reverse(); // They are awaited from the back.
    (result, Endings { left })
}

/// Whether somebody on this thread collects endings.
pub fn is_collecting() -> bool {
    COLLECTED
        .try_with(|stack| stack.try_borrow().is_ok_and(|stack| !stack.is_empty()))
        .unwrap_or(false)
}

/// Whether an ending left now on this thread would be seen to, so that making one is worth it.
pub fn is_owned() -> bool {
    current_owned(|_| ()).is_some() || is_collecting()
}

/// Registers `cleanup` with the innermost owner on this thread: the scope that is being polled, or the
/// task. It runs when the owner's future is gone, whatever way it went; the last one registered first.
///
/// # Errors
/// Gives it back if there is no owner.
pub fn defer(cleanup: Ending) -> Result<(), Ending> {
    let mut cleanup = Some(cleanup);
    current_owned(|owned| cleanup.take().into_iter().for_each(|cleanup| owned.defer(cleanup)));
    cleanup.map_or(Ok(()), Err)
}

/// Leaves `ending` to the innermost collector on this thread, or else to the innermost owner.
///
/// # Errors
/// Gives it back if there is neither.
pub fn leave_ending(ending: Ending) -> Result<(), Ending> {
    let mut ending = Some(ending);
    let _ = COLLECTED.try_with(|stack| {
        if let Ok(mut stack) = stack.try_borrow_mut() {
            if let Some(collected) = stack.last_mut() {
                collected.extend(ending.take());
            }
        }
    });
    if ending.is_some() {
        current_owned(|owned| ending.take().into_iter().for_each(|ending| owned.leave(ending)));
    }
    ending.map_or(Ok(()), Err)
}

/// Leaves `ending` to the current task, whatever collects or is entered between: of work that goes on for
/// longer than a scope within the task may last.
///
/// # Errors
/// Gives it back outside any task.
pub fn leave_to_task(ending: Ending) -> Result<(), Ending> {
    let mut ending = Some(ending);
    current_task_owned(|owned| ending.take().into_iter().for_each(|ending| owned.leave(ending)));
    ending.map_or(Ok(()), Err)
}

/// What was left behind: a future that is ready when all of it has ended, in the order it was left.
///
/// # Cancellation
/// Nothing lost: what was told to end ends, awaited or not.
#[must_use = "futures do nothing unless awaited"]
pub struct Endings {
    left: Vec<Ending>,
}

impl Endings {
    /// Whether nothing was left.
    pub fn is_empty(&self) -> bool {
        self.left.is_empty()
    }
}

impl Future for Endings {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // One after the other: all of them were told to end before, so waiting in order costs no time
        // and each is polled about once.
        while let Some(ending) = self.left.last_mut() {
            if ending.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.left.pop();
        }
        Poll::Ready(())
    }
}

impl Drop for Endings {
    fn drop(&mut self) {
        // Whoever drops us early may itself be waiting for endings: ours become theirs. In order.
        while let Some(ending) = self.left.pop() {
            if leave_ending(ending).is_err() {
                break; // Nobody collects; the rest ends unawaited.
            }
        }
    }
}

impl fmt::Debug for Endings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endings").field("left", &self.left.len()).finish()
    }
}
