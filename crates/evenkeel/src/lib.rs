//! asyncio for Rust: one loop that runs tasks, fires timers and hears the kernel.
//!
//! The pieces are crates of their own, each useful under any executor; this crate joins them and gives
//! them asyncio's names.
//!
//! | asyncio | here |
//! |---|---|
//! | `asyncio.run(main())` | [`run`]`(main())` |
//! | Ctrl-C in it | [`run_interruptible`]`(main())` |
//! | `Runner` | [`Runner`], [`Options`] |
//! | `create_task(coro)` | [`create_task`]`(future)`, [`create_local_task`], [`create_eager_task`] |
//! | `gather(a, b)` | [`gather()`]`((a, b))`, [`try_gather()`], [`race()`] |
//! | `wait(tasks)` | [`wait`]`(tasks)` |
//! | `as_completed(tasks)` | [`as_completed()`]`(tasks)` |
//! | `loop.call_soon(f)`, `call_later(1, f)`, `call_at` | [`call_soon`]`(f)`, [`call_later`], [`call_at`], [`Handle::call_soon`] |
//! | `sleep(1)` | [`sleep`]`(Duration::from_secs(1))` |
//! | `wait_for(aw, 1)`, `timeout(1)` | [`wait_for`], [`timeout()`] |
//! | `TaskGroup()` | [`TaskGroup::scope`]`(async |group| ..)` |
//! | `shield(aw)`, `finally:` that awaits | [`shield`]`(future)`, [`defer`]`(async { .. })` |
//! | `to_thread(f)` | [`to_thread`]`(f)` |
//! | `ThreadPoolExecutor(5)` | [`ThreadPool::new`]`(5)` |
//! | `Lock`, `Event`, `Semaphore`, `Future` | [`Lock`], [`Event`], [`Semaphore`], [`oneshot()`] |
//! | `Barrier`; what asyncio leaves to be built | [`Barrier`]; [`Once`], [`OnceCell`], [`watch()`], [`broadcast()`] |
//! | `current_task`, `all_tasks` | [`current`], [`all_tasks`] |
//! | `run_coroutine_threadsafe` | [`Handle::spawn`], [`Handle::block_on`] |
//!
//! ```
//! use evenkeel::{create_task, gather, run, sleep};
//! use std::time::Duration;
//!
//! async fn fetch(n: u32) -> u32 {
//!     sleep(Duration::from_millis(10)).await;
//!     n
//! }
//!
//! let sum = run(async {
//!     let background = create_task(fetch(4));
//!     let (a, b) = gather((fetch(1), fetch(2))).await;
//!     a + b + background.await
//! });
//! assert_eq!(sum, 7);
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

// Where to start reading: a run, then the loop.
mod run;
mod runner;
mod leftovers;
mod options;
mod worker;
mod shared;
mod ambient;
#[cfg(all(unix, feature = "signal"))]
mod interrupt;
#[cfg(all(unix, feature = "signal"))]
#[expect(unsafe_code, reason = "a signal handler, and the system calls that install it")]
mod sigint;
mod calls;

// What tasks call.
mod tasks;
mod callback;
mod cleanup;
mod wait;
mod as_completed;
mod race;
mod handle;

// Surfaces, written on the leaves' public face alone.
#[cfg(feature = "net")]
pub mod net;

mod loom;

// Whole crates, for what is not named below.
pub use evenkeel_blocking as blocking;
pub use evenkeel_reactor as reactor;
pub use evenkeel_sync as sync;
pub use evenkeel_task as task;
pub use evenkeel_timer as timer;

pub use ambient::NoRunner;
pub use as_completed::{AsCompleted, AsCompletedTimeout, as_completed};
pub use callback::{CallHandle, call_at, call_later, call_soon};
pub use cleanup::{defer, shield};
#[doc(alias = "spawn_blocking")]
#[doc(alias = "unblock")]
#[doc(alias = "run_in_executor")]
pub use evenkeel_blocking::to_thread;
pub use evenkeel_blocking::{ThreadPool, check_cancelled};
#[doc(alias = "Mutex")]
pub use evenkeel_sync::Lock;
pub use evenkeel_sync::{Barrier, Once, OnceCell, broadcast, watch};
pub use evenkeel_sync::{Event, Semaphore, oneshot};
#[doc(alias = "current_task")]
pub use evenkeel_task::current;
#[doc(alias = "join_all")]
#[doc(alias = "join")]
pub use evenkeel_task::gather;
#[doc(alias = "select")]
pub use evenkeel_task::race;
#[doc(alias = "try_join_all")]
pub use evenkeel_task::try_gather;
pub use evenkeel_task::{
    CancelSource, Cancelled, Canceller, Child, Done, Ended, FailureKind, FailureReport, GroupError,
    JoinError, LocalGroup, Nested, Raced, SharedTask, Shield, Started, Task, TaskGroup, TaskId,
    TaskInfo, Waited, WaitedIndices, block_on, task_local, yield_now,
};
pub use evenkeel_timer::{
    Clock, ManualClock, Missed, Sleep, SystemClock, TimeoutError, interval, now, sleep,
    sleep_until, timeout, timeout_at, wait_for,
};
pub use handle::{Handle, RunnerStatistics};
#[cfg(all(unix, feature = "signal"))]
pub use interrupt::{Interrupted, run_interruptible};
pub use leftovers::Leftovers;
pub use options::{OnFailure, Options};
#[doc(hidden)]
pub use race::__race;
pub use race::race_staggered;
pub use run::run;
pub use runner::Runner;
pub use tasks::{Builder, all_tasks, create_eager_task, create_local_task, create_task};
pub use wait::{Wait, wait, wait_mut};

/// The README's code, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
