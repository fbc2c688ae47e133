//! One deadline: a future that is ready when it has come.
//!
//! It reads the clock once, when it is made; registers when it is first polled; and gives its place
//! back at once when it is dropped.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use evenkeel_context::{Wait, poll_budget, spend, waiting_for};

use crate::current::{current, now};
use crate::shard::{Check, Mark};
use crate::slab::Key;
#[cfg(not(loom))]
use crate::thread;
use crate::timers::Timers;

/// Waits for `duration`, never less.
///
/// The deadline is set here, not at the first poll, so two sleeps made together end together; by
/// the clock of the timers entered on this thread, or else by the system's. `sleep(Duration::ZERO)`
/// lets the other tasks go first, once, and involves neither clock nor timer. A duration too long
/// to be added to the time, such as `Duration::MAX`, never ends.
///
/// # Cancellation
///
/// Nothing lost: dropping it frees its place at once.
///
/// # Examples
///
/// ```
/// use evenkeel_timer::sleep;
/// use std::time::{Duration, Instant};
///
/// # futures_lite::future::block_on(async {
/// let before = Instant::now();
/// sleep(Duration::from_millis(5)).await;
/// assert!(before.elapsed() >= Duration::from_millis(5));
/// # });
/// ```
pub fn sleep(duration: Duration) -> Sleep {
    if duration.is_zero() {
        Sleep::with(None, Stage::Yield)
    } else {
        Sleep::with(now().checked_add(duration), Stage::New)
    }
}

/// Waits until `deadline`.
///
/// A deadline that has passed still takes one turn of whoever drives the timers, in which deadlines
/// that have passed are served in their order.
///
/// # Cancellation
///
/// Nothing lost: dropping it frees its place at once.
///
/// # Examples
///
/// ```
/// use evenkeel_timer::{now, sleep_until};
/// use std::time::Duration;
///
/// # futures_lite::future::block_on(async {
/// let start = now();
/// for beat in 1..=3 {
///     sleep_until(start + Duration::from_millis(beat)).await; // No drift.
/// }
/// # });
/// ```
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep::with(Some(deadline), Stage::New)
}

/// Waits for a number of seconds, as Python's `asyncio.sleep` takes it: what is negative counts as
/// zero, and infinity never ends.
///
/// # Errors
///
/// [`InvalidDuration`] if `secs` is not a number.
///
/// # Cancellation
///
/// Nothing lost: dropping it frees its place at once.
///
/// # Examples
///
/// ```
/// use evenkeel_timer::sleep_secs;
///
/// # futures_lite::future::block_on(async {
/// sleep_secs(0.001)?.await;
/// assert!(sleep_secs(f64::NAN).is_err());
/// # Ok::<_, evenkeel_timer::InvalidDuration>(())
/// # }).unwrap();
/// ```
pub fn sleep_secs(secs: f64) -> Result<Sleep, InvalidDuration> {
    if secs.is_nan() {
        Err(InvalidDuration)
    } else if secs <= 0.0 {
        Ok(sleep(Duration::ZERO))
    } else {
        Ok(sleep(Duration::try_from_secs_f64(secs).unwrap_or(Duration::MAX)))
    }
}

/// A number of seconds that is not a number; the error of [`sleep_secs`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidDuration;

impl fmt::Display for InvalidDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot sleep for NaN seconds")
    }
}

impl std::error::Error for InvalidDuration {}

/// The future of [`sleep`] and [`sleep_until`].
///
/// At its first poll it binds to the timers entered on the polling thread (see
/// [`Timers::enter`](crate::Timers::enter)), or else to the process-wide ones, which a thread named
/// `evenkeel-timer` drives (see [`Timers::fallback`](crate::Timers::fallback)). Make it and poll it
/// under the same clock.
///
/// Once ready it stays ready; [`reset`](Sleep::reset) makes it wait again.
///
/// # Cancellation
///
/// Nothing lost: dropping it frees its place at once, and its waker is not kept.
#[must_use = "futures do nothing unless awaited"]
pub struct Sleep {
    /// `None`: never, or no matter.
    deadline: Option<Instant>,
    /// Where `key` is armed.
    timers: Option<Timers>,
    key: Key,
    /// Tells without the wheel that it has fired, if there is one.
    mark: Option<Mark>,
    shard: u16,
    stage: Stage,
}

/// ```text
///   Yield ──────────── 1 ──────────────┐
///                                      ▼
///   New ───── 2 ────► Armed ─── 3 ───► Done
///    ▲                  │               │
///    └── 4, 5 ──────────┴────── 5 ──────┘
/// ```
/// 1, 2, 3: `poll`. 4: `poll`, when the timers were closed. 5: `reset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// To be pending once, without a timer.
    Yield,
    /// Not registered yet.
    New,
    /// Registered; fired when the key is stale.
    Armed,
    Done,
}

impl Sleep {
    fn with(deadline: Option<Instant>, stage: Stage) -> Sleep {
        Sleep { deadline, timers: None, key: Key::NOWHERE, mark: None, shard: 0, stage }
    }

    /// One that is ready.
    pub(crate) fn ready(deadline: Instant) -> Sleep {
        Sleep::with(Some(deadline), Stage::Done)
    }

    /// One that never is.
    pub(crate) fn never() -> Sleep {
        Sleep::with(None, Stage::New)
    }

