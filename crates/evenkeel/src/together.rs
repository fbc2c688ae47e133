//! Timers that share a sleep in the kernel: how soon after some have fired the next ones are slept for.
//!
//! A sleep in the kernel costs several microseconds, on virtual machines twenty, as much as a hundred timers.
//! Where they are dense, sleeping for each by itself would be most of what they cost. So a sleep that follows
//! timers closely lasts a little longer; a deadline that has passed already, or that is alone, waits for none.

use std::time::{Duration, Instant};

use crate::loom::{AtomicU64, Ordering};

/// What [`Options::timer_resolution`](crate::Options::timer_resolution) is by default. Larger saves sleeps; where
/// timers are dense, most of it is how late the median is, and 100 µs is what that may be.
pub(crate) const TOGETHER: Duration = Duration::from_micros(90);

/// When timers fired last, of all the workers of a runner. For the driver alone.
#[derive(Debug)]
pub(crate) struct Together {
    resolution: Duration,
    base: Instant,
    /// In nanoseconds after `base`; 0: they have not.
    fired_ns: AtomicU64,
}

// Relaxed, both: only the driver touches it, and the role is passed on by a Release and taken by an Acquire.
impl Together {
    pub(crate) fn new(resolution: Duration) -> Together {
        Together { resolution, base: Instant::now(), fired_ns: AtomicU64::new(0) }
    }

    /// Timers fired, at `now`.
    pub(crate) fn fired(&self, now: Instant) {
        let after = now.saturating_duration_since(self.base).as_nanos();
        self.fired_ns.store(u64::try_from(after).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// When they fired last, if they have.
    pub(crate) fn last(&self) -> Instant {
        self.base + Duration::from_nanos(self.fired_ns.load(Ordering::Relaxed))
    }

    /// Until when to sleep for a `deadline`: never less, and longer only if timers have just fired.
    pub(crate) fn until(&self, deadline: Instant) -> Instant {
        if self.fired_ns.load(Ordering::Relaxed) == 0 {
            return deadline;
        }
        let fired = self.last();
        match fired.checked_add(self.resolution) {
            // What was due when they fired was armed later, and is not to wait once more.
            Some(soonest) if fired < deadline && deadline < soonest => soonest,
            // Also what the clock cannot tell any more: that delays nothing.
            _ => deadline,
        }
    }
}
