//! What both ends of a broadcast share: the values kept, how many receivers have yet to see each, and
//! the line of those who have seen them all.
//!
//! # Invariants
//!
//! - ONE BOOK: values, counts and line are behind one lock. So who finds nothing to see is in line
//!   before the next value is there.
//! - FRONT FIRST: a receiver sees the values in order, and who has not seen one has not seen those
//!   after it. So a value that all have seen is the first of those kept, and is taken out there.

use std::collections::VecDeque;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use evenkeel_context::Wait;
use pin_project_lite::pin_project;

use super::{BroadcastStatistics, Receiver, RecvError};
use crate::calls::Calls;
use crate::waitlist::{Line, Only, Serve, Side, WaitList, Waiter};

pub(super) struct Shared<T> {
    pub(super) capacity: usize,
    pub(super) list: WaitList<Book<T>>,
}

pub(super) struct Book<T> {
    ring: VecDeque<Slot<T>>,
    /// The number of the first value in the ring.
    first: u64,
    pub(super) senders: usize,
    pub(super) receivers: usize,
    line: Line,
}

pub(super) struct Slot<T> {
    value: Arc<T>,
    /// How many receivers have not seen it yet; never 0 in the ring.
    unseen: usize,
}

impl<T> Shared<T> {
    pub(super) fn subscribe(self: &Arc<Self>) -> Receiver<T> {
        let mut book = self.list.lock();
        book.receivers += 1;
        Receiver { shared: self.clone(), next: book.end() }
    }

    pub(super) fn statistics(&self) -> BroadcastStatistics {
        let book = self.list.lock();
        BroadcastStatistics {
            capacity: self.capacity,
            kept: book.ring.len(),
            senders: book.senders,
            receivers: book.receivers,
            waiting: book.line.waiting(),
            sent: book.end(),
        }
    }
}

impl<T> Book<T> {
    /// With one end of each kind.
    pub(super) fn new() -> Self {
        Self { ring: VecDeque::new(), first: 0, senders: 1, receivers: 1, line: Line::new() }
    }

    /// The number of the value that is sent next.
    fn end(&self) -> u64 {
        self.first + self.ring.len() as u64
    }

    /// Keeps `value` for all receivers, of which there is one at least. Answers the value for which
    /// there is no more room, to be dropped after the unlock.
    pub(super) fn push(&mut self, value: T, capacity: usize) -> Option<Slot<T>> {
        let evicted = if self.ring.len() == capacity { self.pop() } else { None };
        self.ring.push_back(Slot { value: Arc::new(value), unseen: self.receivers });
        evicted
    }

    fn pop(&mut self) -> Option<Slot<T>> {
        let slot = self.ring.pop_front();
        self.first += u64::from(slot.is_some());
        slot
    }

    /// What a receiver that sees `next` next is to be told now, if there is anything.
    pub(super) fn take(&mut self, next: &mut u64) -> Option<Result<Arc<T>, RecvError>> {
        if *next < self.first {
            let missed = self.first - mem::replace(next, self.first);
            return Some(Err(RecvError::Lagged(missed)));
        }
        let at = (*next - self.first) as usize;
        let Some(slot) = self.ring.get_mut(at) else {
            return (self.senders == 0).then_some(Err(RecvError::Closed));
        };
        *next += 1;
        slot.unseen -= 1;
        if slot.unseen > 0 {
            return Some(Ok(slot.value.clone()));
        }
        debug_assert_eq!(at, 0, "FRONT FIRST");
        self.pop().map(|slot| Ok(slot.value))
    }

    /// How many of the values kept a receiver that sees `next` next has not seen.
    pub(super) fn unseen(&self, next: u64) -> usize {
        (self.end() - next.max(self.first)) as usize
    }

    /// A receiver that would have seen `next` next goes away. Answers the values only it had not
    /// seen, to be dropped after the unlock.
    pub(super) fn leave(&mut self, next: u64) -> Vec<Slot<T>> {
        self.receivers -= 1;
        let seen = self.ring.len() - self.unseen(next);
        for slot in self.ring.range_mut(seen..) {
            slot.unseen -= 1;
        }
        let mut gone = Vec::new();
        while self.ring.front().is_some_and(|slot| slot.unseen == 0) {
            gone.extend(self.pop());
        }
        gone
    }
}

impl<T> Side<Book<T>> for Only {
    fn line(book: &mut Book<T>) -> &mut Line {
        &mut book.line
    }
}

impl<T> Serve<Only, Book<T>> for Shared<T> {
    fn list(&self) -> &WaitList<Book<T>> {
        &self.list
    }

    fn arrive(&self, next: usize, book: &mut Book<T>) -> Option<usize> {
        // Nobody is further than the end; one who is not there has something to see.
        (book.end() as usize != next || book.senders == 0).then_some(next)
    }

    fn give_back(&self, _nothing: usize) {}

    fn serve<const N: usize>(&self, _book: &mut Book<T>, _calls: &mut Calls<N>) -> bool {
        false
    }

    fn reason(&self) -> (Wait, u64) {
        (Wait::Queue, 0)
    }
}

pin_project! {
    /// Waits for something to be told of, and takes it.
    pub(super) struct Receiving<'a, T> {
        #[pin]
        pub(super) waiter: Waiter<&'a Shared<T>, Only, Book<T>>,
        pub(super) next: &'a mut u64,
    }
}

impl<T> Future for Receiving<'_, T> {
    type Output = Result<Arc<T>, RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let next = this.next;
        let polled = this.waiter.poll_with(cx, |book, _| book.take(next));
        // One is called for a value, or because none will come.
        polled.map(|(_, taken)| taken.unwrap_or(Err(RecvError::Closed)))
    }
}
