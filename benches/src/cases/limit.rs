//! The least that an operation can cost: no runtime, no promise kept, one thread, written by hand.
//!
//! A floor to look down at, not a peer. What a runtime must do beyond it (other threads, wakers,
//! cancellation, order) is named at each.

pub(super) mod queue; // a task: an allocation and a place in a ring
pub(super) mod lock; // two locked instructions
pub(super) mod channel; // a ring
pub(super) mod timer; // a clock and a list
pub(super) mod hand_over; // from thread to thread and back
pub(super) mod weight; // what a parked task keeps

use super::Work;
use crate::measure::{Cost, repeat};

/// Repeats work that never waits.
fn again(work: Work, mut piece: impl FnMut() -> u64) -> Cost {
    futures_lite::future::block_on(repeat(work.length, || std::future::ready(piece())))
}
