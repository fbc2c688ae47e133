//! A count of permits and the line of those who want some: what locks and semaphores stand on.
//!
//! One word holds the count and whether there is a line. As long as there is none, taking and
//! giving are one compare-and-swap each. Once there is one, everybody goes through the lock of
//! the line, and what is given goes to the first in it.
//!
//! # The protocol
//!
//! - MIRROR: `QUEUED` is set exactly while the line is not empty, and changes only under its lock.
//! - STILL: while `QUEUED` is set the word changes only under the lock (the free paths refuse it).
//! - NO BARGING: whoever takes permits either found no line or was the first in it.

use evenkeel_context::Wait;

use crate::calls::{Calls, Panics};
use crate::loom::{AtomicUsize, Ordering, const_unless_loom};
use crate::waitlist::{Called, Line, Serve, WaitList};

const QUEUED: usize = 1;
const ONE: usize = 2;

/// The most permits there can be.
pub(crate) const MAX: usize = usize::MAX / ONE;

/// A primitive that is a turnstile, and what it makes of a permit.
pub(crate) trait Gate {
    fn turnstile(&self) -> &Turnstile;

    /// Hears, under the line's lock, whom each grant went to.
    fn granted(&self, _called: Called) {}

    /// Hears, under the line's lock, of the end of a wait that was [listed](crate::waitlist::Waiter::list).
    fn unlist(&self, _waiter: Called) {}

    /// Takes `want` if they may be had at once without passing anybody in line.
    fn try_take(&self, want: usize) -> bool {
        self.turnstile().try_take(want)
    }

    /// `n` that somebody had, or was handed and did not come for, are free for the next.
    fn release(&self, n: usize);

    /// Why one waits here, for those who look from outside.
    fn reason(&self) -> (Wait, u64);
}

impl<G: Gate + ?Sized> Serve for G {
    fn list(&self) -> &WaitList {
        self.turnstile().list()
    }

    #[inline]
    fn try_take(&self, want: usize) -> bool {
        Gate::try_take(self, want)
    }

    fn take_or_queue(&self, want: usize) -> bool {
        self.turnstile().take_or_queue(want)
    }

    fn give_back(&self, given: usize) {
        self.release(given);
    }

    fn serve<const N: usize>(&self, line: &mut Line, calls: &mut Calls<N>) -> bool {
        self.turnstile().serve(line, 0, calls, |called| self.granted(called))
    }

    fn exchange(&self, back: usize, want: usize) -> bool {
        self.turnstile().exchange(back, want)
    }

    fn unlist(&self, waiter: Called) {
        Gate::unlist(self, waiter);
    }

    fn reason(&self) -> (Wait, u64) {
        Gate::reason(self)
    }
}

pub(crate) struct Turnstile {
    /// `permits * ONE`, and `QUEUED`.
    word: AtomicUsize,
    list: WaitList,
}

impl Turnstile {
    const_unless_loom! {
        pub(crate) const fn new(permits: usize) -> Self {
            Self { word: AtomicUsize::new(permits * ONE), list: WaitList::new() }
        }
    }

    pub(crate) fn list(&self) -> &WaitList {
        &self.list
    }

    /// How many permits nobody has; a line may be waiting for more than that.
    pub(crate) fn permits(&self) -> usize {
        // Relaxed: a figure to look at, nothing is concluded from it.
        self.word.load(Ordering::Relaxed) / ONE
    }

    /// Whether one permit could not be had at once.
    pub(crate) fn is_shut(&self) -> bool {
        // Relaxed: as in `permits`.
        let word = self.word.load(Ordering::Relaxed);
        word & QUEUED != 0 || word < ONE
    }

