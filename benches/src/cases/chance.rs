//! Random numbers that are the same in each process, on each runtime.

use std::time::Duration;

/// Marsaglia's xorshift.
#[derive(Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new() -> Chance {
        Chance(0x9E37_79B9_7F4A_7C15)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Shorter than `most`, to the nanosecond.
    pub(super) fn up_to(&mut self, most: Duration) -> Duration {
        Duration::from_nanos(self.next() % most.as_nanos() as u64)
    }
}
