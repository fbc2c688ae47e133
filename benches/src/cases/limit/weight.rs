//! A parked task as a box, a waker and a word of state, known to a table.
//!
//! Without: a count of handles, an id, a name, anybody who may look.

use std::task::Waker;
use std::time::Instant;

use crate::cases::Work;
use crate::heap;
use crate::measure::Cost;

const TASKS: usize = 20_000;

/// The future is the case's own: a pointer and a byte.
struct Task<T> {
    _future: [u64; 2],
    _state: u64,
    _waker: Waker,
    _more: T,
}

pub(in crate::cases) fn parked(_: Work) -> Cost {
    weigh(|| ()).0
}

/// And a place in a list of timers.
pub(in crate::cases) fn sleeping(_: Work) -> Cost {
    let (cost, future) = weigh(|| (Instant::now(), [0_u32; 2]));
    Cost { bytes: cost.bytes + (TASKS * future) as i64, ..cost }
}

/// Its bytes less the future's, and those.
fn weigh<T>(more: impl Fn() -> T) -> (Cost, usize) {
    let mut table = Vec::with_capacity(TASKS);
    let before = heap::bytes();
    for _ in 0..TASKS {
        let (_future, _state) = ([0; 2], 0);
        table.push(Box::new(Task {
            _future,
            _state,
            _waker: Waker::noop().clone(),
            _more: more(),
        }));
    }
    let (future, place) = (size_of::<[u64; 2]>(), size_of::<usize>());
    let bytes = heap::bytes() - before + (TASKS * place) as i64 - (TASKS * future) as i64;
    (Cost { ops: TASKS as u64, bytes, ..Cost::default() }, future)
}
