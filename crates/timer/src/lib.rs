//! A timer is a deadline and a waker; this crate keeps many and returns those due.
//!
//! It works under any executor, and there are three ways to have it driven:
//!
//! - **Not at all.** Await [`sleep`], [`timeout`] or an [`interval`] wherever you are: a thread
//!   named `evenkeel-timer` starts when it is first needed, and parks for good while nothing is
//!   registered.
//! - **By evenkeel's runner.** Inside one, timers belong to the loop, and there is no such thread.
//! - **By your own loop.** Make [`Timers`], [enter](Timers::enter) them on the threads that poll,
//!   ask when the [next deadline](Timers::next_deadline) is and [fire](Timers::fire) what is due.
//!   With a [`ManualClock`], an hour passes when you say so.
//!
//! What bounds other work stands on that: [`timeout`] and its kin ([`wait_for`], [`move_on_after`],
//! [`fail_after`]), and the [`CancelScope`], which also ends by hand, from anywhere. Where bounds are
//! nested and several are due, the outermost reports.
//!
//! What it promises: no timer fires early; deadlines fire in their order, to the nanosecond, and
//! equal deadlines in the order in which they were registered; one wake-up per cause; arming and
//! disarming cost the same with a thousand timers and with a million; a timer that is dropped frees
//! its place at once.
//!
//! # Examples
//!
//! ```
//! use evenkeel_timer::{TimeoutError, sleep, timeout};
//! use std::time::Duration;
//!
//! # futures_lite::future::block_on(async {
//! let answer = timeout(Duration::from_secs(5), async {
//!     sleep(Duration::from_millis(2)).await;
//!     42
//! });
//! assert_eq!(answer.await?, 42);
//! # Ok::<_, TimeoutError>(())
//! # }).unwrap();
//! ```

mod clock; // start here: what time it is
mod slab; // places for timers, and keys to them
mod wheel; // the pure structure
mod axis; // instants as it counts them
mod shard; // a wheel behind a lock
mod awake_by; // what the driver promises to those who arm
mod statistics; // what was done so far
mod timers; // many shards, one driver
mod current; // which timers this thread uses
mod sleep; // one deadline
mod interval; // a beat
mod body; // a future that is bounded, and what it owns
mod bounds; // what bounds are around the code at hand
mod timeout; // a bound on any future
mod limits; // the same, by Trio's names
mod family; // scopes, those above them and those below
mod run; // one run in a scope
mod scope; // work that can be cancelled as one
#[cfg(not(loom))]
mod thread; // who drives when nobody does

mod loom;

pub use bounds::effective_deadline;
pub use clock::{Clock, ManualClock, SystemClock};
pub use current::{Entered, now};
pub use interval::{Interval, Missed, interval, interval_at};
pub use limits::{MoveOn, fail_after, fail_at, move_on_after, move_on_at};
pub use run::Run;
pub use scope::{CancelScope, ScopeStatistics};
pub use slab::Key;
pub use sleep::{InvalidDuration, Sleep, sleep, sleep_secs, sleep_until};
pub use statistics::TimerStatistics;
pub use timeout::{RescheduleError, Timeout, TimeoutError, timeout, timeout_at, wait_for};
pub use timers::{Timers, TimersOptions};
pub use wheel::{Due, Wheel};

pub use evenkeel_context::{CancelSource, Cancelled};
