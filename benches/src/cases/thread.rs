//! Calls on threads.

use super::limit::hand_over;
use super::{Case, Measure, on, on_each};

mod calls;

const THREAD: Case = Case { group: "thread", asyncio: "to_thread", ..Case::DEFAULT };

pub(super) const CASES: &[Case] = &[
    Case {
        name: "to_thread",
        quick: true,
        limit: Some(hand_over::there_and_back),
        meaning: "a tiny call on a thread, awaited",
        on: on!(Threads, calls::one),
        ..THREAD
    },
    Case {
        name: "to_thread_batch",
        quick: true,
        meaning: "one of 100 tiny calls begun together",
        on: on!(Threads, calls::batch),
        ..THREAD
    },
    Case {
        name: "pool_growth",
        measure: Measure::Late,
        meaning: "64 calls of 10 ms begun together in a fresh runtime: how much longer than 10 ms all take",
        on: on!(Threads, calls::growth),
        ..THREAD
    },
];
