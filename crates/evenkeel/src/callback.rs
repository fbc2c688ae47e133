//! Callbacks: functions that the loop calls, soon or at a deadline, each once.
//!
//! A callback is a task of the local executor that does nothing but call. So callbacks and tasks stand in
//! one queue, in the order in which they became ready; a deadline is a timer as a sleep's is; a panic is
//! reported as a task's is; and the end of the loop drops what was not called.

use std::fmt;
use std::future::poll_fn;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use evenkeel_task::{Builder, Canceller, Spawner, Task, TaskLocals};
use evenkeel_timer::{Sleep, now, sleep, sleep_until};

use crate::ambient::Ambient;
use crate::loom::{Mutex, lock};

/// Has this thread's loop call `callback` soon: after what is ready now, and in the order of the calls.
///
/// The callback need not be Send: it is called on this thread. It is part of no task, and sees the
/// task-locals of whoever registered it. If it panics, that is reported as a task's panic is
/// ([`Options::on_failure`](crate::Options::on_failure)), with the place where it was registered, and the
/// others are called all the same. What the loop has not called when it is closed is dropped.
///
/// Dropping the handle changes nothing; [`cancel`](CallHandle::cancel) takes the callback back. Other
/// threads use [`Handle::call_soon`](crate::Handle::call_soon). Most programs want
/// [`create_task`](crate::create_task) instead: a task may wait, and gives a value.
///
/// ```
/// use std::{cell::Cell, rc::Rc};
///
/// evenkeel::run(async {
///     let called = Rc::new(Cell::new(0));
///     let count = called.clone();
///     evenkeel::call_soon(move || count.set(count.get() + 1));
///     assert_eq!(called.get(), 0, "soon is not now");
///     evenkeel::yield_now().await;
///     assert_eq!(called.get(), 1);
/// });
/// ```
///
/// # Panics
/// Outside a running loop: "no running event loop".
#[track_caller]
pub fn call_soon(callback: impl FnOnce() + 'static) -> CallHandle {
    here(Call::new(None, None), callback, Location::caller())
}

/// [`call_soon`], but not before `delay` has passed.
///
/// Never early. Callbacks with one deadline are called in the order in which they were registered. With
/// `Duration::ZERO` it is called soon, and with a delay too long to be added to the time, never.
///
/// ```
/// use evenkeel::{call_later, now, oneshot};
/// use std::time::Duration;
///
/// evenkeel::run(async {
///     let (sender, receiver) = oneshot();
///     let begun = now();
///     call_later(Duration::from_millis(5), move || sender.send("later").unwrap());
///     assert_eq!(receiver.await.unwrap(), "later");
///     assert!(now() - begun >= Duration::from_millis(5));
/// });
/// ```
///
/// # Panics
/// Outside a running loop: "no running event loop".
#[track_caller]
pub fn call_later(delay: Duration, callback: impl FnOnce() + 'static) -> CallHandle {
    let when = now().checked_add(delay);
    let sleep = match when {
        _ if delay.is_zero() => sleep(delay),
        Some(deadline) => sleep_until(deadline),
        None => sleep(Duration::MAX),
    };
    here(Call::new(when, Some(sleep)), callback, Location::caller())
}

/// [`call_later`] with a deadline instead of a delay. Deadlines that have passed are served in their
/// order, at the next turn of the loop.
///
/// # Panics
/// Outside a running loop: "no running event loop".
#[track_caller]
pub fn call_at(deadline: Instant, callback: impl FnOnce() + 'static) -> CallHandle {
    let call = Call::new(Some(deadline), Some(sleep_until(deadline)));
    here(call, callback, Location::caller())
}

/// A callback on the queue of another thread.
pub(crate) fn send(
    spawner: &Spawner,
    callback: impl FnOnce() + Send + 'static,
    at: &'static Location<'static>,
) -> CallHandle {
    let call = Call::new(None, None);
    let task =
        Builder::new().spawned_at(at).spawn_with(spawner, called(Live(call.clone()), callback));
    CallHandle::of(call, task)
}

/// A callback on this thread's queue.
#[track_caller]
fn here(
    call: Arc<Call>,
    callback: impl FnOnce() + 'static,
    at: &'static Location<'static>,
) -> CallHandle {
    // Eager, for a timer is to be armed in the order of the calls, and not when the task's turn comes.
    let builder = Builder::new().spawned_at(at).eager(call.when.is_some());
    let future = called(Live(call.clone()), callback);
    Ambient::with(|ambient| CallHandle::of(call, builder.spawn_local(&ambient.local, future)))
        .unwrap_or_else(|error| panic!("{error}"))
}

