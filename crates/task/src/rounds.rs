//! Whose turn it is among the children of a combinator: first each of them once, in order, then
//! whoever was woken. It never looks at a child: the combinator polls, and answers what came of it.

use std::task::{Context, Waker};

use evenkeel_context::{Wait, has_budget, waiting_for};

use crate::ready_set::ReadySet;

/// What came of polling a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(unnameable_types, reason = "in the signature of a sealed trait")]
pub enum Answer {
    /// It goes on, or had been done before.
    Pending,
    /// It is done now.
    Done,
    /// The combinator has seen enough; the rest of the round waits for the next.
    Stop,
}

/// What came of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Round {
    /// Children are left, and the waker will hear of them.
    Waiting,
    /// All children are done.
    Finished,
    /// A child's turn was answered with [`Answer::Stop`].
    Stopped,
}

/// Rounds of polls over `len` children.
#[derive(Debug)]
pub(crate) struct Rounds {
    /// Made at the first poll, so that a combinator which is never polled costs nothing.
    set: Option<ReadySet>,
    len: usize,
    /// Children begin in order; this many have.
    started: usize,
    done: usize,
    /// At most this many are started and not done.
    limit: usize,
}

impl Rounds {
    pub(crate) fn new(len: usize) -> Rounds {
        Rounds { set: None, len, started: 0, done: 0, limit: usize::MAX }
    }

    /// Lets at most `limit` children run at a time.
    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn done(&self) -> usize {
        self.done
    }

    /// One round: `poll` is called at most once per child, for those woken since the last round in
    /// the order of their wakes, then for those that had not begun. If it unwinds, or the task's budget
    /// is used up, the rest of the round is kept.
    pub(crate) fn round(
        &mut self,
        waker: &Waker,
        poll: impl FnMut(usize, &mut Context<'_>) -> Answer,
    ) -> Round {
        self.poll_each(waker, has_budget, poll)
    }

    /// A round that goes to its end, whatever it costs: for those who promise to have looked at all.
    pub(crate) fn whole_round(
        &mut self,
        waker: &Waker,
        poll: impl FnMut(usize, &mut Context<'_>) -> Answer,
    ) -> Round {
        self.poll_each(waker, || true, poll)
    }

    fn poll_each(
        &mut self,
        waker: &Waker,
        goes_on: impl Fn() -> bool,
        mut poll: impl FnMut(usize, &mut Context<'_>) -> Answer,
    ) -> Round {
        if self.done == self.len {
            self.end();
            return Round::Finished;
        }
        let set = self.set.get_or_insert_with(|| ReadySet::new(self.len));
        set.begin(waker);
        let mut said_why = false;
        loop {
            let may_start = self.started < self.len && self.started - self.done < self.limit;
            if !set.has_next() && !may_start {
                break;
            }
            if !goes_on() {
                waker.wake_by_ref(); // For the rest, which would be refused one by one.
                return Round::Waiting;
            }
            let child = set.next().unwrap_or_else(|| {
                self.started += 1;
                self.started - 1
            });
            match set.with_context(child, |cx| poll(child, cx)) {
                Answer::Pending => said_why = true,
                Answer::Done => self.done += 1,
                Answer::Stop => return Round::Stopped,
            }
        }
        if self.done < self.len {
            // A child that is polled says itself what it waits for.
            if !said_why {
                waiting_for(Wait::Join, 0);
            }
            return Round::Waiting;
        }
        self.end();
        Round::Finished
    }

    /// No more rounds: wakers that are still about wake nobody from now on.
    pub(crate) fn end(&mut self) {
        self.set = None;
    }
}
