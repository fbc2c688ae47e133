//! What this thread is doing for the executors of this crate: which worker it is, which task it polls.
//!
// SET FOR A CALL: both pointers are set from a borrow by a function of this file and put back before that
// borrow ends, also on unwinding; whoever reads them uses them only within the same call.

use std::cell::Cell;
use std::ptr;

use evenkeel_context::Owned;

use crate::loom::{AtomicU64, Ordering};
use crate::meta::Meta;
use crate::worker::Core;

struct Thread {
    worker: Cell<*const Core>,
    meta: Cell<*const Meta>,
    /// 0: not numbered yet.
    number: Cell<u64>,
    /// Eager steps that this thread is in, one within the other.
    depth: Cell<u32>,
    /// Walks over all tasks of an executor to ask them to end.
    walks: Cell<usize>,
}

thread_local! {
    static THREAD: Thread = const {
        Thread {
            worker: Cell::new(ptr::null()),
            meta: Cell::new(ptr::null()),
            number: Cell::new(0),
            depth: Cell::new(0),
            walks: Cell::new(0),
        }
    };
}

static NEXT_NUMBER: std::sync::OnceLock<AtomicU64> = std::sync::OnceLock::new();

/// A number for this thread that no other thread of the process ever has.
#[inline]
pub(crate) fn number() -> u64 {
    THREAD.with(|thread| {
        let number = thread.number.get();
        if number != 0 {
            return number;
        }
        let number = NEXT_NUMBER.get_or_init(|| AtomicU64::new(1)).fetch_add(1, Ordering::Relaxed);
        thread.number.set(number);
        number
    })
}

/// Puts the outer pointer back.
struct Restore<T: 'static> {
    field: fn(&Thread) -> &Cell<*const T>,
    outer: *const T,
}

impl<T> Drop for Restore<T> {
    fn drop(&mut self) {
        THREAD.with(|thread| (self.field)(thread).set(self.outer));
    }
}

fn set<T>(field: fn(&Thread) -> &Cell<*const T>, value: *const T) -> Restore<T> {
    Restore { field, outer: THREAD.with(|thread| field(thread).replace(value)) }
}

/// Runs `call` with this thread working as `worker`.
#[inline]
pub(crate) fn as_worker<R>(worker: &Core, call: impl FnOnce() -> R) -> R {
    if THREAD.with(|thread| ptr::eq(thread.worker.get(), worker)) {
        return call();
    }
    let _restore = set(|thread| &thread.worker, worker);
    call()
}

/// Runs `look` on the worker this thread is, if it is one.
#[inline]
pub(crate) fn worker<R>(look: impl FnOnce(Option<&Core>) -> R) -> R {
    let pointer = THREAD.with(|thread| thread.worker.get());
    // SAFETY: SET FOR A CALL.
    look(unsafe { pointer.as_ref() })
}

/// Runs `call` as part of the task that `meta` belongs to, which owns `owned`.
#[inline]
pub(crate) fn as_task<R>(meta: &Meta, owned: &Owned, call: impl FnOnce() -> R) -> R {
    let _restore = set(|thread| &thread.meta, meta);
    #[cfg(feature = "tracing")]
    let _entered = crate::span::enter(meta);
    evenkeel_context::enter_task(&meta.slot().record, owned, call)
}

/// [`as_task`], for a call that owns nothing, or says itself what it owns.
pub(crate) fn in_task<R>(meta: &Meta, call: impl FnOnce() -> R) -> R {
    let _restore = set(|thread| &thread.meta, meta);
    evenkeel_context::enter(&meta.slot().record, call)
}

/// Runs `look` on the task this thread polls, if it polls one.
#[inline]
pub(crate) fn task<R>(look: impl FnOnce(Option<&Meta>) -> R) -> R {
    let pointer = THREAD.with(|thread| thread.meta.get());
    // SAFETY: SET FOR A CALL.
    look(unsafe { pointer.as_ref() })
}

/// A walk over all tasks of an executor begins, to ask them to end.
pub(crate) fn walk() {
    THREAD.with(|thread| thread.walks.set(thread.walks.get() + 1));
}

/// How often this thread has walked over all tasks of an executor to ask them to end. For tests that hold the
/// price of an end against the number of tasks.
#[doc(hidden)]
pub fn walks() -> usize {
    THREAD.with(|thread| thread.walks.get())
}

/// One eager step more on this thread until it is dropped.
pub(crate) struct Deeper;

/// Counts an eager step, unless this thread is in `most` of them.
pub(crate) fn deeper(most: u32) -> Option<Deeper> {
    THREAD.with(|thread| {
        let depth = thread.depth.get();
        (depth < most).then(|| {
            thread.depth.set(depth + 1);
            Deeper
        })
    })
}

impl Drop for Deeper {
    fn drop(&mut self) {
        THREAD.with(|thread| thread.depth.set(thread.depth.get() - 1));
    }
}
