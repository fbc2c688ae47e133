//! A timer as a clock that is read and a list that is entered and left.
//!
//! Without: order among deadlines, a thread that waits for them, wakers.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::again;
use crate::cases::Work;
use crate::measure::Cost;

const OPS: u64 = 1000;
const HOUR: Duration = Duration::from_secs(3600);

/// A place in a list that is linked by places.
struct Node {
    deadline: Option<Instant>,
    before: usize,
    after: usize,
}

pub(in crate::cases) fn armed(work: Work) -> Cost {
    // The head, one that is pending, and the one that comes and goes.
    let node = |before, after| Node { deadline: None, before, after };
    let mut list = [node(1, 1), node(0, 0), node(2, 2)];
    again(work, || {
        for _ in 0..OPS {
            list[2].deadline = Some(Instant::now() + HOUR);
            let last = list[0].before;
            (list[2].before, list[2].after) = (last, 0);
            list[last].after = 2;
            list[0].before = 2;
            let list = black_box(&mut list);
            let (before, after) = (list[2].before, list[2].after);
            list[before].after = after;
            list[after].before = before;
            assert!(list[2].deadline.take().is_some());
        }
        OPS
    })
}
