//! What both ends of a watch share: the value, its version, how many ends there are, and two lines,
//! of those who wait for a change and those who wait for the receivers to go.
//!
//! # The protocol
//!
//! - ONE BOOK: value, version, counts and lines are behind one lock. So who finds the version it has
//!   seen is in line before the next is made.
//! - TURNS: senders come one at a time, so that one who changes a copy of the value replaces what it
//!   has copied, and nothing else. The turn comes before the book's lock, and is never held while a
//!   waker is called.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, TryLockError};
use std::task::{Context, Poll};

use evenkeel_context::Wait;
use pin_project_lite::pin_project;

use super::{Closed, WatchStatistics};
use crate::calls::{Calls, Panics};
use crate::loom::{LineGuard, Mutex, MutexGuard, ThreadId, lock, this_thread};
use crate::waitlist::{Line, Serve, Side, WaitList, Waiter, call_all};

pub(super) struct Shared<T> {
    pub(super) list: WaitList<Book<T>>,
    /// TURNS.
    turn: Mutex<()>,
}

pub(super) struct Book<T> {
    pub(super) value: Arc<T>,
    pub(super) version: u64,
    pub(super) senders: usize,
    pub(super) receivers: usize,
    changed: Line,
    gone: Line,
    /// Who has the turn and runs a user's code meanwhile.
    modifier: Option<ThreadId>,
}

impl<T> Shared<T> {
    /// With one end of each kind.
    pub(super) fn new(initial: T) -> Self {
        let book = Book {
            value: Arc::new(initial),
            version: 0,
            senders: 1,
            receivers: 1,
            changed: Line::new(),
            gone: Line::new(),
            modifier: None,
        };
        Self { list: WaitList::of(book), turn: Mutex::new(()) }
    }

    /// Waits for the turn to send, as long as another one takes to modify the value.
    pub(super) fn take_turn(&self) -> Turn<'_, T> {
        let guard = match self.turn.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(broken)) => broken.into_inner(),
            Err(TryLockError::WouldBlock) => {
                let modifier = self.list.lock().modifier;
                assert!(
                    modifier != Some(this_thread()),
                    "the function given to `send_modify` or `send_if_modified` sends to the channel \
                     it modifies, and would wait for itself: send when it has returned"
                );
                lock(&self.turn)
            }
        };
        Turn { shared: self, modifying: false, _guard: guard }
    }

    /// Makes `value` the latest, ends the turn, and tells the receivers. Answers the value before,
    /// and what the wakers threw.
    pub(super) fn replace<'a>(
        &'a self,
        turn: Turn<'_, T>,
        mut book: LineGuard<'a, Book<T>>,
        value: T,
    ) -> (Arc<T>, Panics) {
        let before = mem::replace(&mut book.value, Arc::new(value));
        book.version += 1;
        if turn.end_locked() {
            book.modifier = None;
        }
        let mut panics = Panics::default();
        call_all::<Changed, _>(&self.list, book, &mut panics);
        (before, panics)
    }

    pub(super) fn statistics(&self) -> WatchStatistics {
        let book = self.list.lock();
        WatchStatistics {
            senders: book.senders,
            receivers: book.receivers,
            waiting: book.changed.waiting(),
            changes: book.version,
        }
    }
}

impl<T> Book<T> {
    /// That there is a value not `seen` yet, which it is from now on, or that none will come. `None`:
    /// not yet.
    pub(super) fn news(&self, seen: &mut u64) -> Option<Result<(), Closed>> {
        if self.version != *seen {
            *seen = self.version;
            return Some(Ok(()));
        }
        (self.senders == 0).then_some(Err(Closed(())))
    }
}

/// The right to send.
#[must_use]
pub(super) struct Turn<'a, T> {
    shared: &'a Shared<T>,
    modifying: bool,
    _guard: MutexGuard<'a, ()>,
}

impl<T> Turn<'_, T> {
    /// A user's code will run before the turn ends.
    pub(super) fn is_modifying(&mut self) {
        self.modifying = true;
        self.shared.list.lock().modifier = Some(this_thread());
    }

    /// Ends with the book locked; answers whether the modifier is to be struck out there.
    fn end_locked(mut self) -> bool {
        mem::take(&mut self.modifying)
    }
}

impl<T> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        if self.modifying {
            self.shared.list.lock().modifier = None;
        }
    }
}

/// The line of those who wait for a change.
pub(super) enum Changed {}

/// The line of those who wait until there are no receivers.
pub(super) enum Gone {}

impl<T> Side<Book<T>> for Changed {
    fn line(book: &mut Book<T>) -> &mut Line {
        &mut book.changed
    }
}

impl<T> Side<Book<T>> for Gone {
    fn line(book: &mut Book<T>) -> &mut Line {
        &mut book.gone
    }
}

impl<T> Serve<Changed, Book<T>> for Shared<T> {
    fn list(&self) -> &WaitList<Book<T>> {
        &self.list
    }

    fn arrive(&self, seen: usize, book: &mut Book<T>) -> Option<usize> {
        (book.version as usize != seen || book.senders == 0).then_some(seen)
    }

    fn give_back(&self, _nothing: usize) {}

    fn serve<const N: usize>(&self, _book: &mut Book<T>, _calls: &mut Calls<N>) -> bool {
        false
    }

    fn reason(&self) -> (Wait, u64) {
        (Wait::Queue, 0)
    }
}

impl<T> Serve<Gone, Book<T>> for Shared<T> {
    fn list(&self) -> &WaitList<Book<T>> {
        &self.list
    }

    fn arrive(&self, nothing: usize, book: &mut Book<T>) -> Option<usize> {
        (book.receivers == 0).then_some(nothing)
    }

    fn give_back(&self, _nothing: usize) {}

    fn serve<const N: usize>(&self, _book: &mut Book<T>, _calls: &mut Calls<N>) -> bool {
        false
    }

    fn reason(&self) -> (Wait, u64) {
        (Wait::Other, 0)
    }
}

pin_project! {
    /// Waits for a change, and marks it as seen.
    pub(super) struct Changing<'a, T> {
        #[pin]
        pub(super) waiter: Waiter<&'a Shared<T>, Changed, Book<T>>,
        pub(super) seen: &'a mut u64,
    }
}

impl<T> Future for Changing<'_, T> {
    type Output = Result<(), Closed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let seen = this.seen;
        let polled = this.waiter.poll_with(cx, |book, _| book.news(seen));
        // One is called for a change, or because none will come.
        polled.map(|(_, news)| news.unwrap_or(Err(Closed(()))))
    }
}

pin_project! {
    /// Waits until there are no receivers.
    pub(super) struct Emptying<'a, T> {
        #[pin]
        pub(super) waiter: Waiter<&'a Shared<T>, Gone, Book<T>>,
    }
}

impl<T> Future for Emptying<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().waiter.poll_given(cx).map(|_| ())
    }
}
