//! A task as an allocation that goes through a ring.
//!
//! Without: a state that others may change, a waker, a handle, another thread.

use std::collections::VecDeque;
use std::hint::black_box;

use super::again;
use crate::cases::Work;
use crate::measure::Cost;

const TASKS: u64 = 1000;
const YIELDS: u64 = 50;

/// Nearly what a small future and its header need.
type Cell = [u64; 7];

type Task = Box<dyn FnMut() -> u64>;

fn task(n: u64) -> Task {
    let mut cell: Cell = [n; 7];
    Box::new(move || {
        cell[0] += 1;
        black_box(&cell)[0]
    })
}

/// Allocated, pushed, popped, called, freed.
pub(in crate::cases) fn spawn(work: Work) -> Cost {
    let mut ring: VecDeque<Task> = VecDeque::new();
    again(work, || {
        ring.extend((0..TASKS).map(task));
        let mut sum = 0;
        while let Some(mut task) = ring.pop_front() {
            sum += task();
        }
        assert_eq!(sum, TASKS * (TASKS + 1) / 2);
        TASKS
    })
}

/// The same, one at a time.
pub(in crate::cases) fn spawn_one(work: Work) -> Cost {
    let mut ring: VecDeque<Task> = VecDeque::with_capacity(1);
    again(work, || {
        for n in 0..TASKS {
            ring.push_back(task(n));
            let told = ring.pop_front().map(|mut task| task());
            assert_eq!(told, Some(n + 1));
        }
        TASKS
    })
}

/// Popped, called, pushed.
pub(in crate::cases) fn turns(work: Work) -> Cost {
    let tasks = if work.size == 0 { TASKS } else { work.size as u64 };
    let mut ring: VecDeque<Task> = (0..tasks).map(task).collect();
    let yields = if work.size == 0 { YIELDS } else { 1 };
    again(work, || {
        for _ in 0..tasks * yields {
            let mut task = ring.pop_front().expect("all are in the ring");
            black_box(task());
            ring.push_back(task);
        }
        tasks * yields
    })
}

/// The same, alone.
pub(in crate::cases) fn turns_alone(work: Work) -> Cost {
    let mut ring: VecDeque<Task> = VecDeque::from([task(0)]);
    again(work, || {
        for _ in 0..TASKS {
            let mut task = ring.pop_front().expect("it is in the ring");
            black_box(task());
            ring.push_back(task);
        }
        TASKS
    })
}
