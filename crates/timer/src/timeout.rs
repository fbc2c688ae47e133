//! A bound on any future: its value, or [`TimeoutError`] once the deadline has come.
//!
//! Every poll asks the future first and the timer second, so a value that is there is never lost to
//! a deadline that has come as well. On expiry the future is dropped, and what it owned (a task that
//! was cancelled and is not gone yet, a clean-up it registered) is seen to its end before the error
//! is reported. Where timeouts are nested, the outermost that has expired reports.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use evenkeel_context::poll_budget;
use pin_project_lite::pin_project;

use crate::body::Body;
use crate::bounds::{leave_to_encloser, within};
use crate::current::now;
use crate::sleep::{Sleep, sleep_until};

/// Gives a future `limit` to finish, counted from this call.
///
/// The future is always polled at least once, so one that is ready at once wins over any limit,
/// zero included; with a limit of zero it has no more than that one poll. A future that computes
/// without ever suspending cannot be interrupted, and its value counts however late it comes.
///
/// # Errors
///
/// [`TimeoutError`] if the limit passed first. The future is gone then, and so is what it owned.
///
/// # Cancellation
///
/// Nothing lost by the timer; the future is dropped with the timeout, so what it loses then is lost.
///
/// # Examples
///
/// ```
/// use evenkeel_timer::{sleep, timeout};
/// use std::time::Duration;
///
/// # futures_lite::future::block_on(async {
/// let long = async { sleep(Duration::from_secs(3600)).await; "late" };
/// assert!(timeout(Duration::from_millis(5), long).await.is_err());
///
/// let short = async { "in time" };
/// assert_eq!(timeout(Duration::ZERO, short).await, Ok("in time"));
/// # });
/// ```
pub fn timeout<F: IntoFuture>(limit: Duration, future: F) -> Timeout<F::IntoFuture> {
    Timeout::with(future, Limit::after(limit))
}

/// Gives a future until `deadline`; otherwise as [`timeout`]. A deadline that has passed already
/// leaves it one poll.
///
/// # Errors
///
/// [`TimeoutError`] if the deadline came first.
///
/// # Cancellation
///
/// Nothing lost by the timer; the future is dropped with the timeout, so what it loses then is lost.
///
/// # Examples
///
/// ```
/// use evenkeel_timer::{now, timeout_at};
///
/// # futures_lite::future::block_on(async {
/// let never = std::future::pending::<()>();
/// assert!(timeout_at(now(), never).await.is_err());
/// # });
/// ```
pub fn timeout_at<F: IntoFuture>(deadline: Instant, future: F) -> Timeout<F::IntoFuture> {
    Timeout::with(future, Limit::until(Some(deadline)))
}

/// As [`timeout`], with asyncio's order of arguments and its `None` for no limit.
///
/// # Errors
///
/// [`TimeoutError`] if there is a limit and it passed first.
///
/// # Cancellation
///
/// Nothing lost by the timer; the future is dropped with the timeout, so what it loses then is lost.
///
/// # Examples
///
/// ```
/// use evenkeel_timer::wait_for;
/// use std::time::Duration;
///
/// # futures_lite::future::block_on(async {
/// assert_eq!(wait_for(async { 1 }, Duration::from_secs(1)).await, Ok(1));
/// assert_eq!(wait_for(async { 2 }, None).await, Ok(2));
/// # });
/// ```
pub fn wait_for<F: IntoFuture>(
    future: F,
    limit: impl Into<Option<Duration>>,
) -> Timeout<F::IntoFuture> {
    match limit.into() {
        Some(limit) => timeout(limit, future),
        None => Timeout::with(future, Limit::Never(None)),
    }
}

/// The future did not finish within its limit.
#[doc(alias = "Elapsed")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimeoutError;

impl fmt::Display for TimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the future did not finish within its time limit")
    }
}

impl std::error::Error for TimeoutError {}

