//! The threads that come and go: started, refused by the system, leaving, asked to leave.

use std::{collections::VecDeque, mem, time::Instant};

use super::{Phase, Queue, Run};
use crate::{
    loom::{JoinHandle, Sleeper, clock},
    seats::Call,
};

impl<J: Run> Queue<J> {
    /// Reads the clock only after a start has failed.
    pub(super) fn may_start(&mut self) -> bool {
        match self.no_start_before {
            Some(until) if self.threads() > 0 && clock() < until => false,
            _ => {
                self.no_start_before = None;
                true
            }
        }
    }

    /// The thread of `seat` runs; gives the handle back if it has already left.
    pub(crate) fn has_started(
        &mut self,
        seat: usize,
        sitting: u64,
        handle: JoinHandle<()>,
    ) -> Option<JoinHandle<()>> {
        self.started += 1;
        self.seats.keep(seat, sitting, handle)
    }

    /// No thread could be started for `seat`. With no thread left, the jobs that wait come back to
    /// be refused (and [told of](Self::have_been_told)); else those at work will do them (TENDED: none
    /// is idle without being called).
    pub(crate) fn has_not_started(
        &mut self,
        seat: usize,
        sitting: u64,
        again: Instant,
    ) -> VecDeque<J> {
        self.start_failures += 1;
        if !self.seats.give_up(seat, sitting) {
            return VecDeque::new();
        }
        self.starting -= 1;
        if self.threads() > 0 {
            self.no_start_before = Some(again);
            return VecDeque::new();
        }
        let jobs = self.withdraw();
        self.refused += jobs.len() as u64;
        jobs
    }

    /// The thread of `seat` is about to end; it joins the one whose handle it is given.
    pub(crate) fn leave(&mut self, seat: usize) -> Option<JoinHandle<()>> {
        let before = self.seats.leave(seat);
        if self.threads() == 0 && self.jobs.is_empty() {
            // Whatever room a burst once needed goes with the last thread.
            self.jobs = VecDeque::new();
        }
        before
    }

    /// Takes no more jobs. Returns the parked threads to signal: each leaves once nothing waits.
    pub(crate) fn close(&mut self) -> Vec<Sleeper> {
        self.phase = Phase::Closing;
        self.watch = None;
        let idle = mem::take(&mut self.idle);
        idle.into_iter().map(|seat| self.seats.call(seat, Call::Close, self.finished())).collect()
    }
}
