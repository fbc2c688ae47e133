//! The wrapper around a user's future: it looks at the cancel flag, catches panics, drops the future,
//! drives what the task owns, and only then reports the end.
//!
//! ```text
//!          1 poll: Pending                               4 poll_leaving: Pending
//!         +-------+                                     +-------+
//!         v       |   2 leave: Ready, panic, cancelled  v       |
//!   alive --------+----------------------------------> leaving -+
//!     |                                                   |
//!     | 3 leave: it owns nothing                          | 5 all it owned is done
//!     +----------------------------------> gone <---------+
//! ```
//! What a task owns are children that were cancelled, dropped groups, and clean-ups (`Owned`): its future
//! is gone, the task is not done until those are, too. While it is leaving, a cancel changes nothing:
//! clean-ups are shielded. Only the end of its executor cuts them short.
//!
// STAYS PUT: see `stage.rs`.
// ONE POLLER: whoever holds the Runnable polls or drops the wrapper, and nobody else.

use std::any::Any;
use std::future::Future;
use std::io;
use std::mem::needs_drop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use evenkeel_context::{Cancelled, Owned};
use pin_project_lite::pin_project;

use crate::calls::discard;
use crate::error::{Failure, FailureKind, FailureReport};
use crate::job::{self, Refused};
use crate::meta::{Due, Ended, Extra, Meta, TaskId};
use crate::registry::Rare;
use crate::slot::Slot;
use crate::stage::{At, Stage};
use crate::thread_state;
use crate::worker::Core;

/// What a task leaves in its cell. Left unread, it is dropped there, where a panic would abort the process:
/// the panic hook tells of it, and it ends here.
pub(crate) struct Outcome<T>(Option<Result<T, Box<Failure>>>);

impl<T> Outcome<T> {
    pub(crate) fn take(mut self) -> Result<T, Box<Failure>> {
        self.0.take().expect("taken once, by value")
    }

    fn drop_unread(&mut self) {
        if let Some(unread) = self.0.take() {
            job::lingers();
            discard(unread);
        }
    }
}

impl<T> Drop for Outcome<T> {
    #[inline]
    fn drop(&mut self) {
        let is_plain = !needs_drop::<T>() && matches!(self.0, None | Some(Ok(_)));
        if !is_plain {
            self.drop_unread();
        }
    }
}

pin_project! {
    /// One word more than the future: all else is where only those have it who need it.
    pub(crate) struct Life<F: Future> {
        #[pin]
        stage: Stage<F, Leaving<F::Output>>,
    }

    impl<F: Future> PinnedDrop for Life<F> {
        fn drop(this: Pin<&mut Self>) {
            this.abandoned();
        }
    }
}

/// A task whose future is gone, how that went, and what it owns.
struct Leaving<T> {
    how: End,
    value: Option<T>,
    owned: Owned,
}

// SAFETY: its address leads to a Sync value; the rest follows the future.
unsafe impl<F: Future + Send> Send for Life<F> where F::Output: Send {}

impl<F: Future> Life<F> {
    /// Wraps `future` in the cell whose header holds `meta`. STAYS PUT.
    pub(crate) fn new(meta: &Meta, future: F) -> Life<F> {
        Life { stage: Stage::alive(meta, future) }
    }

    /// The executor dropped the task unfinished: its future goes now, on this thread, and what it owns is
    /// given up.
    #[inline]
    fn abandoned(self: Pin<&mut Self>) {
        let stage = self.project().stage;
        if !stage.is_gone() {
            abandon(stage);
        }
    }
}

#[cold]
fn abandon<F: Future>(mut stage: Pin<&mut Stage<F, Leaving<F::Output>>>) {
    // SAFETY: whoever calls this has a count of the cell.
    let meta = unsafe { stage.meta() };
    let Leaving { how, value, owned } = stage.as_mut().take_leaving().unwrap_or_else(|| {
        let owned = meta.take_owned();
        let gone = drop_future(meta, &owned, stage);
        Leaving { how: gone.map_or(End::Cancelled(None), End::Panicked), value: None, owned }
    });
    discard(value);
    give_up(meta, &owned);
    // A panic reports itself, for there is nobody to hear of it; callbacks have no loop to run on.
    let (failure, callbacks) = end(meta, how);
    discard(failure);
    callbacks.into_iter().flat_map(|(_, callbacks)| callbacks).for_each(discard);
}

