//! Which asyncio loop, and which `contextvars`, a Rust future belongs to.
//!
//! A future has them for as long as it is polled, so that two in one task do not mix theirs up; tasks it
//! spawns inherit them, as evenkeel's task-locals are inherited.

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use pyo3::prelude::*;
use pyo3_async_runtimes::{TaskLocals, generic};

use crate::runtime::EvenkeelRuntime;

thread_local! {
    /// Those of the innermost scope this thread polls.
    static POLLED: RefCell<Option<TaskLocals>> = const { RefCell::new(None) };
}

evenkeel::task_local! {
    /// Those of the scope in which the task, or the one that spawned it, was first polled.
    static INHERITED: Option<TaskLocals> = None;
}

pub(crate) fn current() -> Option<TaskLocals> {
    POLLED.with(|polled| polled.borrow().clone()).or_else(|| INHERITED.get())
}

/// Takes the scope back at the end of a poll, by panic as well.
struct Restore(Option<TaskLocals>);

impl Drop for Restore {
    fn drop(&mut self) {
        let inner = POLLED.with(|polled| polled.replace(self.0.take()));
        drop(inner);
    }
}

/// Runs `future` as part of the asyncio loop that `locals` names.
///
/// # Cancellation
/// Dropping it drops `future`.
pub async fn scope<F: Future>(locals: TaskLocals, future: F) -> F::Output {
    let mut future = pin!(future);
    let mut inherit = true;
    std::future::poll_fn(move |cx| {
        if std::mem::take(&mut inherit)
            && INHERITED.get().is_none()
            && evenkeel::current().is_some()
        {
            INHERITED.set(Some(locals.clone()));
        }
        let before = POLLED.with(|polled| polled.replace(Some(locals.clone())));
        let _restore = Restore(before);
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(output),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// The asyncio loop and `contextvars` of the Rust task that runs, or else of the Python code that calls.
///
/// # Errors
/// `RuntimeError` if there is neither.
pub fn get_current_locals(py: Python<'_>) -> PyResult<TaskLocals> {
    generic::get_current_locals::<EvenkeelRuntime>(py)
}

/// The asyncio loop of [`get_current_locals`].
///
/// # Errors
/// `RuntimeError` if there is none.
pub fn get_current_loop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    generic::get_current_loop::<EvenkeelRuntime>(py)
}
