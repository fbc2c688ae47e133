//! The one place that names atomics. A record's fields are independent words that nobody synchronises
//! through, so there is nothing to model here: it is always the standard library's.

pub(crate) use std::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, Ordering,
};
