//! `Lock`: one task at a time, in the order in which they asked.
//!
//! # Invariant
//!
//! - ONE HOLDER: a guard exists only for whoever took the turnstile's only permit, and gives it
//!   back as its last act; so the value is reached by one guard at a time.

mod guard;
mod locking;

pub use self::guard::{Guard, OwnedGuard};
pub use self::locking::{Locking, LockingOwned};

use std::cell::UnsafeCell;
use std::fmt;
use std::num::NonZeroU64;
use std::ptr;
use std::sync::Arc;
use std::task::Context;

use evenkeel_context::Wait;

use crate::deadlock;
use crate::loom::const_unless_loom;
use crate::parking;
use crate::turnstile::{Gate, Turnstile};
use crate::waitlist::{Called, Handle, Waiter};
use crate::who::{Holder, Who};

/// A value for one task at a time: asyncio's `Lock`, holding what it protects.
///
/// *First come, first served*, as a promise: releasing a lock that is waited for hands it to the
/// first waiter, so nobody who comes later can slip in, [`try_lock`](Lock::try_lock) and the
/// releaser itself included. A lock nobody waits for costs one atomic instruction to take and one
/// to release.
///
/// A guard may be held across `.await`, sent to another thread, and dropped anywhere, by a panic
/// too: there is no poison. Locking twice in one task waits for ever, as in asyncio;
/// [`lock_checked`](Lock::lock_checked) is an error instead.
///
/// A task may wait for the lock in several places and poll only one of them, as after a `select` in
/// which a borrowed `lock()` lost. If the lock is then handed to a place that is not polled, it moves
/// to the one that is, and the other is the next in line. (Tasks of evenkeel only. A task that waits
/// for something else, and polls none of them, keeps the lock from everybody behind it; and so does one
/// whose first place was last polled by a combinator that is gone, for then nobody tells the task.)
///
/// ```
/// use evenkeel_sync::Lock;
///
/// # futures_lite::future::block_on(async {
/// let account = Lock::new(100);
/// {
///     let mut balance = account.lock().await;
///     *balance -= 30;
/// } // released here
/// assert_eq!(*account.lock().await, 70);
/// # })
/// ```
#[doc(alias = "Mutex")]
pub struct Lock<T: ?Sized> {
    turnstile: Turnstile,
    /// Who has it: exact for itself, see [`Holder`].
    pub(crate) holder: Holder,
    value: UnsafeCell<T>,
}

// SAFETY: ONE HOLDER: the lock passes the value from thread to thread (T: Send) and never shares
// it, so T need not be Sync.
unsafe impl<T: ?Sized + Send> Send for Lock<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send> Sync for Lock<T> {}

impl<T> Lock<T> {
    const_unless_loom! {
        /// A free lock around `value`.
        ///
        /// ```
        /// use evenkeel_sync::Lock;
        ///
        /// static VISITS: Lock<u32> = Lock::new(0);
        /// *VISITS.try_lock().expect("nobody else is here") += 1;
        /// ```
        pub const fn new(value: T) -> Self {
            Self {
                turnstile: Turnstile::new(1),
                holder: Holder::new(),
                value: UnsafeCell::new(value),
            }
        }
    }

