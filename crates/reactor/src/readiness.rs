//! The readiness word: what is believed of one direction of one descriptor.
//!
//! The kernel tells each piece of news once (edge-triggered), so the news must be kept until a
//! system call proves it spent, and a proof that is older than the news must not erase it. That is
//! what the tick is for: the driver moves it with every piece of news, and [`Readiness::clear`]
//! names the tick it saw *before* its system call.
//!
//! ```text
//!            1 news              READY: worth trying       1 news (tick moves)
//!        ┌──────────▶ [ready] ◀──────┐ ⟲
//!        │               │ 2 clear (same tick)
//!   [awaited] ◀──────── [dry] ◀──── 2 clear ──── [guessed] ◀──── 4 guess (same tick) ──── [ready]
//!               3 wait
//! ```
//! 1 [`Readiness::news`] (the driver), 2 [`Readiness::clear`] (who met `WouldBlock`),
//! 3 [`Readiness::wait`] (who is about to put a waker in the list). News that finds the word
//! awaited owes a wake-up; it leaves to `direction.rs` whom to wake. 4 [`Readiness::guess`]: believed dry
//! without a proof; whoever wants to wait first tries, or leaves a doubt (`doubts.rs`).

use crate::loom::{AtomicU64, Ordering};

/// The next system call may succeed.
const READY: u64 = 1;
/// The other side hung up, or something else is odd: a short read proves nothing any more.
const CLOSED: u64 = 1 << 1;
/// A waker is in the list, or will be before the list's lock is released.
const AWAITED: u64 = 1 << 2;
/// Believed dry without a proof, and nobody sees to it yet.
const GUESSED: u64 = 1 << 3;
/// The tick fills the upper 56 bits. It wraps after 2^56 pieces of news (at one each nanosecond:
/// two years), and would have to do so within one system call of one task to do harm.
const TICK: u64 = 1 << 8;

/// One word per direction: reading and writing never share a tick, or each would keep spoiling the
/// other's proof.
#[derive(Debug)]
pub struct Readiness(AtomicU64);

/// What the word said before a system call was tried.
#[derive(Clone, Copy, Debug)]
pub struct Seen(u64);

impl Seen {
    /// What a new word says, and one that nobody has made yet: nothing is known, so trying comes first.
    pub const UNKNOWN: Seen = Seen(READY);

    /// Worth a system call.
    pub fn is_ready(self) -> bool {
        self.0 & READY != 0
    }

    /// Believed dry without a proof: to be seen to before waiting.
    pub fn is_guessed(self) -> bool {
        self.0 & GUESSED != 0
    }

    /// The other side hung up: only `WouldBlock` proves that nothing is left.
    pub fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }
}

/// What the driver owes after [`Readiness::news`].
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owed {
    /// Somebody is in the list, or about to be.
    Wake,
    /// Nobody waits.
    Nothing,
}

/// What [`Readiness::wait`] answers.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The next news will wake: go into the list.
    Enlist,
    /// News came in between: try again instead.
    TryAgain,
}

impl Readiness {
    /// Says [`Seen::UNKNOWN`].
    pub fn new() -> Readiness {
        Readiness(AtomicU64::new(Seen::UNKNOWN.0))
    }

    /// What is believed now.
    pub fn look(&self) -> Seen {
        // Acquire: pairs with the Release in `news`, so that the system call tried next comes after
        // the news it acts on.
        Seen(self.0.load(Ordering::Acquire))
    }

    /// The driver heard from the kernel: arrow 1.
    pub fn news(&self, closed: bool) -> Owed {
        let more = READY | if closed { CLOSED } else { 0 };
        let mut now = self.0.load(Ordering::Relaxed);
        loop {
            let next = (now & !(AWAITED | GUESSED)).wrapping_add(TICK) | more;
            // Release: pairs with the Acquire in `look`, so that whoever sees this news tries after it.
            // What a waiter put in the list is seen through the list's lock.
            match self.0.compare_exchange_weak(now, next, Ordering::Release, Ordering::Relaxed) {
                Ok(_) if now & AWAITED != 0 => return Owed::Wake,
                Ok(_) => return Owed::Nothing,
                Err(other) => now = other,
            }
        }
    }

    /// A system call proved that what was `seen` is spent: arrow 2. False if news came since, which
    /// then stands. Or else somebody sees to the guess that was `seen`.
    pub fn clear(&self, seen: Seen) -> bool {
        self.settle(seen, 0)
    }

    /// A system call made it likely that what was `seen` is spent: arrow 4. Newer news stands.
    pub fn guess(&self, seen: Seen) {
        self.settle(seen, GUESSED);
    }

    fn settle(&self, seen: Seen, guessed: u64) -> bool {
        let mut now = seen.0;
        loop {
            // Relaxed: nothing is published, and who fails looks again (Acquire) before trying. As a
            // read-modify-write it does not break the chain from `news` to a later `look`.
            let next = now & !(READY | CLOSED | GUESSED) | guessed;
            match self.0.compare_exchange_weak(now, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(other) if other / TICK != seen.0 / TICK => return false,
                // Somebody else cleared it, or began to wait: the proof still holds.
                Err(other) => now = other,
            }
        }
    }

    /// About to put a waker in the list, whose lock the caller holds: arrow 3.
    pub fn wait(&self) -> Wait {
        let mut now = self.0.load(Ordering::Relaxed);
        loop {
            if now & (READY | GUESSED) != 0 {
                // The caller looks again before it tries: `look` has the Acquire.
                return Wait::TryAgain;
            }
            let next = now | AWAITED;
            // Relaxed: the driver that finds AWAITED sees the list through its lock.
            match self.0.compare_exchange_weak(now, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Wait::Enlist,
                Err(other) => now = other,
            }
        }
    }
}

impl Default for Readiness {
    fn default() -> Readiness {
        Readiness::new()
    }
}
