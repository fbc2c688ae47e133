//! Those who run a local executor as tasks of another one, and sleep: several may at a time.
//!
//! A wake-up is told to all of them, and each looks at the queue again. One that leaves, because its
//! future is ready or it was dropped, sees to the others: if there is work it tells them, if not they
//! sleep on in its place.
//!
// ADD THEN LOOK: whoever lies down is in the list before it looks at the queue; whoever pushes from
// another thread does so before it empties the list. Both by way of the list's lock, so one sees the other;
// the model is `a_wake_from_outside_while_one_of_two_runs_leaves`.

use std::cell::Cell;
use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Wake, Waker};

use crate::calls::quietly;
use crate::loom::{Mutex, lock};
use crate::parker::Parker;

/// The number of the host's seat; others are counted from one.
pub(crate) const HOST: u64 = 0;

/// The wakers of those who sleep; woken as one.
#[derive(Default)]
struct Sleepers(Mutex<Vec<(u64, Waker)>>);

impl Wake for Sleepers {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let sleepers = mem::take(&mut *lock(&self.0));
        for (_, waker) in sleepers {
            // Foreign wakers: one that panics must not cost the others their wake-up. The panic hook tells.
            quietly(|| waker.wake());
        }
    }
}

/// The seats of one executor. On its own thread only, but for the list of wakers.
pub(crate) struct Seats {
    sleepers: Arc<Sleepers>,
    next: Cell<u64>,
    /// All who are here sleep, and their own thread goes on meanwhile.
    asleep: Cell<bool>,
}

impl Seats {
    pub(crate) fn new() -> Seats {
        Seats { sleepers: Arc::default(), next: Cell::new(1), asleep: Cell::new(false) }
    }

    /// Somebody new, who is awake.
    pub(crate) fn number(&self) -> u64 {
        self.next.replace(self.next.get() + 1)
    }

    /// Whether a push on the own thread must wake somebody.
    #[inline]
    pub(crate) fn is_asleep(&self) -> bool {
        self.asleep.get()
    }

    /// Wakes all who sleep. They may run anything, and end the executor.
    #[cold]
    pub(crate) fn wake(&self, parker: &Parker) {
        self.asleep.set(false);
        let parker = parker.clone();
        parker.unpark();
    }

    /// `seat` is polled, for whatever reason: work that comes now is its to see.
    pub(crate) fn awake(&self, seat: u64, parker: &Parker) {
        self.asleep.set(false);
        parker.end_task();
        self.remove(seat);
    }

    /// `seat` has nothing to do, and sleeps until `waker` is called.
    pub(crate) fn sleep(
        &self,
        seat: u64,
        waker: &Waker,
        parker: &Parker,
        is_idle: impl Fn() -> bool,
    ) {
        let waker = waker.clone(); // Before the lock: it may run anything.
        lock(&self.sleepers.0).push((seat, waker)); // ADD THEN LOOK
        self.rest(parker, is_idle);
    }

    /// `seat` goes: the others see to what comes from now on.
    pub(crate) fn leave(&self, seat: u64, parker: &Parker, is_idle: impl Fn() -> bool) {
        self.remove(seat);
        if !lock(&self.sleepers.0).is_empty() {
            self.rest(parker, is_idle);
        } else if self.asleep.replace(false) {
            parker.end_task();
        }
    }

    /// Lets all who lie down sleep, or wakes them if there is work.
    fn rest(&self, parker: &Parker, is_idle: impl Fn() -> bool) {
        // Another of us may have parked already; not if somebody has called since.
        let parked = self.asleep.get() && parker.is_asleep()
            || parker.park_task(&Waker::from(Arc::clone(&self.sleepers)));
        if parked && is_idle() {
            self.asleep.set(true);
        } else {
            self.asleep.set(false);
            self.sleepers.wake_by_ref();
        }
    }

    fn remove(&self, seat: u64) {
        let mut sleepers = lock(&self.sleepers.0);
        let found = sleepers.iter().position(|(other, _)| *other == seat);
        let waker = found.map(|found| sleepers.remove(found));
        drop(sleepers);
        drop(waker); // Outside the lock: it may run anything.
    }
}

impl fmt::Debug for Seats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seats").field("asleep", &self.asleep).finish_non_exhaustive()
    }
}
