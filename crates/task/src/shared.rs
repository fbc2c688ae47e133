//! One task, many awaiters.
//!
//! Whoever polls, polls the task for all, with a waker that wakes all. Two locks: the task's, held
//! while it is polled, and the awaiters', held only to look at the list; a waker is never called
//! under either.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::mem;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker, ready};

use evenkeel_context::{Cancelled, poll_budget, spend};

use crate::calls::quietly;
use crate::error::{JoinError, panic_text};
use crate::handle::Task;
use crate::info::Canceller;
use crate::loom::{AtomicU64, Mutex, Ordering, lock};
use crate::meta::TaskId;

/// A task that many may await, any number of times: each gets a clone of the one value. Made by
/// [`Task::shared`].
///
/// - `shared.clone().await`, or `(&mut shared).await` again and again, gives the value. If the task
///   was cancelled, every awaiter unwinds quietly as cancelled. If it panicked, the first awaiter
///   resumes the panic itself, since there is one payload; the others resume with its text, a
///   `String`.
/// - [`join`](SharedTask::join) gives a `Result` for all of that, the same to everybody.
///
/// Dropping the last clone cancels the task, as dropping a [`Task`] does.
///
/// ```
/// use evenkeel_task::{Task, gather};
///
/// # futures_lite::future::block_on(async {
/// let abc = Task::ready("abc").shared();
/// let both = gather((abc.clone(), abc.clone())).await;
/// assert_eq!(both, ("abc", "abc"));
/// # });
/// ```
///
/// # Cancellation
/// Nothing lost while another clone is left; with the last one goes the task.
#[must_use = "dropping the last handle of a task cancels it"]
pub struct SharedTask<T> {
    inner: Arc<Inner<T>>,
    /// Ours in the list of awaiters.
    key: u64,
}

struct Inner<T> {
    id: TaskId,
    name: String,
    canceller: Canceller,
    state: Mutex<State<T>>,
    awaiters: Arc<Awaiters>,
    /// Wakes all awaiters. Made once, so that the task sees the same waker at every poll.
    waker: Waker,
    next_key: AtomicU64,
}

enum State<T> {
    Running(Task<T>),
    Ended(Arc<End<T>>),
}

/// How the task ended, for everybody.
struct End<T> {
    outcome: Result<T, SharedError>,
    /// For the first awaiter.
    payload: Mutex<Option<Box<dyn Any + Send>>>,
}

impl<T> SharedTask<T> {
    pub(crate) fn new(task: Task<T>) -> SharedTask<T> {
        let awaiters = Arc::new(Awaiters { wakers: Mutex::new(BTreeMap::new()) });
        let inner = Inner {
            id: task.id(),
            name: task.name(),
            canceller: task.canceller(),
            waker: Waker::from(Arc::clone(&awaiters)),
            awaiters,
            state: Mutex::new(State::Running(task)),
            next_key: AtomicU64::new(1),
        };
        SharedTask { inner: Arc::new(inner), key: 0 }
    }

    /// The task's number, unique in this process.
    pub fn id(&self) -> TaskId {
        self.inner.id
    }

    /// The name it was given, or `Task-N` with its id.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Whether it has ended, in whatever way.
    pub fn is_finished(&self) -> bool {
        match &*lock(&self.inner.state) {
            State::Running(task) => task.is_finished(),
            State::Ended(_) => true,
        }
    }

    /// Asks the task to end, for all its awaiters. False if it has ended already.
    pub fn cancel(&self) -> bool {
        self.inner.canceller.cancel()
    }

    /// [`cancel`](SharedTask::cancel), with a reason for whoever joins the task.
    pub fn cancel_with(&self, reason: impl Into<String>) -> bool {
        self.inner.canceller.cancel_with(reason)
    }

    /// Waits for the end of the task, whatever it is.
    ///
    /// # Errors
    /// [`SharedError`]: the task was cancelled, panicked, or found no thread to run on.
    ///
    /// # Cancellation
    /// Nothing lost: this future holds a clone of its own.
    pub fn join(&self) -> SharedJoin<T> {
        SharedJoin { task: self.clone() }
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Arc<End<T>>> {
        ready!(poll_budget(cx));
        let end = ready!(self.poll_ended(cx));
        spend();
        Poll::Ready(end)
    }

    fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<Arc<End<T>>> {
        let mine = cx.waker().clone();
        let mut state = lock(&self.inner.state);
        let task = match &mut *state {
            State::Ended(end) => return Poll::Ready(Arc::clone(end)),
            State::Running(task) => task,
        };
        // In the list before the poll: if the task ends right after it, we are woken.
        let replaced = lock(&self.inner.awaiters.wakers).insert(self.key, mine);
        let polled = task.poll_outcome(&mut Context::from_waker(&self.inner.waker));
        let Poll::Ready(outcome) = polled else {
            drop(state);
            drop(replaced);
            return Poll::Pending;
        };
        let end = Arc::new(End::new(outcome, self.id(), self.name()));
        let task = mem::replace(&mut *state, State::Ended(Arc::clone(&end)));
        drop(state);
        drop((task, replaced));
        self.leave();
        // The task told one waker, ours; it may have been about to, or not, when it was asked.
        self.inner.waker.wake_by_ref();
        Poll::Ready(end)
    }

    /// Our waker out of the list.
    fn leave(&self) {
        let waker = lock(&self.inner.awaiters.wakers).remove(&self.key);
        drop(waker);
    }
}

impl<T> Clone for SharedTask<T> {
    fn clone(&self) -> SharedTask<T> {
        // Relaxed: a number of its own is all it needs.
        let key = self.inner.next_key.fetch_add(1, Ordering::Relaxed);
        SharedTask { inner: Arc::clone(&self.inner), key }
    }
}

impl<T> Drop for SharedTask<T> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl<T: Clone> Future for SharedTask<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.get_mut().poll_end(cx).map(|end| match &end.outcome {
            Ok(value) => value.clone(),
            Err(error) => {
                let payload = lock(&end.payload).take();
                resume_unwind(payload.unwrap_or_else(|| error.payload()))
            }
        })
    }
}

