//! The handle of a task: await it, join it, cancel it, let it go.

use std::fmt;
use std::future::Future;
use std::num::NonZero;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker, ready};

use async_task::FallibleTask;
use evenkeel_context::{
    End, Wait, current_id, is_collecting, is_owned, leave_ending, poll_budget, spend, waiting_for,
};

use crate::calls::{discard, quietly};
use crate::error::JoinError;
use crate::home::HomeRef;
use crate::info::{Canceller, name_or_number};
use crate::join::{Join, JoinMut};
use crate::life::Outcome;
use crate::locals;
use crate::meta::{Ended, Extra, Meta, TaskId, in_context};
use crate::shared::SharedTask;
use crate::thread_state;

/// A task that runs: awaiting it gives its value, dropping it cancels it.
///
/// - `task.await` gives the value. If the task panicked, the panic resumes in the awaiter; if somebody
///   cancelled it, the awaiter unwinds quietly as cancelled, up to its own task (what `CancelledError`
///   does in asyncio).
/// - [`join`](Task::join) gives a `Result` for both, and is the form to use under `panic = "abort"`.
/// - Dropping the handle, or the future that awaits it by value, asks the task to end: a parent that is
///   cancelled takes its children along. `(&mut task).await` leaves the task alone when it is dropped.
/// - [`detach`](Task::detach) lets it go on without a handle.
///
/// ```
/// use evenkeel_task::{LocalExecutor, block_on};
///
/// let executor = LocalExecutor::new();
/// let task = executor.spawn(async { 20 + 1 });
/// assert_eq!(block_on(executor.run(async { 2 * task.await })), 42);
/// ```
///
/// # Cancellation
/// Nothing lost when `&mut task` is dropped: the value stays in the task. Data may be lost when the task
/// itself is dropped: it is cancelled.
#[doc(alias = "JoinHandle")]
#[must_use = "dropping a task cancels it: await it, keep it in a group, or `.detach()` it"]
pub struct Task<T> {
    state: State<T>,
}

enum State<T> {
    Live { task: Option<FallibleTask<Outcome<T>, Meta>>, meta: NonNull<Meta>, id: TaskId },
    Ready { value: Option<T>, id: TaskId },
}

// SAFETY: OURS TO READ (below): the metadata is Sync, and stays while we hold the handle.
unsafe impl<T: Send> Send for Task<T> {}
// SAFETY: as above; a shared handle gives no access to the value.
unsafe impl<T: Send> Sync for Task<T> {}
impl<T> Unpin for Task<T> {}

// OURS TO READ: `meta` leads into the cell that `task` keeps alive; `task` is given up in `detach_cell` only, at
//               the very end of this handle's life.

impl<T> Task<T> {
    pub(crate) fn live(task: async_task::Task<Outcome<T>, Meta>, id: TaskId) -> Task<T> {
        let meta = NonNull::from(task.metadata());
        Task { state: State::Live { task: Some(task.fallible()), meta, id } }
    }

    /// A task that has ended with `value`: usable wherever a task is, without any executor.
    pub fn ready(value: T) -> Task<T> {
        Task {
            state: State::Ready { value: Some(value), id: TaskId(crate::registry::take_ids(1)) },
        }
    }

    fn meta(&self) -> Option<&Meta> {
        match &self.state {
            // SAFETY: OURS TO READ.
            State::Live { meta, .. } => Some(unsafe { meta.as_ref() }),
            State::Ready { .. } => None,
        }
    }

    pub(crate) fn home(&self) -> Option<HomeRef> {
        self.meta().map(|meta| meta.home().clone())
    }

    fn extra(&self) -> Option<Arc<Extra>> {
        self.meta().map(|meta| meta.extra_or_make(self.id().0))
    }

    /// The task's number, unique in this process.
    pub fn id(&self) -> TaskId {
        match &self.state {
            State::Live { id, .. } | State::Ready { id, .. } => *id,
        }
    }

    /// The name it was given, or `Task-N` with its id.
    pub fn name(&self) -> String {
        name_or_number(self.given_name().as_deref(), self.id())
    }

    pub(crate) fn given_name(&self) -> Option<Arc<str>> {
        self.meta()?.extra()?.name.clone()
    }

    /// Whether it has ended, in whatever way, and [`try_take`](Task::try_take) would tell how.
    pub fn is_finished(&self) -> bool {
        match &self.state {
            State::Live { task: Some(cell), .. } => cell.is_finished(),
            State::Live { task: None, .. } | State::Ready { .. } => true,
        }
    }

