//! Drawing lots: the numbers a seeded schedule is made of, and how many of them were drawn.
//!
//! The generator is splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
//! 2014): one addition and three mixing steps, any seed is a good one, and seeds that are neighbours give
//! sequences that are not.

use std::cell::Cell;

/// A sequence of lots. After a limit all lots are blank: whoever draws then takes what comes first.
#[derive(Debug)]
pub(crate) struct Lots {
    state: Cell<u64>,
    drawn: Cell<u64>,
    limit: u64,
    /// A hash of what was asked and answered; two runs of one schedule have the same.
    trace: Cell<u64>,
}

impl Lots {
    /// The lots of `seed`, of which `limit` are not blank.
    pub(crate) fn new(seed: u64, limit: Option<u64>) -> Lots {
        let limit = limit.unwrap_or(u64::MAX);
        Lots { state: Cell::new(seed), drawn: Cell::new(0), limit, trace: Cell::new(0) }
    }

    /// One of `count`, or `None` if the lot is blank. No lot is spent where there is nothing to choose.
    pub(crate) fn draw(&self, count: usize) -> Option<usize> {
        if count < 2 || self.drawn.get() >= self.limit {
            return None;
        }
        self.drawn.set(self.drawn.get() + 1);
        // The high half of a product maps the whole range onto `count`, nearly evenly and without a division.
        let lot = ((u128::from(self.number()) * count as u128) >> 64) as usize;
        self.note(count as u64 ^ (lot as u64) << 32);
        Some(lot)
    }

    /// Makes `what` part of the trace.
    pub(crate) fn note(&self, what: u64) {
        self.trace.set(mixed(self.trace.get().rotate_left(5) ^ what));
    }

    /// How many lots were drawn that were not blank.
    pub(crate) fn drawn(&self) -> u64 {
        self.drawn.get()
    }

    pub(crate) fn trace(&self) -> u64 {
        self.trace.get()
    }

    /// The next number itself.
    pub(crate) fn number(&self) -> u64 {
        self.state.set(self.state.get().wrapping_add(0x9E37_79B9_7F4A_7C15));
        mixed(self.state.get())
    }
}

fn mixed(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}
