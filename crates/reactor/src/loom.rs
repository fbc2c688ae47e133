//! The one door to atomics, locks and threads: std's, or loom's stand-ins when a model runs.

#[cfg(not(loom))]
mod chosen {
    pub(crate) use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
    pub(crate) use std::sync::{Arc, Mutex, MutexGuard};
    pub(crate) use std::thread;
}

#[cfg(loom)]
mod chosen {
    pub(crate) use loom::sync::atomic::{AtomicU8, AtomicU64, Ordering};
    pub(crate) use loom::sync::{Mutex, MutexGuard};
}

pub(crate) use chosen::*;

/// Locks, whatever happened to an earlier holder: nothing here is left half-changed by a panic.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
