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
//! | `except CancelledError:` | [`CancelScope`], [`move_on_after`] |
//! | `to_thread(f)` | [`to_thread`]`(f)` |
//! | `ThreadPoolExecutor(5)` | [`ThreadPool::new`]`(5)` |
//! | `Lock`, `Event`, `Condition`, `Semaphore` | [`Lock`], [`Event`], [`Condition`], [`Semaphore`], [`BoundedSemaphore`] |
//! | `Barrier`, `Future` | [`Barrier`], [`oneshot()`] |
//! | `Queue`, `LifoQueue`, `PriorityQueue` | [`Queue`], [`LifoQueue`], [`PriorityQueue`] |
//! | what asyncio leaves to be built | [`RwLock`], [`Once`], [`OnceCell`], [`channel()`], [`watch()`], [`broadcast()`] |
//! | `current_task`, `all_tasks` | [`current`], [`all_tasks`] |
//! | `run_coroutine_threadsafe` | [`Handle::spawn`], [`Handle::block_on`] |
//! | `IsolatedAsyncioTestCase` | [`testing`] |
//! | `open_connection`, `start_server` | [`net`] |
//! | `create_subprocess_exec`, `add_signal_handler` | [`process`], [`signal`] |
//! | files, `sys.stdin` | [`fs`], [`stdio`] |
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
#![doc = include_str!("features.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// Where to start reading: a run, then the loop.
mod run;
mod runner;
mod leftovers;
mod options;
mod pace;
mod together;
mod worker;
mod shared;
mod ambient;
#[cfg(all(unix, feature = "signal"))]
mod interrupt;
#[cfg(all(unix, feature = "signal"))]
#[expect(unsafe_code, reason = "a signal handler, and the system calls that install it")]
mod sigint;
mod calls;

// The same, drawn by lot.
mod lot;
mod crew;
mod stall;

// What tasks call.
mod tasks;
mod callback;
mod cleanup;
mod wait;
mod as_completed;
mod race;
mod wait_timeout;
mod handle;
mod metrics;
#[cfg(feature = "futures-task")]
mod futures_task;

// All of it under asyncio's names.
mod names;

// Surfaces, written on the leaves' public face alone.
#[cfg(feature = "net")]
pub mod net;
#[cfg(feature = "io")]
pub mod io;
#[cfg(all(unix, feature = "fs"))]
pub mod fs;
#[cfg(all(unix, feature = "process"))]
pub mod process;
#[cfg(all(unix, feature = "signal"))]
pub mod signal;
#[cfg(all(unix, any(feature = "process", feature = "signal")))]
mod signal_number;
#[cfg(all(unix, feature = "stdio"))]
pub mod stdio;

// For tests, and what the macros write.
pub mod testing;
#[cfg(feature = "macros")]
#[doc(hidden)]
pub mod attribute;

mod loom;

// Whole crates, for what is not named below.
pub use evenkeel_blocking as blocking;
pub use evenkeel_context as context;
pub use evenkeel_reactor as reactor;
pub use evenkeel_sync as sync;
pub use evenkeel_task as task;
pub use evenkeel_timer as timer;

pub use names::*;
#[doc(hidden)]
pub use race::__race;
