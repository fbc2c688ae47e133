//! One binary per crate: a file per module of the crate.
#![allow(missing_docs, reason = "tests are not modelled")]

mod support; // a small loop to drive things with

mod budget;
mod clock;
mod current;
mod interval;
mod nested;
mod owned;
mod panics;
mod reschedule;
mod scope;
mod sleep;
mod thread;
mod timeout;
mod timers;
mod wheel;
