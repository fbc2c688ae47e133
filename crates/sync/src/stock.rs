//! The stock: a [`Book`] behind one lock, those who wait at it, and who wakes them.
//!
//! Everything changes under that lock, so there is one order of all that happens to a queue or a
//! channel. Wakers are called, and items dropped, after the unlock.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use evenkeel_context::Wait;

use crate::book::{Book, Count, Getters, Joiners, NOTHING, News, ONE, Putters};
use crate::calls::{Calls, Panics};
use crate::event::Event;
use crate::loom::LineGuard;
use crate::order::Order;
use crate::waitlist::{Handle, Serve, WaitList, Waiter, call_all};

#[repr(C)]
pub(crate) struct Stock<O> {
    list: WaitList<Book<O>>,
    /// Set, and never cleared, once nothing is taken in any more.
    ended: Event,
}

/// What these want is in their line's name, and [`NOTHING`] besides: that is what they are given when
/// everybody in line is called.
pub(crate) type Getter<P, O> = Waiter<P, Getters, Book<O>>;
pub(crate) type Putter<P, O> = Waiter<P, Putters, Book<O>>;
pub(crate) type Joiner<P, O> = Waiter<P, Joiners, Book<O>>;

/// Why nothing was put.
pub(crate) enum NotPut {
    Full,
    Ended,
}

impl<O: Order> Stock<O> {
    pub(crate) fn new(places: usize) -> Self {
        Self { list: WaitList::of(Book::new(places)), ended: Event::new() }
    }

    /// Happens when nothing is taken in any more.
    pub(crate) fn ended(&self) -> &Event {
        &self.ended
    }

    pub(crate) fn lock(&self) -> LineGuard<'_, Book<O>> {
        self.list.lock()
    }

    /// Takes an item that is promised to nobody, if there is one; with `None` for the item, there
    /// is nothing more. Who has the item in safety has to [`tell`](Stock::tell) the news.
    #[inline]
    pub(crate) fn try_get(&self, count: Count) -> Option<(Option<O::Item>, News)> {
        let mut book = self.lock();
        let given = book.promise()?;
        Some(book.take(given, count))
    }

    /// The same, or in line for it.
    #[inline]
    pub(crate) fn poll_get<P: Handle<Target = Self>>(
        getter: Pin<&mut Getter<P, O>>,
        cx: &mut Context<'_>,
        count: Count,
    ) -> Poll<(P, Option<O::Item>, News)> {
        let taken = getter.poll_with(cx, |book, given| book.take(given, count));
        taken.map(|(stock, (item, news))| (stock, item, news))
    }

    /// The same for many at once, at the end of `room`: how many came, which is 0 if there is nothing more.
    ///
    /// One lock for all, unless more putters wait than are called at once.
    pub(crate) fn poll_get_many<P: Handle<Target = Self>>(
        getter: Pin<&mut Getter<P, O>>,
        cx: &mut Context<'_>,
        room: &mut Vec<O::Item>,
        limit: usize,
    ) -> Poll<usize> {
        let before = room.len();
        let full = before.saturating_add(limit);
        let mut called = None; // Made when it is needed: it is large.
        let taken = getter.poll_with(cx, |book, given| {
            book.take_many(given, room, full, called.insert(Calls::<32>::new()))
        });
        let (stock, mut over) = ready!(taken);
        let mut panics = Panics::default();
        if let Some(calls) = &mut called {
            while calls.is_full() && room.len() < full {
                calls.wake(&mut panics);
                let mut book = stock.lock();
                let Some(given) = book.promise() else { break };
                over |= book.take_many(given, room, full, calls);
            }
            calls.wake(&mut panics);
        }
        if over {
            call_all::<Getters, _>(&stock.list, stock.lock(), &mut panics);
        }
        panics.resume();
        Poll::Ready(room.len() - before)
    }

    /// Puts what `item` holds, or leaves it there.
    #[inline]
    pub(crate) fn try_put(&self, item: &mut Option<O::Item>) -> Result<(), NotPut> {
        let mut book = self.lock();
        let given = book.reserve().ok_or(NotPut::Full)?;
        let news = book.put(given, item).ok_or(NotPut::Ended)?;
        drop(book);
        self.tell(news);
        Ok(())
    }

    /// The same, or in line for room. Ready, and `item` still there: nothing is taken in any more.
    #[inline]
    pub(crate) fn poll_put<P: Handle<Target = Self>>(
        putter: Pin<&mut Putter<P, O>>,
        cx: &mut Context<'_>,
        item: &mut Option<O::Item>,
    ) -> Poll<()> {
        putter.poll_with(cx, |book, given| book.put(given, item)).map(|(stock, news)| {
            if let Some(news) = news {
                stock.tell(news);
            }
        })
    }

    /// Takes a place and puts nothing yet.
    pub(crate) fn try_reserve(&self) -> Result<(), NotPut> {
        let mut book = self.lock();
        let given = book.reserve().ok_or(NotPut::Full)?;
        if book.keep(given) { Ok(()) } else { Err(NotPut::Ended) }
    }

    /// The same, or in line for it. False: nothing is taken in any more.
    pub(crate) fn poll_reserve<P: Handle<Target = Self>>(
        putter: Pin<&mut Putter<P, O>>,
        cx: &mut Context<'_>,
    ) -> Poll<(P, bool)> {
        putter.poll_with(cx, |book, given| book.keep(given))
    }

    /// Puts what `item` holds into the place that was reserved, or leaves it there if nothing is
    /// taken in any more.
    pub(crate) fn put_reserved(&self, item: &mut Option<O::Item>) {
        let news = self.lock().put(ONE, item);
        if let Some(news) = news {
            self.tell(news);
        }
    }

    /// A place that was reserved is not needed.
    pub(crate) fn unreserve(&self, given: usize) {
        let news = self.lock().unreserve(given);
        self.tell(news);
    }

    /// Takes nothing in any more. What is inside can still be taken, or is thrown away.
    pub(crate) fn end(&self, throw_away: bool) {
        let mut panics = Panics::default();
        let mut book = self.lock();
        let thrown = book.end(throw_away);
        if book.unfinished() == 0 {
            call_all::<Joiners, _>(&self.list, book, &mut panics);
            book = self.lock();
        }
        if book.is_over() {
            call_all::<Getters, _>(&self.list, book, &mut panics);
            book = self.lock();
        }
        call_all::<Putters, _>(&self.list, book, &mut panics);
        panics.catch(|| self.ended.set());
        panics.catch(|| drop(thrown));
        panics.resume();
    }

    /// An item that was taken is done.
    pub(crate) fn done(&self) {
        let mut book = self.lock();
        if book.done() {
            self.tell_joiners(book);
        }
    }

    /// One whose end is told by hand is done; false if there is none.
    pub(crate) fn done_by_hand(&self) -> bool {
        let mut book = self.lock();
        let any = book.take_by_hand();
        if any && book.done() {
            self.tell_joiners(book);
        }
        any
    }

    /// Wakes whom a change concerns.
    #[inline]
    pub(crate) fn tell(&self, news: News) {
        if news.over {
            self.tell_over(news);
        } else if let Some(waker) = news.called {
            waker.wake();
        }
    }

    #[cold]
    fn tell_over(&self, news: News) {
        let mut panics = Panics::default();
        if let Some(waker) = news.called {
            panics.catch(|| waker.wake());
        }
        call_all::<Getters, _>(&self.list, self.lock(), &mut panics);
        panics.resume();
    }

    #[cold]
    fn tell_joiners(&self, book: LineGuard<'_, Book<O>>) {
        let mut panics = Panics::default();
        call_all::<Joiners, _>(&self.list, book, &mut panics);
        panics.resume();
    }
}

