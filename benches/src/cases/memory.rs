//! What a task weighs, and how often it allocates. Only the binary that counts can tell.

use super::limit::{queue, weight as least};
use super::task::one;
use super::{Case, Measure, on, on_each};

mod weight;
mod connection;

const MEMORY: Case = Case { group: "memory", measure: Measure::Bytes, ..Case::DEFAULT };

pub(super) const CASES: &[Case] = &[
    Case {
        name: "spawn",
        asyncio: "create_task",
        measure: Measure::Allocations,
        meaning: "a task spawned and awaited at once",
        quick: true,
        on: on!(Rt, one),
        limit: Some(queue::spawn_one),
        ..MEMORY
    },
    Case {
        name: "task",
        asyncio: "create_task",
        meaning: "a parked task, its future's own size taken off",
        quick: true,
        on: on!(Rt, weight::parked),
        limit: Some(least::parked),
        ..MEMORY
    },
    Case {
        name: "sleep",
        asyncio: "sleep",
        meaning: "a task that sleeps, all of it",
        quick: true,
        on: on!(Rt, weight::sleeping),
        limit: Some(least::sleeping),
        ..MEMORY
    },
    Case {
        name: "connection",
        asyncio: "start_server",
        meaning: "an open connection whose task waits to read, its 64-byte buffer included",
        on: on!(Tcp, connection::idle),
        ..MEMORY
    },
];