impl<T> fmt::Debug for SharedTask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedTask")
            .field("id", &self.id())
            .field("name", &self.name())
            .field("finished", &self.is_finished())
            .finish()
    }
}

/// The future of [`SharedTask::join`].
#[must_use = "futures do nothing unless awaited"]
#[derive(Debug)]
pub struct SharedJoin<T> {
    task: SharedTask<T>,
}

impl<T: Clone> Future for SharedJoin<T> {
    type Output = Result<T, SharedError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().task.poll_end(cx).map(|end| end.outcome.clone())
    }
}

impl<T> End<T> {
    fn new(outcome: Result<T, JoinError>, id: TaskId, name: &str) -> End<T> {
        let (outcome, payload) = match outcome {
            Ok(value) => (Ok(value), None),
            Err(error) => {
                let (kind, payload) = Kind::of(error);
                (Err(SharedError { id, name: name.into(), kind }), payload)
            }
        };
        End { outcome, payload: Mutex::new(payload) }
    }
}

/// Why a [`SharedTask`] has no value: what [`JoinError`] says, in a form that can be cloned. A
/// panic is there as its text.
#[derive(Clone)]
pub struct SharedError {
    id: TaskId,
    name: Arc<str>,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Cancelled(Option<Arc<str>>),
    Panicked(Arc<str>),
    Refused(Arc<str>),
}

impl Kind {
    fn of(error: JoinError) -> (Kind, Option<Box<dyn Any + Send>>) {
        if error.is_cancelled() {
            return (Kind::Cancelled(error.reason().map(Arc::from)), None);
        }
        match error.try_into_panic() {
            Ok(payload) => (Kind::Panicked(panic_text(&*payload).into()), Some(payload)),
            Err(error) => (Kind::Refused(error.to_string().into()), None),
        }
    }
}

impl SharedError {
    /// The task.
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// The name it was given, or `Task-N` with its id.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// It was cancelled, or its executor was dropped.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.kind, Kind::Cancelled(_))
    }

    /// It panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self.kind, Kind::Panicked(_))
    }

    /// The reason given to `cancel_with`, if it was cancelled with one.
    pub fn reason(&self) -> Option<&str> {
        match &self.kind {
            Kind::Cancelled(reason) => reason.as_deref(),
            Kind::Panicked(_) | Kind::Refused(_) => None,
        }
    }

    /// What the panic said, if it panicked.
    pub fn message(&self) -> Option<&str> {
        match &self.kind {
            Kind::Panicked(message) => Some(message),
            Kind::Cancelled(_) | Kind::Refused(_) => None,
        }
    }

    /// What an awaiter unwinds with, when the panic's own payload has gone to another.
    fn payload(&self) -> Box<dyn Any + Send> {
        match &self.kind {
            Kind::Cancelled(reason) => Box::new(Cancelled::new(reason.clone())),
            Kind::Panicked(text) | Kind::Refused(text) => Box::new(text.to_string()),
        }
    }
}

impl fmt::Debug for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedError({self})")
    }
}

impl fmt::Display for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SharedError { id, name, kind } = self;
        match kind {
            Kind::Cancelled(None) => write!(f, "task {id} {name:?} was cancelled"),
            Kind::Cancelled(Some(reason)) => {
                write!(f, "task {id} {name:?} was cancelled: {reason}")
            }
            Kind::Panicked(message) => write!(f, "task {id} {name:?} panicked: {message}"),
            Kind::Refused(error) => f.write_str(error),
        }
    }
}

impl std::error::Error for SharedError {}

/// The wakers of all who await.
struct Awaiters {
    wakers: Mutex<BTreeMap<u64, Waker>>,
}

impl Wake for Awaiters {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let wakers = mem::take(&mut *lock(&self.wakers));
        for waker in wakers.into_values() {
            // One that panics must not keep the others waiting, nor reach the cell of the task that
            // ends: the cell would abort the process. The panic hook has reported it.
            quietly(|| waker.wake());
        }
    }
}
