//! `BoundedSemaphore`: a semaphore that never has more permits than it was made with.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::parking;
use crate::semaphore::{
    Acquire, AcquireOwned, OwnedPermit, Permit, Semaphore, SemaphoreStatistics,
};

/// A number of permits that nobody can raise: asyncio's `BoundedSemaphore`.
///
/// As a [`Semaphore`], in everything: the same order, the same permits. But
/// [`add_permits`](BoundedSemaphore::add_permits) only makes anew what was
/// [forgotten](Permit::forget), and is an error beyond that. Since permits are given back by being
/// dropped, there is no other way to give back what was not taken.
///
/// ```
/// use evenkeel_sync::BoundedSemaphore;
///
/// # futures_lite::future::block_on(async {
/// let seats = BoundedSemaphore::new(2);
/// assert!(seats.add_permits(1).is_err());
/// seats.acquire().await.forget();
/// assert_eq!(seats.add_permits(1), Ok(()));
/// assert_eq!(seats.available(), 2);
/// # })
/// ```
#[derive(Debug)]
pub struct BoundedSemaphore {
    semaphore: Arc<Semaphore>,
    bound: usize,
}

impl BoundedSemaphore {
    /// A semaphore that has `permits` to give, and never more.
    ///
    /// # Panics
    ///
    /// If that is more than [`Semaphore::MAX_PERMITS`].
    pub fn new(permits: usize) -> Self {
        Self { semaphore: Arc::new(Semaphore::new(permits)), bound: permits }
    }

    /// How many permits there are, had by somebody or by nobody.
    pub fn bound(&self) -> usize {
        self.bound
    }

    /// Waits for a permit.
    ///
    /// # Cancellation
    ///
    /// Place lost: as [`Semaphore::acquire`].
    #[inline]
    pub fn acquire(&self) -> Acquire<'_> {
        self.acquire_many(1)
    }

    /// Waits for `n` permits at once, as [`Semaphore::acquire_many`].
    ///
    /// # Panics
    ///
    /// If `n` is more than the [`bound`](BoundedSemaphore::bound): it and all behind it would wait
    /// for ever.
    ///
    /// # Cancellation
    ///
    /// Place lost: as [`Semaphore::acquire_many`].
    #[inline]
    pub fn acquire_many(&self, n: usize) -> Acquire<'_> {
        self.assert_within(n);
        self.semaphore.acquire_many(n)
    }

    /// As [`acquire`](BoundedSemaphore::acquire), with a permit that borrows nothing.
    ///
    /// # Cancellation
    ///
    /// Place lost: as [`Semaphore::acquire`].
    pub fn acquire_owned(&self) -> AcquireOwned {
        self.acquire_many_owned(1)
    }

    /// As [`acquire_many`](BoundedSemaphore::acquire_many), with a permit that borrows nothing.
    ///
    /// # Panics
    ///
    /// If `n` is more than the [`bound`](BoundedSemaphore::bound).
    ///
    /// # Cancellation
    ///
    /// Place lost: as [`Semaphore::acquire_many`].
    pub fn acquire_many_owned(&self, n: usize) -> AcquireOwned {
        self.assert_within(n);
        self.semaphore.acquire_many_owned(n)
    }

    /// As [`acquire`](BoundedSemaphore::acquire), for a thread.
    ///
    /// # Panics
    ///
    /// In a task of evenkeel, where it would stop the loop, as [`Semaphore::acquire_blocking`].
    #[track_caller]
    pub fn acquire_blocking(&self) -> Permit<'_> {
        self.acquire_many_blocking(1)
    }

    /// As [`acquire_many`](BoundedSemaphore::acquire_many), for a thread.
    ///
    /// # Panics
    ///
    /// As [`acquire_blocking`](BoundedSemaphore::acquire_blocking) and
    /// [`acquire_many`](BoundedSemaphore::acquire_many).
    #[track_caller]
    pub fn acquire_many_blocking(&self, n: usize) -> Permit<'_> {
        parking::assert_may_block();
        self.assert_within(n);
        self.semaphore.acquire_many_blocking(n)
    }

    /// A permit, if there is one and nobody waits.
    #[inline]
    pub fn try_acquire(&self) -> Option<Permit<'_>> {
        self.semaphore.try_acquire()
    }

    /// `n` permits, if there are as many and nobody waits.
    #[inline]
    pub fn try_acquire_many(&self, n: usize) -> Option<Permit<'_>> {
        self.semaphore.try_acquire_many(n)
    }

    /// As [`try_acquire`](BoundedSemaphore::try_acquire), with a permit that borrows nothing.
    pub fn try_acquire_owned(&self) -> Option<OwnedPermit> {
        self.semaphore.try_acquire_owned()
    }

    /// As [`try_acquire_many`](BoundedSemaphore::try_acquire_many), with a permit that borrows
    /// nothing.
    pub fn try_acquire_many_owned(&self, n: usize) -> Option<OwnedPermit> {
        self.semaphore.try_acquire_many_owned(n)
    }

    /// Makes `n` of the permits that were [forgotten](Permit::forget) anew, for the first in line
    /// if there is one: asyncio's `release`.
    ///
    /// # Errors
    ///
    /// [`TooManyPermits`], and nothing is changed, if fewer were forgotten: there would be more
    /// than the [`bound`](BoundedSemaphore::bound) once those in use come back.
    #[doc(alias = "release")]
    pub fn add_permits(&self, n: usize) -> Result<(), TooManyPermits> {
        if self.semaphore.restore(n) { Ok(()) } else { Err(TooManyPermits(())) }
    }

    /// How many permits nobody has. Some may be kept for one who waits for more than that.
    pub fn available(&self) -> usize {
        self.semaphore.available()
    }

    /// Whether one would have to wait for a permit.
    pub fn is_locked(&self) -> bool {
        self.semaphore.is_locked()
    }

    /// How the semaphore fares at this moment.
    pub fn statistics(&self) -> SemaphoreStatistics {
        self.semaphore.statistics()
    }

    #[inline]
    #[track_caller]
    fn assert_within(&self, n: usize) {
        assert!(n <= self.bound, "{n} permits of {}: never are there as many", self.bound);
    }
}

/// More permits were to be given back than had been taken for good; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TooManyPermits(());

impl fmt::Display for TooManyPermits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a BoundedSemaphore was to have more permits than it was made with")
    }
}

impl Error for TooManyPermits {}
