//! The one place that names atomics. A record's fields are independent words that nobody synchronises
//! through, so there is nothing to model here: it is always the standard library's, or what counts it.

#[cfg(evenkeel_count)]
pub(crate) use crate::count::{AtomicPtr, AtomicU64, Ordering};
#[cfg(not(evenkeel_count))]
pub(crate) use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

/// What the counting words are made of, and count with.
#[cfg(evenkeel_count)]
pub(crate) mod real {
    pub use std::sync::atomic::Ordering;
    pub(crate) use std::sync::atomic::{
        AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, fence,
    };
    pub(crate) use std::sync::{LockResult, Mutex, MutexGuard, OnceLock, TryLockResult};
}
