//! `Semaphore`: at most so many at a time, in the order in which they asked.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use evenkeel_context::Wait;
use pin_project_lite::pin_project;

use crate::loom::{AtomicUsize, Ordering, const_unless_loom};
use crate::parking;
use crate::turnstile::{self, Gate, Turnstile};
use crate::waitlist::Waiter;

/// A number of permits, each held by one caller at a time: asyncio's `Semaphore`.
///
/// *First come, first served*, as a promise: a permit given back goes to the first in line, and
/// nobody who comes later can slip in, [`try_acquire`](Semaphore::try_acquire) included. Who asks
/// for many at once holds up those behind until there are as many, so large requests do not starve.
///
/// A permit is given back when its [`Permit`] is dropped, so none can be given back twice. Only
/// [`add_permits`](Semaphore::add_permits) raises the number; a
/// [`BoundedSemaphore`](crate::BoundedSemaphore) has none that could.
///
/// ```
/// use evenkeel_sync::Semaphore;
///
/// # futures_lite::future::block_on(async {
/// let connections = Semaphore::new(2);
/// let first = connections.acquire().await;
/// let second = connections.acquire().await;
/// assert!(connections.try_acquire().is_none());
/// drop(first);
/// assert_eq!(connections.available(), 1);
/// # drop(second);
/// # })
/// ```
pub struct Semaphore {
    turnstile: Turnstile,
    /// What [`Permit::forget`] took out of it: what a `BoundedSemaphore` may make anew.
    forgotten: AtomicUsize,
}

impl Semaphore {
    /// The most permits there can be.
    pub const MAX_PERMITS: usize = turnstile::MAX;

    const_unless_loom! {
        /// A semaphore with `permits` to give.
        ///
        /// # Panics
        ///
        /// If that is more than [`MAX_PERMITS`](Semaphore::MAX_PERMITS).
        pub const fn new(permits: usize) -> Self {
            assert!(permits <= Self::MAX_PERMITS, "more permits than a semaphore can count");
            Self { turnstile: Turnstile::new(permits), forgotten: AtomicUsize::new(0) }
        }
    }

    /// Waits for a permit.
    ///
    /// # Cancellation
    ///
    /// Place lost: dropping this future leaves the queue; awaiting again joins at the back. If a
    /// permit had been handed to it already, the next in line gets that.
    #[inline]
    pub fn acquire(&self) -> Acquire<'_> {
        self.acquire_many(1)
    }

    /// Waits for `n` permits at once. Those who come later wait behind, even if there are permits
    /// enough for them, so that `n` comes together; if there are never so many, all wait for ever.
    ///
    /// # Cancellation
    ///
    /// Place lost: as [`acquire`](Semaphore::acquire). None of the `n` was taken before all were
    /// there, and those behind no longer wait for them.
    #[inline]
    pub fn acquire_many(&self, n: usize) -> Acquire<'_> {
        Acquire { waiter: Waiter::new(self, n), permits: n }
    }

    /// As [`acquire`](Semaphore::acquire), with a permit that keeps the semaphore alive and borrows
    /// nothing.
    ///
    /// # Cancellation
    ///
    /// Place lost: as [`acquire`](Semaphore::acquire).
    pub fn acquire_owned(self: &Arc<Self>) -> AcquireOwned {
        self.acquire_many_owned(1)
    }

    /// As [`acquire_many`](Semaphore::acquire_many), with a permit that borrows nothing.
    ///
    /// # Cancellation
    ///
    /// Place lost: as [`acquire_many`](Semaphore::acquire_many).
    pub fn acquire_many_owned(self: &Arc<Self>, n: usize) -> AcquireOwned {
        AcquireOwned { waiter: Waiter::new(self.clone(), n), permits: n }
    }

    /// As [`acquire`](Semaphore::acquire), for a thread: blocks it until there is a permit for it.
    ///
    /// # Panics
    ///
    /// In a task of evenkeel, where it would stop the loop: await [`acquire`](Semaphore::acquire).
    /// A call in `to_thread` may block.
    #[track_caller]
    pub fn acquire_blocking(&self) -> Permit<'_> {
        self.acquire_many_blocking(1)
    }

    /// As [`acquire_many`](Semaphore::acquire_many), for a thread.
    ///
    /// # Panics
    ///
    /// As [`acquire_blocking`](Semaphore::acquire_blocking).
    #[track_caller]
    pub fn acquire_many_blocking(&self, n: usize) -> Permit<'_> {
        parking::assert_may_block();
        self.try_acquire_many(n).unwrap_or_else(|| parking::block_on(self.acquire_many(n)))
    }

    /// A permit, if there is one and nobody waits.
    #[inline]
    pub fn try_acquire(&self) -> Option<Permit<'_>> {
        self.try_acquire_many(1)
    }

    /// `n` permits, if there are as many and nobody waits.
    #[inline]
    pub fn try_acquire_many(&self, n: usize) -> Option<Permit<'_>> {
        self.turnstile.try_take(n).then(|| Permit { semaphore: self, permits: n })
    }

    /// As [`try_acquire`](Semaphore::try_acquire), with a permit that borrows nothing.
    pub fn try_acquire_owned(self: &Arc<Self>) -> Option<OwnedPermit> {
        self.try_acquire_many_owned(1)
    }

    /// As [`try_acquire_many`](Semaphore::try_acquire_many), with a permit that borrows nothing.
    pub fn try_acquire_many_owned(self: &Arc<Self>, n: usize) -> Option<OwnedPermit> {
        self.turnstile.try_take(n).then(|| OwnedPermit { semaphore: self.clone(), permits: n })
    }

    /// Makes `n` more permits, for the first in line if there is one.
    ///
    /// # Panics
    ///
    /// If there would be more than [`MAX_PERMITS`](Semaphore::MAX_PERMITS).
    pub fn add_permits(&self, n: usize) {
        self.release(n);
    }

    /// How many permits nobody has. Some may be kept for one who waits for more than that.
    pub fn available(&self) -> usize {
        self.turnstile.permits()
    }

    /// Whether one would have to wait for a permit.
    pub fn is_locked(&self) -> bool {
        self.turnstile.is_shut()
    }

    /// How the semaphore fares at this moment.
    pub fn statistics(&self) -> SemaphoreStatistics {
        let line = self.turnstile.list().lock();
        SemaphoreStatistics {
            available: self.available(),
            waiting: line.waiting(),
            waits: line.arrivals(),
        }
    }

    /// Permits that were forgotten and have not been made anew.
    fn forget(&self, n: usize) {
        // Relaxed: a count, nothing is published with it.
        self.forgotten.fetch_add(n, Ordering::Relaxed);
    }

    /// Makes `n` of the forgotten ones anew, if as many were.
    pub(crate) fn restore(&self, n: usize) -> bool {
        // Relaxed: as in `forget`. One instruction, so that no two make the same one.
        let remembered = |forgotten: usize| forgotten.checked_sub(n);
        let update = self.forgotten.fetch_update(Ordering::Relaxed, Ordering::Relaxed, remembered);
        if update.is_ok() {
            self.release(n);
        }
        update.is_ok()
    }
}

