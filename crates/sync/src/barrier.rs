//! `Barrier`: nobody goes on until so many have come.
//!
//! Those who come wait in a line; the one who completes the number trips the barrier and goes on at
//! once, the others follow in the order in which they came. That a waiter was let go, and with which
//! index, is noted with the waiter: what happens to the barrier afterwards does not touch it.
//!
//! ```text
//!             ┌────────────1─────────────┐
//!             ▼                          │
//!   ┌───── filling ──────2──────▶ draining ─────┐
//!   3         ▲                          ▲      3
//!   └──────┐  4                          5  ┌───┘
//!          ▼  │                          │  ▼
//!         broken                        broken
//!
//! 1 passed, the last of those let go is gone   2 arrive or serve, the number is complete
//! 3 abort   4, 5 reset
//! ```
//!
//! # Invariants
//!
//! - ONE BOOK: the line and the numbers are behind one lock, so they agree whenever it is free.
//! - IN FRONT: those let go (`released`) and those told that it broke (`refused`) are told from the
//!   others by their tickets. They stand in front of them, and whoever comes to the line calls them.
//! - ONE AT A TIME: while some of a generation have not gone on (`leaving`), the next does not trip.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use evenkeel_context::{Wait, poll_budget};
use pin_project_lite::pin_project;

use crate::calls::{Calls, Panics};
use crate::loom::const_unless_loom;
use crate::parking;
use crate::waitlist::{Line, Only, Serve, Side, WaitList, Waiter, serve_all};

/// What one is given instead of an index: the barrier broke.
const BROKEN: usize = usize::MAX;

/// A number of tasks that wait for each other: asyncio's `Barrier`.
///
/// Each calls [`wait`](Barrier::wait); when the last has come, all go on, each with an index of its
/// own. Then the barrier stands again for the next generation. One that comes early, while some of
/// the last generation have not gone on yet, waits for them too: no generation overtakes another.
///
/// A waiter that is cancelled only leaves: the barrier is not broken, and a replacement completes the
/// number. [`abort`](Barrier::abort) breaks it, for when one of the parties fails and the others would
/// wait for ever; [`reset`](Barrier::reset) makes it whole.
///
/// ```
/// use evenkeel_sync::Barrier;
///
/// # futures_lite::future::block_on(async {
/// let barrier = Barrier::new(2);
/// let (first, second) = futures_lite::future::zip(barrier.wait(), barrier.wait()).await;
/// assert_eq!((first, second), (Ok(0), Ok(1)));
/// # })
/// ```
pub struct Barrier {
    parties: usize,
    list: WaitList<Book>,
}

/// What the lock guards (ONE BOOK).
struct Book {
    line: Line,
    /// Up to this ticket they have been let go.
    released: u64,
    /// Up to this ticket those who were not let go are told that the barrier broke.
    refused: u64,
    /// What the next one to be called is given.
    index: usize,
    /// How many were called with an index and have not gone on with it yet.
    leaving: usize,
    broken: bool,
    trips: u64,
}

impl Barrier {
    const_unless_loom! {
        /// A barrier for `parties` tasks.
        ///
        /// # Panics
        ///
        /// If that is none: there would be nobody to trip it.
        pub const fn new(parties: usize) -> Self {
            assert!(parties > 0, "a barrier needs at least one party");
            let book = Book {
                line: Line::new(),
                released: 0,
                refused: 0,
                index: 0,
                leaving: 0,
                broken: false,
                trips: 0,
            };
            Self { parties, list: WaitList::of(book) }
        }
    }

    /// Waits until as many have come as there are parties, and answers one's place among them: 0 for
    /// the first, `parties - 1` for the last, who trips the barrier and goes on without waiting.
    ///
    /// # Errors
    ///
    /// [`Broken`]: it was aborted, or was reset while this waited.
    ///
    /// # Cancellation
    ///
    /// Place lost: dropping this future leaves the barrier as if one had not come; the number is then
    /// completed by somebody else, or by awaiting again. Once the barrier has tripped, dropping it
    /// takes nobody else's release along, and breaks nothing.
    #[inline]
    pub fn wait(&self) -> Arriving<'_> {
        Arriving { waiter: Waiter::new(self, 0), waited: false }
    }

    /// As [`wait`](Barrier::wait), for a thread: blocks it until the barrier trips.
    ///
    /// # Errors
    ///
    /// As [`wait`](Barrier::wait).
    ///
    /// # Panics
    ///
    /// In a task of evenkeel, where it would stop the loop: await [`wait`](Barrier::wait). A call in
    /// `to_thread` may block.
    #[track_caller]
    pub fn wait_blocking(&self) -> Result<usize, Broken> {
        parking::block_on(self.wait())
    }

    /// Makes the barrier whole and empty: whoever waits now is told that it broke, whoever comes
    /// later waits anew. Those it has let go keep what they were given.
    pub fn reset(&self) {
        self.refuse_all(false);
    }

    /// Breaks the barrier: whoever waits, and whoever comes before the next
    /// [`reset`](Barrier::reset), is told so. Those it has let go keep what they were given.
    pub fn abort(&self) {
        self.refuse_all(true);
    }

    fn refuse_all(&self, broken: bool) {
        {
            let mut book = self.list.lock();
            book.broken = broken;
            book.refused = book.line.arrivals();
        }
        self.serve_all();
    }

    fn serve_all(&self) {
        let mut panics = Panics::default();
        serve_all(self, &mut panics);
        panics.resume();
    }

    /// How many it takes to trip it.
    pub fn parties(&self) -> usize {
        self.parties
    }

    /// How many have come for the generation that is being gathered; 0 while the one before goes on.
    pub fn n_waiting(&self) -> usize {
        let book = self.list.lock();
        if book.is_filling() { book.line.waiting() } else { 0 }
    }

    /// Whether it was aborted, and not reset since.
    pub fn is_broken(&self) -> bool {
        self.list.lock().broken
    }

    /// How the barrier fares at this moment.
    pub fn statistics(&self) -> BarrierStatistics {
        let book = self.list.lock();
        BarrierStatistics {
            parties: self.parties,
            waiting: book.line.waiting(),
            leaving: book.leaving,
            broken: book.broken,
            trips: book.trips,
        }
    }
}

