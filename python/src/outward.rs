//! Rust futures as asyncio futures.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use futures_lite::FutureExt;
use pyo3::prelude::*;
use pyo3_async_runtimes::err::RustPanic;
use pyo3_async_runtimes::{TaskLocals, generic};

use crate::inward::cancel_soon;
use crate::locals::get_current_locals;
use crate::runtime::EvenkeelRuntime;

/// An asyncio future that completes with what `future` does, run by evenkeel's loop from now on.
///
/// # Errors
/// If no asyncio loop runs here, or evenkeel's does not start. What `future` answers as an error is
/// raised where the asyncio future is awaited; a panic in it is raised as `RustPanic` with its message.
///
/// # Cancellation
/// Cancelling the asyncio future (`asyncio.wait_for` does) drops `future` at its next suspension. If
/// `future` is dropped unfinished, because the loop [is shut down](crate::shutdown), the asyncio future is
/// cancelled.
pub fn future_into_py<F, T>(py: Python<'_>, future: F) -> PyResult<Bound<'_, PyAny>>
where
    F: Future<Output = PyResult<T>> + Send + 'static,
    T: for<'py> IntoPyObject<'py> + Send + 'static,
{
    future_into_py_with_locals(py, get_current_locals(py)?, future)
}

/// [`future_into_py`] for a loop that is not the current one.
///
/// # Errors
/// As there.
pub fn future_into_py_with_locals<F, T>(
    py: Python<'_>,
    locals: TaskLocals,
    future: F,
) -> PyResult<Bound<'_, PyAny>>
where
    F: Future<Output = PyResult<T>> + Send + 'static,
    T: for<'py> IntoPyObject<'py> + Send + 'static,
{
    // A loop that cannot start would leave the future waiting for ever: that is said here.
    crate::background::handle()?;
    let owed = Arc::new(Mutex::new(Owed::Unmade));
    let debtor = Debtor(Some(Arc::clone(&owed)));
    let answered = async move {
        let result = panics_raised(future).await;
        debtor.has_answered();
        result
    };
    let answer =
        generic::future_into_py_with_locals::<EvenkeelRuntime, _, T>(py, locals.clone(), answered)?;
    if let Owed::Cancel = enter(&owed, Owed::Answer(answer.clone().unbind(), locals)) {
        answer.call_method0("cancel")?;
    }
    Ok(answer)
}

/// What a Rust future owes to the asyncio one that waits for it.
enum Owed {
    /// An answer. The asyncio future is not made yet.
    Unmade,
    /// An answer, or this future's cancellation.
    Answer(Py<PyAny>, TaskLocals),
    /// Cancellation: the Rust future was gone before the other was made.
    Cancel,
    /// Nothing: the answer is on its way.
    Nothing,
}

/// What was owed is dropped by the caller, outside the lock: it may be Python's.
#[must_use]
fn enter(owed: &Mutex<Owed>, next: Owed) -> Owed {
    std::mem::replace(&mut *owed.lock().unwrap_or_else(PoisonError::into_inner), next)
}

/// Part of the Rust future, and so dropped with it.
struct Debtor(Option<Arc<Mutex<Owed>>>);

impl Debtor {
    fn has_answered(mut self) {
        let before = self.0.take().map(|owed| enter(&owed, Owed::Nothing));
        drop(before);
    }
}

impl Drop for Debtor {
    fn drop(&mut self) {
        let before = self.0.take().map(|owed| enter(&owed, Owed::Cancel));
        if let Some(Owed::Answer(future, locals)) = before {
            cancel_soon(future, locals);
        }
    }
}

/// Runs `future` as the main of a new asyncio loop: `asyncio.run`.
///
/// # Errors
/// What `future` answers as an error.
pub fn run<F, T>(py: Python<'_>, future: F) -> PyResult<T>
where
    F: Future<Output = PyResult<T>> + Send + 'static,
    T: Send + Sync + 'static,
{
    crate::background::handle()?;
    generic::run::<EvenkeelRuntime, _, T>(py, panics_raised(future))
}

/// Runs `future` on an asyncio loop of the caller's: `loop.run_until_complete`.
///
/// # Errors
/// What `future` answers as an error.
pub fn run_until_complete<F, T>(event_loop: &Bound<'_, PyAny>, future: F) -> PyResult<T>
where
    F: Future<Output = PyResult<T>> + Send + 'static,
    T: Send + Sync + 'static,
{
    crate::background::handle()?;
    generic::run_until_complete::<EvenkeelRuntime, _, T>(event_loop, panics_raised(future))
}

/// A panic as an exception with the panic's own message.
async fn panics_raised<T>(future: impl Future<Output = PyResult<T>>) -> PyResult<T> {
    match AssertUnwindSafe(future).catch_unwind().await {
        Ok(result) => result,
        Err(panic) => {
            Err(RustPanic::new_err(format!("rust future panicked: {}", message(&*panic))))
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("(its payload is no text)")
}
