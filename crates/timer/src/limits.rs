//! Trio's names for a bound: go on with nothing, or fail.
//!
//! They are timeouts, told apart by what they return.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;

use crate::timeout::{Timeout, timeout, timeout_at};

/// Gives a future `limit` to finish, counted from this call, and goes on without its value if it
/// does not: `Some` of the value, or `None`. In all else it is [`timeout`].
///
/// # Cancellation
///
/// Nothing lost by the timer; the future is dropped with this, so what it loses then is lost.
///
/// # Examples
///
/// ```
/// use evenkeel_timer::{move_on_after, sleep};
/// use std::time::Duration;
///
/// # futures_lite::future::block_on(async {
/// let slow = async { sleep(Duration::from_secs(3600)).await; "fresh" };
/// let answer = move_on_after(Duration::from_millis(5), slow).await;
/// assert_eq!(answer.unwrap_or("from the cache"), "from the cache");
/// # });
/// ```
pub fn move_on_after<F: IntoFuture>(limit: Duration, future: F) -> MoveOn<F::IntoFuture> {
    MoveOn { bounded: timeout(limit, future) }
}

/// As [`move_on_after`], with the deadline itself.
///
/// # Cancellation
///
/// Nothing lost by the timer; the future is dropped with this, so what it loses then is lost.
///
/// # Examples
///
/// ```
/// use evenkeel_timer::{move_on_at, now};
///
/// # futures_lite::future::block_on(async {
/// assert_eq!(move_on_at(now(), async { 7 }).await, Some(7));
/// assert_eq!(move_on_at(now(), std::future::pending::<()>()).await, None);
/// # });
/// ```
pub fn move_on_at<F: IntoFuture>(deadline: Instant, future: F) -> MoveOn<F::IntoFuture> {
    MoveOn { bounded: timeout_at(deadline, future) }
}

/// [`timeout`], by Trio's name.
///
/// # Errors
///
/// [`TimeoutError`](crate::TimeoutError) if the limit passed first.
///
/// # Cancellation
///
/// Nothing lost by the timer; the future is dropped with this, so what it loses then is lost.
pub fn fail_after<F: IntoFuture>(limit: Duration, future: F) -> Timeout<F::IntoFuture> {
    timeout(limit, future)
}

/// [`timeout_at`], by Trio's name.
///
/// # Errors
///
/// [`TimeoutError`](crate::TimeoutError) if the deadline came first.
///
/// # Cancellation
///
/// Nothing lost by the timer; the future is dropped with this, so what it loses then is lost.
pub fn fail_at<F: IntoFuture>(deadline: Instant, future: F) -> Timeout<F::IntoFuture> {
    timeout_at(deadline, future)
}

pin_project! {
    /// The future of [`move_on_after`] and [`move_on_at`].
    ///
    /// # Cancellation
    ///
    /// That of the future within: dropping this drops it. The timer itself loses nothing.
    #[must_use = "futures do nothing unless awaited"]
    pub struct MoveOn<F: Future> {
        #[pin]
        bounded: Timeout<F>,
    }
}

impl<F: Future> Future for MoveOn<F> {
    type Output = Option<F::Output>;

    /// # Panics
    ///
    /// If polled again after it was ready; and if a clean-up panicked, when the others are done.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().bounded.poll(cx).map(Result::ok)
    }
}

impl<F: Future> fmt::Debug for MoveOn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MoveOn").field(&self.bounded).finish()
    }
}
