//! A runtime as a whole: its start and its end, and what it does under load.

use super::{Case, Measure, on, on_each};

mod start;
mod load;
mod mixed;

const WHOLE: Case = Case { group: "whole", asyncio: "run", ..Case::DEFAULT };
const LATE: Case = Case { measure: Measure::Late, ..WHOLE };

pub(super) const CASES: &[Case] = &[
    Case {
        name: "start_stop",
        quick: true,
        meaning: "a runtime started, one task run, all of it ended",
        on: on!(Rt, beside start::start_stop),
        ..WHOLE
    },
    Case {
        name: "ticker",
        asyncio: "sleep",
        meaning: "how late a task wakes that sleeps for 1 ms, 1000 others busy: the worst but one in a hundred",
        on: on!(Rotating, load::ticker),
        ..LATE
    },
    Case {
        name: "blocked",
        asyncio: "sleep",
        threads: &[2],
        meaning: "how late tasks wake that sleep for 1 ms, another blocks its worker for 100 ms: the worst but one in a hundred",
        on: on!(Rt, load::blocked),
        ..LATE
    },
    Case {
        name: "steal",
        asyncio: "create_task",
        threads: &[2],
        meaning: "one of 200 tasks of 20 us, spawned by one task for two threads: time on the wall, at best a half",
        on: on!(Rt, load::steal),
        ..LATE
    },
    Case {
        name: "mixed",
        asyncio: "",
        meaning: "a request with a timeout and a shared lock, some with a call on a thread or a sleep",
        on: on!(Mixed, mixed::serve),
        ..WHOLE
    },
];
