//! Waking a sleeping reactor from another thread: one word that says whether the bell must be rung.
//!
//! It rings no bell itself (`wait.rs` has the descriptor): it answers whether a system call is owed.
//! A thread that is awake, and one that has been told already, are told for nothing.
//!
//! ```text
//!   [awake] ──1──▶ [asleep]      1 begin_sleep    2 end_sleep
//!      ▲   ◀──2──    │ 3 (ring)  3 notify
//!      └─2─ [told] ◀─┘◀── 3 from awake (no ring)
//! ```
//! Beside it a bit that there are doubts (`doubts.rs`): set and cleared by who holds their lock, never
//! set while the driver sleeps, and with it set nobody falls asleep.

use crate::loom::{AtomicU8, Ordering};

const ASLEEP: u8 = 1;
const TOLD: u8 = 1 << 1;
const IN_DOUBT: u8 = 1 << 2;

/// The word between a thread that waits in the kernel and those that want it back.
#[derive(Debug)]
pub struct Notifier(AtomicU8);

/// What [`Notifier::begin_sleep`] answers.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaySleep {
    /// Whoever comes from now on will ring.
    Yes,
    /// Somebody has come already, or left a doubt: look, but do not sleep.
    No,
}

/// What [`Notifier::notify`] answers.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bell {
    /// The sleeper hears nothing but the bell.
    Ring,
    /// Nobody sleeps, or somebody else rings.
    Spare,
}

impl Notifier {
    /// Awake, not told, and in no doubt.
    pub fn new() -> Notifier {
        Notifier(AtomicU8::new(0))
    }

    /// Arrow 1: about to block. One thread at a time.
    pub fn begin_sleep(&self) -> MaySleep {
        // Relaxed: whoever was told sees what for in `end_sleep`, which follows in either case; and doubts
        // are seen under their lock.
        match self.0.compare_exchange(0, ASLEEP, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => MaySleep::Yes,
            Err(_) => MaySleep::No,
        }
    }

    /// Arrow 2: not blocked, whatever the cause.
    pub fn end_sleep(&self) {
        // Acquire: pairs with the Release in `notify`, which this may overwrite. It must be one
        // step, or a `notify` between a load and a store would be forgotten.
        self.0.fetch_and(IN_DOUBT, Ordering::Acquire);
    }

    /// Arrow 3: the sleeper, or the next one, must look.
    pub fn notify(&self) -> Bell {
        // Release: pairs with the Acquire in `end_sleep`, so that the sleeper sees what the caller
        // published before. What comes later is a read-modify-write, and so keeps it.
        match self.0.fetch_or(TOLD, Ordering::Release) & (ASLEEP | TOLD) {
            ASLEEP => Bell::Ring,
            _ => Bell::Spare,
        }
    }

    /// There is a doubt from here on. False: the driver sleeps, and there is none. The caller has locked
    /// the doubts.
    pub fn doubt(&self) -> bool {
        // Relaxed, here and below: what is in doubt is seen through the lock, and which comes first, this or
        // `begin_sleep`, is decided by the word alone.
        let mut now = self.0.load(Ordering::Relaxed);
        // Set, it stays so as long as the lock is held.
        while now & IN_DOUBT == 0 {
            if now & ASLEEP != 0 {
                return false;
            }
            let next = now | IN_DOUBT;
            match self.0.compare_exchange_weak(now, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(other) => now = other,
            }
        }
        true
    }

    /// Whether there are doubts. One that is just being left is met by `begin_sleep`.
    pub fn is_in_doubt(&self) -> bool {
        self.0.load(Ordering::Relaxed) & IN_DOUBT != 0
    }

    /// There are none any more. The caller has locked the doubts.
    pub fn settle(&self) {
        self.0.fetch_and(!IN_DOUBT, Ordering::Relaxed);
    }
}

impl Default for Notifier {
    fn default() -> Notifier {
        Notifier::new()
    }
}
