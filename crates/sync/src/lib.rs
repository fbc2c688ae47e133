//! Locks and queues for tasks: fair, cancellable, ignorant of any executor.
//!
//! | to | use |
//! |---|---|
//! | let one task at a time at a value | [`Lock`] |
//! | let many read a value, or one write it | [`RwLock`] |
//! | let at most *n* at a time do something | [`Semaphore`], [`BoundedSemaphore`] |
//! | let everybody wait for something to happen | [`Event`] |
//! | wait for a change of what a lock protects | [`Condition`] |
//! | let so many come together before any goes on | [`Barrier`] |
//! | make something once, when it is first asked for | [`OnceCell`], [`Once`] |
//! | hand one value to one task | [`oneshot`] |
//! | hand items from some tasks to others | [`channel()`], [`unbounded`] |
//! | the same, and know when the work is done | [`Queue`], [`LifoQueue`], [`PriorityQueue`] |
//! | let everybody see the latest value | [`watch()`] |
//! | let everybody see every value | [`broadcast()`] |
//!
//! They work under any executor and between any: nothing here knows more of a task than its
//! [`Waker`](std::task::Waker), so one lock may be shared by two runtimes and a plain thread that
//! calls `block_on`, or one of the `_blocking` calls: those make a thread wait in the same line.
//!
//! # First come, first served
//!
//! That is a promise. What is released goes to the first in line, at once and by name; who comes
//! later queues behind, also if that is the releaser itself, and the `try_` calls never pass by a
//! line. So nobody starves, and the order of a run does not depend on luck.
//!
//! # When a waiter is dropped
//!
//! A waiting future may be dropped at any moment, by a timeout or a cancelled task.
//!
//! | dropped | what becomes of it |
//! |---|---|
//! | before its first poll | nothing: it had not joined the line |
//! | while it waits | it leaves the line; those it held up go on |
//! | after it was handed the lock or permit, before it came for it | the next in line gets it |
//! | after an event let it go | nothing: each waiter is let go by itself |
//! | after it was promised an item, or room for one | the next in line is promised it |
//! | with an item it was to put or send | the item is dropped with it, and was not sent |
//! | a oneshot's [`Receiver`] | the sender is told; a value already sent is dropped |
//!
//! Waiting allocates nothing: the place in line is part of the future.
//!
//! # What a panic does
//!
//! A guard or permit dropped by a panic gives back what it holds; there is no poison. A waker that
//! panics takes nobody else's turn with it: all others are woken, and then the panic goes on in
//! whoever released.

#![warn(rust_2018_idioms)]

mod loom; // std, or loom's stand-ins
#[expect(unsafe_code, reason = "whoever has the lock reaches the value")]
#[cfg_attr(not(loom), allow(unreachable_pub, reason = "a model takes it by itself"))]
mod tiny; // a lock for a few instructions
mod calls; // wakers, to be called with nothing held
mod parking; // a thread that waits like a task
mod who; // a task and a strand of it
#[expect(unsafe_code, reason = "the places in line are linked through the waiting futures")]
mod line; // who is in line
mod serve; // what a primitive decides of its line, and calling it up
#[expect(unsafe_code, reason = "a waiting future lends its place to the line")]
mod waitlist; // start here: waiting in line, and what one who leaves passes on
mod turnstile; // permits, given in the order of the line
mod deadlock; // who waits for whom
#[expect(unsafe_code, reason = "the holder of a guard reaches the value")]
mod lock;
mod checked; // a lock that refuses to wait for ever
#[expect(unsafe_code, reason = "the holders of guards reach the value")]
mod rwlock;
mod semaphore;
mod bounded;
mod event;
mod condition;
mod barrier;
mod once;
mod oneshot;
mod order; // what comes out first
mod book; // items, who waits for them, what is promised to whom
mod stock; // the book behind its lock: under every queue and channel
mod feed; // one who takes item after item
pub mod queue;
pub mod channel;
pub mod watch;
pub mod broadcast;

#[cfg(loom)]
#[doc(hidden)]
pub use tiny::{Tiny, TinyGuard};

pub use barrier::{Arriving, Barrier, BarrierStatistics, Broken};
pub use bounded::{BoundedSemaphore, TooManyPermits};
pub use broadcast::broadcast;
pub use channel::{channel, unbounded};
pub use checked::LockingChecked;
pub use condition::{Condition, ConditionStatistics, Relock};
pub use deadlock::{Deadlock, unwatch_deadlocks, watch_deadlocks};
pub use event::{Event, EventStatistics, Waiting, WaitingOwned};
pub use lock::{Guard, Lock, LockStatistics, Locking, LockingOwned, OwnedGuard};
pub use once::{Once, OnceCell, OnceCellStatistics};
pub use oneshot::{Closed, Receiver, Sender, oneshot};
pub use queue::{LifoQueue, PriorityQueue, Queue, QueueShutDown, Shutdown};
pub use rwlock::{
    OwnedReadGuard, OwnedWriteGuard, ReadGuard, Reading, ReadingOwned, RwLock, RwLockStatistics,
    WriteGuard, Writing, WritingOwned,
};
pub use semaphore::{Acquire, AcquireOwned, OwnedPermit, Permit, Semaphore, SemaphoreStatistics};
pub use watch::watch;
