//! A channel as a ring.
//!
//! Without: a lock or atomics, wakers, an end that knows the other has gone.

use std::collections::VecDeque;
use std::hint::black_box;

use super::again;
use crate::cases::Work;
use crate::measure::Cost;

/// As many as the cases of channels send in a piece, by batches that fill the ring.
const ITEMS: u64 = 10_000;
const ALONE: u64 = 1000;
const PLACES: u64 = 100;

pub(in crate::cases) fn ring(work: Work) -> Cost {
    through(work, ITEMS, PLACES)
}

pub(in crate::cases) fn ring_alone(work: Work) -> Cost {
    through(work, ALONE, 1)
}

fn through(work: Work, items: u64, batch: u64) -> Cost {
    let mut ring = VecDeque::with_capacity(PLACES as usize);
    again(work, || {
        let (mut sum, mut next) = (0, 0);
        for _ in 0..items / batch {
            for _ in 0..batch {
                ring.push_back(black_box(next));
                next += 1;
            }
            for _ in 0..batch {
                sum += ring.pop_front().expect("an item is there");
            }
        }
        assert_eq!(sum, items * (items - 1) / 2);
        items
    })
}
