//! The same work on every runtime: what is done, on which runtime, and what it cost.
//!
//! A process runs one case on one runtime and prints one line; `cargo xtask bench` starts many and
//! compares. FAIRNESS.md says what each case does not show.

mod rt; // start here: what a workload may ask of a runtime
mod cases; // the work
mod measure; // how often it is done, and what it cost
mod load; // the load on a server, from a process of its own
mod command; // what the binaries understand
#[expect(unsafe_code, reason = "the clock is the kernel's, and its call C's")]
mod clock;
#[expect(unsafe_code, reason = "an allocator is unsafe to implement")]
mod heap;

pub use command::main;
pub use heap::Counting;
