//! A value that says it may be sent, in a runtime where nothing ever is.
//!
//! The cases ask for `Send`, since most runtimes do. A runtime whose tasks all stay on the thread
//! that runs them has handles and futures that are not; they go in here. It costs nothing; builds
//! with debug assertions, the tests among them, check that each value is used where it was made.

// ONE THREAD: a value is made, polled and dropped by tasks of a runtime that has one thread and
// polls all tasks on it; no case hands one to another thread (`to_thread` and `spawn_remote` move
// what the case itself made, which is `Send` by itself).

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::task::{Context, Poll};
#[cfg(debug_assertions)]
use std::thread::{self, ThreadId};

/// See the module.
#[derive(Debug)]
pub(crate) struct OneThread<T> {
    value: T,
    #[cfg(debug_assertions)]
    made_on: ThreadId,
}

// SAFETY: ONE THREAD.
unsafe impl<T> Send for OneThread<T> {}
// SAFETY: ONE THREAD.
unsafe impl<T> Sync for OneThread<T> {}

impl<T> OneThread<T> {
    /// # Safety
    ///
    /// ONE THREAD: the value is used and dropped on this thread only.
    pub(crate) unsafe fn new(value: T) -> OneThread<T> {
        OneThread {
            value,
            #[cfg(debug_assertions)]
            made_on: thread::current().id(),
        }
    }

    /// The value, on its thread.
    pub(crate) fn into_inner(self) -> T {
        self.check();
        self.value
    }

    fn check(&self) {
        #[cfg(debug_assertions)]
        assert_eq!(self.made_on, thread::current().id(), "a value of one thread has left it");
    }
}

impl<T> Deref for OneThread<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.check();
        &self.value
    }
}

impl<T> DerefMut for OneThread<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.check();
        &mut self.value
    }
}

impl<F: Future> Future for OneThread<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.check();
        // SAFETY: a field of what is pinned is pinned; nothing moves it out.
        unsafe { self.map_unchecked_mut(|this| &mut this.value) }.poll(cx)
    }
}
