//! The door of a local executor: where other threads leave what is ready, and knock.
//!
//! Nobody who finds that somebody has knocked does so again, so many pushes wake the owner once.
//!
// LEAVE THEN KNOCK, HEAR THEN EMPTY: whoever pushes does so before it knocks; the owner takes the knock back before it
// empties the queue. So who finds the door knocked at has left what the owner, who has still to hear that knock, takes
// in; the models are those of `tests/loom/door.rs`.

use crate::loom::{AtomicBool, Ordering};
use crate::parker::Parker;

#[cfg(not(loom))]
use concurrent_queue::ConcurrentQueue as Left;

#[cfg(loom)]
use self::modelled::Left;

pub(crate) struct Door<T> {
    left: Left<T>,
    /// Something was left, and the owner was told, or is about to be.
    knocked: AtomicBool,
}

impl<T> Door<T> {
    pub(crate) fn new() -> Door<T> {
        Door { left: Left::unbounded(), knocked: AtomicBool::new(false) }
    }

    /// Leaves `item` for the owner, who sleeps at `parker`. On any thread.
    pub(crate) fn leave(&self, item: T, parker: &Parker) {
        let _ = self.left.push(item); // Unbounded and never closed.
        // AcqRel: Release, so that the owner that hears it sees the push: LEAVE THEN KNOCK.
        if !self.knocked.swap(true, Ordering::AcqRel) {
            parker.unpark();
        }
    }

    /// Gives `take` all that was left. By the owner.
    #[inline]
    pub(crate) fn take_in(&self, take: impl FnMut(T)) {
        // Relaxed: a knock that is not seen yet is followed by an unpark, and the owner comes again.
        if self.knocked.load(Ordering::Relaxed) {
            self.empty(take);
        }
    }

    #[cold]
    fn empty(&self, mut take: impl FnMut(T)) {
        // AcqRel: Acquire, to see what was left; HEAR THEN EMPTY: a push after this knocks again.
        self.knocked.swap(false, Ordering::AcqRel);
        while let Ok(item) = self.left.pop() {
            take(item);
        }
    }

    /// Whether all that was left is taken in; from any thread.
    pub(crate) fn is_empty(&self) -> bool {
        self.left.is_empty()
    }
}

/// A queue that loom sees.
#[cfg(loom)]
mod modelled {
    use std::collections::VecDeque;

    use crate::loom::{Mutex, lock};

    pub(super) struct Left<T>(Mutex<VecDeque<T>>);

    impl<T> Left<T> {
        pub(super) fn unbounded() -> Left<T> {
            Left(Mutex::new(VecDeque::new()))
        }

        pub(super) fn push(&self, item: T) -> Result<(), T> {
            lock(&self.0).push_back(item);
            Ok(())
        }

        pub(super) fn pop(&self) -> Result<T, ()> {
            lock(&self.0).pop_front().ok_or(())
        }

        pub(super) fn is_empty(&self) -> bool {
            lock(&self.0).is_empty()
        }
    }
}