    /// The value, since nobody else can have the lock.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> Lock<T> {
    /// Waits until it is this caller's turn.
    ///
    /// # Cancellation
    ///
    /// Place lost: dropping this future leaves the queue; awaiting again joins at the back. If the
    /// lock had been handed to it already, the next in line gets it.
    #[inline]
    pub fn lock(&self) -> Locking<'_, T> {
        Locking { waiter: Waiter::new(self, 1) }
    }

    /// As [`lock`](Lock::lock), for a thread: blocks it until it is its turn, in the same line.
    ///
    /// ```
    /// use evenkeel_sync::Lock;
    /// use std::thread;
    ///
    /// let total = Lock::new(0);
    /// thread::scope(|threads| {
    ///     for _ in 0..2 {
    ///         threads.spawn(|| *total.lock_blocking() += 1);
    ///     }
    /// });
    /// assert_eq!(total.into_inner(), 2);
    /// ```
    ///
    /// # Panics
    ///
    /// In a task of evenkeel, where it would stop the loop: await [`lock`](Lock::lock). A call in
    /// `to_thread` may block.
    #[track_caller]
    pub fn lock_blocking(&self) -> Guard<'_, T> {
        parking::assert_may_block();
        self.try_lock().unwrap_or_else(|| parking::block_on(self.lock()))
    }

    /// As [`lock_blocking`](Lock::lock_blocking), with a guard that borrows nothing.
    ///
    /// # Panics
    ///
    /// As [`lock_blocking`](Lock::lock_blocking); in a task await [`lock_owned`](Lock::lock_owned).
    #[track_caller]
    pub fn lock_owned_blocking(self: &Arc<Self>) -> OwnedGuard<T> {
        parking::assert_may_block();
        self.try_lock_owned().unwrap_or_else(|| parking::block_on(self.lock_owned()))
    }

    /// The lock, if it is free and nobody waits for it.
    #[inline]
    pub fn try_lock(&self) -> Option<Guard<'_, T>> {
        self.turnstile.try_take_only().then(|| Guard::taken(self, Who::runs()))
    }

    /// As [`lock`](Lock::lock), with a guard that keeps the lock alive and borrows nothing.
    ///
    /// ```
    /// use evenkeel_sync::Lock;
    /// use std::sync::Arc;
    ///
    /// # futures_lite::future::block_on(async {
    /// let log = Arc::new(Lock::new(Vec::new()));
    /// let mut guard = log.lock_owned().await;
    /// std::thread::spawn(move || guard.push("from over there")).join().unwrap();
    /// assert_eq!(log.lock().await.len(), 1);
    /// # })
    /// ```
    ///
    /// # Cancellation
    ///
    /// Place lost: as [`lock`](Lock::lock).
    pub fn lock_owned(self: &Arc<Self>) -> LockingOwned<T> {
        LockingOwned { waiter: Waiter::new(self.clone(), 1) }
    }

    /// As [`try_lock`](Lock::try_lock), with a guard that borrows nothing.
    pub fn try_lock_owned(self: &Arc<Self>) -> Option<OwnedGuard<T>> {
        self.turnstile.try_take_only().then(|| OwnedGuard::taken(self.clone(), Who::runs()))
    }

    /// The value, since nobody else can have the lock.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// Whether somebody has the lock, or has been handed it and not yet come for it.
    pub fn is_locked(&self) -> bool {
        self.turnstile.is_shut()
    }

    /// The id of the evenkeel task that has the lock or was handed it; `None` if it is free or was
    /// taken outside of such a task. By the time it is read it may be out of date.
    pub fn holder(&self) -> Option<NonZeroU64> {
        self.holder.look().and_then(|who| who.task)
    }

    /// How the lock fares at this moment.
    pub fn statistics(&self) -> LockStatistics {
        let line = self.turnstile.list().lock();
        LockStatistics {
            locked: self.is_locked(),
            holder: self.holder(),
            waiting: line.waiting(),
            waits: line.arrivals(),
        }
    }
}

impl<T: ?Sized> Lock<T> {
    /// By what a list of waits knows this lock: while somebody waits it stays where it is.
    pub(crate) fn address(&self) -> usize {
        ptr::from_ref(&self.turnstile).addr()
    }

    /// A wait has begun, or goes on.
    fn waits<P>(&self, waiter: &Waiter<P>, cx: &Context<'_>)
    where
        P: Handle<Target = Lock<T>>,
    {
        if deadlock::is_watched() {
            if let Some(circle) = self.list(waiter, cx) {
                deadlock::report(&circle);
            }
        }
    }
}

impl<T: ?Sized> Gate for Lock<T> {
    fn turnstile(&self) -> &Turnstile {
        &self.turnstile
    }

    fn granted(&self, called: Called) {
        self.holder.note(called.who);
        deadlock::handed(self.address(), called.who);
    }

    fn unlist(&self, waiter: Called) {
        deadlock::unlist(waiter, self.address());
    }

    #[inline]
    fn try_take(&self, _one: usize) -> bool {
        self.turnstile.try_take_only()
    }

    #[inline]
    fn release(&self, _one: usize) {
        self.holder.clear();
        self.turnstile.give::<1>(1, Some(0), |called| self.granted(called));
    }

    fn reason(&self) -> (Wait, u64) {
        (Wait::Lock, self.holder().map_or(0, NonZeroU64::get))
    }
}

impl<T: ?Sized> fmt::Debug for Lock<T> {
    /// The state, not the value: to look at that one would have to take the lock.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LockStatistics { locked, holder, waiting, .. } = self.statistics();
        f.debug_struct("Lock")
            .field("locked", &locked)
            .field("holder", &holder)
            .field("waiting", &waiting)
            .finish_non_exhaustive()
    }
}

impl<T: Default> Default for Lock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Lock<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// What [`Lock::statistics`] saw.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LockStatistics {
    /// Whether somebody has it.
    pub locked: bool,
    /// Which evenkeel task has it, as far as known.
    pub holder: Option<NonZeroU64>,
    /// How many wait for it now.
    pub waiting: usize,
    /// How often somebody had to wait since it was made.
    pub waits: u64,
}
