//! What threads that do not work for an executor have in stock for its tasks, and have counted.
//!
//! Each thread falls on a desk by its number, so one that spawns many finds a lock there that is nearly always
//! its own; and what it counts there, who counts all reads with the same lock.
//!
// DESK OR CLOSED: the executor is closed, and then all desks are read: under the lock by which they are made, and each
//                 under its own. So a thread outside that has taken a slot either was at its desk before, and is
//                 counted, or sees that the executor is closed; the model is `a_spawn_at_a_desk_against_the_close`.

use std::sync::OnceLock;

use crate::counted::{Advance, Counted};
use crate::loom::{Mutex, MutexGuard, lock};
use crate::registry::Ids;
use crate::slab::Magazine;

/// Desks of a registry. Two threads at one of them feel each other; each is two cache lines.
const DESKS: usize = if cfg!(loom) { 1 } else { 8 };

#[derive(Debug, Default)]
pub(crate) struct Desk {
    pub(crate) slots: Magazine,
    pub(crate) ids: Ids,
    counts: Advance,
    pub(crate) opened: usize,
    pub(crate) closed: usize,
}

impl Desk {
    /// A count of `home`, whose desk this is, for a new task. One in advance, unless the executor is gone, asked with
    /// this desk locked: then nobody would come and give back what is left. DESK OR CLOSED.
    #[inline]
    pub(crate) fn count<T>(&self, home: &Counted<T>, is_closed: bool) {
        if is_closed {
            home.add(1);
        } else {
            self.counts.take(home);
        }
    }
}

/// On cache lines of its own (two: the prefetcher fetches pairs).
#[derive(Debug)]
#[repr(align(128))]
struct Padded<T>(T);

type Made = Box<[Padded<Mutex<Desk>>]>;

#[derive(Debug)]
pub(crate) struct Desks {
    /// Made when the first thread comes to one: an executor of one thread never needs them.
    made: OnceLock<Made>,
    /// Held while they are made, and while somebody looks whether they are.
    making: Mutex<()>,
}

// SAFETY: the slots at a desk are Sync, and are reached under its lock.
unsafe impl Send for Desks {}
// SAFETY: as above.
unsafe impl Sync for Desks {}

impl Desks {
    pub(crate) fn new() -> Desks {
        Desks { made: OnceLock::new(), making: Mutex::new(()) }
    }

    /// The desk that thread `number` falls on.
    #[inline]
    pub(crate) fn at(&self, number: u64) -> MutexGuard<'_, Desk> {
        let desks = self.made.get().unwrap_or_else(|| self.make());
        lock(&desks[number as usize % DESKS].0)
    }

    #[cold]
    fn make(&self) -> &Made {
        let _making = lock(&self.making); // DESK OR CLOSED
        self.made.get_or_init(|| (0..DESKS).map(|_| Padded(Mutex::new(Desk::default()))).collect())
    }

    /// All there are, to be looked at one by one. DESK OR CLOSED.
    fn all(&self) -> impl Iterator<Item = MutexGuard<'_, Desk>> {
        let made = {
            let _making = lock(&self.making);
            self.made.get()
        };
        made.into_iter().flat_map(|made| made.iter()).map(|desk| lock(&desk.0))
    }

    /// The sum of what `count` says of each.
    pub(crate) fn sum(&self, count: impl Fn(&Desk) -> usize) -> usize {
        self.all().fold(0, |sum, desk| sum.wrapping_add(count(&desk)))
    }

    /// The executor is closed, and goes: no counts of `home`, whose desks these are, are kept from now on.
    pub(crate) fn end<T>(&self, home: &Counted<T>) {
        self.all().for_each(|desk| desk.counts.end(home));
    }
}
