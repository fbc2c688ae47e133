//! The wrapper around a user's future: it looks at the cancel flag, catches panics, drops the future, and
//! only then reports the end.
//!
//! ```text
//!            1 poll: Pending
//!           +-------+
//!           v       |        2 Ready, panic, or cancelled
//!   future alive ---+-----------------------------------> future gone --3 end--> reported
//! ```
//! Between 2 and 3 is the seam for what a task owns (children of a dropped group, shielded work, deferred
//! clean-up): the future is gone, the task is not done until that is gone too.
//!
// STAYS PUT: `meta` leads to the metadata in the header of the very cell that holds this wrapper.
// ONE POLLER: whoever holds the Runnable polls or drops the wrapper, and nobody else.

use std::any::Any;
use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::error::{Cancelled, Failure};
use crate::job::Refused;
use crate::meta::{Due, Ended, Meta, TaskId};
use crate::registry::Rare;
use crate::thread_state;
use crate::worker::Core;

/// What a task leaves in its cell. Left unread, it is dropped there, where a panic would abort the process:
/// the panic hook tells of it, and it ends here.
pub(crate) struct Outcome<T>(Option<Result<T, Box<Failure>>>);

impl<T> Outcome<T> {
    pub(crate) fn take(mut self) -> Result<T, Box<Failure>> {
        self.0.take().expect("taken once, by value")
    }
}

impl<T> Drop for Outcome<T> {
    fn drop(&mut self) {
        if let Some(unread) = self.0.take() {
            let _ = catch_unwind(AssertUnwindSafe(|| drop(unread)));
        }
    }
}

pin_project! {
    pub(crate) struct Life<F: Future> {
        meta: NonNull<Meta>,
        // `None` once it is gone.
        #[pin]
        future: Option<F>,
        reported: bool,
    }

    impl<F: Future> PinnedDrop for Life<F> {
        fn drop(this: Pin<&mut Self>) {
            if !this.reported {
                this.abandoned();
            }
        }
    }
}

// SAFETY: `meta` leads to a Sync value; the rest follows the future.
unsafe impl<F: Future + Send> Send for Life<F> {}

impl<F: Future> Life<F> {
    /// Wraps `future` in the cell whose header holds `meta`. STAYS PUT.
    pub(crate) fn new(meta: &Meta, future: F) -> Life<F> {
        Life { meta: NonNull::from(meta), future: Some(future), reported: false }
    }

    /// The executor dropped the task unfinished: its future goes now, on this thread.
    fn abandoned(self: Pin<&mut Self>) {
        let this = self.project();
        // SAFETY: STAYS PUT.
        let meta = unsafe { this.meta.as_ref() };
        let gone = drop_future(meta, this.future);
        let ended = end(meta, gone.map_or(End::Cancelled(None), End::Panicked));
        // A panic reports itself, for there is nobody to hear of it; callbacks have no loop to run on.
        drop(ended);
    }
}

/// How the future came to its end.
enum End {
    Completed,
    /// With the reason of the cancelled task that this one awaited, if that is how the cancel came.
    Cancelled(Option<Arc<str>>),
    Panicked(Box<dyn Any + Send>),
    Refused(io::Error),
}

impl End {
    /// An awaiter of a cancelled task unwinds as cancelled, a refused job as refused; else it is a panic.
    fn of(payload: Box<dyn Any + Send>) -> End {
        let payload = match payload.downcast::<Cancelled>() {
            Ok(cancelled) => return End::Cancelled(cancelled.reason),
            Err(payload) => payload,
        };
        match payload.downcast::<Refused>() {
            Ok(refused) => End::Refused(refused.0),
            Err(payload) => End::Panicked(payload),
        }
    }
}