    /// When it ends; `None` if it never does, or is `sleep(Duration::ZERO)`, which has no deadline.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Whether it has ended: its timer has fired, or it was awaited to its end.
    #[must_use]
    pub fn is_elapsed(&self) -> bool {
        match (self.stage, &self.timers) {
            (Stage::Done, _) => true,
            (Stage::Armed, Some(timers)) => !timers.is_armed(self.shard.into(), self.key),
            _ => false,
        }
    }

    /// Makes it wait until `deadline` instead, whether or not it has ended. While it is registered
    /// it keeps its place, and will wake the task that polled it last; after it has ended it must
    /// be polled again to be registered.
    ///
    /// # Examples
    ///
    /// ```
    /// use evenkeel_timer::{now, sleep};
    /// use std::time::Duration;
    ///
    /// # futures_lite::future::block_on(async {
    /// let mut idle = sleep(Duration::from_secs(3600));
    /// idle.reset(now() + Duration::from_millis(1));
    /// (&mut idle).await;
    /// assert!(idle.is_elapsed());
    /// # });
    /// ```
    pub fn reset(&mut self, deadline: Instant) {
        self.deadline = Some(deadline);
        if let (Stage::Armed, Some(timers)) = (self.stage, &self.timers) {
            if let Some(at) = timers.deadline(deadline) {
                if let Some(armed) = timers.rearm(self.shard.into(), self.key, at) {
                    self.mark = armed.mark;
                    return;
                }
            }
        }
        self.disarm();
        self.stage = Stage::New;
    }

    /// Whether somebody is to be woken by it.
    pub(crate) fn is_armed(&self) -> bool {
        self.stage == Stage::Armed && !self.is_elapsed()
    }

    /// Gives its place back now, and the waker that was there. It has ended then.
    pub(crate) fn stop(&mut self) -> Option<Waker> {
        self.stage = Stage::Done;
        self.disarm()
    }

    /// Whether its deadline has come by its own clock, fired or not.
    pub(crate) fn has_come(&self) -> bool {
        let time = || self.timers.as_ref().map_or_else(now, Timers::now);
        self.stage == Stage::Done || self.deadline.is_some_and(|at| at <= time())
    }

    fn disarm(&mut self) -> Option<Waker> {
        let timers = self.timers.take()?;
        timers.disarm(self.shard.into(), self.key)
    }

    fn finish(&mut self) -> Poll<()> {
        self.stage = Stage::Done;
        self.timers = None;
        Poll::Ready(())
    }

    /// Registers with the timers of this thread, or with the process's.
    fn bind(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline else { return pending() };
        let entered = current();
        if let Some((timers, shard)) = entered {
            if self.arm(timers, shard, deadline, cx) {
                return pending();
            }
        }
        #[cfg(loom)]
        panic!("a model enters timers before it polls a sleep");
        #[cfg(not(loom))]
        match thread::fallback() {
            Ok(timers) => {
                self.arm(timers.clone(), 0, deadline, cx);
                pending()
            }
            Err(_) if thread::stand_in(deadline) => self.finish(),
            Err(_) => {
                cx.waker().wake_by_ref();
                pending()
            }
        }
    }

    /// Arms there, unless they are closed.
    fn arm(&mut self, timers: Timers, shard: u16, deadline: Instant, cx: &Context<'_>) -> bool {
        // Beyond what the wheel can count, in centuries: the same as never.
        let Some(at) = timers.deadline(deadline) else { return true };
        let Ok(armed) = timers.arm(shard.into(), at, cx.waker().clone()) else { return false };
        (self.key, self.mark) = (armed.key, armed.mark);
        (self.shard, self.stage) = (shard, Stage::Armed);
        self.timers = Some(timers);
        true
    }

    /// Has the timer fired? If not, it will wake this waker.
    fn check(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(timers) = &self.timers else { return Poll::Ready(()) };
        // The usual case, and no lock: woken by the driver that has fired this deadline.
        if self.mark.is_some_and(|mark| timers.has_fired(self.shard.into(), mark)) {
            return self.finish();
        }
        match timers.check(self.shard.into(), self.key, cx.waker()) {
            Check::Pending => pending(),
            Check::Fired => self.finish(),
            // Woken because the timers were closed, or just before: the clock knows.
            Check::Closed if self.deadline.is_some_and(|at| at <= timers.now()) => self.finish(),
            Check::Closed => {
                self.stage = Stage::New;
                self.timers = None;
                self.bind(cx)
            }
        }
    }
}

fn pending() -> Poll<()> {
    waiting_for(Wait::Sleep, 0);
    Poll::Pending
}

impl Sleep {
    /// A poll that counts as no operation of the task's: a limit is seen also when the budget is used up,
    /// for it may be the limit of what used it up.
    pub(crate) fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.stage {
            Stage::Armed => self.check(cx),
            Stage::New => self.bind(cx),
            Stage::Yield => {
                self.stage = Stage::Done;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Stage::Done => Poll::Ready(()),
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        ready!(poll_budget(cx));
        ready!(self.poll_over(cx));
        spend();
        Poll::Ready(())
    }
}

impl Drop for Sleep {
    #[inline]
    fn drop(&mut self) {
        // One that has ended has nothing to give back.
        if self.timers.is_some() {
            self.disarm();
        }
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep")
            .field("deadline", &self.deadline)
            .field("stage", &self.stage)
            .finish_non_exhaustive()
    }
}

// A task that holds a sleep stays small: deadline 16, where it is armed 8 + 8, mark 4, shard and stage 4.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Sleep>() <= 40);
