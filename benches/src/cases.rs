//! The cases: what each is called, what it counts, and where its work is written.

use std::io;

use crate::measure::{Cost, Length};
use crate::rt::Rt;

mod tasks; // spawn, yield, wake, gather
mod waits; // timeout, lock
mod threads; // to_thread
mod echo; // a server on loopback
mod memory; // bytes and allocations

/// A case as the list shows it.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// The call of asyncio whose price this is.
    pub(crate) asyncio: &'static str,
    /// `time`, `bytes` or `allocations`, per operation.
    pub(crate) measure: &'static str,
    /// What one operation is.
    pub(crate) meaning: &'static str,
}

/// Any name may be given once; the order is that of the table.
#[rustfmt::skip]
pub(crate) const CASES: &[Case] = &[
    case("spawn_join", "create_task", "time", "one of 1000 tasks spawned by a task, then awaited"),
    case("spawn_one", "create_task", "time", "a task spawned and awaited at once"),
    case("yield", "sleep(0)", "time", "a yield, 1000 tasks taking turns"),
    case("yield_alone", "sleep(0)", "time", "a yield of the only task"),
    case("ping_pong", "Future", "time", "two tasks spawned, a value sent there and back by oneshots"),
    case("wake_pair", "Event", "time", "a turn passed between two lasting tasks, by bare wakers"),
    case("gather", "gather", "time", "one of 10000 futures that yield once, gathered"),
    case("timeout", "timeout", "time", "a timeout armed, polled and dropped, another pending"),
    case("mutex", "Lock", "time", "a free lock taken and released"),
    case("mutex_contended", "Lock", "time", "a lock taken by one of 8 tasks that yield while they hold it"),
    case("to_thread", "to_thread", "time", "a tiny call on a thread, awaited"),
    case("to_thread_batch", "to_thread", "time", "one of 100 tiny calls begun together"),
    case("tcp_echo", "start_server", "time", "a 64-byte request, 50 connections, the server's share"),
    case("spawn_allocations", "create_task", "allocations", "a task spawned and awaited at once"),
    case("task_bytes", "create_task", "bytes", "a parked task, its future's own size taken off"),
    case("sleep_bytes", "sleep", "bytes", "a task that sleeps, all of it"),
];

/// Does the case's work on a runtime.
pub(crate) fn run<R: Rt>(name: &str, threads: usize, length: Length) -> io::Result<Cost> {
    let cost = match name {
        "spawn_join" => R::run(threads, tasks::spawn_join::<R>(length)),
        "spawn_one" | "spawn_allocations" => R::run(threads, tasks::spawn_one::<R>(length)),
        "yield" => R::run(threads, tasks::yield_many::<R>(length)),
        "yield_alone" => R::run(threads, tasks::yield_alone::<R>(length)),
        "ping_pong" => R::run(threads, tasks::ping_pong::<R>(length)),
        "wake_pair" => R::run(threads, tasks::wake_pair::<R>(length)),
        "gather" => R::run(threads, tasks::gather::<R>(length)),
        "timeout" => R::run(threads, waits::timeout::<R>(length)),
        "mutex" => R::run(threads, waits::mutex::<R>(length)),
        "mutex_contended" => R::run(threads, waits::mutex_contended::<R>(length)),
        "to_thread" => R::run(threads, threads::one::<R>(length)),
        "to_thread_batch" => R::run(threads, threads::batch::<R>(length)),
        "tcp_echo" => R::run(threads, echo::serve::<R>(length))?,
        "task_bytes" => R::run(threads, memory::parked::<R>()),
        "sleep_bytes" => R::run(threads, memory::sleeping::<R>()),
        other => return Err(io::Error::other(format!("there is no case `{other}`"))),
    };
    Ok(cost)
}

const fn case(
    name: &'static str,
    asyncio: &'static str,
    measure: &'static str,
    meaning: &'static str,
) -> Case {
    Case { name, asyncio, measure, meaning }
}