    /// Takes the last permit of a free turnstile of one: a single instruction.
    #[inline]
    pub(crate) fn try_take_only(&self) -> bool {
        // Acquire: pairs with the Release in `try_give` and `serve`, so that the taker sees what
        // was done under the permit.
        self.word.compare_exchange(ONE, 0, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Takes `want` permits if there are as many and no line.
    #[inline]
    pub(crate) fn try_take(&self, want: usize) -> bool {
        let mut word = self.word.load(Ordering::Relaxed);
        while word & QUEUED == 0 && word / ONE >= want {
            // Acquire: as in `try_take_only`.
            match self.word.compare_exchange_weak(
                word,
                word - want * ONE,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// The same with the line locked; refused, `QUEUED` is set and the caller must join.
    pub(crate) fn take_or_queue(&self, want: usize) -> bool {
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            if word & QUEUED != 0 {
                return false;
            }
            let enough = word / ONE >= want;
            let next = if enough { word - want * ONE } else { word | QUEUED };
            // Acquire: as in `try_take_only`; and when we queue, for those who will be called.
            match self.word.compare_exchange_weak(word, next, Ordering::Acquire, Ordering::Relaxed)
            {
                Ok(_) => return enough,
                Err(now) => word = now,
            }
        }
    }

    /// Gives `n` permits back: to the first in line, as far as they go. `guess` is what the word
    /// probably holds in permits, and saves a look at it.
    ///
    /// `granted` hears, under the lock, whom each grant went to.
    ///
    /// # Panics
    ///
    /// If there would be more than [`MAX`].
    #[inline]
    pub(crate) fn give<const N: usize>(
        &self,
        n: usize,
        guess: Option<usize>,
        granted: impl Fn(Called),
    ) {
        let word = match guess {
            Some(permits) => permits * ONE,
            None => self.word.load(Ordering::Relaxed),
        };
        if !self.try_give(n, word) {
            self.give_to_line::<N>(n, granted);
        }
    }

    /// Gives `n` back if there is no line.
    #[inline]
    fn try_give(&self, n: usize, mut word: usize) -> bool {
        while word & QUEUED == 0 {
            let next = added(word / ONE, n) * ONE;
            // Release: pairs with the Acquire of whoever takes the permit next.
            match self.word.compare_exchange_weak(word, next, Ordering::Release, Ordering::Relaxed)
            {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    #[cold]
    fn give_to_line<const N: usize>(&self, n: usize, granted: impl Fn(Called)) {
        let mut panics = Panics::default();
        let mut n = n;
        let mut calls = Calls::<N>::new();
        loop {
            let more = self.serve(&mut self.list.lock(), n, &mut calls, &granted);
            calls.wake(&mut panics);
            if !more {
                break;
            }
            n = 0; // The word has them; this round only calls the rest.
        }
        panics.resume();
    }

    /// Adds `n` permits and calls, from the front of the locked line, all who can be served, as
    /// far as `calls` has room. Answers whether there was too little.
    pub(crate) fn serve<const N: usize>(
        &self,
        line: &mut Line,
        n: usize,
        calls: &mut Calls<N>,
        granted: impl Fn(Called),
    ) -> bool {
        // Relaxed: with QUEUED set the word is STILL, so the Acquire in `take_or_queue` came after
        // the last free give, and the line's lock puts us after that.
        let word = self.word.load(Ordering::Relaxed);
        if word & QUEUED == 0 {
            // The line left before we came to it, and STILL no longer holds.
            let given = n == 0 || self.try_give(n, word);
            debug_assert!(given, "QUEUED was set without the lock");
            return false;
        }
        let mut permits = added(word / ONE, n);
        let mut more = false;
        while let Some((want, _)) = line.first() {
            if want > permits {
                break;
            }
            if calls.is_full() {
                more = true;
                break;
            }
            if let Some((waker, called)) = line.grant_first() {
                permits -= want;
                granted(called);
                calls.push(waker);
            }
        }
        let queued = if line.is_empty() { 0 } else { QUEUED };
        // STILL: nobody else writes the word now. Release: pairs with the Acquire of a free taker.
        self.word.store((permits * ONE) | queued, Ordering::Release);
        more
    }
}

impl Turnstile {
    /// Takes `want` with the line locked, by one who is in it, if there are as many with the `back`
    /// that come back; the rest is for the first in line.
    fn exchange(&self, back: usize, want: usize) -> bool {
        // Relaxed: STILL, there is a line and it is locked.
        let word = self.word.load(Ordering::Relaxed);
        debug_assert!(word & QUEUED != 0, "the taker is in line");
        let permits = added(word / ONE, back);
        if want > permits {
            return false;
        }
        // Release: as in `serve`; no free taker looks before that has emptied the line.
        self.word.store(((permits - want) * ONE) | QUEUED, Ordering::Release);
        true
    }
}

#[inline]
fn added(permits: usize, n: usize) -> usize {
    match permits.checked_add(n) {
        Some(sum) if sum <= MAX => sum,
        _ => panic!("more permits than a semaphore can count"),
    }
}
