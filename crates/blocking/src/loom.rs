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

/// Waits on `signal` with `mutex` released, for no longer than `limit`; [`Duration::MAX`] is no limit.
/// May also return early for no reason, as condition variables do.
#[cfg(not(loom))]
pub(crate) fn wait<'a, T>(
    signal: &Condvar,
    _mutex: &'a Mutex<T>,
    guard: MutexGuard<'a, T>,
    limit: Duration,
) -> MutexGuard<'a, T> {
    if limit == Duration::MAX {
        return signal.wait(guard).unwrap_or_else(PoisonError::into_inner);
    }
    signal.wait_timeout(guard, limit).unwrap_or_else(PoisonError::into_inner).0
}

/// Loom knows no time, so a limited wait is over at once: the lock is let go and taken again, and
/// whatever another thread can do in between, a model tries.
#[cfg(loom)]
pub(crate) fn wait<'a, T>(
    signal: &Condvar,
    mutex: &'a Mutex<T>,
    guard: MutexGuard<'a, T>,
    limit: Duration,
) -> MutexGuard<'a, T> {
    if limit == Duration::MAX {
        return signal.wait(guard).unwrap_or_else(PoisonError::into_inner);
    }
    drop(guard);
    lock(mutex)
}

/// A thread of the pool, to be woken by others. Whoever is unparked before he parks does not park, and then
/// neither of the two calls asks the system.
#[cfg(not(loom))]
#[derive(Clone)]
pub(crate) struct Sleeper(std::thread::Thread);

#[cfg(not(loom))]
impl Sleeper {
    /// This thread.
    pub(crate) fn here() -> Sleeper {
        Sleeper(std::thread::current())
    }

    pub(crate) fn unpark(&self) {
        self.0.unpark();
    }

    /// Parks this thread until it is unparked; true: `limit` is over. [`Duration::MAX`] is no limit. May also
    /// return early for no reason, as parking does.
    pub(crate) fn park(&self, limit: Duration) -> bool {
        if limit == Duration::MAX {
            std::thread::park();
            return false;
        }
        let begun = clock();
        std::thread::park_timeout(limit);
        begun.elapsed() >= limit
    }
}

/// Loom's threads cannot be unparked while they wait for anything else, so here it is a flag and its
/// signal. A limited park is over at once, as above.
#[cfg(loom)]
#[derive(Clone)]
pub(crate) struct Sleeper(std::sync::Arc<(Mutex<bool>, Condvar)>);

#[cfg(loom)]
impl Sleeper {
    pub(crate) fn here() -> Sleeper {
        Sleeper(std::sync::Arc::new((Mutex::new(false), Condvar::new())))
    }

    pub(crate) fn unpark(&self) {
        *lock(&self.0.0) = true;
        self.0.1.notify_one();
    }

    pub(crate) fn park(&self, limit: Duration) -> bool {
        if limit == Duration::MAX {
            let mut unparked = lock(&self.0.0);
            while !*unparked {
                unparked = self.0.1.wait(unparked).unwrap_or_else(PoisonError::into_inner);
            }
            *unparked = false;
        }
        limit != Duration::MAX
    }
}

/// Starts the thread that `builder` describes: what every pool does unless told otherwise.
pub(crate) fn start_thread(
    builder: Builder,
    work: Box<dyn FnOnce() + Send>,
) -> io::Result<JoinHandle<()>> {
    builder.spawn(work)
}
