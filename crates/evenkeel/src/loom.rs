//! The one place that names atomics and locks. The protocols of this crate are those of the leaves, which
//! model them; here it is always the standard library's.

pub(crate) use std::sync::{
    Condvar, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

/// Locks, whatever happened to an earlier holder: no invariant here spans a panic.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
