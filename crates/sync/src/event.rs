//! `Event`: something that has happened, or has not yet; all who wait go on when it does.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use evenkeel_context::Wait;
use pin_project_lite::pin_project;

use crate::calls::{Calls, Panics};
use crate::loom::{AtomicBool, Ordering, const_unless_loom};
use crate::parking;
use crate::waitlist::{Line, Only, Serve, WaitList, Waiter, call_all};

/// A flag to wait for: asyncio's `Event`.
///
/// [`set`](Event::set) lets go everybody who waits, in the order in which they came, and whoever
/// asks while it is set passes at once. A waiter's release is noted with the waiter, not looked up
/// in the flag: after `set(); clear()` those who waited go on all the same, and one of them that is
/// cancelled takes nobody else's release with it.
///
/// ```
/// use evenkeel_sync::Event;
///
/// # futures_lite::future::block_on(async {
/// let ready = Event::new();
/// futures_lite::future::zip(
///     async {
///         ready.wait().await;
///         println!("off we go");
///     },
///     async { ready.set() },
/// )
/// .await;
/// assert!(ready.is_set());
/// # })
/// ```
#[doc(alias = "Notify")]
pub struct Event {
    /// Written to `true` only with the line locked, so that nobody joins it meanwhile.
    happened: AtomicBool,
    list: WaitList,
}

impl Event {
    const_unless_loom! {
        /// An event that has not happened.
        pub const fn new() -> Self {
            Self { happened: AtomicBool::new(false), list: WaitList::new() }
        }
    }

    /// It has happened: all who wait go on, first come first, and nobody waits until
    /// [`clear`](Event::clear).
    pub fn set(&self) {
        let line = self.list.lock();
        // Release: pairs with the Acquire in `is_set`, so that who passes sees what came before.
        self.happened.store(true, Ordering::Release);
        let mut panics = Panics::default();
        call_all::<Only, _>(&self.list, line, &mut panics);
        panics.resume();
    }

    /// From now on one waits again. Those who waited when it was set go on nevertheless.
    pub fn clear(&self) {
        // Release: pairs with the Acquire in `is_set`; who sees it cleared sees what came before.
        self.happened.store(false, Ordering::Release);
    }

    /// Whether it has happened and was not cleared since.
    #[inline]
    pub fn is_set(&self) -> bool {
        // Acquire: pairs with the Release in `set` and `clear`.
        self.happened.load(Ordering::Acquire)
    }

    /// Waits until it is set, or has been at some moment since this was first polled.
    ///
    /// # Cancellation
    ///
    /// Place lost: dropping this future leaves the queue; awaiting again joins at the back, and a
    /// `set(); clear()` in between is missed. Nobody else's release is.
    #[inline]
    pub fn wait(&self) -> Waiting<'_> {
        Waiting { waiter: Waiter::new(self, 0) }
    }

    /// As [`wait`](Event::wait), with a future that keeps the event alive and borrows nothing.
    ///
    /// # Cancellation
    ///
    /// Place lost: as [`wait`](Event::wait).
    pub fn wait_owned(self: &Arc<Self>) -> WaitingOwned {
        WaitingOwned { waiter: Waiter::new(self.clone(), 0) }
    }

    /// As [`wait`](Event::wait), for a thread: blocks it until the event is set.
    ///
    /// # Panics
    ///
    /// In a task of evenkeel, where it would stop the loop: await [`wait`](Event::wait). A call in
    /// `to_thread` may block.
    #[track_caller]
    pub fn wait_blocking(&self) {
        parking::assert_may_block();
        if !self.is_set() {
            parking::block_on(self.wait());
        }
    }

    /// How the event fares at this moment.
    pub fn statistics(&self) -> EventStatistics {
        let line = self.list.lock();
        EventStatistics { set: self.is_set(), waiting: line.waiting(), waits: line.arrivals() }
    }
}

impl Serve for Event {
    const TOLD: bool = true;

    fn list(&self) -> &WaitList {
        &self.list
    }

    #[inline]
    fn try_take(&self, _nothing: usize) -> bool {
        self.is_set()
    }

    fn take_or_queue(&self, _nothing: usize) -> bool {
        self.is_set()
    }

    fn give_back(&self, _nothing: usize) {}

    fn serve<const N: usize>(&self, _line: &mut Line, _calls: &mut Calls<N>) -> bool {
        false
    }

    fn reason(&self) -> (Wait, u64) {
        (Wait::Event, 0)
    }
}

pin_project! {
    /// Waits for an event. Made by [`Event::wait`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct Waiting<'a> {
        #[pin]
        waiter: Waiter<&'a Event>,
    }
}

pin_project! {
    /// Waits for an event and keeps it alive. Made by [`Event::wait_owned`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct WaitingOwned {
        #[pin]
        waiter: Waiter<Arc<Event>>,
    }
}

impl Future for Waiting<'_> {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().waiter.poll(cx).map(|_| ())
    }
}

impl Future for WaitingOwned {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().waiter.poll(cx).map(|_| ())
    }
}

impl fmt::Debug for Waiting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").finish_non_exhaustive()
    }
}

impl fmt::Debug for WaitingOwned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitingOwned").finish_non_exhaustive()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let EventStatistics { set, waiting, .. } = self.statistics();
        f.debug_struct("Event")
            .field("set", &set)
            .field("waiting", &waiting)
            .finish_non_exhaustive()
    }
}

impl Default for Event {
    fn default() -> Self {
        Self::new()
    }
}

/// What [`Event::statistics`] saw.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventStatistics {
    /// Whether it is set.
    pub set: bool,
    /// How many wait for it now.
    pub waiting: usize,
    /// How often somebody had to wait since it was made.
    pub waits: u64,
}
