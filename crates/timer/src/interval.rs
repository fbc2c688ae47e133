//! A beat: one deadline after another, and what to do about those that were missed.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures_core::Stream;

use crate::current::now;
use crate::sleep::{Sleep, sleep_until};

/// A beat every `period`, the first one `period` from now.
///
/// # Panics
///
/// If `period` is zero.
///
/// # Examples
///
/// ```
/// use evenkeel_timer::{Missed, interval};
/// use std::time::Duration;
///
/// # futures_lite::future::block_on(async {
/// let mut beat = interval(Duration::from_millis(1)).missed(Missed::Skip);
/// let first = beat.tick().await;
/// assert!(beat.tick().await - first >= Duration::from_millis(1));
/// # });
/// ```
pub fn interval(period: Duration) -> Interval {
    let first = now().checked_add(period);
    Interval::with(first, period)
}

/// A beat every `period`, the first one at `first`; `interval_at(now(), period)` begins with a
/// beat.
///
/// ```
/// use evenkeel_timer::{interval_at, now};
/// use std::time::Duration;
///
/// # futures_lite::future::block_on(async {
/// let begun = now();
/// let mut beat = interval_at(begun, Duration::from_millis(1));
/// assert_eq!(beat.tick().await, begun); // at once
/// assert!(beat.tick().await > begun);
/// # });
/// ```
///
/// # Panics
///
/// If `period` is zero.
pub fn interval_at(first: Instant, period: Duration) -> Interval {
    Interval::with(Some(first), period)
}

/// What an [`Interval`] does when a beat comes so late that the next one was due as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Missed {
    /// Goes on from now: the next beat is one period after the late one was seen. No two beats are
    /// ever closer than a period.
    #[default]
    Delay,
    /// Drops what was missed and keeps the rhythm: the next beat is the next one on the old grid.
    Skip,
    /// Makes up for what was missed, one beat after the other without a pause, and is then back on
    /// the old grid.
    Burst,
}

/// A beat; see [`interval`]. Also a [`Stream`] that does not end.
///
/// As long as no beat is late by a whole period, beats keep to the grid and do not drift.
#[must_use = "an interval does nothing unless its ticks are awaited"]
pub struct Interval {
    sleep: Sleep,
    period: Duration,
    missed: Missed,
}

impl Interval {
    fn with(first: Option<Instant>, period: Duration) -> Interval {
        assert!(!period.is_zero(), "an interval needs a period");
        let sleep = first.map_or_else(Sleep::never, sleep_until);
        Interval { sleep, period, missed: Missed::default() }
    }

    /// Says what to do about missed beats; [`Missed::Delay`] unless you do.
    pub fn missed(mut self, missed: Missed) -> Interval {
        self.missed = missed;
        self
    }

    /// The time between two beats.
    #[must_use]
    pub fn period(&self) -> Duration {
        self.period
    }

    /// Waits for the next beat and returns when it was due.
    ///
    /// # Cancellation
    ///
    /// Nothing lost: a beat that was waited for in vain is still to come.
    pub async fn tick(&mut self) -> Instant {
        poll_fn(|cx| self.poll_tick(cx)).await
    }

    /// As [`tick`](Interval::tick), for those who write their own futures.
    pub fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        ready!(Pin::new(&mut self.sleep).poll(cx));
        let Some(due) = self.sleep.deadline() else { return Poll::Pending };
        match self.after(due, now()) {
            Some(next) => self.sleep.reset(next),
            None => self.sleep = Sleep::never(),
        }
        Poll::Ready(due)
    }

    /// The beat after the one due at `due` and seen at `now`; `None` if it is beyond all time.
    fn after(&self, due: Instant, now: Instant) -> Option<Instant> {
        let next = due.checked_add(self.period)?;
        if now < next {
            return Some(next);
        }
        match self.missed {
            Missed::Burst => Some(next),
            Missed::Delay => now.checked_add(self.period),
            Missed::Skip => {
                let into = (now - due).as_nanos() % self.period.as_nanos();
                // Less than a period, so it is a duration if the period is one.
                let into = Duration::new(
                    (into / 1_000_000_000) as u64, // nanoseconds in a second
                    (into % 1_000_000_000) as u32,
                );
                now.checked_add(self.period - into)
            }
        }
    }

    /// Begins anew: the next beat is one period from now.
    pub fn reset(&mut self) {
        match now().checked_add(self.period) {
            Some(next) => self.sleep.reset(next),
            None => self.sleep = Sleep::never(),
        }
    }
}

impl Stream for Interval {
    type Item = Instant;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Instant>> {
        self.poll_tick(cx).map(Some)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::MAX, None)
    }
}

impl fmt::Debug for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interval")
            .field("period", &self.period)
            .field("missed", &self.missed)
            .field("next", &self.sleep.deadline())
            .finish()
    }
}
