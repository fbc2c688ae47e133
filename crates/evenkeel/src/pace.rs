//! How many tasks a worker runs between two looks outside: as many as take about fifty microseconds.
//!
//! A look is a system call and a reading of the clock, as much as ten polls of the smallest tasks; news and
//! timers wait for it. A fixed number of polls makes small tasks pay for it and lets large ones keep
//! the news waiting, so the number follows the time that was seen to pass.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// The time between two looks. A look costs less than half a microsecond, so this is one in a hundred; and it
/// adds half of this to what a timer is late.
const APART: Duration = Duration::from_micros(50);

/// Tasks between the first two looks.
const FIRST: usize = 61;

/// Tasks between two looks, at most: if tasks that were small become large, so many go by before it is seen.
const MOST: usize = 1024;

/// The number, and what it is made from.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Tasks from one look to the next.
    every: Cell<usize>,
    /// Tasks left before the next look; less than none if a turn was longer.
    left: Cell<isize>,
    /// When that was, if the worker has not slept since.
    looked: Cell<Option<Instant>>,
    is_fixed: bool,
}

impl Pace {
    /// `fixed`: so many, however long they take.
    pub(crate) fn new(fixed: Option<usize>) -> Pace {
        let every = fixed.unwrap_or(FIRST).max(1);
        Pace {
            every: Cell::new(every),
            left: Cell::new(every as isize),
            looked: Cell::new(None),
            is_fixed: fixed.is_some(),
        }
    }

    /// Tasks that may run before the next look; at least one.
    pub(crate) fn left(&self) -> usize {
        self.left.get().max(1) as usize
    }

    /// So many more have run; whether it is time to look.
    #[inline]
    pub(crate) fn ran(&self, tasks: usize) -> bool {
        let left = self.left.get() - tasks as isize;
        self.left.set(left);
        left <= 0
    }

    /// It was time to look, and the worker did, or another one is the driver.
    pub(crate) fn looked(&self, did: bool) {
        let ran = (self.every.get() as isize - self.left.get()) as usize;
        let now = (did && !self.is_fixed).then(Instant::now);
        if let (Some(now), Some(before)) = (now, self.looked.replace(now)) {
            self.every.set(next(self.every.get(), ran, now - before));
        }
        self.left.set(self.every.get() as isize);
    }

    /// The worker goes to sleep.
    pub(crate) fn rest(&self) {
        self.left.set(self.every.get() as isize);
        self.looked.set(None);
    }
}

/// The number after `every`, when `ran` tasks took `took`. It at most doubles, and at most halves: a thread
/// that lost its processor for a while did not run slower tasks.
fn next(every: usize, ran: usize, took: Duration) -> usize {
    let took = took.as_nanos().max(1);
    let fits = (ran as u128 * APART.as_nanos() / took) as usize;
    fits.clamp(every / 2, every * 2).clamp(1, MOST)
}
