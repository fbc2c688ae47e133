//! The one place that names atomics, locks and threads: std's, or loom's stand-ins in a model.

#[cfg(loom)]
pub(crate) use loom::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU64, Ordering, fence},
};
#[cfg(loom)]
pub(crate) use loom::thread_local;
#[cfg(not(loom))]
pub(crate) use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU64, Ordering, fence},
};
#[cfg(not(loom))]
pub(crate) use std::thread_local;

// The fall-back thread is not part of any model, and neither is what only it needs.
#[cfg(not(loom))]
pub(crate) use std::thread;
