//! `Condition`: those who hold a lock wait, without it, until somebody says that things have changed.
//!
//! ```text
//!            1 first poll          2 notify             3 the lock's turn
//!   guard ──────────────▶ in line ──────────▶ notified ──────────────────▶ guard
//!                            │ 4                 │ 5
//!                            ▼                   ▼
//!                          gone          gone, and the next in line is notified
//!
//! 1 `part`   2 `notify`   3 `Relock::release`   4 `Waiter`'s drop   5 `Waiter`'s, or `PassOn`'s
//! ```
//!
//! In 1 the waiter joins the line before it lets go of the lock: whoever changes something under the
//! lock and notifies then finds it there.

use std::fmt;
use std::future::{Future, pending, poll_fn};
use std::mem;
use std::ops::DerefMut;
use std::pin::{Pin, pin};
use std::task::{Poll, ready};

use evenkeel_context::{Wait, collect_endings, poll_budget};

use crate::calls::{Calls, Panics};
use crate::loom::const_unless_loom;
use crate::parking;
use crate::waitlist::{Line, Only, Serve, WaitList, Waiter, call_up};

/// A change to wait for, of what a lock protects: asyncio's `Condition`.
///
/// A waiter comes with the guard and gets it back: [`wait`](Condition::wait) gives the lock up,
/// waits for a [`notify`](Condition::notify), and takes the lock again before it returns. It takes
/// the guards of [`Lock`](crate::Lock) and the write guards of [`RwLock`](crate::RwLock); one lock may
/// have several conditions.
///
/// *First come, first served*, as a promise: notifications go to those who wait in the order in which
/// they came. Each of them then queues for the lock when its turn in its executor comes.
///
/// ```
/// use evenkeel_sync::{Condition, Lock};
///
/// # futures_lite::future::block_on(async {
/// let items = Lock::new(Vec::new());
/// let filled = Condition::new();
/// futures_lite::future::zip(
///     async {
///         let mut items = filled.wait_for(items.lock().await, |items| !items.is_empty()).await;
///         assert_eq!(items.pop(), Some("news"));
///     },
///     async {
///         items.lock().await.push("news");
///         filled.notify(1);
///     },
/// )
/// .await;
/// # })
/// ```
pub struct Condition {
    list: WaitList,
}

impl Condition {
    const_unless_loom! {
        /// A condition nobody waits for. It belongs to no lock; the waiters bring theirs.
        pub const fn new() -> Self {
            Self { list: WaitList::new() }
        }
    }

    /// Lets the lock go, waits to be notified, and returns with the lock.
    ///
    /// A notification does not say that what one waits for is so, or still is when one has the lock
    /// again: look, or use [`wait_for`](Condition::wait_for).
    ///
    /// # Cancellation
    ///
    /// Place lost: dropping this future leaves the queue, and the guard is gone: the lock is free for
    /// others, where asyncio would have it locked again. If it had been notified, the next in line is.
    pub async fn wait<G: Relock>(&self, guard: G) -> G {
        self.wait_until(guard, pending()).await.0
    }

    /// Waits until `predicate` holds: looks now, and each time it has been notified and has the lock.
    ///
    /// # Cancellation
    ///
    /// Place lost: as [`wait`](Condition::wait).
    pub async fn wait_for<G>(
        &self,
        mut guard: G,
        mut predicate: impl FnMut(&mut G::Target) -> bool,
    ) -> G
    where
        G: Relock + DerefMut,
    {
        while !predicate(&mut guard) {
            guard = self.wait(guard).await;
        }
        guard
    }

    /// As [`wait`](Condition::wait), but no longer than `until`: any future, a sleep for one. Answers
    /// the guard, and whether it was `until` that ended the wait.
    ///
    /// The lock is awaited in either case, and that is not bounded by `until`. To wait again within
    /// the same bound, give `until` pinned: `pin!(sleep(d))`, and `until.as_mut()` each time.
    ///
    /// ```
    /// use evenkeel_sync::{Condition, Lock};
    ///
    /// # futures_lite::future::block_on(async {
    /// let (lock, changed) = (Lock::new(1), Condition::new());
    /// let elapsed = async {}; // a sleep of no time
    /// let (guard, timed_out) = changed.wait_until(lock.lock().await, elapsed).await;
    /// assert_eq!((*guard, timed_out), (1, true));
    /// # })
    /// ```
    ///
    /// # Cancellation
    ///
    /// Place lost: as [`wait`](Condition::wait).
    pub async fn wait_until<G, U>(&self, guard: G, until: U) -> (G, bool)
    where
        G: Relock,
        U: Future<Output = ()>,
    {
        let mut until = pin!(Some(until));
        let (again, notified) = self.part(guard, until.as_mut()).await;
        let pass_on = notified.then(|| PassOn(self));
        // Cut short, perhaps: what it leaves is awaited before we go on.
        let ((), endings) = collect_endings(|| until.set(None));
        if !endings.is_empty() {
            endings.await;
        }
        let guard = again.await;
        mem::forget(pass_on);
        (guard, !notified)
    }

