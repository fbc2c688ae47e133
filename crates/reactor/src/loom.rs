//! The one door to atomics, locks and threads: std's, or loom's stand-ins when a model runs.

#[cfg(not(loom))]
mod chosen {
    /// Counted: see there.
    #[cfg(evenkeel_count)]
    pub(crate) use evenkeel_context::count::{AtomicBool, AtomicU8, AtomicU64, Mutex, Ordering};
    pub(crate) use std::sync::{Arc, MutexGuard, OnceLock};
    #[cfg(not(evenkeel_count))]
    pub(crate) use std::sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering},
    };
    pub(crate) use std::thread;
}

#[cfg(loom)]
mod chosen {
    pub(crate) use loom::sync::atomic::{AtomicU8, AtomicU64, Ordering};
    pub(crate) use loom::sync::{Mutex, MutexGuard};
}

pub(crate) use chosen::*;

/// Locks, whatever happened to an earlier holder: nothing here is left half-changed by a panic.
#[cfg_attr(evenkeel_count, track_caller)]
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