impl From<TimeoutError> for io::Error {
    fn from(error: TimeoutError) -> io::Error {
        io::Error::new(io::ErrorKind::TimedOut, error)
    }
}

/// The deadline of a [`Timeout`] that has ended cannot be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RescheduleError {
    /// The limit has passed; what the future owned, or a timeout around it, is still to end.
    Expiring,
    /// The limit has passed, and that was reported.
    Expired,
    /// The future finished in time.
    Finished,
}

impl fmt::Display for RescheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self {
            RescheduleError::Expiring => "is expiring",
            RescheduleError::Expired => "has expired",
            RescheduleError::Finished => "has finished",
        };
        write!(f, "cannot move the deadline of a timeout that {state}")
    }
}

impl std::error::Error for RescheduleError {}

pin_project! {
    /// The future of [`timeout`], [`timeout_at`] and [`wait_for`].
    ///
    /// # Cancellation
    ///
    /// That of the future within: dropping this drops it, and what it owned is left to whatever
    /// drops this. The timer itself loses nothing.
    #[must_use = "futures do nothing unless awaited"]
    #[project = TimeoutProjection]
    pub struct Timeout<F: Future> {
        #[pin]
        body: Body<F>,
        limit: Limit,
        // It has expired, but so has one around it, which was to report. Once only.
        left: bool,
    }
}

impl<F: Future> Timeout<F> {
    fn with(future: impl IntoFuture<IntoFuture = F>, limit: Limit) -> Timeout<F> {
        Timeout { body: Body::new(future.into_future()), limit, left: false }
    }

    /// When the limit passes; `None` if it does not within three centuries.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.limit.deadline()
    }

    /// Whether the limit has passed, and that was seen, before the future finished.
    #[doc(alias = "is_expired")]
    #[must_use]
    pub fn expired(&self) -> bool {
        self.left || self.body.is_cut()
    }

    /// Moves the deadline, forth or back; `None` takes it away. One that has passed leaves the
    /// future one poll.
    ///
    /// From within the future there is no way to its timeout; let it have a
    /// [`CancelScope`](crate::CancelScope) there, and
    /// [`set_deadline`](crate::CancelScope::set_deadline).
    ///
    /// # Errors
    ///
    /// [`RescheduleError`], which names the state, if the limit has passed or the future finished.
    ///
    /// # Examples
    ///
    /// ```
    /// use evenkeel_timer::{now, sleep, timeout};
    /// use std::{pin::pin, time::Duration};
    ///
    /// # futures_lite::future::block_on(async {
    /// let slow = async { sleep(Duration::from_millis(5)).await; "done" };
    /// let mut bounded = pin!(timeout(Duration::from_millis(1), slow));
    /// bounded.as_mut().reschedule(Some(now() + Duration::from_secs(5)))?;
    /// assert_eq!(bounded.as_mut().await, Ok("done"));
    /// assert!(bounded.reschedule(None).is_err());
    /// # Ok::<_, evenkeel_timer::RescheduleError>(())
    /// # }).unwrap();
    /// ```
    pub fn reschedule(
        self: Pin<&mut Self>,
        deadline: Option<Instant>,
    ) -> Result<(), RescheduleError> {
        if !self.body.is_running() {
            return Err(match (self.body.is_cut(), self.body.is_over()) {
                (true, false) => RescheduleError::Expiring,
                (true, true) => RescheduleError::Expired,
                (false, _) => RescheduleError::Finished,
            });
        }
        if self.left {
            return Err(RescheduleError::Expiring);
        }
        self.project().limit.move_to(deadline);
        Ok(())
    }
}

