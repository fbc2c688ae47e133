//! A task is a future given a home, a state and a queue to come back to.
//!
//! | you want | take |
//! |---|---|
//! | one future, on this thread | [`block_on`] |
//! | tasks on this thread, in strict order | [`LocalExecutor`] |
//! | tasks on many threads | [`Executor`] |
//! | all of them, in the order of the arguments | [`gather`], [`try_gather`] |
//! | the first of them | [`race()`], [`race_staggered`] |
//! | until one or all have ended; as they end | [`wait`], [`as_completed`] |
//! | a value of its own for each task | [`task_local!`] |
//!
//! Nothing here starts a thread, knows the time or touches a descriptor: the crate works alone, under any
//! loop, and beside any other executor.
//!
//! ```
//! use evenkeel_task::{LocalExecutor, block_on, gather};
//!
//! let executor = LocalExecutor::new();
//! let (a, b) = (executor.spawn(async { 1 }), executor.spawn(async { 2 }));
//! assert_eq!(block_on(executor.run(gather((a, b)))), (1, 2));
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

// A task's life, in reading order.
mod builder; // start here: what one may say of a task
#[expect(
    unsafe_code,
    reason = "futures that borrow, or stay on one thread, in cells that know neither"
)]
mod spawn;
#[expect(unsafe_code, reason = "a pointer from the wrapper to the metadata beside it")]
mod life;
#[expect(unsafe_code, reason = "a future without a word that says that it is there")]
mod stage;
#[expect(unsafe_code, reason = "a pointer into the slab, and one to what few tasks have")]
mod meta;
#[expect(unsafe_code, reason = "slots that are reached from outside while their task may end")]
mod slot;
#[expect(unsafe_code, reason = "blocks of slots that know whose they are")]
mod slab;
#[expect(unsafe_code, reason = "free slots behind a lock")]
mod desks;
#[expect(unsafe_code, reason = "pointers into the slab")]
mod registry;
#[expect(unsafe_code, reason = "a counted value, with counts in advance")]
mod counted;
#[expect(unsafe_code, reason = "the counts that tasks have of it")]
mod home;
#[expect(unsafe_code, reason = "a Runnable as a bare pointer, to fit an atomic slot")]
mod queue;
#[expect(unsafe_code, reason = "slots that thieves read while the owner moves on to larger ones")]
mod ring;
mod injector;
mod idle;
mod parker;
mod standby;
mod slow;
mod worker;
#[expect(unsafe_code, reason = "the promise that futures of an executor are Send")]
mod executor;
#[expect(unsafe_code, reason = "cells that only the owner's thread touches")]
mod local;
mod door;
mod local_seat;
#[expect(unsafe_code, reason = "futures that borrow and are not Send")]
mod local_executor;
#[expect(unsafe_code, reason = "a pointer to the metadata in the cell the handle keeps")]
mod handle;
mod join;
mod detached;
mod done;
mod error;
mod calls;
#[expect(unsafe_code, reason = "a closure as a future in a cell")]
mod job;

// The task that runs.
#[expect(
    unsafe_code,
    reason = "thread-local pointers whose borrow ends with the call that set them"
)]
mod thread_state;
#[cfg(feature = "tracing")]
mod span;
#[expect(unsafe_code, reason = "a pointer into the slab of a home it keeps")]
mod info;
mod locals;

// Waiting.
mod block_on;
mod yield_now;

// To the end, whatever happens.
mod defer;
mod shield;

mod group;
mod local_group;

// Many at once.
mod gather;
mod try_gather;
mod race;
mod staggered;
mod children;
mod wait;
mod wait_mut;
mod as_completed;
mod shared;
#[expect(unsafe_code, reason = "children that are pinned in place, one by one")]
mod slots;
mod rounds;
#[expect(unsafe_code, reason = "the wakers of all children in one allocation")]
mod ready_set;

mod loom;

#[cfg(evenkeel_count)]
#[doc(hidden)]
pub use evenkeel_context::count; // for the crates above

pub use as_completed::{AsCompleted, Next, as_completed};
pub use block_on::block_on;
pub use builder::{Builder, EnteredSpawner, Spawner};
pub use children::{
    ArraySlots, Children, Gatherable, RaceChildren, Raceable, TryChildren, TryGatherable,
};
pub use defer::defer;
pub use done::Done;
pub use error::{FailureKind, FailureReport, JoinError};
pub use evenkeel_context::{CancelSource, Cancelled, Wait as WaitReason};
#[doc(hidden)]
pub use executor::processors;
pub use executor::{Executor, ExecutorStatistics, Run, Tick};
pub use gather::{Gather, gather};
pub use group::{
    Child, GroupClosed, GroupError, GroupNode, Nested, NotStarted, Outcome, Started, TaskGroup,
};
pub use handle::Task;
pub use info::{Canceller, TaskInfo, check_cancelled, current, report_failure};
pub use job::Job;
pub use join::{Join, JoinMut};
pub use local_executor::{LocalExecutor, LocalRun};
pub use local_group::{LocalChild, LocalGroup};
pub use locals::{NoCurrentTask, TaskLocal, TaskLocals};
pub use meta::{Ended, TaskId};
pub use parker::Parker;
pub use race::{Race, Raced, race};
pub use shared::{SharedError, SharedJoin, SharedTask};
pub use shield::{Shield, shield};
pub use slow::{PollWatch, SlowPoll};
pub use staggered::race_staggered;
pub use standby::Standby;
#[doc(hidden)]
pub use thread_state::walks;
pub use try_gather::{TryGather, try_gather};
pub use wait::{Wait, Waited, Watch, Watched, wait};
pub use wait_mut::{Borrowed, WaitedIndices, wait_mut};
pub use worker::{Turn, Worker};
pub use yield_now::{YieldNow, yield_now};

/// The protocols, for the models in `tests/loom.rs`.
#[cfg(loom)]
#[doc(hidden)]
pub mod model {
    pub use crate::model_access::*;
}

#[cfg(loom)]
#[expect(unsafe_code, reason = "counts that are given up")]
mod model_access;
