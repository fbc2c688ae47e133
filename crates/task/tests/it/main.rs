//! One binary: a file per part of the crate.
#![allow(missing_docs, reason = "tests")]

mod heap;
mod executor;
mod handle;
mod job;
mod panics;
mod gate;
mod gather;
mod wait;
mod as_completed;
mod shared;
mod slow;
mod owned;
mod group;
mod local_group;
mod local_run;
mod eager;
mod race;
mod budget;
