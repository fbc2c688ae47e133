//! One binary per crate: a file per module of the crate.
#![allow(missing_docs, reason = "tests are not modelled")]

mod support;

mod current;
mod direction;
mod faults;
mod guess;
mod io;
mod net;
mod reactor;
mod registry;
mod source;
mod thread;
mod wait;
