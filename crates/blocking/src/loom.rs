//! The standard library's locks and threads, or loom's stand-ins under `cfg(loom)`.
//!
//! Nothing else in this crate names them, so what the pool does can be model-checked.

use std::{
    io,
    sync::PoisonError,
    time::{Duration, Instant},
};

#[cfg(loom)]
pub(crate) use ::loom::{
    sync::{Condvar, Mutex, MutexGuard},
    thread::{Builder, JoinHandle},
};
#[cfg(all(not(loom), not(evenkeel_count)))]
pub(crate) use std::sync::Mutex;
#[cfg(not(loom))]
pub(crate) use std::{
    sync::{Condvar, MutexGuard},
    thread::{Builder, JoinHandle},
};

/// The same, counted: see `evenkeel_context::count`.
#[cfg(evenkeel_count)]
pub(crate) use evenkeel_task::count::Mutex;

/// Locks, whatever happened to an earlier holder: no user code runs under this crate's locks, so
/// none of them can be left half changed.
#[cfg_attr(evenkeel_count, track_caller)]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many processors there are. Models are not built with the crate that asks.
pub(crate) fn processors() -> usize {
    #[cfg(loom)]
    return 2;
    #[cfg(not(loom))]
    evenkeel_task::processors()
}

/// The time. Under loom it stands still: what a model does must not depend on when it runs.
pub(crate) fn clock() -> Instant {
    #[cfg(loom)]
    return {
        static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        *START.get_or_init(Instant::now)
    };
    #[cfg(not(loom))]
    Instant::now()
}

/// Parks on `signal` with `mutex` released; true: `limit` is over and nobody signalled in time.
/// [`Duration::MAX`] is no limit. May also return early for no reason, as condition variables do.
#[cfg(not(loom))]
pub(crate) fn park<'a, T>(
    signal: &Condvar,
    _mutex: &'a Mutex<T>,
    guard: MutexGuard<'a, T>,
    limit: Duration,
) -> (MutexGuard<'a, T>, bool) {
    if limit == Duration::MAX {
        return (signal.wait(guard).unwrap_or_else(PoisonError::into_inner), false);
    }
    let (guard, over) = signal.wait_timeout(guard, limit).unwrap_or_else(PoisonError::into_inner);
    (guard, over.timed_out())
}

/// Loom knows no time, so a limited wait is over at once: the lock is let go and taken again, and
/// whatever another thread can do in between, a model tries.
#[cfg(loom)]
pub(crate) fn park<'a, T>(
    signal: &Condvar,
    mutex: &'a Mutex<T>,
    guard: MutexGuard<'a, T>,
    limit: Duration,
) -> (MutexGuard<'a, T>, bool) {
    if limit == Duration::MAX {
        return (signal.wait(guard).unwrap_or_else(PoisonError::into_inner), false);
    }
    drop(guard);
    (lock(mutex), true)
}

/// Starts the thread that `builder` describes: what every pool does unless told otherwise.
pub(crate) fn start_thread(
    builder: Builder,
    work: Box<dyn FnOnce() + Send>,
) -> io::Result<JoinHandle<()>> {
    builder.spawn(work)
}