    /// Whether its future is gone; a moment before [`is_finished`](Task::is_finished).
    pub(crate) fn is_gone(&self) -> bool {
        self.meta().is_none_or(|meta| !meta.slot().is_alive(self.id().0))
    }

    /// Asks the task to end: its future is dropped at its next turn, whatever it waits for. A request
    /// may be repeated. False if the task has ended already: its result stands.
    #[doc(alias = "abort")]
    pub fn cancel(&self) -> bool {
        self.meta().is_some_and(|meta| meta.home().registry.cancel(meta.slot, self.id().0, None))
    }

    /// [`cancel`](Task::cancel), with a reason for whoever joins the task. The first reason stands.
    pub fn cancel_with(&self, reason: impl Into<String>) -> bool {
        self.canceller().cancel_with(reason)
    }

    /// A cloneable way to cancel this task that does not keep it from being dropped.
    pub fn canceller(&self) -> Canceller {
        match self.meta() {
            Some(meta) => Canceller::of(meta, self.id()),
            None => Canceller::nobody(self.id()),
        }
    }

    /// Asks the task to end and waits until it is gone; its value, if it had ended before.
    ///
    /// # Cancellation
    /// Nothing lost: the task ends in any case.
    pub async fn cancelled(self) -> Option<T> {
        self.cancel();
        self.join().await.ok()
    }

    /// Lets the task go on without a handle. If it panics, that is reported when it happens.
    pub fn detach(mut self) {
        self.detach_cell();
    }

    fn detach_cell(&mut self) {
        if let State::Live { task, .. } = &mut self.state {
            // An unread panic reports itself when it is dropped here.
            if let Some(task) = task.take() {
                task.detach();
            }
        }
    }

    /// Waits for the end of the task, whatever it is.
    ///
    /// # Errors
    /// [`JoinError`]: it was cancelled, it panicked, or the thread it was meant for could not be started.
    ///
    /// # Cancellation
    /// Data may be lost: dropping this future drops the task, and so cancels it. [`join_mut`](Task::join_mut)
    /// leaves the task alone.
    pub fn join(self) -> Join<T> {
        Join { task: self }
    }