/// How the future came to its end.
enum End {
    /// Unless a cancel was asked for before the end is told.
    Completed,
    /// With clean-ups to follow: a cancel that comes during them changes nothing.
    Settled,
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
        let mut stage = self.project().stage;
        // SAFETY: whoever calls this has a count of the cell.
        let meta = unsafe { stage.meta() };
        meta.slot().begin_poll();
        match stage.as_mut().at() {
            At::Alive(_) => {}
            At::Leaving(leaving) => {
                if poll_leaving(meta, &leaving.owned, &mut leaving.how, cx).is_pending() {
                    return Poll::Pending;
                }
                let leaving = stage.take_leaving().expect("it was leaving");
                return Poll::Ready(finish(meta, leaving.how, leaving.value));
            }
            At::Gone => panic!("a task was polled after its end"),
        }
        // On the stack, where most tasks leave nothing in it.
        let owned = meta.take_owned();
        let step = thread_state::as_task(meta, &owned, || step(meta.slot(), stage.as_mut(), cx));
        let (how, value) = match step {
            Step::Waits => {
                if !owned.is_empty() {
                    meta.keep_owned(owned);
                }
                return Poll::Pending;
            }
            Step::Returned(value) if owned.is_empty() => {
                return Poll::Ready(if finish_plain(meta, cx.waker()) {
                    Outcome(Some(Ok(value)))
                } else {
                    finish(meta, End::Completed, Some(value))
                });
            }
            Step::Returned(value) => (End::Completed, Some(value)),
            Step::Failed(how) => (how, None),
        };
        if owned.is_empty() {
            return Poll::Ready(finish(meta, how, value));
        }
        leave(stage, Leaving { how, value, owned }, cx)
    }
}

/// Its future is gone, and it owns something: begins to see to that.
#[cold]
fn leave<F: Future>(
    stage: Pin<&mut Stage<F, Leaving<F::Output>>>,
    mut leaving: Leaving<F::Output>,
    cx: &mut Context<'_>,
) -> Poll<Outcome<F::Output>> {
    // SAFETY: whoever calls this has a count of the cell.
    let meta = unsafe { stage.meta() };
    // Decided now: a cancel that comes from here on comes too late.
    if matches!(leaving.how, End::Completed) {
        let is_cancelled = meta.slot().is_cancelling();
        leaving.how = if is_cancelled { End::Cancelled(None) } else { End::Settled };
    }
    if poll_leaving(meta, &leaving.owned, &mut leaving.how, cx).is_pending() {
        stage.leave(leaving);
        return Poll::Pending;
    }
    Poll::Ready(finish(meta, leaving.how, leaving.value))
}

/// What one step of a live task came to. Unless it waits, its future is gone.
enum Step<T> {
    Waits,
    Returned(T),
    Failed(End),
}

/// One step of a live task, in its surroundings.
#[inline]
fn step<F: Future>(
    slot: &Slot,
    mut stage: Pin<&mut Stage<F, Leaving<F::Output>>>,
    cx: &mut Context<'_>,
) -> Step<F::Output> {
    let step = if slot.is_cancelling() {
        Step::Failed(End::Cancelled(None))
    } else {
        let At::Alive(future) = stage.as_mut().at() else {
            unreachable!("the caller has looked");
        };
        match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
            Ok(Poll::Ready(value)) => Step::Returned(value),
            Err(payload) => Step::Failed(End::of(payload)),
            Ok(Poll::Pending) => {
                if !slot.is_held() {
                    slot.hold(cx.waker());
                }
                // A task that was cancelled during its poll ends with it.
                if !slot.is_cancelling() {
                    return Step::Waits;
                }
                Step::Failed(End::Cancelled(None))
            }
        }
    };
    match catch_unwind(AssertUnwindSafe(|| stage.end())) {
        Ok(()) => step,
        Err(payload) => {
            discard(step); // The value goes with the rest.
            Step::Failed(End::Panicked(payload))
        }
    }
}

