//! Python's awaitables as Rust futures.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use evenkeel::sync::{Receiver, Sender};
use pyo3::exceptions::asyncio::CancelledError;
use pyo3::prelude::*;
use pyo3_async_runtimes::TaskLocals;

use crate::background;
use crate::locals::get_current_locals;

/// How far the awaitable has come, between the asyncio loop's thread and the Rust future.
enum Stage {
    /// The loop has not come to it.
    Scheduled,
    /// It is this asyncio future.
    Runs(Py<PyAny>),
    /// Nobody waits for it any more, or it has ended.
    Over,
}

type Shared = Arc<Mutex<Stage>>;

fn enter(stage: &Shared, next: Stage) -> Stage {
    std::mem::replace(&mut *stage.lock().unwrap_or_else(PoisonError::into_inner), next)
}

/// A Python awaitable that runs on its asyncio loop; made by [`into_future`].
///
/// # Cancellation
/// Dropping it cancels the asyncio task that runs the awaitable; a coroutine that has not started is never
/// run.
#[must_use = "dropping it cancels the awaitable"]
pub struct Awaited {
    outcome: Receiver<PyResult<Py<PyAny>>>,
    stage: Shared,
    locals: TaskLocals,
    done: bool,
}

/// Schedules `awaitable` on the asyncio loop this code belongs to (as a task, if it is a coroutine), and
/// answers a future of its value.
///
/// # Errors
/// `RuntimeError` if there is no asyncio loop, or it is closed. What the awaitable raises is the future's
/// error.
pub fn into_future(awaitable: Bound<'_, PyAny>) -> PyResult<Awaited> {
    into_future_with_locals(&get_current_locals(awaitable.py())?, awaitable)
}

/// [`into_future`] on a loop that is not the current one.
///
/// # Errors
/// As there.
pub fn into_future_with_locals(
    locals: &TaskLocals,
    awaitable: Bound<'_, PyAny>,
) -> PyResult<Awaited> {
    let py = awaitable.py();
    let (sender, outcome) = evenkeel::oneshot();
    let stage: Shared = Arc::new(Mutex::new(Stage::Scheduled));
    let start = Start {
        awaitable: Some(awaitable.unbind()),
        sender: Some(sender),
        stage: Arc::clone(&stage),
    };
    soon(py, locals, Bound::new(py, start)?.into_any())?;
    Ok(Awaited { outcome, stage, locals: locals.clone(), done: false })
}

/// Has the loop call `callback`, in the context of `locals`.
fn soon<'py>(py: Python<'py>, locals: &TaskLocals, callback: Bound<'py, PyAny>) -> PyResult<()> {
    let context = locals.context(py);
    let how = pyo3::types::PyDict::new(py);
    if !context.is_none() {
        how.set_item("context", context)?;
    }
    locals.event_loop(py).call_method("call_soon_threadsafe", (callback,), Some(&how))?;
    Ok(())
}

impl Future for Awaited {
    type Output = PyResult<Py<PyAny>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = std::task::ready!(Pin::new(&mut self.outcome).poll(cx));
        self.done = true;
        // A sender that is gone: the loop was closed with the callback, or the task, still in it.
        let closed = |_| CancelledError::new_err("the asyncio loop ended before the awaitable did");
        Poll::Ready(outcome.map_err(closed).and_then(|result| result))
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let Stage::Runs(task) = enter(&self.stage, Stage::Over) else {
            return;
        };
        cancel_soon(task, self.locals.clone());
    }
}

/// Has the loop cancel an asyncio future of its own. Whoever asks is a worker: it does not wait for the
/// interpreter.
pub(crate) fn cancel_soon(future: Py<PyAny>, locals: TaskLocals) {
    let cancel = move || {
        Python::attach(|py| {
            if let Ok(cancel) = future.getattr(py, "cancel") {
                // A closed loop runs nothing that could be cancelled.
                let _ = soon(py, &locals, cancel.into_bound(py));
            }
        });
    };
    if let Ok(job) = background::attached(cancel) {
        job.detach();
    }
}

impl fmt::Debug for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Awaited").field("done", &self.done).finish()
    }
}

/// What the loop calls to start the awaitable.
#[pyclass]
struct Start {
    awaitable: Option<Py<PyAny>>,
    sender: Option<Sender<PyResult<Py<PyAny>>>>,
    stage: Shared,
}

#[pymethods]
impl Start {
    fn __call__(&mut self, py: Python<'_>) -> PyResult<()> {
        let (Some(awaitable), Some(sender)) = (self.awaitable.take(), self.sender.take()) else {
            return Ok(());
        };
        let awaitable = awaitable.into_bound(py);
        if matches!(*self.stage.lock().unwrap_or_else(PoisonError::into_inner), Stage::Over) {
            // Dropped before the loop came to it: a task or future is cancelled, a coroutine is told, so
            // that it does not warn.
            for end in ["cancel", "close"] {
                if awaitable.hasattr(end)? {
                    awaitable.call_method0(end)?;
                    break;
                }
            }
            return Ok(());
        }
        let task = match py.import("asyncio")?.call_method1("ensure_future", (&awaitable,)) {
            Ok(task) => task,
            Err(error) => {
                let _ = sender.send(Err(error));
                return Ok(());
            }
        };
        let done = Ended { sender: Some(sender), stage: Arc::clone(&self.stage) };
        task.call_method1("add_done_callback", (done,))?;
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        let dropped = matches!(*stage, Stage::Over);
        if !dropped {
            *stage = Stage::Runs(task.clone().unbind());
        }
        drop(stage);
        if dropped {
            task.call_method0("cancel")?;
        }
        Ok(())
    }
}

/// What the loop calls when the awaitable has ended.
#[pyclass]
struct Ended {
    sender: Option<Sender<PyResult<Py<PyAny>>>>,
    stage: Shared,
}

#[pymethods]
impl Ended {
    fn __call__(&mut self, task: &Bound<'_, PyAny>) {
        let before = enter(&self.stage, Stage::Over);
        drop(before);
        if let Some(sender) = self.sender.take() {
            // Also where nobody waits any more: asyncio wants an exception to be looked at.
            let _ = sender.send(task.call_method0("result").map(Bound::unbind));
        }
    }
}
