//! Which asyncio loop, and which `contextvars`, a Rust future belongs to.
//!
//! A future has them for as long as it is polled, so that two in one task do not mix theirs up; tasks it
//! spawns inherit them, as evenkeel's task-locals are inherited.

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3_async_runtimes::{TaskLocals, generic};

use crate::runtime::EvenkeelRuntime;

thread_local! {
    /// Those of the innermost scope this thread polls.
    static POLLED: RefCell<Option<TaskLocals>> = const { RefCell::new(None) };
}

evenkeel::task_local! {
    /// The same, for the tasks that are spawned by what is polled.
    static INHERITED: Option<Arc<TaskLocals>> = None;
}

pub(crate) fn current() -> Option<TaskLocals> {
    let polled = POLLED.with(|polled| polled.borrow().clone());
    polled.or_else(|| INHERITED.get().map(|locals| (*locals).clone()))
}

/// Takes the scope back at the end of a poll, by panic as well.
struct Restore {
    polled: Option<TaskLocals>,
    /// If they were others'.
    inherited: Option<Option<Arc<TaskLocals>>>,
}

impl Restore {
    fn after(locals: &Arc<TaskLocals>) -> Restore {
        let inherited = INHERITED.get();
        let is_own = inherited.as_ref().is_some_and(|it| Arc::ptr_eq(it, locals));
        let is_changed = !is_own && INHERITED.try_set(Some(Arc::clone(locals))).is_ok();
        let polled = POLLED.with(|polled| polled.replace(Some((**locals).clone())));
        // A task's own, outermost scope stays: it is the same at each of its polls.
        let inherited = (is_changed && inherited.is_some()).then_some(inherited);
        Restore { polled, inherited }
    }
}

impl Drop for Restore {
    fn drop(&mut self) {
        let inner = POLLED.with(|polled| polled.replace(self.polled.take()));
        drop(inner);
        if let Some(before) = self.inherited.take() {
            // The task that was polled a moment ago still is.
            let _ = INHERITED.try_set(before);
        }
    }
}

/// Runs `future` as part of the asyncio loop that `locals` names.
///
/// # Cancellation
/// Dropping it drops `future`.
pub async fn scope<F: Future>(locals: TaskLocals, future: F) -> F::Output {
    let mut future = pin!(future);
    let locals = Arc::new(locals);
    std::future::poll_fn(move |cx| {
        let _restore = Restore::after(&locals);
        future.as_mut().poll(cx)
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
