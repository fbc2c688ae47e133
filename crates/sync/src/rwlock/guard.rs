//! The lock, held to read or to write: who has a guard reaches the value, and gives back with it what he took.
//!
//! The invariant is that of [`crate::rwlock`].

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr;
use std::sync::Arc;

use super::{RwLock, Writing, WritingOwned};
use crate::condition::{Relock, sealed::Sealed};
use crate::turnstile::{Gate, MAX as ALL};

/// The lock, held to read; dropping it releases. Made by [`RwLock::read`] and its kin.
#[must_use = "the lock is released when the guard is dropped"]
pub struct ReadGuard<'a, T: ?Sized> {
    pub(super) lock: &'a RwLock<T>,
}

/// The lock, held to read and kept alive. Made by [`RwLock::read_owned`] and its kin.
#[must_use = "the lock is released when the guard is dropped"]
pub struct OwnedReadGuard<T: ?Sized> {
    pub(super) lock: Arc<RwLock<T>>,
}

/// The lock, held to write; dropping it releases. Made by [`RwLock::write`] and its kin.
#[must_use = "the lock is released when the guard is dropped"]
pub struct WriteGuard<'a, T: ?Sized> {
    pub(super) lock: &'a RwLock<T>,
}

/// The lock, held to write and kept alive. Made by [`RwLock::write_owned`] and its kin.
#[must_use = "the lock is released when the guard is dropped"]
pub struct OwnedWriteGuard<T: ?Sized> {
    pub(super) lock: Arc<RwLock<T>>,
}

macro_rules! guard {
    ($guard:ty, $held:expr $(, $lifetime:lifetime)?) => {
        // SAFETY: ALL OR ONE; whoever is sent the guard shares the value with other readers, now or
        // after a downgrade (T: Sync), and may be the last to have it (T: Send). Releasing on
        // another thread than the one that took the lock is nothing to the turnstile.
        unsafe impl<$($lifetime,)? T: ?Sized + Send + Sync> Send for $guard {}
        // SAFETY: a shared guard gives `&T` (T: Sync) and no way to the lock itself.
        unsafe impl<$($lifetime,)? T: ?Sized + Sync> Sync for $guard {}

        impl<$($lifetime,)? T: ?Sized> Deref for $guard {
            type Target = T;

            #[inline]
            fn deref(&self) -> &T {
                // SAFETY: ALL OR ONE: whatever other guards there are only read, as this borrow.
                unsafe { &*self.lock.value.get() }
            }
        }

        impl<$($lifetime,)? T: ?Sized> Drop for $guard {
            #[inline]
            fn drop(&mut self) {
                self.lock.release($held);
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
guard!(ReadGuard<'a, T>, 1, 'a);
guard!(OwnedReadGuard<T>, 1);
guard!(WriteGuard<'a, T>, ALL, 'a);
guard!(OwnedWriteGuard<T>, ALL);

macro_rules! writer {
    ($guard:ty, $waiting:ty, $write:ident $(, $lifetime:lifetime)?) => {
        impl<$($lifetime,)? T: ?Sized> Sealed for $guard {}

        impl<$($lifetime,)? T: ?Sized> Relock for $guard {
            type Again = $waiting;

            fn release(self) -> $waiting {
                self.lock.$write()
            }
        }

        impl<$($lifetime,)? T: ?Sized> DerefMut for $guard {
            #[inline]
            fn deref_mut(&mut self) -> &mut T {
                // SAFETY: ALL OR ONE, and it is us with all; the borrow is of the guard, mutably.
                unsafe { &mut *self.lock.value.get() }
            }
        }
    };
}
writer!(WriteGuard<'a, T>, Writing<'a, T>, write, 'a);
writer!(OwnedWriteGuard<T>, WritingOwned<T>, write_owned);

impl<'a, T: ?Sized> WriteGuard<'a, T> {
    /// Goes on as a reader, without letting a writer in between: the readers at the head of the line
    /// go in as well.
    ///
    /// ```
    /// use evenkeel_sync::RwLock;
    ///
    /// # futures_lite::future::block_on(async {
    /// let lock = RwLock::new(1);
    /// let mut writer = lock.write().await;
    /// *writer += 1;
    /// let reader = writer.downgrade();
    /// assert_eq!((*reader, *lock.read().await), (2, 2));
    /// # })
    /// ```
    pub fn downgrade(self) -> ReadGuard<'a, T> {
        let lock = ManuallyDrop::new(self).lock;
        let reader = ReadGuard { lock }; // Before the wakers, one of which may panic.
        lock.turnstile.give::<8>(ALL - 1, Some(0), |_| ());
        reader
    }
}

impl<T: ?Sized> OwnedWriteGuard<T> {
    /// Goes on as a reader: see [`WriteGuard::downgrade`].
    pub fn downgrade(self) -> OwnedReadGuard<T> {
        let writer = ManuallyDrop::new(self);
        // SAFETY: the field is moved out of a guard that is never touched nor dropped again.
        let lock = unsafe { ptr::read(&writer.lock) };
        let reader = OwnedReadGuard { lock };
        reader.lock.turnstile.give::<8>(ALL - 1, Some(0), |_| ());
        reader
    }
}
