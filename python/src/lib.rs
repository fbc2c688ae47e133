//! Rust futures awaited from Python's asyncio, and Python's awaitables awaited from Rust.
//!
//! One evenkeel loop runs beside Python's, on threads of its own; it is started by the first call and
//! ended by Python's `atexit`. A future that crosses over keeps its structure on both sides: cancelling
//! the asyncio future drops the Rust one, and dropping a Rust future that awaits a coroutine cancels the
//! coroutine's task.
//!
//! | to | call |
//! |---|---|
//! | hand a Rust future to Python | [`future_into_py`] |
//! | await a Python awaitable in Rust | [`into_future`] |
//! | run a Rust main under asyncio | [`run`] |
//! | spawn on the loop from anywhere | [`handle`] |
//! | say how the loop is made | [`configure`] |
//! | end it early | [`shutdown`] |
//!
//! ```ignore
//! use std::time::Duration;
//! use pyo3::prelude::*;
//!
//! #[pyfunction]
//! fn nap(py: Python<'_>, seconds: f64) -> PyResult<Bound<'_, PyAny>> {
//!     evenkeel_python::future_into_py(py, async move {
//!         evenkeel::sleep(Duration::from_secs_f64(seconds)).await;
//!         Ok(seconds)
//!     })
//! }
//! ```
//!
//! A process that forks keeps the loop in the parent only: let children `exec`, or start them with
//! `multiprocessing`'s `spawn`.

mod background; // start here: the loop and its thread
mod runtime; // it, as pyo3-async-runtimes wants a runtime to be
mod locals; // which asyncio loop a task belongs to
mod outward; // Rust -> Python
mod inward; // Python -> Rust
mod module; // what `import evenkeel` sees

pub use background::{configure, handle, shutdown};
pub use inward::{Awaited, into_future, into_future_with_locals};
pub use locals::{get_current_locals, get_current_loop, scope};
pub use outward::{future_into_py, future_into_py_with_locals, run, run_until_complete};
pub use pyo3_async_runtimes::TaskLocals;
pub use pyo3_async_runtimes::err::RustPanic;
pub use runtime::EvenkeelRuntime;
