//! Calls into what belongs to others, and its drop, where a panic must not get out: the panic hook tells of it,
//! and it ends here.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Calls `call`. `None`: it panicked.
#[inline]
pub(crate) fn quietly<R>(call: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => Some(result),
        Err(payload) => {
            discard(payload);
            None
        }
    }
}

/// Drops what is the user's. What a panic was raised with may panic in its turn when it is dropped; what that one
/// was raised with is leaked: there has to be an end.
pub(crate) fn discard<T>(what: T) {
    let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(what))) else { return };
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(another);
    }
}