impl Book {
    /// Whether all who are in line are of the generation being gathered, and none is left of the
    /// last.
    fn is_filling(&self) -> bool {
        let done_up_to = self.released.max(self.refused);
        self.leaving == 0 && self.line.first().is_none_or(|(_, ticket)| ticket > done_up_to)
    }

    /// All up to `ticket` are let go.
    fn trip(&mut self, ticket: u64) {
        self.released = ticket;
        self.index = 0;
        self.trips += 1;
    }

    /// One who was let go has gone on, or away. Answers whether it was the last, and others have
    /// come early: then it is their turn.
    fn passed(&mut self) -> bool {
        self.leaving -= 1;
        self.leaving == 0 && !self.line.is_empty()
    }
}

impl Side<Book> for Only {
    fn line(book: &mut Book) -> &mut Line {
        &mut book.line
    }
}

impl Serve<Only, Book> for Barrier {
    fn list(&self) -> &WaitList<Book> {
        &self.list
    }

    fn arrive(&self, _nothing: usize, book: &mut Book) -> Option<usize> {
        if book.broken {
            return Some(BROKEN);
        }
        if book.line.waiting() + 1 < self.parties || !book.is_filling() {
            return None;
        }
        // The last to come. It calls the others when it has unlocked the line.
        book.trip(book.line.arrivals());
        Some(self.parties - 1)
    }

    fn give_back(&self, given: usize) {
        let last = given != BROKEN && self.list.lock().passed();
        if last {
            self.serve_all();
        }
    }

    fn serve<const N: usize>(&self, book: &mut Book, calls: &mut Calls<N>) -> bool {
        loop {
            // Those who came while the last generation went on may be enough by themselves.
            if !book.broken && book.line.waiting() >= self.parties && book.is_filling() {
                if let Some(ticket) = book.line.ticket_of(self.parties) {
                    book.trip(ticket);
                }
            }
            let Some((_, ticket)) = book.line.first() else { return false };
            let given = match ticket {
                _ if ticket <= book.released => book.index,
                _ if ticket <= book.refused => BROKEN,
                _ => return false,
            };
            if calls.is_full() {
                return true;
            }
            if given != BROKEN {
                book.index += 1;
                book.leaving += 1;
            }
            if let Some((waker, _)) = book.line.call_first_with(given) {
                calls.push(waker);
            }
        }
    }

    fn reason(&self) -> (Wait, u64) {
        (Wait::Barrier, self.parties as u64)
    }
}

pin_project! {
    /// Waits for a barrier to trip. Made by [`Barrier::wait`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct Arriving<'a> {
        #[pin]
        waiter: Waiter<&'a Barrier, Only, Book>,
        waited: bool,
    }
}

impl Future for Arriving<'_> {
    type Output = Result<usize, Broken>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // First, since whoever is pending below has come.
        ready!(poll_budget(cx));
        let this = self.project();
        let waited = *this.waited;
        let polled = this.waiter.poll_with(cx, |book, given| {
            // One who did not wait was the last to come, and has tripped it.
            let serve = given != BROKEN && (!waited || book.passed());
            (given, serve)
        });
        let Poll::Ready((barrier, (given, serve))) = polled else {
            *this.waited = true;
            return Poll::Pending;
        };
        if serve {
            barrier.serve_all();
        }
        if given == BROKEN {
            return Poll::Ready(Err(Broken(())));
        }
        Poll::Ready(Ok(given))
    }
}

impl fmt::Debug for Arriving<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arriving").finish_non_exhaustive()
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BarrierStatistics { parties, waiting, broken, .. } = self.statistics();
        f.debug_struct("Barrier")
            .field("parties", &parties)
            .field("waiting", &waiting)
            .field("broken", &broken)
            .finish_non_exhaustive()
    }
}

/// The barrier was aborted, or was reset while one waited at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Broken(());

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the barrier was aborted, or reset while this waited at it")
    }
}

impl Error for Broken {}

/// What [`Barrier::statistics`] saw.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BarrierStatistics {
    /// How many it takes to trip it.
    pub parties: usize,
    /// How many are in line, those included who came while the last generation goes on.
    pub waiting: usize,
    /// How many were let go and have not gone on yet.
    pub leaving: usize,
    /// Whether it was aborted, and not reset since.
    pub broken: bool,
    /// How often it has tripped since it was made.
    pub trips: u64,
}
