//! A lock as two locked instructions.
//!
//! Without: a line for those who find it taken.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};

use super::again;
use crate::cases::Work;
use crate::measure::Cost;

const OPS: u64 = 1000;

pub(in crate::cases) fn free(work: Work) -> Cost {
    let taken = AtomicBool::new(false);
    again(work, || {
        let lock = black_box(&taken);
        for _ in 0..OPS {
            // Acquire pairs with the Release of who let go; AcqRel there, for a waiter's sake.
            let free = lock.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed);
            assert_eq!(free, Ok(false));
            lock.swap(false, Ordering::AcqRel);
        }
        OPS
    })
}
