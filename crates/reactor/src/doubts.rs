//! Doubts: sources that are believed dry without a proof, left for the driver to settle.
//!
//! A read that fills its buffer does not show whether there is more. Where there never was, the next
//! read would only say `WouldBlock`, at the price of a system call for each message. So the reader waits
//! on a guess, and leaves a doubt; the driver asks the kernel about all doubts in one call, each time
//! before it waits, and treats what it learns as news.
//!
//! That there are any is one bit of the driver's word (`notifier.rs`), so that a driver who is left none
//! pays nothing for them.
// NO DOUBT SLEPT OVER: one word says that the driver sleeps and that there are doubts, and never both. Who
// comes while it sleeps is told to settle his by himself.

use std::mem;

use crate::loom::{Mutex, locked};
use crate::notifier::Notifier;

/// What readers leave for the driver.
#[derive(Debug)]
pub struct Doubts<T>(Mutex<Vec<T>>);

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
    /// None.
    pub fn new() -> Doubts<T> {
        Doubts(Mutex::new(Vec::new()))
    }

    /// Leaves a doubt for the driver whose word it is, before its reader waits.
    pub fn leave(&self, driver: &Notifier, doubt: T) -> Left {
        let mut left = locked(&self.0);
        if !driver.doubt() {
            return Left::WithYou;
        }
        left.push(doubt);
        Left::WithDriver
    }

    /// The driver takes all; `room` is empty, and its room is kept.
    pub fn take(&self, driver: &Notifier, room: &mut Vec<T>) {
        if driver.is_in_doubt() {
            let mut left = locked(&self.0);
            driver.settle();
            mem::swap(&mut *left, room);
        }
    }
}

impl<T> Default for Doubts<T> {
    fn default() -> Doubts<T> {
        Doubts::new()
    }
}
