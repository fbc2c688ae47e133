//! Doubts: sources that are believed dry without a proof, left for the driver to settle.
//!
//! A read that fills its buffer does not show whether there is more. Where there never was, the next
//! read would only say `WouldBlock`, at the price of a system call for each message. So the reader waits
//! on a guess, and leaves a doubt; the driver asks the kernel about all doubts in one call, each time
//! before it waits, and treats what it learns as news.
// NO DOUBT SLEPT OVER: who sleeps in the kernel has said so under the lock, and found no doubt there; who
// comes later is told to settle his by himself.

use std::mem;

use crate::loom::{Mutex, locked};

/// What readers leave for the driver.
#[derive(Debug)]
pub struct Doubts<T>(Mutex<State<T>>);

#[derive(Debug)]
struct State<T> {
    left: Vec<T>,
    asleep: bool,
}

/// What [`Doubts::leave`] answers.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// The driver comes to it before it sleeps.
    WithDriver,
    /// The driver sleeps: try.
    WithYou,
}

impl<T> Doubts<T> {
    /// None, and the driver is awake.
    pub fn new() -> Doubts<T> {
        Doubts(Mutex::new(State { left: Vec::new(), asleep: false }))
    }

    /// Leaves a doubt, before its reader waits.
    pub fn leave(&self, doubt: T) -> Left {
        let mut state = locked(&self.0);
        if state.asleep {
            return Left::WithYou;
        }
        state.left.push(doubt);
        Left::WithDriver
    }

    /// The driver takes all; `room` is empty, and its room is kept.
    pub fn take(&self, room: &mut Vec<T>) {
        mem::swap(&mut locked(&self.0).left, room);
    }

    /// The driver is about to sleep. False: somebody has left a doubt, do not.
    #[must_use]
    pub fn begin_sleep(&self) -> bool {
        let mut state = locked(&self.0);
        state.asleep = state.left.is_empty();
        state.asleep
    }

    /// The driver does not sleep, whatever it was about to do.
    pub fn end_sleep(&self) {
        locked(&self.0).asleep = false;
    }
}

impl<T> Default for Doubts<T> {
    fn default() -> Doubts<T> {
        Doubts::new()
    }
}