impl Gate for Semaphore {
    fn turnstile(&self) -> &Turnstile {
        &self.turnstile
    }

    #[inline]
    fn release(&self, n: usize) {
        if n != 0 {
            self.turnstile.give::<8>(n, None, |_| ());
        }
    }

    fn reason(&self) -> (Wait, u64) {
        (Wait::Semaphore, 0)
    }
}

/// One or more permits, held; dropping them gives them back. Made by [`Semaphore::acquire`] and
/// its kin.
#[must_use = "the permits are given back when this is dropped"]
#[derive(Debug)]
pub struct Permit<'a> {
    semaphore: &'a Semaphore,
    permits: usize,
}

/// One or more permits that keep their semaphore alive. Made by [`Semaphore::acquire_owned`] and
/// its kin.
#[must_use = "the permits are given back when this is dropped"]
#[derive(Debug)]
pub struct OwnedPermit {
    semaphore: Arc<Semaphore>,
    permits: usize,
}

impl Permit<'_> {
    /// How many permits this is.
    pub fn permits(&self) -> usize {
        self.permits
    }

    /// Never gives them back: the semaphore has that many fewer from now on.
    pub fn forget(mut self) {
        self.semaphore.forget(mem::take(&mut self.permits));
    }
}

impl OwnedPermit {
    /// How many permits this is.
    pub fn permits(&self) -> usize {
        self.permits
    }

    /// Never gives them back: the semaphore has that many fewer from now on.
    pub fn forget(mut self) {
        self.semaphore.forget(mem::take(&mut self.permits));
    }
}

impl Drop for Permit<'_> {
    #[inline]
    fn drop(&mut self) {
        self.semaphore.release(mem::take(&mut self.permits));
    }
}

impl Drop for OwnedPermit {
    #[inline]
    fn drop(&mut self) {
        self.semaphore.release(mem::take(&mut self.permits));
    }
}

pin_project! {
    /// Waits for permits. Made by [`Semaphore::acquire`] and [`Semaphore::acquire_many`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct Acquire<'a> {
        #[pin]
        waiter: Waiter<&'a Semaphore>,
        permits: usize,
    }
}

pin_project! {
    /// Waits for permits and keeps their semaphore alive. Made by [`Semaphore::acquire_owned`] and
    /// [`Semaphore::acquire_many_owned`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct AcquireOwned {
        #[pin]
        waiter: Waiter<Arc<Semaphore>>,
        permits: usize,
    }
}

impl<'a> Future for Acquire<'a> {
    type Output = Permit<'a>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let permits = *this.permits;
        this.waiter.poll(cx).map(|semaphore| Permit { semaphore, permits })
    }
}

impl Future for AcquireOwned {
    type Output = OwnedPermit;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let permits = *this.permits;
        this.waiter.poll(cx).map(|semaphore| OwnedPermit { semaphore, permits })
    }
}

impl fmt::Debug for Acquire<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire").field("permits", &self.permits).finish_non_exhaustive()
    }
}

impl fmt::Debug for AcquireOwned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcquireOwned").field("permits", &self.permits).finish_non_exhaustive()
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SemaphoreStatistics { available, waiting, .. } = self.statistics();
        f.debug_struct("Semaphore")
            .field("available", &available)
            .field("waiting", &waiting)
            .finish_non_exhaustive()
    }
}

/// What [`Semaphore::statistics`] saw.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SemaphoreStatistics {
    /// Permits nobody has.
    pub available: usize,
    /// How many callers wait now.
    pub waiting: usize,
    /// How often somebody had to wait since it was made.
    pub waits: u64,
}
