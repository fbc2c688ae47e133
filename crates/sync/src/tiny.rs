//! A lock for a few instructions: one exchange takes it, one store lets it go.
//!
//! Under the lines, whose sections are a dozen instructions long and call nothing foreign (but for the
//! comparison in a priority queue). A lock that can send a thread to sleep has to ask, as it is let go,
//! whether one sleeps: a second exchange, which costs more than what it guards. Here nobody is woken;
//! who finds the lock taken looks again, and again, and ever less often: at once, after others had the
//! processor, after a sleep. So a holder that was interrupted gets the processor, whatever its priority.
//!
//! # Invariant
//!
//! - ONE GUARD: a [`TinyGuard`] exists only for whoever has set the word, and clears it as its last act.

use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::loom::{AtomicBool, Ordering, const_unless_loom, wait_a_little};

/// A value behind one word. Public for its model alone.
///
/// The word first, and what is most used of the value after it: they share a cache line.
#[repr(C)]
#[derive(Debug)]
pub struct Tiny<T> {
    taken: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: ONE GUARD: the lock passes the value from thread to thread (T: Send) and never shares it.
unsafe impl<T: Send> Sync for Tiny<T> {}

// As of a std mutex that knows no poison: no section leaves a half-made change.
impl<T> UnwindSafe for Tiny<T> {}
impl<T> RefUnwindSafe for Tiny<T> {}

/// The lock, held; dropping it lets go, also when a panic does.
#[must_use]
#[derive(Debug)]
pub struct TinyGuard<'a, T> {
    lock: &'a Tiny<T>,
    /// Shared, it gives `&T` and no more: Sync only if T is.
    _value: PhantomData<&'a mut T>,
}

impl<T> Tiny<T> {
    const_unless_loom! {
        /// A free one around `value`.
        pub const fn new(value: T) -> Self {
            Self { taken: AtomicBool::new(false), value: UnsafeCell::new(value) }
        }
    }

    /// Takes it, however often one has to look.
    #[inline]
    #[cfg_attr(evenkeel_count, track_caller)]
    pub fn lock(&self) -> TinyGuard<'_, T> {
        if !self.try_take() {
            self.take_late();
        }
        TinyGuard { lock: self, _value: PhantomData }
    }

    #[inline]
    #[cfg_attr(evenkeel_count, track_caller)]
    fn try_take(&self) -> bool {
        // Acquire: pairs with the Release in the guard's drop.
        self.taken.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    #[cold]
    fn take_late(&self) {
        let mut looks = 0;
        loop {
            wait_a_little(looks);
            looks += 1;
            // Relaxed: a look that leaves the line of the holder's cache alone; `try_take` decides.
            if !self.taken.load(Ordering::Relaxed) && self.try_take() {
                return;
            }
        }
    }
}

impl<T> Deref for TinyGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: ONE GUARD, and it is us; the borrow is of the guard.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for TinyGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: ONE GUARD, and it is us; the borrow is of the guard, mutably.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> Drop for TinyGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // Release: pairs with the Acquire in `try_take`.
        self.lock.taken.store(false, Ordering::Release);
    }
}
