//! Tasks: spawning, yielding, waking, gathering.

use super::limit::queue;
use super::{Case, SIZES, on, on_each};

mod spawn;
mod remote;
mod turns;
mod live;

pub(super) use spawn::one;

const TASK: Case = Case { group: "task", asyncio: "create_task", ..Case::DEFAULT };

pub(super) const CASES: &[Case] = &[
    Case {
        name: "spawn_join",
        meaning: "one of 1000 tasks spawned by the main future, then awaited",
        quick: true,
        on: on!(Rt, main spawn::join),
        limit: Some(queue::spawn),
        ..TASK
    },
    Case {
        name: "spawn_join_in",
        meaning: "one of 1000 tasks spawned by a task, then awaited",
        quick: true,
        on: on!(Rt, spawn::join),
        limit: Some(queue::spawn),
        ..TASK
    },
    Case {
        name: "spawn_one",
        meaning: "a task spawned and awaited at once",
        quick: true,
        on: on!(Rt, spawn::one),
        limit: Some(queue::spawn_one),
        ..TASK
    },
    Case {
        name: "spawn_many",
        quick: true,
        meaning: "one of 1000 tasks spawned by a task and awaited by nobody",
        on: on!(Rt, spawn::many),
        limit: Some(queue::spawn),
        ..TASK
    },
    Case {
        name: "spawn_remote",
        quick: true,
        asyncio: "call_soon_threadsafe",
        meaning: "one of 1000 tasks spawned by a thread of its own and awaited by nobody",
        on: on!(Remote, remote::spawn),
        ..TASK
    },
    Case {
        name: "spawn_chain",
        meaning: "a task that spawns the next one, and ends",
        on: on!(Rt, spawn::chained),
        limit: Some(queue::spawn_one),
        ..TASK
    },
    Case {
        name: "yield",
        asyncio: "sleep(0)",
        meaning: "a yield, 1000 tasks taking turns",
        quick: true,
        on: on!(Rt, turns::yield_many),
        limit: Some(queue::turns),
        ..TASK
    },
    Case {
        name: "yield_alone",
        asyncio: "sleep(0)",
        meaning: "a yield of the only task",
        on: on!(Rt, turns::yield_alone),
        limit: Some(queue::turns_alone),
        ..TASK
    },
    Case {
        name: "ping_pong",
        asyncio: "Future",
        meaning: "two tasks spawned, a value sent there and back by oneshots",
        quick: true,
        on: on!(Oneshots, turns::ping_pong),
        ..TASK
    },
    Case {
        name: "wake_pair",
        asyncio: "Event",
        meaning: "a turn passed between two lasting tasks, by bare wakers",
        quick: true,
        on: on!(Rt, turns::wake_pair),
        ..TASK
    },
    Case {
        name: "gather",
        asyncio: "gather",
        meaning: "one of 10000 futures that yield once, gathered",
        quick: true,
        on: on!(Rt, spawn::gather),
        ..TASK
    },
    Case {
        name: "live",
        sizes: SIZES,
        axis: Some("live tasks"),
        asyncio: "sleep(0)",
        meaning: "a yield, that many tasks taking turns",
        on: on!(Rotating, live::turns),
        limit: Some(queue::turns),
        ..TASK
    },
    Case {
        name: "wake_among",
        sizes: SIZES,
        axis: Some("live tasks"),
        asyncio: "Event",
        meaning: "a turn passed between two tasks, that many others parked",
        on: on!(Rt, live::wake_among),
        ..TASK
    },
    Case {
        name: "spawn_among",
        sizes: SIZES,
        axis: Some("live tasks"),
        meaning: "a task spawned and awaited, that many others parked",
        on: on!(Rt, live::spawn_among),
        ..TASK
    },
];
