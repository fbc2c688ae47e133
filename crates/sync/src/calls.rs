//! Wakers gathered while a line is locked, to be woken once it is not.
//!
//! A waker may run anything: the executor, another task, this very primitive. So it is called with
//! nothing held, and if it panics the others are woken all the same.

use std::any::Any;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::task::Waker;

use crate::loom::panicking;

/// At most `N` wakers, in the order in which they were called up.
pub(crate) struct Calls<const N: usize> {
    wakers: [Option<Waker>; N],
    len: usize,
}

impl<const N: usize> Calls<N> {
    pub(crate) fn new() -> Self {
        Self { wakers: [const { None }; N], len: 0 }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.len == N
    }

    pub(crate) fn push(&mut self, waker: Waker) {
        debug_assert!(!self.is_full(), "a call beyond the batch");
        self.wakers[self.len] = Some(waker);
        self.len += 1;
    }

    /// Wakes them all, first come first woken. What panics is kept in `panics`.
    pub(crate) fn wake(&mut self, panics: &mut Panics) {
        let mut next = 0;
        while next < self.len {
            // One catch for all, and one more for each that panics.
            panics.catch(|| {
                while let Some(waker) = self.wakers[..self.len].get_mut(next) {
                    next += 1;
                    if let Some(waker) = waker.take() {
                        waker.wake();
                    }
                }
            });
        }
        self.len = 0;
    }
}

/// The first panic of a row of user calls, all of which are made.
#[derive(Default)]
pub(crate) struct Panics(Option<Box<dyn Any + Send>>);

impl Panics {
    pub(crate) fn catch(&mut self, call: impl FnOnce()) {
        // Nothing of ours is shared with the closure, so nothing of ours can be seen half-changed.
        if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(call)) {
            match &self.0 {
                None => self.0 = Some(payload),
                Some(_) => discard(payload),
            }
        }
    }

    /// Goes on with the panic, unless this thread is unwinding already: a second one would abort.
    pub(crate) fn resume(self) {
        if let Some(payload) = self.0 {
            if panicking() {
                discard(payload);
            } else {
                panic::resume_unwind(payload);
            }
        }
    }
}

/// Drops a payload nobody will see. If that panics too, what it leaves is leaked: there has to be an
/// end.
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(another) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(another);
    }
}
