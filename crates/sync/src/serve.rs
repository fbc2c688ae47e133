//! Serving a line: what a primitive decides of those who wait, and how they are called.

use evenkeel_context::Wait;

use crate::calls::{Calls, Panics};
use crate::line::{Called, Line, Only, Side, WaitList};
use crate::loom::LineGuard;

/// What a primitive decides: who may be served, and what becomes of what nobody came for.
///
/// `S` is the line meant, `B` what its lock guards: left out, one line and nothing else.
pub(crate) trait Serve<S: Side<B> = Only, B = Line> {
    /// Whether there is nothing to come for once one was called: it goes on without the lock.
    const TOLD: bool = false;

    fn list(&self) -> &WaitList<B>;

    /// Takes `want` if it may be had at once without passing anybody in line. A primitive that
    /// cannot tell without the lock says no.
    fn try_take(&self, _want: usize) -> bool {
        false
    }

    /// The same with the line locked. Refused, the caller joins the line before it unlocks it.
    fn take_or_queue(&self, _want: usize) -> bool {
        false
    }

    /// The same for a primitive that looks at the line, or gives something else than was wanted.
    fn arrive(&self, want: usize, _book: &mut B) -> Option<usize> {
        self.take_or_queue(want).then_some(want)
    }

    /// One who was called is gone without having come for what it was `given`: the next may have it.
    fn give_back(&self, given: usize);

    /// One has left the locked line. Calls those it held up, and answers whether more could be
    /// called than `calls` had room for.
    fn serve<const N: usize>(&self, book: &mut B, calls: &mut Calls<N>) -> bool;

    /// With the line locked: takes `want` if there is as much with what comes back, and keeps the
    /// rest. Only for a primitive that [grants](Line::grant_first).
    fn exchange(&self, _back: usize, _want: usize) -> bool {
        false
    }

    /// With the line locked: one who was [listed](Waiter::list) has come for what it was given, or is
    /// gone.
    fn unlist(&self, _waiter: Called) {}

    /// Why one waits here, for those who look from outside.
    fn reason(&self) -> (Wait, u64);
}

/// Calls, batch by batch, everybody who can be served now; wakes them with nothing held.
pub(crate) fn serve_all<S, B, O>(owner: &O, panics: &mut Panics)
where
    S: Side<B>,
    O: Serve<S, B> + ?Sized,
{
    let mut calls = Calls::<8>::new();
    loop {
        let more = owner.serve(&mut owner.list().lock(), &mut calls);
        calls.wake(panics);
        if !more {
            return;
        }
    }
}

/// Calls everybody in line, first come first, and wakes them with nothing held.
pub(crate) fn call_all<'a, S: Side<B>, B>(
    list: &'a WaitList<B>,
    book: LineGuard<'a, B>,
    panics: &mut Panics,
) {
    call_up::<S, B>(list, book, usize::MAX, panics);
}

/// Calls the first `n` in line, first come first, and wakes them with nothing held. Those who join
/// between two batches are not meant.
pub(crate) fn call_up<'a, S: Side<B>, B>(
    list: &'a WaitList<B>,
    mut book: LineGuard<'a, B>,
    mut n: usize,
    panics: &mut Panics,
) {
    let line = S::line(&mut book);
    if n <= 1 || line.waiting() <= 1 {
        let called = if n == 0 { None } else { line.tell_first() };
        drop(book);
        if let Some(waker) = called {
            panics.catch(|| waker.wake());
        }
        return;
    }
    let last = line.arrivals();
    let mut calls = Calls::<32>::new();
    loop {
        let line = S::line(&mut book);
        while n > 0 && !calls.is_full() && line.first().is_some_and(|(_, ticket)| ticket <= last) {
            if let Some(waker) = line.tell_first() {
                calls.push(waker);
                n -= 1;
            }
        }
        drop(book);
        let more = calls.is_full();
        calls.wake(panics);
        if !more {
            return;
        }
        book = list.lock();
    }
}