    /// As [`wait`](Condition::wait), for a thread.
    ///
    /// # Panics
    ///
    /// In a task of evenkeel, where it would stop the loop: await [`wait`](Condition::wait). A call in
    /// `to_thread` may block.
    #[track_caller]
    pub fn wait_blocking<G: Relock>(&self, guard: G) -> G {
        parking::block_on(self.wait(guard))
    }

    /// As [`wait_for`](Condition::wait_for), for a thread.
    ///
    /// # Panics
    ///
    /// As [`wait_blocking`](Condition::wait_blocking).
    #[track_caller]
    pub fn wait_for_blocking<G>(&self, guard: G, predicate: impl FnMut(&mut G::Target) -> bool) -> G
    where
        G: Relock + DerefMut,
    {
        parking::block_on(self.wait_for(guard, predicate))
    }

    /// Notifies the first `n` of those who wait now, or all if they are fewer. Never waits.
    ///
    /// The lock need not be held, unlike asyncio's. Held or not, what they wait for should be changed
    /// under it: else a waiter that has just looked and is not yet in line misses the change.
    pub fn notify(&self, n: usize) {
        let mut panics = Panics::default();
        call_up::<Only, _>(&self.list, self.list.lock(), n, &mut panics);
        panics.resume();
    }

    /// Notifies all who wait now.
    pub fn notify_all(&self) {
        self.notify(usize::MAX);
    }

    /// How the condition fares at this moment.
    pub fn statistics(&self) -> ConditionStatistics {
        let line = self.list.lock();
        ConditionStatistics { waiting: line.waiting(), waits: line.arrivals() }
    }

    /// Joins the line, then parts with the lock, then waits for a notification (true) or `until`.
    async fn part<G, U>(&self, guard: G, mut until: Pin<&mut Option<U>>) -> (G::Again, bool)
    where
        G: Relock,
        U: Future<Output = ()>,
    {
        let mut waiter = pin!(Waiter::new(self, 0));
        let mut guard = Some(guard);
        let mut again = None;
        let notified = poll_fn(|cx| {
            // First, since whoever is pending below is in line.
            ready!(poll_budget(cx));
            let polled = waiter.as_mut().poll(cx);
            // In line now, so whoever gets the lock next may notify us.
            if let Some(guard) = guard.take() {
                again = Some(guard.release());
            }
            if polled.is_ready() {
                return Poll::Ready(true);
            }
            match until.as_mut().as_pin_mut() {
                Some(until) => until.poll(cx).map(|()| false),
                None => Poll::Pending,
            }
        })
        .await;
        (again.expect("let go at the first poll"), notified)
    }
}

/// Notifies the next one, unless it is forgotten: whoever was notified has gone without the lock.
struct PassOn<'a>(&'a Condition);

impl Drop for PassOn<'_> {
    fn drop(&mut self) {
        self.0.notify(1);
    }
}

impl Serve for Condition {
    const TOLD: bool = true;

    fn list(&self) -> &WaitList {
        &self.list
    }

    fn give_back(&self, _nothing: usize) {
        self.notify(1);
    }

    fn serve<const N: usize>(&self, _line: &mut Line, _calls: &mut Calls<N>) -> bool {
        false
    }

    fn reason(&self) -> (Wait, u64) {
        (Wait::Other, 0)
    }
}

/// A guard that a [`Condition`] can let go and have again: those of [`Lock`](crate::Lock), and the
/// write guards of [`RwLock`](crate::RwLock). Nobody else can make one.
pub trait Relock: sealed::Sealed + Sized {
    /// Waits for the lock again.
    #[doc(hidden)]
    type Again: Future<Output = Self>;

    /// Lets the lock go, and answers how to have it again.
    #[doc(hidden)]
    fn release(self) -> Self::Again;
}

pub(crate) mod sealed {
    #[expect(unnameable_types, reason = "so that only this crate's guards are Relock")]
    pub trait Sealed {}
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ConditionStatistics { waiting, .. } = self.statistics();
        f.debug_struct("Condition").field("waiting", &waiting).finish_non_exhaustive()
    }
}

impl Default for Condition {
    fn default() -> Self {
        Self::new()
    }
}

/// What [`Condition::statistics`] saw.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConditionStatistics {
    /// How many wait to be notified.
    pub waiting: usize,
    /// How often somebody had to wait since it was made.
    pub waits: u64,
}