    /// [`join`](Task::join) by reference: dropping the future leaves the task alone.
    ///
    /// # Errors
    /// As [`join`](Task::join).
    ///
    /// # Cancellation
    /// Nothing lost: the task goes on and can be joined again.
    pub fn join_mut(&mut self) -> JoinMut<'_, T> {
        JoinMut { task: self }
    }

    /// A handle that many may await, again and again, each getting a clone of the value.
    pub fn shared(self) -> SharedTask<T>
    where
        T: Clone,
    {
        SharedTask::new(self)
    }

    /// The end of the task, if it has ended; never waits.
    ///
    /// # Errors
    /// As [`join`](Task::join).
    pub fn try_take(&mut self) -> Option<Result<T, JoinError>> {
        match self.poll_outcome(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => Some(outcome),
            Poll::Pending => None,
        }
    }

    /// Calls `callback` once the task has ended, in the order of registration, with the task-locals of
    /// whoever registers it. It is queued where the task ran, never called inline; also if the task has
    /// ended already. For a [ready](Task::ready) task it is queued where the current task runs; outside
    /// any task there is no such place, and it is called at once.
    pub fn add_done_callback(&self, callback: impl FnOnce(Ended) + Send + 'static) {
        let here = thread_state::task(|meta| meta.map(|meta| meta.home().clone()));
        let Some(home) = self.meta().map(|meta| meta.home().clone()).or(here) else {
            callback(Ended::Completed);
            return;
        };
        let (locals, place) = (locals::of_current(), home.clone());
        let callback = move |ended| in_context(&place, locals, || callback(ended));
        let Some((extra, meta)) = self.extra().zip(self.meta()) else {
            home.run_callbacks(Some((Ended::Completed, vec![Box::new(callback)])));
            return;
        };
        if let Some((callback, how)) = extra.add_callback(Box::new(callback)) {
            let how = how.unwrap_or(Ended::Completed);
            meta.home().run_callbacks(Some((how, vec![callback])));
        }
    }

    /// Polls to the end of the task.
    ///
    /// # Panics
    /// When polled again after it was ready; when a task awaits itself.
    pub(crate) fn poll_outcome(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, JoinError>> {
        match &mut self.state {
            State::Ready { value, .. } => {
                Poll::Ready(Ok(value.take().expect("a task was awaited again after its end")))
            }
            State::Live { task, id, .. } => {
                let id = *id;
                let cell = task.as_mut().expect("a task was awaited again after its end");
                let outcome = match poll_cell(cell, cx) {
                    Poll::Ready(outcome) => outcome,
                    Poll::Pending => {
                        let me = current_id();
                        assert!(me.is_none_or(|me| me.get() != id.0), "a task cannot await itself");
                        waiting_for(Wait::Join, id.0);
                        return Poll::Pending;
                    }
                };
                Poll::Ready(match outcome.map(Outcome::take) {
                    Some(Ok(value)) => Ok(value),
                    Some(Err(failure)) => Err(JoinError::new(id, self.given_name(), Some(failure))),
                    None => Err(JoinError::new(id, self.given_name(), None)),
                })
            }
        }
    }

    /// [`poll_outcome`](Self::poll_outcome) for whoever awaits this task and nothing else: an operation
    /// that counts.
    #[inline]
    pub(crate) fn poll_join(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, JoinError>> {
        ready!(poll_budget(cx));
        let outcome = ready!(self.poll_outcome(cx));
        spend();
        Poll::Ready(outcome)
    }

    /// Polls until the task has ended, and leaves its outcome where it is.
    pub(crate) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_finished() {
            return Poll::Ready(());
        }
        if let Some(extra) = self.extra() {
            if extra.poll_ended_by_handle(cx).is_ready() && !self.is_finished() {
                // Its thread is between telling the end and leaving the outcome.
                cx.waker().wake_by_ref();
            }
        }
        waiting_for(Wait::Join, self.id().0);
        if self.is_finished() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Whether somebody here waits for the end of this task, which is being dropped: the combinator that
    /// drops it, or the task that spawned it. (Were it any task, two that hold each other's handles would
    /// wait for each other.)
    fn is_owned_here(&self) -> bool {
        let Some(meta) = self.meta().filter(|meta| meta.home().is_async()) else { return false };
        let parent = NonZero::new(meta.slot().record.parent());
        is_collecting() || (parent.is_some() && parent == current_id() && is_owned())
    }

    /// Leaves the end of this cancelled task to whoever dropped the handle and can wait for it.
    fn leave_end(&self) {
        let _ = leave_ending(Box::pin(self.end_of()));
    }

    /// Its end, for somebody to wait for without the handle.
    pub(crate) fn end_of(&self) -> EndOf {
        EndOf(self.extra())
    }
}

/// The end of a task; `None`: it is past.
pub(crate) struct EndOf(Option<Arc<Extra>>);

impl Future for EndOf {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(extra) = &self.0 else { return Poll::Ready(()) };
        waiting_for(Wait::Join, 0);
        extra.poll_ended(cx)
    }
}

impl End for EndOf {
    fn is_over(&self) -> bool {
        self.0.as_ref().is_none_or(|extra| extra.has_ended())
    }
}

/// Polls the cell; async-task aborts the process if the waker it keeps panics, so a waker that is not
/// one of our tasks' is kept inside one that cannot.
fn poll_cell<T>(
    cell: &mut FallibleTask<Outcome<T>, Meta>,
    cx: &mut Context<'_>,
) -> Poll<Option<Outcome<T>>> {
    if cell.is_finished() || current_id().is_some() {
        return Pin::new(cell).poll(cx);
    }
    let guarded = Waker::from(Arc::new(Guarded(Some(cx.waker().clone()))));
    Pin::new(cell).poll(&mut Context::from_waker(&guarded))
}

/// A foreign waker whose panics end here, after the panic hook has told of them.
struct Guarded(Option<Waker>);

impl Wake for Guarded {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(waker) = &self.0 {
            quietly(|| waker.wake_by_ref());
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let waker = self.0.take();
        discard(waker);
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        // A load of the cell's own word, which giving it up touches anyway; asking the slot would cost
        // another cache line, often another core's.
        let ended = self.is_finished();
        if !ended && self.is_owned_here() {
            // First the waiter, then the cancel: a slot that is free serves another task.
            self.leave_end();
            self.cancel();
        } else if !ended {
            self.cancel();
        }
        // A value that panics on drop must not take the handle's owner along while it unwinds.
        if std::thread::panicking() {
            quietly(|| self.detach_cell());
        } else {
            self.detach_cell();
        }
    }
}

impl<T> Future for Task<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.get_mut().poll_join(cx).map(|outcome| outcome.unwrap_or_else(|error| error.resume()))
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("id", &self.id())
            .field("name", &self.given_name())
            .field("finished", &self.is_finished())
            .finish()
    }
}
