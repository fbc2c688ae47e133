//! One binary: the loop, and asyncio's cases by their ids.
#![allow(missing_docs, reason = "tests")]

mod runner;
mod faults;
mod idle;
mod budget;

// How a case is run, and what it says.
mod loops;
mod transcript;
mod child;

// asyncio's cases, by their ids; docs/CONFORMANCE.md has the table.
mod run;
#[cfg(all(unix, feature = "signal"))]
mod interrupt;
mod runner_cases;
mod sleep;
mod create_task;
mod eager;
mod callback;
mod race;
mod completed;
mod gather;
mod wait;
mod as_completed;
mod wait_for;
mod threads;
mod lock;
mod owned;
mod event;
mod semaphore;
mod queue;
mod schedules;
#[cfg(feature = "macros")]
mod attributes;

// CPython's own tests, where no case above covers them.
mod cpython_tasks;
mod cpython_locks;
mod cpython_timeouts;
mod cpython_runners;
mod cpython_eager;
mod cpython_shield;
mod cpython_cleanup;
mod cpython_groups;
mod cpython_queues;
mod cpython_barriers;
mod cpython_conditions;
mod cpython_scopes;
#[cfg(feature = "net")]
mod net;
#[cfg(feature = "io")]
mod io;

// Surfaces.
#[cfg(all(unix, feature = "fs"))]
mod fs;
#[cfg(all(unix, feature = "process", feature = "signal"))]
mod process;
#[cfg(all(unix, feature = "signal"))]
mod signals;
#[cfg(all(unix, feature = "stdio"))]
mod stdio;