impl<O: Order> Serve<Getters, Book<O>> for Stock<O> {
    fn list(&self) -> &WaitList<Book<O>> {
        &self.list
    }

    #[inline]
    fn arrive(&self, _nothing: usize, book: &mut Book<O>) -> Option<usize> {
        book.promise()
    }

    fn give_back(&self, given: usize) {
        let news = self.lock().break_promise(given);
        self.tell(news);
    }

    /// Who was only in line held up nobody.
    fn serve<const N: usize>(&self, _book: &mut Book<O>, _calls: &mut Calls<N>) -> bool {
        false
    }

    fn reason(&self) -> (Wait, u64) {
        (Wait::Queue, 0)
    }
}

impl<O: Order> Serve<Putters, Book<O>> for Stock<O> {
    fn list(&self) -> &WaitList<Book<O>> {
        &self.list
    }

    #[inline]
    fn arrive(&self, _nothing: usize, book: &mut Book<O>) -> Option<usize> {
        book.reserve()
    }

    fn give_back(&self, given: usize) {
        self.unreserve(given);
    }

    /// Who was only in line held up nobody.
    fn serve<const N: usize>(&self, _book: &mut Book<O>, _calls: &mut Calls<N>) -> bool {
        false
    }

    fn reason(&self) -> (Wait, u64) {
        (Wait::Queue, 0)
    }
}

impl<O: Order> Serve<Joiners, Book<O>> for Stock<O> {
    fn list(&self) -> &WaitList<Book<O>> {
        &self.list
    }

    fn arrive(&self, _nothing: usize, book: &mut Book<O>) -> Option<usize> {
        (book.unfinished() == 0).then_some(NOTHING)
    }

    fn give_back(&self, _nothing: usize) {}

    /// Who was only in line held up nobody.
    fn serve<const N: usize>(&self, _book: &mut Book<O>, _calls: &mut Calls<N>) -> bool {
        false
    }

    fn reason(&self) -> (Wait, u64) {
        (Wait::Queue, 0)
    }
}