impl<F: Future> Future for Life<F> {
    type Output = Outcome<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        // SAFETY: STAYS PUT.
        let meta = unsafe { this.meta.as_ref() };
        let slot = meta.slot();
        slot.record.begin_poll();
        let (value, how) = if slot.is_cancelling() {
            (None, End::Cancelled(None))
        } else {
            let future = this.future.as_mut().as_pin_mut().expect("a task polled after its end");
            let polled =
                thread_state::as_task(meta, || catch_unwind(AssertUnwindSafe(|| future.poll(cx))));
            match polled {
                Ok(Poll::Ready(value)) => (Some(value), End::Completed),
                Err(payload) => (None, End::of(payload)),
                Ok(Poll::Pending) => {
                    if !slot.has_waker() {
                        slot.publish(cx.waker().clone());
                    }
                    // A cancel that came before `publish` could not wake us; one that came after did.
                    if !slot.is_cancelling() {
                        return Poll::Pending;
                    }
                    (None, End::Cancelled(None))
                }
            }
        };
        let gone = drop_future(meta, this.future.as_mut());
        *this.reported = true;
        let how = gone.map_or(how, End::Panicked);
        // The seam: what the task owns is driven to its end here, before the end is told.
        Poll::Ready(finish(meta, how, value))
    }
}

/// Drops the future as part of its task; answers the payload if that panics.
fn drop_future<F>(meta: &Meta, mut future: Pin<&mut Option<F>>) -> Option<Box<dyn Any + Send>> {
    future.as_ref().as_pin_ref()?;
    thread_state::as_task(meta, || catch_unwind(AssertUnwindSafe(|| future.set(None)))).err()
}

/// Tells the end, and answers what goes into the cell.
fn finish<T>(meta: &Meta, how: End, value: Option<T>) -> Outcome<T> {
    // Read while the record is still this task's.
    let record = &meta.slot().record;
    let (id, spawned_at) = (TaskId(record.id()), record.spawned_at());
    let (failure, callbacks) = end(meta, how);
    meta.home.run_callbacks(callbacks);
    thread_state::worker(|worker| worker.map(Core::task_is_ending));
    Outcome(Some(match (value, failure) {
        (Some(value), None) => Ok(value),
        (value, Some(failure)) => {
            // Cancelled while it ran its last step: asyncio drops the value, and so do we.
            match catch_unwind(AssertUnwindSafe(|| drop(value))) {
                Ok(()) => Err(failure),
                Err(payload) => {
                    let name = meta.extra().and_then(|extra| extra.name.clone());
                    Err(Box::new(Failure::panicked(payload, id, name, spawned_at, meta)))
                }
            }
        }
        (None, None) => unreachable!("completed without a value"),
    }))
}

/// Closes the slot, wakes who waits for the end, and answers the failure, if the end is one, and the
/// callbacks that are due now.
fn end(meta: &Meta, how: End) -> (Option<Box<Failure>>, Due) {
    let record = &meta.slot().record;
    let (id, spawned_at) = (record.id(), record.spawned_at());
    let closed = meta.slot().close();
    let rare = if closed.rare { meta.home.registry.forget_rare(id) } else { Rare::default() };
    let failure = match how {
        End::Completed if !closed.cancelled => None,
        End::Completed => Some(Failure::cancelled(rare.reason)),
        End::Cancelled(theirs) => Some(Failure::cancelled(rare.reason.or(theirs))),
        End::Refused(error) => Some(Failure::refused(error)),
        End::Panicked(payload) => {
            Some(Failure::panicked(payload, TaskId(id), rare.name, spawned_at, meta))
        }
    };
    let ended = match &failure {
        None => Ended::Completed,
        Some(failure) if failure.is_panic() => Ended::Panicked,
        Some(_) => Ended::Cancelled,
    };
    if failure.is_some() {
        meta.mark_end(ended);
    }
    let callbacks = meta.extra().map(|extra| (ended, extra.end(Some(ended))));
    meta.home.release(meta.slot);
    (failure.map(Box::new), callbacks.filter(|(_, callbacks)| !callbacks.is_empty()))
}
