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

mod guard;
mod waiting;

pub use self::guard::{OwnedReadGuard, OwnedWriteGuard, ReadGuard, WriteGuard};
pub use self::waiting::{Reading, ReadingOwned, Writing, WritingOwned};

use std::cell::UnsafeCell;
use std::fmt;
use std::sync::Arc;

use evenkeel_context::Wait;

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
