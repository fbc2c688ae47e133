//! A bound on any future: its value, or [`TimeoutError`] once the deadline has come.
//!
//! Every poll asks the future first and the timer second, so a value that is there is never lost to
//! a deadline that has come as well. On expiry the future is dropped, and what it leaves behind (a
//! task that was cancelled and is not gone yet) is awaited before the error is reported.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use evenkeel_context::{Endings, collect_endings};
use pin_project_lite::pin_project;

use crate::current::now;
use crate::sleep::{Sleep, sleep, sleep_until};

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
    let sleep = if limit.is_zero() { Sleep::ready(None) } else { sleep(limit) };
    Timeout::with(future, sleep)
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
    let sleep =
        if deadline <= now() { Sleep::ready(Some(deadline)) } else { sleep_until(deadline) };
    Timeout::with(future, sleep)
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
        None => Timeout::with(future, Sleep::never()),
    }
}

/// The future did not finish within its limit.
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

pin_project! {
    /// The future of [`timeout`], [`timeout_at`] and [`wait_for`].
    ///
    /// # Cancellation
    ///
    /// That of the future within: dropping this drops it. The timer itself loses nothing.
    #[must_use = "futures do nothing unless awaited"]
    pub struct Timeout<F> {
        #[pin]
        stage: Stage<F>,
        deadline: Option<Instant>,
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<F> {
        // The future runs within its limit.
        Running { #[pin] future: F, sleep: Sleep },
        // The limit has passed and the future is gone; what it left behind is not.
        Ending { endings: Endings },
        Over,
    }
}

impl<F: Future> Timeout<F> {
    fn with(future: impl IntoFuture<IntoFuture = F>, sleep: Sleep) -> Timeout<F> {
        let deadline = sleep.deadline();
        Timeout { stage: Stage::Running { future: future.into_future(), sleep }, deadline }
    }
}

impl<F> Timeout<F> {
    /// When the limit passes; `None` if it never does, or if it was zero.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Whether the limit has passed and the future was dropped.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        matches!(self.stage, Stage::Ending { .. })
    }
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, TimeoutError>;

    /// # Panics
    ///
    /// If polled again after it was ready.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut stage = self.project().stage;
        match stage.as_mut().project() {
            StageProjection::Running { future, sleep } => {
                if let Poll::Ready(value) = future.poll(cx) {
                    stage.set(Stage::Over); // Frees the timer now, not when the handle goes.
                    return Poll::Ready(Ok(value));
                }
                ready!(Pin::new(sleep).poll(cx));
            }
            StageProjection::Ending { endings } => {
                ready!(Pin::new(endings).poll(cx));
                stage.set(Stage::Over);
                return Poll::Ready(Err(TimeoutError));
            }
            StageProjection::Over => panic!("a timeout was polled after it was ready"),
        }
        let ((), mut endings) = collect_endings(|| stage.set(Stage::Over));
        if Pin::new(&mut endings).poll(cx).is_pending() {
            stage.set(Stage::Ending { endings });
            return Poll::Pending;
        }
        Poll::Ready(Err(TimeoutError))
    }
}

impl<F> fmt::Debug for Timeout<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::Running { .. } => "running",
            Stage::Ending { .. } => "ending",
            Stage::Over => "over",
        };
        f.debug_struct("Timeout").field("deadline", &self.deadline).field("stage", &stage).finish()
    }
}