/// Drops the future as part of its task; answers the payload if that panics.
fn drop_future<F: Future>(
    meta: &Meta,
    owned: &Owned,
    stage: Pin<&mut Stage<F, Leaving<F::Output>>>,
) -> Option<Box<dyn Any + Send>> {
    let gone = || catch_unwind(AssertUnwindSafe(|| stage.end()));
    thread_state::as_task(meta, owned, gone).err()
}

/// Drives what the task owns; a panic in it is the task's, unless it has one already.
#[cold]
fn poll_leaving(meta: &Meta, owned: &Owned, how: &mut End, cx: &mut Context<'_>) -> Poll<()> {
    if !meta.slot().is_held() {
        meta.slot().hold(cx.waker());
    }
    let drive = || catch_unwind(AssertUnwindSafe(|| owned.poll_done(cx)));
    let driven = thread_state::as_task(meta, owned, drive);
    match driven {
        Ok(Poll::Ready(())) => {}
        // The closing executor wakes us, or is seen here.
        Ok(Poll::Pending) if meta.home().is_closed() => give_up(meta, owned),
        Ok(Poll::Pending) => return Poll::Pending,
        Err(payload) if matches!(how, End::Panicked(_)) => discard(payload),
        Err(payload) => *how = End::of(payload),
    }
    Poll::Ready(())
}

/// What a task owns is given up undone, for its executor goes; clean-ups that did not end are told of.
fn give_up(meta: &Meta, owned: &Owned) {
    let undone = thread_state::as_task(meta, owned, || owned.abandon());
    if undone > 0 {
        let message = format!("{undone} clean-ups did not run to their end: its loop is gone");
        meta.home().report(&FailureReport::of(meta, FailureKind::Overran, message));
    }
}

/// [`finish`] for most tasks: it returned, and nobody has said or asked anything of it. False if somebody
/// has; then nothing is done.
#[inline]
fn finish_plain(meta: &Meta, waker: &Waker) -> bool {
    if !meta.slot().try_close_plain(waker) {
        return false;
    }
    // Looked at after the close, as in `end`.
    if let Some(extra) = meta.extra() {
        tell(meta, extra);
    }
    meta.home().release(meta.slot);
    thread_state::worker(|worker| worker.map(Core::task_is_ending));
    true
}

/// Tells whoever asked to hear of it that a task completed.
#[cold]
fn tell(meta: &Meta, extra: &Extra) {
    job::lingers();
    #[cfg(feature = "tracing")]
    crate::span::close(meta, Ended::Completed);
    let callbacks = extra.end(Some(Ended::Completed));
    if !callbacks.is_empty() {
        meta.home().run_callbacks(Some((Ended::Completed, callbacks)));
    }
}

/// Tells the end, and answers what goes into the cell.
fn finish<T>(meta: &Meta, how: End, value: Option<T>) -> Outcome<T> {
    job::lingers();
    // Read while the record is still this task's.
    let record = &meta.slot().record;
    let (id, spawned_at) = (TaskId(record.id()), record.spawned_at());
    let (failure, callbacks) = end(meta, how);
    meta.home().run_callbacks(callbacks);
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
    let rare = if closed.rare { meta.home().registry.forget_rare(id) } else { Rare::default() };
    let failure = match how {
        End::Settled => None,
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
    #[cfg(feature = "tracing")]
    crate::span::close(meta, ended);
    let callbacks = meta.extra().map(|extra| (ended, extra.end(Some(ended))));
    meta.home().release(meta.slot);
    (failure.map(Box::new), callbacks.filter(|(_, callbacks)| !callbacks.is_empty()))
}
