//! A queue, and a channel, against a simple twin: the same random steps, one by one, and after
//! each the same answers, the same waiters called, the same figures.
//!
//! The twin keeps plain lists and computes from them, after each step, who has to have been called.
//! So no item is lost or doubled, both lines are first come first served, nobody passes by, and
//! nobody sleeps who could go on.

use std::cmp::Ordering;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::fifo::Count;

mod of_channel;
mod of_queue;

/// An item, ordered by its rank alone.
#[derive(Clone, Copy, Debug)]
struct Job {
    rank: u8,
    id: u32,
}

impl PartialEq for Job {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Job {}
impl PartialOrd for Job {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Job {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}

/// What the twin knows of one who waits.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Call {
    InLine,
    /// Called to come for an item, for a place, or because the work is done.
    ToCome,
    /// Called to learn that there will be nothing.
    ForNothing,
}

/// One who waits in the real thing, and what the twin knows of it.
struct Waiting<R> {
    future: Pin<Box<dyn Future<Output = R>>>,
    wakes: Arc<Count>,
    waker: Waker,
    call: Call,
    job: Job,
}

impl<R> Waiting<R> {
    /// Polls for the first time; what it answers, or one who waits.
    fn begin(future: impl Future<Output = R> + 'static, job: Job) -> Result<R, Self> {
        let (wakes, waker) = Count::new();
        let future = Box::pin(future);
        let mut waiting = Self { future, wakes, waker, call: Call::InLine, job };
        match waiting.poll(false) {
            Poll::Ready(answer) => Ok(answer),
            Poll::Pending => Err(waiting),
        }
    }

    fn poll(&mut self, another_waker: bool) -> Poll<R> {
        if another_waker && self.call == Call::InLine {
            (self.wakes, self.waker) = Count::new();
        }
        self.future.as_mut().poll(&mut Context::from_waker(&self.waker))
    }

    /// Wakes come when the twin says so, and once.
    fn check(&self) {
        let expected = usize::from(self.call != Call::InLine);
        assert_eq!(self.wakes.get(), expected, "{:?}", self.call);
    }
}

/// Which of many, or none.
fn pick<T>(all: &[T], n: usize) -> Option<usize> {
    (!all.is_empty()).then(|| n % all.len())
}

/// The contents, and the rules.
struct Twin {
    /// In order of arrival.
    inside: Vec<Job>,
    next: fn(&[Job]) -> usize,
    places: usize,
    ended: bool,
    /// Taken and not done.
    taken: usize,
    puts: u64,
}

impl Twin {
    fn take(&mut self) -> Option<Job> {
        (!self.inside.is_empty()).then(|| self.inside.remove((self.next)(&self.inside)))
    }

    fn put(&mut self, job: Job) {
        self.inside.push(job);
        self.puts += 1;
    }

    fn unfinished(&self) -> usize {
        self.inside.len() + self.taken
    }

    /// Whether a newcomer would have to wait for an item, and if not, whether there is one.
    fn item_for_newcomer<R>(&self, getters: &[Waiting<R>]) -> Option<bool> {
        if self.inside.len() > called(getters) {
            Some(true)
        } else {
            (self.ended && self.inside.is_empty()).then_some(false)
        }
    }

    /// The same of a place. `kept` are reserved besides those for `putters`.
    fn place_for_newcomer(&self, kept: usize) -> Option<bool> {
        if self.ended {
            Some(false)
        } else {
            (self.inside.len() + kept < self.places).then_some(true)
        }
    }

    /// Calls, in order, those whose turn it is.
    fn call_getters<R>(&self, getters: &mut [Waiting<R>]) {
        let mut promised = called(getters);
        for getter in getters.iter_mut().filter(|getter| getter.call == Call::InLine) {
            if self.inside.len() > promised {
                promised += 1;
                getter.call = Call::ToCome;
            } else if self.ended && self.inside.is_empty() {
                getter.call = Call::ForNothing;
            }
        }
    }

    /// Answers how many places are taken now, those of `putters` among them.
    fn call_putter<R>(&self, putter: &mut Waiting<R>, kept: usize) -> usize {
        if putter.call != Call::InLine {
            return kept;
        }
        match self.place_for_newcomer(kept) {
            Some(true) => {
                putter.call = Call::ToCome;
                kept + 1
            }
            Some(false) => {
                putter.call = Call::ForNothing;
                kept
            }
            None => kept,
        }
    }
}

/// How many were called to come and have not.
fn called<R>(waiting: &[Waiting<R>]) -> usize {
    waiting.iter().filter(|waiting| waiting.call == Call::ToCome).count()
}

fn in_line<R>(waiting: &[Waiting<R>]) -> usize {
    waiting.iter().filter(|waiting| waiting.call == Call::InLine).count()
}
