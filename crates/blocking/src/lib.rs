//! Calls that block, run on threads that may.
//!
//! | you want | take |
//! |---|---|
//! | one call that blocks, from a task | [`to_thread`] |
//! | threads of your own, with a limit of their own | [`ThreadPool`] |
//! | to make a long call end early | [`check_cancelled`], asked inside the call |
//! | a `std` file, pipe or iterator as a stream | `Unblock` (feature `unblock`) |
//!
//! A call is a task whose queue is a thread pool: it starts at once, its handle is a
//! [`Task`](evenkeel_task::Task), and any executor can await it. Calls start in the order they
//! came; a pool never has more threads than its limit, none before it has work, and none for long
//! after. A panic in a call reaches whoever awaits it and costs no thread. If the system refuses a
//! thread, the calls are done by those that exist, or their handles say so.
//!
//! ```
//! use evenkeel_blocking::{ThreadPool, to_thread};
//!
//! futures_lite::future::block_on(async {
//!     let here = std::thread::current().id();
//!     let there = to_thread(|| std::thread::current().id()).await;
//!     assert_ne!(here, there);
//!
//!     let pool = ThreadPool::new(2);
//!     assert!(pool.run(|| panic!("no harm done")).join().await.unwrap_err().is_panic());
//!     assert_eq!(pool.run(|| 6 * 7).await, 42);
//! });
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

// What programs call, in reading order.
#[cfg(not(loom))]
mod to_thread; // start here
#[cfg(not(loom))]
mod pool;
#[cfg(not(loom))]
mod current;
mod options;
mod statistics;

// What happens behind it. Models reach these, hence `pub` items that nobody else can reach.
#[allow(unreachable_pub, reason = "public for models only")]
mod crew;
#[allow(unreachable_pub, reason = "public for models only")]
mod queue;
mod orders;
mod seats;
mod worker;

mod loom;

#[cfg(not(loom))]
pub use self::{
    current::Entered,
    pool::{RunningCall, StillRunning, ThreadPool},
    to_thread::to_thread,
};
pub use self::{
    options::{PoolOptions, StartThread},
    statistics::PoolStatistics,
};
#[cfg(not(loom))]
pub use evenkeel_task::check_cancelled;

/// `std` files, pipes, standard input and iterators as asynchronous streams.
///
/// They are served by threads of the `blocking` package, not by a [`ThreadPool`]: the first
/// `Unblock` a program makes starts them, and its idle threads stay. Programs that only call
/// [`to_thread`] never start any.
#[cfg(feature = "unblock")]
#[doc(inline)]
pub use blocking::Unblock;

/// What the models in `tests/loom.rs` reach for.
#[cfg(loom)]
#[doc(hidden)]
pub mod model {
    pub use crate::{crew::Crew, queue::Run};
}
