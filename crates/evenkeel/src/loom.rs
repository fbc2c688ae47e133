//! The one place that names atomics and locks. The protocols of this crate are those of the leaves, which
//! model them; here it is always the standard library's. `io::duplex` has one of its own, which the models of
//! the reactor compile once more, with loom's lock.

pub(crate) use std::sync::{Condvar, MutexGuard, PoisonError};
#[cfg(not(evenkeel_count))]
pub(crate) use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};
#[cfg(feature = "io")]
pub(crate) use std::thread::panicking;

/// The same, counted: see there.
#[cfg(evenkeel_count)]
pub(crate) use evenkeel_context::count::{AtomicBool, AtomicU64, AtomicUsize, Mutex, Ordering};

/// Locks, whatever happened to an earlier holder: no invariant here spans a panic.
#[cfg_attr(evenkeel_count, track_caller)]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
