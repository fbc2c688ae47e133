//! The facade: std's atomics and locks, or loom's stand-ins for them when a model is built.

#[cfg(loom)]
pub(crate) use loom::sync::{
    Condvar, Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};
#[cfg(not(loom))]
pub(crate) use std::sync::{Condvar, MutexGuard};
#[cfg(all(not(loom), not(evenkeel_count)))]
pub(crate) use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};

/// The same, counted: see `evenkeel_context::count`.
#[cfg(evenkeel_count)]
pub(crate) use evenkeel_context::count::{AtomicBool, AtomicU64, AtomicUsize, Mutex, Ordering};

#[cfg(loom)]
use loom::thread;
#[cfg(not(loom))]
use std::thread;

pub(crate) use thread::ThreadId;

pub(crate) fn this_thread() -> ThreadId {
    thread::current().id()
}

#[cfg(not(loom))]
pub(crate) use std::sync::OnceLock;

/// Std's, whose orderings loom cannot see, with a flag before it that it can.
#[cfg(loom)]
pub(crate) struct OnceLock<T> {
    value: std::sync::OnceLock<T>,
    /// Release in `set`, Acquire in `get`: as in the real one.
    done: AtomicBool,
    setting: Mutex<()>,
}

#[cfg(loom)]
impl<T> OnceLock<T> {
    pub(crate) fn new() -> Self {
        let done = AtomicBool::new(false);
        Self { value: std::sync::OnceLock::new(), done, setting: Mutex::new(()) }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        if self.done.load(Ordering::Acquire) { self.value.get() } else { None }
    }

    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        self.value.get_mut()
    }

    pub(crate) fn set(&self, value: T) -> Result<(), T> {
        let _setting = lock(&self.setting);
        self.value.set(value)?;
        self.done.store(true, Ordering::Release);
        Ok(())
    }

    pub(crate) fn into_inner(self) -> Option<T> {
        self.value.into_inner()
    }
}

// Whether this thread unwinds is the same question in a model.
pub(crate) use std::thread::panicking;

use std::sync::PoisonError;

/// Locks `mutex`, whoever panicked while holding it: no section here leaves a half-made change.
#[cfg_attr(evenkeel_count, track_caller)]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A cell whose accesses loom watches.
#[cfg(loom)]
pub(crate) use loom::cell::UnsafeCell as RawCell;

#[cfg(loom)]
pub(crate) type Tracked = loom::alloc::Track<()>;

/// What has to be dropped before a model ends; nothing outside of one.
#[cfg(not(loom))]
pub(crate) struct Tracked;

#[cfg(not(loom))]
impl Tracked {
    pub(crate) fn new(_nothing: ()) -> Self {
        Self
    }
}

/// A cell in the shape of loom's.
#[cfg(not(loom))]
pub(crate) struct RawCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(loom))]
impl<T> RawCell<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    #[inline]
    pub(crate) fn with<R>(&self, look: impl FnOnce(*const T) -> R) -> R {
        look(self.0.get())
    }

    #[inline]
    pub(crate) fn with_mut<R>(&self, change: impl FnOnce(*mut T) -> R) -> R {
        change(self.0.get())
    }
}

/// What the lines are behind. In a model it is loom's own lock, for one that looks again and again has no
/// end there; ours has a model of its own.
#[cfg(not(loom))]
pub(crate) use crate::tiny::{Tiny as LineLock, TinyGuard as LineGuard};

#[cfg(loom)]
pub(crate) struct LineLock<T>(Mutex<T>);

#[cfg(loom)]
pub(crate) type LineGuard<'a, T> = MutexGuard<'a, T>;

#[cfg(loom)]
impl<T> LineLock<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> LineGuard<'_, T> {
        lock(&self.0)
    }
}

/// What one does who finds a [`Tiny`](crate::tiny::Tiny) taken, having looked so many times.
#[cfg(not(loom))]
pub(crate) fn wait_a_little(looks: u32) {
    match looks {
        // 127 pauses: some microseconds, hundreds of times what the lock is held for.
        0..7 => (0..1_u32 << looks).for_each(|_| std::hint::spin_loop()),
        // Its holder was interrupted.
        7..15 => thread::yield_now(),
        // By one more important than us and it, or by many.
        _ => thread::sleep(std::time::Duration::from_micros(50 << (looks - 15).min(5))),
    }
}

#[cfg(loom)]
pub(crate) fn wait_a_little(_looks: u32) {
    thread::yield_now();
}

/// Makes a constructor `const`, save in a model, where loom counts its objects as they are made.
macro_rules! const_unless_loom {
    ($(#[$meta:meta])* $vis:vis const fn $($rest:tt)*) => {
        #[cfg(not(loom))]
        $(#[$meta])*
        $vis const fn $($rest)*
        #[cfg(loom)]
        $(#[$meta])*
        $vis fn $($rest)*
    };
}
pub(crate) use const_unless_loom;

/// What is one for the process, and was made before any model began: always std's. What is behind it is
/// pure bookkeeping under one lock with nothing else locked meanwhile, so no model misses it.
pub(crate) mod process {
    #[cfg(evenkeel_count)]
    pub(crate) use evenkeel_context::count::{AtomicBool, AtomicUsize, Mutex, Ordering};
    pub(crate) use std::sync::MutexGuard;
    #[cfg(not(evenkeel_count))]
    pub(crate) use std::sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    };

    /// As the other one.
    #[cfg_attr(evenkeel_count, track_caller)]
    pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
