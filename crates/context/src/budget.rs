//! The budget: what a task may do in one poll before it lets the others go first.
//!
//! A task that always finds its channel full, its socket readable and its lock free would never suspend,
//! and nobody else on its thread would get a turn. So each poll of a task begins with a number of units;
//! a leaf operation that is ready costs one, and when they are gone, leaf operations answer `Pending` and
//! wake the task, which goes to the back of the queue. Whoever waits pays nothing: a join of two hundred
//! that are pending is polled to its last.
//!
//! ```text
//!   left > 0 --1 spend, at 1--> left <= 0 --2 refused, each time one less--> -PATIENCE
//!      ^                                                                        |
//!      +---------------- 3 the next poll of the task; or 4 ---------------------+
//! ```
//! 4: whoever was refused so often is not polled by us, but by a loop within the task that takes the wake
//! for news (a foreign `block_on`, say). It would spin for ever, so it is given new units.

use std::cell::Cell;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

/// Units of one poll. Fewer make a busy task yield more often, at the price of a trip through the queue
/// (some 50 ns) for so many operations; more make the others wait longer, for so many operations of
/// perhaps 100 ns.
const UNITS: i64 = if cfg!(loom) { UNLIMITED } else { 128 };

/// More than any thread lives to spend; what is left outside of tasks. A number like any other, so that
/// spending asks nothing.
const UNLIMITED: i64 = i64::MAX;

/// Refusals within one poll of a task until nobody believes any more that it will return. Many more than
/// a foreign join polls children in vain, few enough to be over in some microseconds.
const PATIENCE: i64 = 1024;

thread_local! {
    static LEFT: Cell<i64> = const { Cell::new(UNLIMITED) };
}

/// Puts what was left outside back, also when the call unwinds.
struct Restore(i64);

impl Drop for Restore {
    #[inline]
    fn drop(&mut self) {
        LEFT.with(|left| left.set(self.0));
    }
}

#[inline]
fn with<R>(units: i64, call: impl FnOnce() -> R) -> R {
    let _restore = Restore(LEFT.with(|left| left.replace(units)));
    call()
}

/// Runs `call` with a poll's units.
#[inline]
pub(crate) fn with_units<R>(call: impl FnOnce() -> R) -> R {
    with(UNITS, call)
}

/// Runs `call` without any limit: for code that does not return to whoever polls the task, as a `block_on`
/// inside a call that may block.
#[inline]
pub fn without_budget<R>(call: impl FnOnce() -> R) -> R {
    with(UNLIMITED, call)
}

/// Called by a leaf future before it does anything: `Pending`, with the task woken, if the task has used
/// up its units for this poll. Outside our tasks, and inside [`unconstrained`], always `Ready`.
///
/// ```
/// use evenkeel_context::{poll_budget, spend};
/// use std::task::{Context, Poll, ready};
///
/// fn poll_item(cx: &mut Context<'_>) -> Poll<u32> {
///     ready!(poll_budget(cx));
///     let item = 7; // If there were none: `return Poll::Pending`, and nothing is spent.
///     spend();
///     Poll::Ready(item)
/// }
/// # assert!(poll_item(&mut Context::from_waker(std::task::Waker::noop())).is_ready());
/// ```
#[inline]
pub fn poll_budget(cx: &Context<'_>) -> Poll<()> {
    if has_budget() { Poll::Ready(()) } else { refuse(cx) }
}

/// Whether [`poll_budget`] would answer `Ready`: for a combinator, which need not begin with children that
/// would be refused.
#[inline]
pub fn has_budget() -> bool {
    LEFT.with(Cell::get) > 0
}

#[cold]
fn refuse(cx: &Context<'_>) -> Poll<()> {
    let left = LEFT.with(Cell::get);
    if left <= -PATIENCE {
        LEFT.with(|left| left.set(UNITS));
        return Poll::Ready(());
    }
    LEFT.with(|cell| cell.set(left - 1));
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// Called by a leaf future whose operation was ready: one unit less. Never on `Pending`.
#[inline]
pub fn spend() {
    LEFT.with(|left| left.set(left.get() - 1));
}

pin_project! {
    /// The future made by [`unconstrained`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct Unconstrained<F> {
        #[pin]
        future: F,
    }
}

/// Lets `future` do as much in one poll as it likes: it is never made to yield for having used up its
/// task's budget. For work whose length is known to be small, and that must not be interrupted by others.
///
/// ```
/// # fn main() {
/// use evenkeel_context::unconstrained;
///
/// let all_at_once = unconstrained(async { /* a thousand items that are there already */ });
/// # drop(all_at_once);
/// # }
/// ```
///
/// # Cancellation
/// Nothing lost by this; what the future within loses when it is dropped is lost.
pub fn unconstrained<F: IntoFuture>(future: F) -> Unconstrained<F::IntoFuture> {
    Unconstrained { future: future.into_future() }
}

impl<F: Future> Future for Unconstrained<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        without_budget(|| self.project().future.poll(cx))
    }
}

impl<F> fmt::Debug for Unconstrained<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unconstrained").finish_non_exhaustive()
    }
}
