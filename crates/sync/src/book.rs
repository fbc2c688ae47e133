//! The book of a stock: items, who waits on either side, and what was promised to whom.
//!
//! Queues and channels stand on it. It is what the lock of a [`Stock`](crate::stock::Stock) guards;
//! it takes no lock and wakes nobody, but answers who is to be woken.
//!
//! Who is called from a line is not given an item but the promise of one, and fetches it when it
//! runs; so an item is inside until somebody has it in hand, and one who is dropped before it came
//! gives back a promise and nothing else. Room is the same: a putter is promised a place, and puts
//! when it runs.
//!
//! ```text
//!   a getter                                   a putter
//!   in line ──1──▶ promised ──3──▶ has it      in line ──5──▶ reserved ──7──▶ has put
//!      ▲              │4                          ▲              │8
//!     2│              ▼                          6│              ▼
//!    comes    the next is promised it           comes    the next has the place
//!
//! 1 call_getter   2 promise   3 take   4 break_promise
//! 5 call_putter   6 reserve   7 put    8 unreserve
//! ```
//!
//! # Invariants
//!
//! - KEPT: as many items are inside as are promised, unless an end has thrown all away; and there
//!   is room for as many as are reserved.
//! - NO BARGING: somebody waits for an item only while every item is promised, and for room only
//!   while every place is filled or reserved. So a newcomer who leaves those alone passes nobody.
//! - ALL TOLD: when no item can come any more nobody waits for one, when none is taken in nobody
//!   waits for room, and when nothing is unfinished nobody waits to join.

use std::task::Waker;

use crate::calls::Calls;
use crate::order::Order;
use crate::waitlist::{Line, Side};

/// In this order, so that what every put and every take looks at lies together, at the lock.
#[repr(C)]
pub(crate) struct Book<O> {
    /// Nothing is taken in any more.
    ended: bool,
    items: O,
    /// How many items there is room for.
    places: usize,
    /// How many items are kept for getters that were called and have not come yet.
    promised: usize,
    /// How many places are kept for putters that were called and have not come yet, or have asked
    /// for the place alone.
    reserved: usize,
    puts: u64,
    peak: usize,
    getters: Line,
    putters: Line,
    /// How many items were taken and are not done.
    taken: usize,
    /// How many of those nobody tells the end of but `task_done`.
    by_hand: usize,
    joiners: Line,
    /// How many ends of either kind a channel has; a queue counts none.
    pub(crate) senders: usize,
    pub(crate) receivers: usize,
}

/// Those who wait for an item.
pub(crate) enum Getters {}
/// Those who wait for room.
pub(crate) enum Putters {}
/// Those who wait until nothing is unfinished.
pub(crate) enum Joiners {}

/// What one who is called is given: an item or a place to come for.
pub(crate) const ONE: usize = 1;
/// The same, when there will never be one.
pub(crate) const NOTHING: usize = 0;

/// Whether an item that is taken counts as unfinished until somebody says that it is done.
#[derive(Clone, Copy)]
pub(crate) enum Count {
    Unfinished,
    Done,
}

/// Who is to be told of a change, once nothing is locked.
#[must_use]
pub(crate) struct News {
    pub(crate) called: Option<Waker>,
    /// That was the last item, and those in line for one have to be told.
    pub(crate) over: bool,
}

impl<O: Order> Book<O> {
    pub(crate) fn new(places: usize) -> Self {
        Self {
            ended: false,
            items: O::default(),
            places,
            promised: 0,
            reserved: 0,
            puts: 0,
            peak: 0,
            getters: Line::new(),
            putters: Line::new(),
            taken: 0,
            by_hand: 0,
            joiners: Line::new(),
            senders: 0,
            receivers: 0,
        }
    }

    /// Promises a newcomer an item, or tells it that there is [`NOTHING`]; `None`: it has to wait.
    #[inline]
    pub(crate) fn promise(&mut self) -> Option<usize> {
        if self.items.len() > self.promised {
            self.promised += 1;
            Some(ONE)
        } else {
            self.is_over().then_some(NOTHING)
        }
    }

    /// Takes an item, for one who was `given` the promise of it; `None` if there is nothing more.
    #[inline(always)]
    pub(crate) fn take(&mut self, given: usize, count: Count) -> (Option<O::Item>, News) {
        // First of all, should the comparison of two items panic.
        self.promised -= given;
        let item = if given == NOTHING { None } else { self.items.pop() };
        if item.is_some() {
            self.taken += usize::from(matches!(count, Count::Unfinished));
        }
        let over = self.is_over() && !self.getters.is_empty();
        (item, News { called: self.call_putter(), over })
    }

