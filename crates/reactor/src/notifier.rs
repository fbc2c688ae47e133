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

use crate::loom::{AtomicU8, Ordering};

const AWAKE: u8 = 0;
const ASLEEP: u8 = 1;
const TOLD: u8 = 2;

/// The word between a thread that waits in the kernel and those that want it back.
#[derive(Debug)]
pub struct Notifier(AtomicU8);

/// What [`Notifier::begin_sleep`] answers.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaySleep {
    /// Whoever comes from now on will ring.
    Yes,
    /// Somebody has come already: look, but do not sleep.
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
    /// Awake, and not told.
    pub fn new() -> Notifier {
        Notifier(AtomicU8::new(AWAKE))
    }

    /// Arrow 1: about to block. One thread at a time.
    pub fn begin_sleep(&self) -> MaySleep {
        // Relaxed: whoever was told sees what for in `end_sleep`, which follows in either case.
        match self.0.compare_exchange(AWAKE, ASLEEP, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => MaySleep::Yes,
            Err(_) => MaySleep::No,
        }
    }

    /// Arrow 2: not blocked, whatever the cause.
    pub fn end_sleep(&self) {
        // Acquire: pairs with the Release in `notify`, which this may overwrite. It must be one
        // step (a swap), or a `notify` between a load and a store would be forgotten.
        self.0.swap(AWAKE, Ordering::Acquire);
    }

    /// Arrow 3: the sleeper, or the next one, must look.
    pub fn notify(&self) -> Bell {
        // Release: pairs with the Acquire in `end_sleep`, so that the sleeper sees what the caller
        // published before. A later `notify` overwrites this as a read-modify-write, and so keeps it.
        match self.0.swap(TOLD, Ordering::Release) {
            ASLEEP => Bell::Ring,
            _ => Bell::Spare,
        }
    }
}

impl Default for Notifier {
    fn default() -> Notifier {
        Notifier::new()
    }
}
