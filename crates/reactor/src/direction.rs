//! One direction of a source: its readiness word, and the wakers of those who wait for it.
//!
//! Several tasks may wait on the same direction; news wakes them all, and each tries for itself. So
//! no wake-up can be lost with a task that was woken and then dropped. Wakers are cloned, woken and
//! dropped outside the list's lock.

use std::mem;
use std::task::Waker;

use crate::loom::{Mutex, locked};
use crate::readiness::{Owed, Readiness, Seen, Wait};

/// Wakers left by `poll_` calls before those of tasks long gone are flushed out: such a call has no
/// end at which to take its waker back. All are woken then, those alive come back, and the limit
/// doubles until the next news. Larger holds more dead wakers, smaller wakes in vain more often.
const POLLED: usize = 32;

/// One direction of one source.
#[derive(Debug)]
pub struct Direction {
    word: Readiness,
    waiters: Mutex<Waiters>,
}

#[derive(Debug)]
struct Waiters {
    /// Nearly always there is one, who then needs no memory of its own: the number of his [`Place`], 0 for
    /// a `poll_` call, and his waker.
    one: Option<(u64, Waker)>,
    last_place: u64,
    /// Whoever came while there was one.
    more: Option<Box<More>>,
}

#[derive(Debug)]
struct More {
    /// Of futures, by the number of their [`Place`]: in ascending order, because they are pushed so.
    futures: Vec<(u64, Waker)>,
    /// Of `poll_` calls: each task once.
    polled: Vec<Waker>,
    polled_limit: usize,
}

/// What [`Direction::enlist`] did.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enlisted {
    /// The waker is in the list.
    Waits,
    /// News came in between, or a guess is to be seen to; the waker is not in the list.
    TryAgain,
}

impl Direction {
    /// Nothing known, nobody waiting.
    pub fn new() -> Direction {
        Direction {
            word: Readiness::new(),
            waiters: Mutex::new(Waiters { one: None, last_place: 0, more: None }),
        }
    }

    /// What is believed now; to be asked before a system call is tried.
    pub fn look(&self) -> Seen {
        self.word.look()
    }

    /// A system call tried after `seen` proved it spent. False if there is newer news.
    pub fn clear(&self, seen: Seen) -> bool {
        self.word.clear(seen)
    }

    /// A system call tried after `seen` made it likely that it is spent: to be seen to before waiting.
    pub fn guess(&self, seen: Seen) {
        self.word.guess(seen);
    }

    /// Puts `waker` in the list, unless there is news. `place` is that of the future that waits;
    /// `None` for a `poll_` call.
    pub fn enlist(&self, place: Option<&mut Place<'_>>, waker: &Waker) -> Enlisted {
        let mut waker = Some(waker.clone());
        let mut flushed = Vec::new();
        let enlisted = {
            let mut waiters = locked(&self.waiters);
            match self.word.wait() {
                Wait::TryAgain => Enlisted::TryAgain,
                Wait::Enlist => {
                    match place {
                        Some(place) => waiters.put(&mut place.number, &mut waker),
                        None => waiters.put_polled(&mut waker, &mut flushed),
                    }
                    Enlisted::Waits
                }
            }
        };
        // A waker that was replaced, or not needed, is still in `waker` and dropped here.
        drop(waker);
        flushed.into_iter().for_each(Waker::wake);
        enlisted
    }

    /// The driver heard of this direction: adds to `due` who must be woken, outside every lock.
    pub fn news(&self, closed: bool, due: &mut Vec<Waker>) {
        match self.word.news(closed) {
            Owed::Wake => self.take_all(due),
            Owed::Nothing => {}
        }
    }

    /// Adds all who wait to `due`.
    pub fn take_all(&self, due: &mut Vec<Waker>) {
        let mut waiters = locked(&self.waiters);
        due.extend(waiters.one.take().map(|(_, waker)| waker));
        if let Some(more) = &mut waiters.more {
            due.extend(more.futures.drain(..).map(|(_, waker)| waker));
            due.append(&mut more.polled);
            more.polled_limit = POLLED;
        }
    }
}

impl Default for Direction {
    fn default() -> Direction {
        Direction::new()
    }
}

impl Waiters {
    /// What was there before is left in `waker`.
    fn put(&mut self, number: &mut u64, waker: &mut Option<Waker>) {
        if let (Some(old), Some(new)) = (self.of_place(*number), &mut *waker) {
            mem::swap(old, new);
            return;
        }
        // Woken before, or new: under a new number.
        self.last_place += 1;
        *number = self.last_place;
        let Some(waker) = waker.take() else { return };
        match &self.one {
            None => self.one = Some((*number, waker)),
            Some(_) => self.more().futures.push((*number, waker)),
        }
    }

    fn put_polled(&mut self, waker: &mut Option<Waker>, flushed: &mut Vec<Waker>) {
        let Some(new) = &*waker else { return };
        match &self.one {
            None => {
                self.one = waker.take().map(|waker| (0, waker));
                return;
            }
            Some((0, one)) if one.will_wake(new) => return,
            Some(_) => {}
        }
        let more = self.more();
        if more.polled.iter().any(|other| other.will_wake(new)) {
            return;
        }
        if more.polled.len() >= more.polled_limit {
            mem::swap(&mut more.polled, flushed);
            more.polled_limit *= 2;
        }
        more.polled.extend(waker.take());
    }

    /// The waker of the future whose place has this number, if it is in the list.
    fn of_place(&mut self, number: u64) -> Option<&mut Waker> {
        match &mut self.one {
            _ if number == 0 => None,
            Some((one, waker)) if *one == number => Some(waker),
            _ => {
                let futures = &mut self.more.as_mut()?.futures;
                let at = futures.binary_search_by_key(&number, |(number, _)| *number).ok()?;
                Some(&mut futures[at].1)
            }
        }
    }

    fn remove(&mut self, number: u64) -> Option<Waker> {
        if self.one.as_ref().is_some_and(|(one, _)| *one == number) {
            return self.one.take().map(|(_, waker)| waker);
        }
        let futures = &mut self.more.as_mut()?.futures;
        let at = futures.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(futures.remove(at).1)
    }

    fn more(&mut self) -> &mut More {
        self.more.get_or_insert_with(|| {
            Box::new(More { futures: Vec::new(), polled: Vec::new(), polled_limit: POLLED })
        })
    }
}

/// The place of one future in a direction's list; given up when dropped.
#[derive(Debug)]
pub struct Place<'a> {
    direction: &'a Direction,
    /// 0: not in the list. Otherwise perhaps in the list: news empties it without a word.
    number: u64,
}

impl<'a> Place<'a> {
    /// Not in the list yet.
    pub fn new(direction: &'a Direction) -> Place<'a> {
        Place { direction, number: 0 }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.number == 0 {
            return;
        }
        let gone = locked(&self.direction.waiters).remove(self.number);
        drop(gone);
    }
}
