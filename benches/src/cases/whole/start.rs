//! Start and end of a runtime.

use crate::cases::Work;
use crate::measure::{Cost, repeat};
use crate::rt::Rt;

/// Of a piece.
const STARTS: u64 = 10;

pub(in crate::cases) fn start_stop<R: Rt>(work: Work) -> Cost {
    // Not a task: what is polled here never waits.
    futures_lite::future::block_on(repeat(work.length, || async {
        for _ in 0..STARTS {
            R::start_stop(work.threads);
        }
        STARTS
    }))
}
