//! What the driver has promised to those who arm: by when it will be awake.
//!
//! ```text
//!             1 promise                  3 take_back
//!    AWAKE ────────────────► awake by T ─────────► AWAKE
//!                                │  2 is_broken_by what is before T (duty: call the driver)
//!                                └───────────────► AWAKE
//! ```
//! 4 stretch: from "awake by T" to the same with an earlier T, though the driver sleeps longer. What is not before
//! it may wait so long, so nobody need call the driver for it.
//!
//! NO DEADLINE MISSED: who arms publishes the deadline, then (fence) looks at this word; the driver
//! writes this word, then (fence) looks at what is published. One of the two sees the other.

use crate::loom::{AtomicU64, Ordering, fence};

/// The driver is up. No deadline is earlier.
const AWAKE: u64 = 0;

/// Until when the driver sleeps; `AWAKE` if it does not.
pub(crate) struct AwakeBy(AtomicU64);

impl AwakeBy {
    pub(crate) fn new() -> AwakeBy {
        AwakeBy(AtomicU64::new(AWAKE))
    }

    /// Arrow 1. The driver must look at what is published after this, and promise again if that is
    /// earlier.
    pub(crate) fn promise(&self, at: u64) {
        // Relaxed: ordered by the fence.
        self.0.store(at, Ordering::Relaxed);
        // NO DEADLINE MISSED: pairs with the fence in `is_broken_by`.
        fence(Ordering::SeqCst);
    }

    /// Arrow 4, in the driver. Nothing is to be looked at after this: who arms and sees the promise before it calls
    /// for no less, and who sees neither was seen after that one.
    pub(crate) fn stretch(&self, before: u64) {
        // Relaxed: seen late, it costs one call too many, never one too few. The least: who was called stays so.
        self.0.fetch_min(before, Ordering::Relaxed);
    }

    /// Arrow 3: the driver will look at the deadlines before it sleeps again.
    pub(crate) fn take_back(&self) {
        // Relaxed: seen late, it costs one call too many, never one too few.
        self.0.store(AWAKE, Ordering::Relaxed);
    }

    /// Arrow 2, after `deadline` was published: whether the driver sleeps beyond it. Then it is
    /// awake by now for everybody else, and the caller must call it.
    #[must_use = "the driver sleeps through the deadline if nobody calls it"]
    pub(crate) fn is_broken_by(&self, deadline: u64) -> bool {
        // NO DEADLINE MISSED: pairs with the fence in `promise`.
        fence(Ordering::SeqCst);
        // Relaxed: ordered by the fence; the exchange only picks the one who calls.
        let mut until = self.0.load(Ordering::Relaxed);
        while deadline < until {
            match self.0.compare_exchange(until, AWAKE, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => until = now,
            }
        }
        false
    }
}
