//! The lock, held: who has a guard has the value, and gives the lock back with it.
//!
//! The invariant is that of [`crate::lock`].

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::{Lock, Locking, LockingOwned};
use crate::condition::{Relock, sealed::Sealed};
use crate::turnstile::Gate;
use crate::who::Who;

/// The lock, held; dropping it releases. Made by [`Lock::lock`] and [`Lock::try_lock`].
#[must_use = "the lock is released when the guard is dropped"]
pub struct Guard<'a, T: ?Sized> {
    pub(super) lock: &'a Lock<T>,
}

/// The lock, held and kept alive. Made by [`Lock::lock_owned`] and [`Lock::try_lock_owned`].
#[must_use = "the lock is released when the guard is dropped"]
pub struct OwnedGuard<T: ?Sized> {
    pub(super) lock: Arc<Lock<T>>,
}

// SAFETY: ONE HOLDER: sending the guard sends the right to a `&mut T` (T: Send); releasing on
// another thread than the one that took the lock is nothing to the turnstile.
unsafe impl<T: ?Sized + Send> Send for Guard<'_, T> {}
// SAFETY: a shared guard gives `&T` (T: Sync) and no way to the lock itself.
unsafe impl<T: ?Sized + Sync> Sync for Guard<'_, T> {}
// SAFETY: as for Guard; and whoever drops the last of the Arc drops a T that was sent to it.
unsafe impl<T: ?Sized + Send> Send for OwnedGuard<T> {}
// SAFETY: as for Guard.
unsafe impl<T: ?Sized + Sync> Sync for OwnedGuard<T> {}

impl<'a, T: ?Sized> Guard<'a, T> {
    /// The caller has taken the lock's permit.
    #[inline]
    pub(crate) fn taken(lock: &'a Lock<T>, by: Who) -> Self {
        lock.holder.note(by);
        Self { lock }
    }
}

impl<T: ?Sized> OwnedGuard<T> {
    /// The caller has taken the lock's permit.
    #[inline]
    pub(super) fn taken(lock: Arc<Lock<T>>, by: Who) -> Self {
        lock.holder.note(by);
        Self { lock }
    }
}

macro_rules! guard {
    ($guard:ty $(, $lifetime:lifetime)?) => {
        impl<$($lifetime,)? T: ?Sized> Deref for $guard {
            type Target = T;

            #[inline]
            fn deref(&self) -> &T {
                // SAFETY: ONE HOLDER, and it is us; the borrow is of the guard.
                unsafe { &*self.lock.value.get() }
            }
        }

        impl<$($lifetime,)? T: ?Sized> DerefMut for $guard {
            #[inline]
            fn deref_mut(&mut self) -> &mut T {
                // SAFETY: ONE HOLDER, and it is us; the borrow is of the guard, mutably.
                unsafe { &mut *self.lock.value.get() }
            }
        }

        impl<$($lifetime,)? T: ?Sized> Drop for $guard {
            #[inline]
            fn drop(&mut self) {
                self.lock.release(1);
            }
        }

        impl<$($lifetime,)? T: ?Sized + fmt::Debug> fmt::Debug for $guard {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&**self, f)
            }
        }

        impl<$($lifetime,)? T: ?Sized + fmt::Display> fmt::Display for $guard {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&**self, f)
            }
        }
    };
}
guard!(Guard<'a, T>, 'a);
guard!(OwnedGuard<T>);

impl<T: ?Sized> Sealed for Guard<'_, T> {}
impl<T: ?Sized> Sealed for OwnedGuard<T> {}

impl<'a, T: ?Sized> Relock for Guard<'a, T> {
    type Again = Locking<'a, T>;

    fn release(self) -> Locking<'a, T> {
        self.lock.lock() // and drops the guard; the future does nothing before it is polled
    }
}

impl<T: ?Sized> Relock for OwnedGuard<T> {
    type Again = LockingOwned<T>;

    fn release(self) -> LockingOwned<T> {
        self.lock.lock_owned()
    }
}
