//! What `import evenkeel` sees.

use std::time::Duration;

use pyo3::exceptions::{PyTimeoutError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::{background, future_into_py, into_future};

/// Seconds as Python gives them.
fn duration(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| PyValueError::new_err(format!("not a number of seconds to wait: {seconds}")))
}

/// Sleeps on evenkeel's timers and returns `result`: `asyncio.sleep`.
#[pyfunction]
#[pyo3(signature = (delay, result=None))]
fn sleep(py: Python<'_>, delay: f64, result: Option<Py<PyAny>>) -> PyResult<Bound<'_, PyAny>> {
    let delay = duration(delay)?;
    future_into_py(py, async move {
        ::evenkeel::sleep(delay).await;
        Ok(result)
    })
}

/// Awaits `awaitable` for `timeout` seconds at most: `asyncio.wait_for`, timed by evenkeel.
///
/// Raises `TimeoutError`, and cancels the awaitable, when it takes longer.
#[pyfunction]
fn wait_for<'py>(awaitable: Bound<'py, PyAny>, timeout: f64) -> PyResult<Bound<'py, PyAny>> {
    let (py, limit) = (awaitable.py(), duration(timeout)?);
    let awaited = into_future(awaitable)?;
    future_into_py(py, async move {
        match ::evenkeel::timeout(limit, awaited).await {
            Ok(result) => result,
            Err(_) => Err(PyTimeoutError::new_err(format!("not done after {timeout} s"))),
        }
    })
}

/// What evenkeel's loop has at this moment: `workers` and `live_tasks`.
#[pyfunction]
fn statistics(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let found = PyDict::new(py);
    if let Some(now) = background::handle()?.statistics() {
        found.set_item("workers", now.workers)?;
        found.set_item("live_tasks", now.live_tasks)?;
    }
    Ok(found)
}

/// Ends evenkeel's loop: cancels its tasks, and what awaits them, and joins its threads. Called at exit.
#[pyfunction]
pub(crate) fn shutdown(py: Python<'_>) {
    background::shutdown(py);
}

/// Python's asyncio and Rust futures in one process.
#[pymodule]
fn evenkeel(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("RustPanic", py.get_type::<crate::RustPanic>())?;
    module.add_function(wrap_pyfunction!(sleep, module)?)?;
    module.add_function(wrap_pyfunction!(wait_for, module)?)?;
    module.add_function(wrap_pyfunction!(statistics, module)?)?;
    module.add_function(wrap_pyfunction!(shutdown, module)?)?;
    #[cfg(feature = "testing")]
    testing::add(module)?;
    // Now and not at first use: who has `atexit` call something that needs the loop does so later.
    background::end_at_exit(py)
}

/// Functions that fail in known ways.
#[cfg(feature = "testing")]
mod testing {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use pyo3::prelude::*;

    use crate::{
        TaskLocals, future_into_py, get_current_locals, get_current_loop, into_future, scope,
    };

    /// Rust futures of [`forever`] that live.
    static WAITING: AtomicUsize = AtomicUsize::new(0);

    struct Counted;

    impl Drop for Counted {
        fn drop(&mut self) {
            WAITING.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Never completes; `waiting()` tells how many of it there are.
    #[pyfunction]
    fn forever(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        WAITING.fetch_add(1, Ordering::SeqCst);
        let counted = Counted;
        future_into_py(py, async move {
            let _counted = counted;
            std::future::pending::<PyResult<()>>().await
        })
    }

    #[pyfunction]
    fn waiting() -> usize {
        WAITING.load(Ordering::SeqCst)
    }

    #[pyfunction]
    fn panics(py: Python<'_>, message: String) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, async move {
            if !message.is_empty() {
                panic!("{message}");
            }
            Ok(())
        })
    }

    /// Calls `function`, a coroutine function, with each number below `count`, each in a Rust task of its own that
    /// inherits the asyncio loop, and sums what they answer.
    #[pyfunction]
    fn sum_of(py: Python<'_>, function: Py<PyAny>, count: u64) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, async move {
            let ask = |number| {
                let function = Python::attach(|py| function.clone_ref(py));
                ::evenkeel::create_task(async move {
                    let awaited = Python::attach(|py| {
                        get_current_locals(py)?;
                        into_future(function.bind(py).call1((number,))?)
                    })?;
                    let value = awaited.await?;
                    Python::attach(|py| value.extract::<u64>(py))
                })
            };
            let tasks: Vec<_> = (0..count).map(ask).collect();
            ::evenkeel::gather(tasks).await.into_iter().sum::<PyResult<u64>>()
        })
    }

    /// The asyncio loops of two Rust tasks: one spawned in a scope of `event_loop`, one after that scope.
    #[pyfunction]
    fn loops_of_tasks(py: Python<'_>, event_loop: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
        let belongs_to = || {
            ::evenkeel::create_task(async {
                Python::attach(|py| get_current_loop(py).map(Bound::unbind))
            })
        };
        let locals = TaskLocals::new(event_loop.into_bound(py));
        future_into_py(py, async move {
            let inside = scope(locals, async move {
                ::evenkeel::yield_now().await; // Not at the first poll only.
                belongs_to().await
            });
            Ok((inside.await?, belongs_to().await?))
        })
    }

    pub(super) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add_function(wrap_pyfunction!(forever, module)?)?;
        module.add_function(wrap_pyfunction!(waiting, module)?)?;
        module.add_function(wrap_pyfunction!(panics, module)?)?;
        module.add_function(wrap_pyfunction!(loops_of_tasks, module)?)?;
        module.add_function(wrap_pyfunction!(sum_of, module)?)
    }
}