    /// Takes what is promised to nobody else as well, in their order, until `room` holds `full` items or so
    /// many putters are called that nobody could note another. Answers whether those in line for an item have
    /// to be told that this was the last.
    pub(crate) fn take_many<const N: usize>(
        &mut self,
        mut given: usize,
        room: &mut Vec<O::Item>,
        full: usize,
        calls: &mut Calls<N>,
    ) -> bool {
        loop {
            let (item, news) = self.take(given, Count::Done);
            if let Some(waker) = news.called {
                calls.push(waker);
            }
            let Some(item) = item else { return news.over };
            room.push(item);
            // Each promise is kept before the next is made: so should a `push` panic, nothing is owed.
            if room.len() >= full || calls.is_full() || self.items.len() <= self.promised {
                return news.over;
            }
            self.promised += 1;
            given = ONE;
        }
    }

    /// One who was `given` the promise of an item has not come for it.
    pub(crate) fn break_promise(&mut self, given: usize) -> News {
        self.promised -= given;
        News { called: self.call_getter(), over: false }
    }

    /// Reserves a place for a newcomer, or tells it that there is [`NOTHING`]; `None`: it has to
    /// wait.
    #[inline]
    pub(crate) fn reserve(&mut self) -> Option<usize> {
        if self.ended {
            Some(NOTHING)
        } else if self.is_full() {
            None
        } else {
            self.reserved += 1;
            Some(ONE)
        }
    }

    /// Puts what `item` holds, for one who was `given` the place; `None`, and `item` is left alone,
    /// if nothing is taken in any more.
    #[inline(always)]
    pub(crate) fn put(&mut self, given: usize, item: &mut Option<O::Item>) -> Option<News> {
        self.reserved -= given;
        if self.ended {
            return None;
        }
        self.items.push(item.take().expect("put only once"));
        self.puts += 1;
        self.peak = self.peak.max(self.items.len());
        Some(News { called: self.call_getter(), over: false })
    }

    /// Leaves the place to one who was `given` it; false if nothing is taken in any more.
    pub(crate) fn keep(&mut self, given: usize) -> bool {
        if self.ended {
            self.reserved -= given;
        }
        !self.ended
    }

    /// One who was `given` a place does not need it.
    pub(crate) fn unreserve(&mut self, given: usize) -> News {
        self.reserved -= given;
        News { called: self.call_putter(), over: false }
    }

    /// Promises an item to the first in line for one, if there is any that is not promised.
    #[inline]
    fn call_getter(&mut self) -> Option<Waker> {
        if self.items.len() <= self.promised {
            return None;
        }
        let (waker, _) = self.getters.call_first_with(ONE)?;
        self.promised += 1;
        Some(waker)
    }

    /// Reserves a place for the first in line for one, if there is any.
    #[inline]
    fn call_putter(&mut self) -> Option<Waker> {
        if self.is_full() {
            return None;
        }
        let (waker, _) = self.putters.call_first_with(ONE)?;
        self.reserved += 1;
        Some(waker)
    }

    /// Takes nothing in any more, and hands over what is inside if that is to be thrown away.
    pub(crate) fn end(&mut self, throw_away: bool) -> Option<O> {
        self.ended = true;
        throw_away.then(|| std::mem::take(&mut self.items))
    }

    /// The end of an item that was taken will be told by hand.
    pub(crate) fn leave_by_hand(&mut self) {
        self.by_hand += 1;
    }

    /// One whose end is told by hand is about to be [`done`](Book::done), if there is any.
    pub(crate) fn take_by_hand(&mut self) -> bool {
        let any = self.by_hand > 0;
        self.by_hand -= usize::from(any);
        any
    }

    /// An item that was taken is done; answers whether joiners have to be told that it was the last.
    pub(crate) fn done(&mut self) -> bool {
        self.taken -= 1;
        self.unfinished() == 0 && !self.joiners.is_empty()
    }

    /// Whether no item will ever be had again.
    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        self.ended && self.items.is_empty()
    }

    /// Whether nothing is taken in any more.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether every place is filled or reserved.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.items.len() + self.reserved >= self.places
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// How many items there is room for, if that is bounded.
    pub(crate) fn capacity(&self) -> Option<usize> {
        (self.places != usize::MAX).then_some(self.places)
    }

    /// How many items are inside, or taken and not done.
    pub(crate) fn unfinished(&self) -> usize {
        self.items.len() + self.taken
    }

    pub(crate) fn puts(&self) -> u64 {
        self.puts
    }

    /// The most items that ever were inside.
    pub(crate) fn peak(&self) -> usize {
        self.peak
    }

    /// How many wait in line `S`.
    pub(crate) fn waiting<S: Side<Self>>(&mut self) -> usize {
        S::line(self).waiting()
    }
}

impl<O> Side<Book<O>> for Getters {
    fn line(book: &mut Book<O>) -> &mut Line {
        &mut book.getters
    }
}

impl<O> Side<Book<O>> for Putters {
    fn line(book: &mut Book<O>) -> &mut Line {
        &mut book.putters
    }
}

impl<O> Side<Book<O>> for Joiners {
    fn line(book: &mut Book<O>) -> &mut Line {
        &mut book.joiners
    }
}
