//! The standard library's locks and counters. Nothing else in this crate names them.

#[cfg(feature = "server")]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
#[cfg(feature = "client")]
pub(crate) use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, whatever happened to an earlier holder: no user code runs under this crate's locks, so none of
/// them can be left half changed.
#[cfg(feature = "client")]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
