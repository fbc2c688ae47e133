//! Seats: a place for each thread there may be, who sits there, and what it was called for.
//!
//! It is plain data under the crew's lock; whom to call, and when, is decided by `queue.rs`.
//
// ONE SITTING: a reserved seat is either arrived at or given up, under the same `sitting`; whoever
//              comes with another number has nothing to do with the seat any more.

use std::mem;

use crate::loom::{JoinHandle, Sleeper};

/// Why a parked thread was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    None,
    Help,
    /// The pool closes: come and see.
    Close,
}

/// A place for one thread.
struct Seat<L> {
    /// Who sits there, once it has arrived.
    sleeper: Option<Sleeper>,
    call: Call,
    /// It has only to tell of its job's end.
    telling: bool,
    /// How many jobs had ended when this thread was sent for.
    sent_for: u64,
    sitting: u64,
    arrived: bool,
    label: Option<L>,
    handle: Option<JoinHandle<()>>,
}

pub(crate) struct Seats<L> {
    seats: Vec<Seat<L>>,
    /// Seats without a thread.
    free: Vec<usize>,
    /// The handle of the thread that left last; it has joined the one before.
    last_left: Option<JoinHandle<()>>,
}

impl<L: Clone> Seats<L> {
    pub(crate) fn new() -> Self {
        Seats { seats: Vec::new(), free: Vec::new(), last_left: None }
    }

    /// Seats that are reserved or sat on.
    pub(crate) fn taken(&self) -> usize {
        self.seats.len() - self.free.len()
    }

    /// Reserves a seat for a thread that will be started; `sent_for` is given back on arrival.
    pub(crate) fn reserve(&mut self, sent_for: u64) -> (usize, u64) {
        let seat = self.free.pop().unwrap_or_else(|| {
            self.seats.push(Seat {
                sleeper: None,
                call: Call::None,
                telling: false,
                sent_for: 0,
                sitting: 0,
                arrived: false,
                label: None,
                handle: None,
            });
            self.seats.len() - 1
        });
        self.seats[seat].sitting += 1;
        self.seats[seat].sent_for = sent_for;
        (seat, self.seats[seat].sitting)
    }

    /// A thread comes to `seat`; false: it was given up, and somebody else may sit there by now.
    pub(crate) fn arrive(&mut self, seat: usize, sitting: u64, sleeper: Sleeper) -> bool {
        let seat = &mut self.seats[seat];
        let expected = seat.sitting == sitting;
        if expected {
            seat.arrived = true;
            seat.sleeper = Some(sleeper);
        }
        expected
    }

    /// Keeps the handle of a started thread; gives it back if that thread has already left.
    pub(crate) fn keep(
        &mut self,
        seat: usize,
        sitting: u64,
        handle: JoinHandle<()>,
    ) -> Option<JoinHandle<()>> {
        let seat = &mut self.seats[seat];
        if seat.sitting != sitting {
            return Some(handle);
        }
        seat.handle = Some(handle);
        None
    }

    /// The start failed: frees the seat, unless the thread is there whatever its starter says.
    pub(crate) fn give_up(&mut self, seat: usize, sitting: u64) -> bool {
        if self.seats[seat].arrived || self.seats[seat].sitting != sitting {
            return false;
        }
        self.vacate(seat);
        true
    }

    /// The thread of `seat` is about to end. The handle given back is of the thread that left
    /// before, for this one to join: so none is left behind, and the last one stands for all.
    pub(crate) fn leave(&mut self, seat: usize) -> Option<JoinHandle<()>> {
        let handle = self.seats[seat].handle.take();
        self.vacate(seat);
        // None: its starter still holds the handle, and will join it.
        handle.and_then(|handle| self.last_left.replace(handle))
    }

    fn vacate(&mut self, seat: usize) {
        let place = &mut self.seats[seat];
        place.sitting += 1;
        place.arrived = false;
        place.call = Call::None;
        place.sleeper = None;
        place.telling = false;
        self.free.push(seat);
    }

    pub(crate) fn take_last_left(&mut self) -> Option<JoinHandle<()>> {
        self.last_left.take()
    }

    /// Leaves a call for the thread that rests on `seat`, and is to be unparked.
    pub(crate) fn call(&mut self, seat: usize, call: Call, sent_for: u64) -> Sleeper {
        let seat = &mut self.seats[seat];
        seat.call = call;
        seat.sent_for = sent_for;
        seat.sleeper.clone().expect("who rests has arrived")
    }

    pub(crate) fn is_called(&self, seat: usize) -> bool {
        self.seats[seat].call != Call::None
    }

    pub(crate) fn answer_call(&mut self, seat: usize) -> Call {
        mem::replace(&mut self.seats[seat].call, Call::None)
    }

    pub(crate) fn sent_for(&self, seat: usize) -> u64 {
        self.seats[seat].sent_for
    }

    /// Whether the thread of `seat` has only to tell of its job's end; answers what was said before.
    pub(crate) fn set_telling(&mut self, seat: usize, telling: bool) -> bool {
        mem::replace(&mut self.seats[seat].telling, telling)
    }

    pub(crate) fn is_telling(&self, seat: usize) -> bool {
        self.seats[seat].telling
    }

    /// What the thread of `seat` runs now.
    pub(crate) fn set_label(&mut self, seat: usize, label: Option<L>) {
        self.seats[seat].label = label;
    }

    pub(crate) fn labels(&self) -> Vec<L> {
        self.seats.iter().filter_map(|seat| seat.label.clone()).collect()
    }
}
