//! `RwLock`: many readers or one writer, in the order in which they asked.
//!
//! A turnstile with more permits than there can be readers: a reader takes one, a writer all. So
//! the line does the rest: a writer at its head holds up the readers behind it until the readers
//! before it are gone, and a run of readers at its head goes in together.
//!
//! # Invariant
//!
//! - ALL OR ONE: a write guard exists only for whoever took all permits of the turnstile, a read
//!   guard for whoever took one; each gives back what it has as its last act. So while there is a
//!   write guard there is no other.

use std::cell::UnsafeCell;
use std::fmt;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::ptr;
use std::sync::Arc;
use std::task::{Context, Poll};

use evenkeel_context::Wait;
use pin_project_lite::pin_project;

use crate::condition::{Relock, sealed::Sealed};
use crate::loom::const_unless_loom;
use crate::parking;
use crate::turnstile::{Gate, MAX as ALL, Turnstile};
use crate::waitlist::Waiter;

/// A value for one writer or many readers at a time; asyncio has nothing of the kind.
///
/// *First come, first served*, as a promise, for readers and writers alike: who asks to read while a
/// writer waits queues behind it, and the readers between two writers go in together. So neither
/// starves the other, and the `try_` calls pass by nobody. A lock nobody waits for costs one atomic
/// instruction to take and one to release.
///
/// A task that reads must not ask to read again before it has released: if a writer has come
/// meanwhile, they wait for each other for ever. Guards may be held across `.await`, sent to another
/// thread, and dropped anywhere, by a panic too: there is no poison.
///
/// ```
/// use evenkeel_sync::RwLock;
///
/// # futures_lite::future::block_on(async {
/// let route = RwLock::new(vec!["here"]);
/// {
///     let (one, other) = (route.read().await, route.read().await);
///     assert_eq!(*one, *other);
///     assert!(route.try_write().is_none());
/// }
/// route.write().await.push("there");
/// assert_eq!(route.read().await.len(), 2);
/// # })
/// ```
pub struct RwLock<T: ?Sized> {
    turnstile: Turnstile,
    value: UnsafeCell<T>,
}

// SAFETY: ALL OR ONE: the lock passes the value from thread to thread (T: Send).
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: as above; and readers on several threads share it (T: Sync).
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

impl<T> RwLock<T> {
    const_unless_loom! {
        /// A free lock around `value`.
        pub const fn new(value: T) -> Self {
            Self { turnstile: Turnstile::new(ALL), value: UnsafeCell::new(value) }
        }
    }

    /// The value, since nobody else can have the lock.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until this caller may read, behind whoever asked before.
    ///
    /// # Cancellation
    ///
    /// Place lost: dropping this future leaves the queue; awaiting again joins at the back. What had
    /// been handed to it already goes to the next in line.
    #[inline]
    pub fn read(&self) -> Reading<'_, T> {
        Reading { waiter: Waiter::new(self, 1) }
    }

    /// Waits until this caller may write, behind whoever asked before.
    ///
    /// # Cancellation
    ///
    /// Place lost: dropping this future leaves the queue; awaiting again joins at the back. If the
    /// lock had been handed to it already, the next in line gets it; readers that it held up go in.
    #[inline]
    pub fn write(&self) -> Writing<'_, T> {
        Writing { waiter: Waiter::new(self, ALL) }
    }

    /// As [`read`](RwLock::read), with a guard that keeps the lock alive and borrows nothing.
    ///
    /// # Cancellation
    ///
    /// Place lost: as [`read`](RwLock::read).
    pub fn read_owned(self: &Arc<Self>) -> ReadingOwned<T> {
        ReadingOwned { waiter: Waiter::new(self.clone(), 1) }
    }

    /// As [`write`](RwLock::write), with a guard that keeps the lock alive and borrows nothing.
    ///
    /// # Cancellation
    ///
    /// Place lost: as [`write`](RwLock::write).
    pub fn write_owned(self: &Arc<Self>) -> WritingOwned<T> {
        WritingOwned { waiter: Waiter::new(self.clone(), ALL) }
    }

    /// To read, if nobody writes and nobody waits.
    #[inline]
    pub fn try_read(&self) -> Option<ReadGuard<'_, T>> {
        self.turnstile.try_take(1).then(|| ReadGuard { lock: self })
    }

    /// To write, if nobody has the lock and nobody waits.
    #[inline]
    pub fn try_write(&self) -> Option<WriteGuard<'_, T>> {
        self.turnstile.try_take(ALL).then(|| WriteGuard { lock: self })
    }

    /// As [`try_read`](RwLock::try_read), with a guard that borrows nothing.
    pub fn try_read_owned(self: &Arc<Self>) -> Option<OwnedReadGuard<T>> {
        self.turnstile.try_take(1).then(|| OwnedReadGuard { lock: self.clone() })
    }

    /// As [`try_write`](RwLock::try_write), with a guard that borrows nothing.
    pub fn try_write_owned(self: &Arc<Self>) -> Option<OwnedWriteGuard<T>> {
        self.turnstile.try_take(ALL).then(|| OwnedWriteGuard { lock: self.clone() })
    }

    /// As [`read`](RwLock::read), for a thread: blocks it until it may read, in the same line.
    ///
    /// # Panics
    ///
    /// In a task of evenkeel, where it would stop the loop: await [`read`](RwLock::read). A call in
    /// `to_thread` may block.
    #[track_caller]
    pub fn read_blocking(&self) -> ReadGuard<'_, T> {
        parking::assert_may_block();
        self.try_read().unwrap_or_else(|| parking::block_on(self.read()))
    }

    /// As [`write`](RwLock::write), for a thread: blocks it until it may write, in the same line.
    ///
    /// # Panics
    ///
    /// As [`read_blocking`](RwLock::read_blocking); in a task await [`write`](RwLock::write).
    #[track_caller]
    pub fn write_blocking(&self) -> WriteGuard<'_, T> {
        parking::assert_may_block();
        self.try_write().unwrap_or_else(|| parking::block_on(self.write()))
    }

    /// The value, since nobody else can have the lock.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// How the lock fares at this moment.
    pub fn statistics(&self) -> RwLockStatistics {
        let line = self.turnstile.list().lock();
        let taken = ALL - self.turnstile.permits();
        let writing = taken == ALL;
        RwLockStatistics {
            writing,
            readers: if writing { 0 } else { taken },
            waiting: line.waiting(),
            waits: line.arrivals(),
        }
    }
}

