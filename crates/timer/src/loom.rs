//! The one place that names atomics, locks and threads: std's, or loom's stand-ins in a model.

#[cfg(loom)]
pub(crate) use loom::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU64, Ordering, fence},
};
/// Loom's takes no `const { .. }`, and each of its threads has its own, though they are one.
#[cfg(loom)]
macro_rules! local {
    ($($(#[$about:meta])* static $name:ident: $type:ty = const { $first:expr };)*) => {
        ::loom::thread_local! { $($(#[$about])* static $name: $type = $first;)* }
    };
}
#[cfg(loom)]
pub(crate) use local as thread_local;
#[cfg(all(not(loom), not(evenkeel_count)))]
pub(crate) use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering, fence},
};
#[cfg(not(loom))]
pub(crate) use std::{sync::MutexGuard, thread_local};

/// The same, counted: see `evenkeel_context::count`.
#[cfg(evenkeel_count)]
pub(crate) use evenkeel_context::count::{AtomicBool, AtomicU64, Mutex, Ordering, fence};

// The fall-back thread is not part of any model, and neither is what only it needs.
#[cfg(not(loom))]
pub(crate) use std::thread;
