//! The standard library's atomics, locks, threads and fences, or loom's stand-ins under `cfg(loom)`.
//!
//! Nothing else in this crate names them, so every protocol here can be model-checked.

#[cfg(loom)]
pub(crate) use loom::{
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence},
    },
    thread,
};
#[cfg(all(not(loom), not(evenkeel_count)))]
pub(crate) use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering},
};
#[cfg(not(loom))]
pub(crate) use std::{
    sync::{MutexGuard, atomic::fence},
    thread,
};

/// The same, counted: see `evenkeel_context::count`.
#[cfg(evenkeel_count)]
pub(crate) use evenkeel_context::count::{
    AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Mutex, Ordering,
};

/// Locks, whatever happened to an earlier holder: no invariant here spans a panic.
#[cfg_attr(evenkeel_count, track_caller)]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A sequentially consistent fence.
///
/// On x86 a locked instruction orders everything a fence does at a third of `mfence`'s cost; the
/// compiler is kept from moving anything across it by the fence on the compiler itself.
#[inline]
pub(crate) fn full_fence() {
    #[cfg(all(target_arch = "x86_64", not(loom), not(miri)))]
    {
        use std::sync::atomic::compiler_fence;
        compiler_fence(Ordering::SeqCst);
        let word = AtomicUsize::new(0);
        // A swap cannot be a plain load, and its word is ours alone: no cache line is contended.
        let _ = word.swap(1, Ordering::SeqCst);
        std::hint::black_box(&word);
        compiler_fence(Ordering::SeqCst);
    }
    #[cfg(not(all(target_arch = "x86_64", not(loom), not(miri))))]
    {
        #[cfg(loom)]
        use loom::sync::atomic::fence;
        #[cfg(not(loom))]
        use std::sync::atomic::fence;
        fence(Ordering::SeqCst);
    }
}
