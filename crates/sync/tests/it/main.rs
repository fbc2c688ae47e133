//! One binary per crate: a file per primitive, its cases named by their ids.
#![allow(clippy::undocumented_unsafe_blocks, missing_docs, reason = "tests are not modelled")]

mod fifo; // the executor the cases are told on
mod barrier;
mod broadcast;
mod budget;
mod cancel_everywhere;
mod channel;
mod channel_many;
mod condition;
mod deadlock;
mod event;
mod futurelock;
mod lock;
mod once;
mod oneshot;
mod queue;
mod queue_done;
mod queue_shutdown;
mod panics;
mod parking;
mod rwlock;
mod semaphore;
mod stress;
mod stress_queues;
mod traits;
mod twin;
mod watch;