impl<T: ?Sized> Gate for RwLock<T> {
    fn turnstile(&self) -> &Turnstile {
        &self.turnstile
    }

    #[inline]
    fn release(&self, n: usize) {
        // A writer leaves an empty turnstile behind, as far as can be told.
        let guess = if n == ALL { Some(0) } else { None };
        self.turnstile.give::<8>(n, guess, |_| ());
    }

    fn reason(&self) -> (Wait, u64) {
        (Wait::Lock, 0)
    }
}

/// The lock, held to read; dropping it releases. Made by [`RwLock::read`] and its kin.
#[must_use = "the lock is released when the guard is dropped"]
pub struct ReadGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
}

/// The lock, held to read and kept alive. Made by [`RwLock::read_owned`] and its kin.
#[must_use = "the lock is released when the guard is dropped"]
pub struct OwnedReadGuard<T: ?Sized> {
    lock: Arc<RwLock<T>>,
}

/// The lock, held to write; dropping it releases. Made by [`RwLock::write`] and its kin.
#[must_use = "the lock is released when the guard is dropped"]
pub struct WriteGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
}

/// The lock, held to write and kept alive. Made by [`RwLock::write_owned`] and its kin.
#[must_use = "the lock is released when the guard is dropped"]
pub struct OwnedWriteGuard<T: ?Sized> {
    lock: Arc<RwLock<T>>,
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

pin_project! {
    /// Waits to read. Made by [`RwLock::read`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct Reading<'a, T: ?Sized> {
        #[pin]
        waiter: Waiter<&'a RwLock<T>>,
    }
}

pin_project! {
    /// Waits to read and keeps the lock alive. Made by [`RwLock::read_owned`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct ReadingOwned<T: ?Sized> {
        #[pin]
        waiter: Waiter<Arc<RwLock<T>>>,
    }
}

pin_project! {
    /// Waits to write. Made by [`RwLock::write`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct Writing<'a, T: ?Sized> {
        #[pin]
        waiter: Waiter<&'a RwLock<T>>,
    }
}

pin_project! {
    /// Waits to write and keeps the lock alive. Made by [`RwLock::write_owned`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct WritingOwned<T: ?Sized> {
        #[pin]
        waiter: Waiter<Arc<RwLock<T>>>,
    }
}

macro_rules! waiting {
    ($waiting:ident $(<$lifetime:lifetime>)?, $guard:ident) => {
        impl<$($lifetime,)? T: ?Sized> Future for $waiting<$($lifetime,)? T> {
            type Output = $guard<$($lifetime,)? T>;

            #[inline]
            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                self.project().waiter.poll(cx).map(|lock| $guard { lock })
            }
        }

        impl<$($lifetime,)? T: ?Sized> fmt::Debug for $waiting<$($lifetime,)? T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($waiting)).finish_non_exhaustive()
            }
        }
    };
}
waiting!(Reading<'a>, ReadGuard);
waiting!(ReadingOwned, OwnedReadGuard);
waiting!(Writing<'a>, WriteGuard);
waiting!(WritingOwned, OwnedWriteGuard);

impl<T: ?Sized> fmt::Debug for RwLock<T> {
    /// The state, not the value: to look at that one would have to take the lock.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RwLockStatistics { writing, readers, waiting, .. } = self.statistics();
        f.debug_struct("RwLock")
            .field("writing", &writing)
            .field("readers", &readers)
            .field("waiting", &waiting)
            .finish_non_exhaustive()
    }
}

impl<T: Default> Default for RwLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// What [`RwLock::statistics`] saw.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RwLockStatistics {
    /// Whether somebody has it to write.
    pub writing: bool,
    /// How many have it to read.
    pub readers: usize,
    /// How many wait for it now.
    pub waiting: usize,
    /// How often somebody had to wait since it was made.
    pub waits: u64,
}
