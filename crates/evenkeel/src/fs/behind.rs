//! Writing behind: bytes are taken at once, and a thread writes them in order.
//!
//! ```text
//!            1 push                       2 all is written
//!   IDLE ------------> WORKING ---------------------------------> IDLE
//!                       |   ^  3 push: more is waiting, for the same call
//!                       +---+
//! ```
//! At most one call is under way. While it writes, the bytes of further pushes gather, and it takes all of
//! them at once: small writes cost no call each. What was taken is written, whatever becomes of the file's
//! handle, of its task or of the pool: a call that the pool drops writes where it is dropped.

use std::fs::File;
use std::io::{self, Write};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use evenkeel_blocking::to_thread;

use crate::loom::{Mutex, lock};

/// The most that waits, beside what is being written: large enough that the way to the disk is not the
/// calls, small enough for each of a thousand files.
const MOST: usize = 256 << 10;

/// The bytes on their way into one file.
#[derive(Debug)]
pub(super) struct Behind {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    file: Arc<File>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<u8>,
    /// A call is under way; it will look at `waiting` again.
    working: bool,
    /// Of bytes that were taken before: for whoever calls next.
    error: Option<io::Error>,
    /// Who waits for room, or for the end of all of it. A file is used by one task at a time.
    waker: Option<Waker>,
}

impl Behind {
    pub(super) fn new(file: &Arc<File>) -> Behind {
        let file = Arc::clone(file);
        Behind { shared: Arc::new(Shared { file, state: Mutex::new(State::default()) }) }
    }

    /// Takes some of `bytes`.
    pub(super) fn poll_push(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut state = lock(&self.shared.state);
        if let Some(error) = state.error.take() {
            return Poll::Ready(Err(error));
        }
        let count = bytes.len().min(MOST - state.waiting.len());
        if count == 0 && !bytes.is_empty() {
            return pend(cx, &self.shared.state, state);
        }
        state.waiting.extend_from_slice(&bytes[..count]);
        let starts = !bytes.is_empty() && !mem::replace(&mut state.working, true);
        drop(state);
        if starts {
            let work = Work { shared: Some(Arc::clone(&self.shared)) };
            to_thread(move || work.run()).detach();
        }
        Poll::Ready(Ok(count))
    }

    /// Waits until all is written; an error that nobody heard of.
    pub(super) fn poll_written(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = lock(&self.shared.state);
        if state.working {
            return pend(cx, &self.shared.state, state);
        }
        Poll::Ready(state.error.take().map_or(Ok(()), Err))
    }
}

/// Leaves a waker. A clone of it is somebody else's code, so it is made with nothing locked; and then what
/// was waited for may have come.
fn pend<T>(
    cx: &mut Context<'_>,
    mutex: &Mutex<State>,
    state: crate::loom::MutexGuard<'_, State>,
) -> Poll<T> {
    drop(state);
    let waker = cx.waker().clone();
    let mut state = lock(mutex);
    if !state.working {
        drop(state);
        waker.wake();
        return Poll::Pending;
    }
    let before = state.waker.replace(waker);
    drop(state);
    drop(before);
    Poll::Pending
}

/// The call. Dropped without having been run, by a pool without threads or one that is shut down, it works
/// where it is dropped.
struct Work {
    shared: Option<Arc<Shared>>,
}

impl Work {
    fn run(mut self) {
        self.work();
    }

    fn work(&mut self) {
        if let Some(shared) = self.shared.take() {
            shared.write_all();
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.work();
    }
}

impl Shared {
    fn write_all(&self) {
        let mut bytes = Vec::new();
        loop {
            let mut state = lock(&self.state);
            bytes.clear();
            mem::swap(&mut state.waiting, &mut bytes);
            if bytes.is_empty() {
                state.working = false;
                if state.waiting.capacity() < bytes.capacity() {
                    state.waiting = mem::take(&mut bytes);
                }
            }
            let working = state.working;
            let waker = state.waker.take();
            drop(state);
            if let Some(waker) = waker {
                // If a foreign waker panics, the panic hook has told of it; the bytes have to be written.
                let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
            }
            if !working {
                return;
            }
            if let Err(error) = (&*self.file).write_all(&bytes) {
                let mut state = lock(&self.state);
                // What was to follow it would stand in the wrong place.
                state.waiting.clear();
                let before = state.error.replace(error);
                drop(state);
                drop(before);
            }
        }
    }
}
