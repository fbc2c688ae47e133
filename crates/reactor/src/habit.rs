//! A stream's habit: whether its reads that fill their buffers leave nothing behind.
//!
//! It is a guess and nothing else: a wrong one costs a detour, a missing one a system call.

use crate::loom::{AtomicU8, Ordering};

/// So many such reads in a row, each seen to have left nothing, make a habit. Fewer learn it sooner, more
/// are surer of it.
const SURE: u8 = 4;

/// So many guesses are made before one is put to the test again. More spare system calls, fewer notice
/// sooner that the other side has begun to send more at once.
const GUESSES: u8 = 16;

/// The last read filled its buffer, and the next one tells what was left.
const FULL: u8 = 1 << 7;

/// How often lately a full read left nothing, and how many guesses were made since.
#[derive(Debug, Default)]
pub(crate) struct Habit(AtomicU8);

// Relaxed, and plain stores: what another reader of the same stream overwrites is part of a guess.
impl Habit {
    /// A read filled its buffer: whether to guess that nothing is left.
    pub(crate) fn guesses(&self) -> bool {
        let count = self.0.load(Ordering::Relaxed) & !FULL;
        let guesses = (SURE..SURE + GUESSES).contains(&count);
        let next = match guesses {
            true => count + 1,
            false => count.min(SURE - 1) | FULL,
        };
        self.0.store(next, Ordering::Relaxed);
        guesses
    }

    /// A read was tried; `dry`: there was nothing. It counts if it is the first one after a full one.
    pub(crate) fn tried(&self, dry: bool) {
        let now = self.0.load(Ordering::Relaxed);
        if now & FULL != 0 {
            self.0.store(if dry { (now & !FULL) + 1 } else { 0 }, Ordering::Relaxed);
        }
    }
}
