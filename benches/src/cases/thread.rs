//! Calls on threads.

use super::{Case, on, on_each};

mod calls;

const THREAD: Case = Case { group: "thread", asyncio: "to_thread", ..Case::DEFAULT };

pub(super) const CASES: &[Case] = &[
    Case {
        name: "to_thread",
        meaning: "a tiny call on a thread, awaited",
        quick: true,
        on: on!(Threads, calls::one),
        ..THREAD
    },
    Case {
        name: "to_thread_batch",
        meaning: "one of 100 tiny calls begun together",
        quick: true,
        on: on!(Threads, calls::batch),
        ..THREAD
    },
];
