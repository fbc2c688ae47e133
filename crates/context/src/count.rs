//! Counts, word by word, what is done to the atomics and locks of all our crates: `cfg(evenkeel_count)` only.
//!
//! Each crate's `loom.rs` hands out the words of [`words`] instead of the standard library's. A word
//! knows where in the source it was made, which is its name; each use of it is counted by the line
//! that did it. `cargo xtask counts` builds this, runs one operation many times, and says which words
//! it touched how often. Without the `cfg` none of this exists.

mod table;
mod words;

pub use table::{Act, Use, uses};
pub use words::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Mutex, fence};

pub use crate::loom::real::Ordering;