impl<F: Future> TimeoutProjection<'_, F> {
    /// Whether it ends here, the future having been polled; `left`: something within has left that
    /// to us or those around us.
    fn expires(&mut self, left: bool, cx: &mut Context<'_>) -> bool {
        // If it was left to us, it is enough that the deadline has come: not all timers that are
        // due at once need have fired.
        if (left && self.limit.has_come()) || self.limit.poll(cx).is_ready() {
            if *self.left || !leave_to_encloser(cx) {
                return true;
            }
            *self.left = true;
        }
        false
    }
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, TimeoutError>;

    /// # Panics
    ///
    /// If polled again after it was ready; and if a clean-up panicked, when the others are done.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if this.body.is_running() {
            // Before the limit is looked at: what would be ready is not lost to it for want of budget.
            ready!(poll_budget(cx));
            let mut poll = || this.body.as_mut().poll_future(cx);
            let (polled, left) = match this.limit.deadline() {
                None => (poll(), false),
                deadline => within(deadline, poll),
            };
            match polled {
                Poll::Ready(value) => {
                    drop(this.limit.stop()); // Frees the timer now, not when the handle goes.
                    if this.body.owns_nothing() {
                        return Poll::Ready(Ok(value));
                    }
                    this.body.as_mut().keep(value);
                }
                Poll::Pending => {
                    if !this.expires(left, cx) {
                        return Poll::Pending;
                    }
                    drop(this.limit.stop());
                    this.body.as_mut().cut();
                }
            }
        }
        this.body.poll_end(cx).map(|value| value.ok_or(TimeoutError))
    }
}

impl<F: Future> fmt::Debug for Timeout<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeout")
            .field("deadline", &self.deadline())
            .field("stage", &self.body.stage())
            .finish()
    }
}

/// Three centuries. What is farther away is never; no timer could be armed for much more.
const FAR: Duration = Duration::from_secs(300 * 365 * 86_400);

/// By when.
enum Limit {
    At(Sleep),
    /// Not at all; to be woken when that changes.
    Never(Option<Waker>),
}

impl Limit {
    fn after(limit: Duration) -> Limit {
        match now().checked_add(limit) {
            Some(at) if limit.is_zero() => Limit::passed(at),
            Some(at) if limit < FAR => Limit::At(sleep_until(at)),
            _ => Limit::Never(None),
        }
    }

    fn until(deadline: Option<Instant>) -> Limit {
        match deadline.map(|at| (at, at.checked_duration_since(now()))) {
            Some((at, None | Some(Duration::ZERO))) => Limit::passed(at),
            Some((at, Some(limit))) if limit < FAR => Limit::At(sleep_until(at)),
            _ => Limit::Never(None),
        }
    }

    /// Needs no timer.
    fn passed(deadline: Instant) -> Limit {
        Limit::At(Sleep::ready(deadline))
    }

    #[inline]
    fn deadline(&self) -> Option<Instant> {
        match self {
            Limit::At(sleep) => sleep.deadline(),
            Limit::Never(_) => None,
        }
    }

    fn has_come(&self) -> bool {
        match self {
            Limit::At(sleep) => sleep.has_come(),
            Limit::Never(_) => false,
        }
    }

    #[inline]
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Limit::At(sleep) => return sleep.poll_over(cx),
            Limit::Never(Some(waiting)) if waiting.will_wake(cx.waker()) => {}
            Limit::Never(waiting) => *waiting = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// The timer is gone after this; the deadline can still be read.
    fn stop(&mut self) -> Option<Waker> {
        match self {
            Limit::At(sleep) => sleep.stop(),
            Limit::Never(waiting) => waiting.take(),
        }
    }

    /// Whoever was to be woken will be: by the timer, or now, to arm another.
    fn move_to(&mut self, deadline: Option<Instant>) {
        match (&mut *self, deadline) {
            (Limit::At(sleep), Some(at)) if sleep.is_armed() => sleep.reset(at),
            (_, None) => *self = Limit::Never(self.stop()),
            (_, deadline) => {
                let waiting = self.stop();
                *self = Limit::until(deadline);
                if let Some(waiting) = waiting {
                    waiting.wake();
                }
            }
        }
    }
}