/// The task of a callback.
async fn called(call: Live, callback: impl FnOnce()) {
    poll_fn(|cx| call.0.poll_due(cx)).await;
    if call.0.begin() {
        // The task's locals are those of whoever registered it.
        TaskLocals::current().run(callback);
    }
}

/// A callback that was registered; see [`call_soon`] and [`call_later`]. asyncio's `Handle` and
/// `TimerHandle`. Dropping it does not cancel the callback; clones are the same.
#[derive(Clone)]
pub struct CallHandle {
    call: Arc<Call>,
    /// `None`: there is no task.
    task: Option<Canceller>,
}

impl CallHandle {
    fn of(call: Arc<Call>, task: Task<()>) -> CallHandle {
        let canceller = task.canceller();
        task.detach();
        CallHandle { call, task: Some(canceller) }
    }

    /// Of a callback that came too late.
    pub(crate) fn never() -> CallHandle {
        let call = Call { when: None, stage: Mutex::new(Stage::Cancelled) };
        CallHandle { call: Arc::new(call), task: None }
    }

    /// Takes the callback back, from any thread: it will not be called. Its timer is gone at once; the
    /// callback itself is dropped on its loop's thread, at its next turn. False if it was called already,
    /// is being called, or was cancelled before.
    pub fn cancel(&self) -> bool {
        let mut stage = lock(&self.call.stage);
        let Stage::Waiting(sleep) = &mut *stage else { return false };
        let sleep = sleep.take();
        *stage = Stage::Cancelled;
        drop(stage);
        drop(sleep);
        if let Some(task) = &self.task {
            task.cancel();
        }
        true
    }

    /// Whether it was cancelled, or its loop was closed, before it was called.
    #[doc(alias = "cancelled")]
    pub fn is_cancelled(&self) -> bool {
        matches!(*lock(&self.call.stage), Stage::Cancelled)
    }

    /// When it is due; `None` for [`call_soon`], and for a delay that never ends.
    pub fn when(&self) -> Option<Instant> {
        self.call.when
    }
}

impl fmt::Debug for CallHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallHandle")
            .field("when", &self.call.when)
            .field("stage", &*lock(&self.call.stage))
            .finish()
    }
}

/// What a callback's task and its handles share.
struct Call {
    when: Option<Instant>,
    stage: Mutex<Stage>,
}

/// ```text
///   Waiting --- 1 begin ---> Begun
///      |
///      +------- 2 CallHandle::cancel, or its task is dropped ---> Cancelled
/// ```
/// Under one lock, so that a callback is either called or cancelled, and never both.
#[derive(Debug)]
enum Stage {
    /// `None` for a callback without a deadline, and while the deadline is being polled.
    Waiting(Option<Sleep>),
    Begun,
    Cancelled,
}

impl Call {
    fn new(when: Option<Instant>, sleep: Option<Sleep>) -> Arc<Call> {
        Arc::new(Call { when, stage: Mutex::new(Stage::Waiting(sleep)) })
    }

    /// Ready when the deadline has come, or the callback was cancelled.
    fn poll_due(&self, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = match &mut *lock(&self.stage) {
            Stage::Waiting(sleep) => sleep.take(),
            Stage::Begun | Stage::Cancelled => None,
        };
        let Some(mut sleep) = sleep else { return Poll::Ready(()) };
        // Polled outside the lock, for it drops a waker.
        if Pin::new(&mut sleep).poll(cx).is_ready() {
            return Poll::Ready(());
        }
        match &mut *lock(&self.stage) {
            Stage::Waiting(place) => {
                *place = Some(sleep);
                Poll::Pending
            }
            // Cancelled meanwhile, on another thread: the timer goes with `sleep`.
            Stage::Begun | Stage::Cancelled => Poll::Ready(()),
        }
    }

    /// Whether the callback is to be called now.
    fn begin(&self) -> bool {
        let mut stage = lock(&self.stage);
        let is_waiting = matches!(*stage, Stage::Waiting(_));
        if is_waiting {
            *stage = Stage::Begun;
        }
        is_waiting
    }
}

/// The task's own hold of its call: if the task is dropped uncalled, the handles see that.
struct Live(Arc<Call>);

impl Drop for Live {
    fn drop(&mut self) {
        let mut stage = lock(&self.0.stage);
        if let Stage::Waiting(sleep) = &mut *stage {
            let sleep = sleep.take();
            *stage = Stage::Cancelled;
            drop(stage);
            drop(sleep);
        }
    }
}
