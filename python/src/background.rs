//! The loop beside Python's: started by the first who needs it, ended once.

use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use evenkeel::{Handle, Options, Runner, ThreadPool};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// Where it stands.
enum Stage {
    /// Nobody has needed it yet.
    Unused(Option<Options>),
    Running(Running),
    /// Its tasks are being ended; what they leave behind still reaches Python, by these threads.
    Ending(ThreadPool),
    /// Ended, for good.
    Over,
}

struct Running {
    handle: Handle,
    /// Calls that need the interpreter's lock wait for it here, not on a worker.
    attached: ThreadPool,
    stop: evenkeel::sync::Sender<()>,
    thread: JoinHandle<()>,
}

static STAGE: Mutex<Stage> = Mutex::new(Stage::Unused(None));

/// Threads that wait for the interpreter's lock. One of them holds it; the others are for conversions
/// that wait for another's.
const ATTACHED_THREADS: usize = 4;

/// What they may take in the end: nothing that they do takes long.
const LAST_CALLS: Duration = Duration::from_secs(5);

fn stage() -> MutexGuard<'static, Stage> {
    STAGE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says how the loop is to be made; without it, as `Options::default()` says.
///
/// # Errors
/// `RuntimeError` if the loop has started.
pub fn configure(options: Options) -> PyResult<()> {
    match &mut *stage() {
        Stage::Unused(kept) => {
            *kept = Some(options);
            Ok(())
        }
        _ => Err(PyRuntimeError::new_err(
            "evenkeel's loop has started: configure it before its first use",
        )),
    }
}

/// A handle to the loop, which is started if it was not; the first time Python's `atexit` is asked to end it.
///
/// # Errors
/// `RuntimeError` if it cannot be started, or was [shut down](shutdown).
pub fn handle() -> PyResult<Handle> {
    match &*started()? {
        Stage::Running(running) => Ok(running.handle.clone()),
        _ => Err(over()),
    }
}

/// Has `call` run where it may wait for the interpreter's lock; also while the loop comes to its end.
///
/// # Errors
/// As [`handle`].
pub(crate) fn attached(call: impl FnOnce() + Send + 'static) -> PyResult<evenkeel::Task<()>> {
    let threads = match &*started()? {
        Stage::Running(running) => running.attached.clone(),
        Stage::Ending(attached) => attached.clone(),
        _ => return Err(over()),
    };
    Ok(threads.run(call))
}

fn over() -> PyErr {
    PyRuntimeError::new_err("evenkeel's loop was shut down")
}

/// Where it stands once somebody needs it.
fn started() -> PyResult<MutexGuard<'static, Stage>> {
    if matches!(*stage(), Stage::Unused(_)) {
        // Not under the lock of the stage: those who hold the interpreter's wait for that one.
        Python::try_attach(end_at_exit).transpose()?;
    }
    let mut stage = stage();
    if let Stage::Unused(options) = &mut *stage {
        let running = start(options.take().unwrap_or_default()).map_err(|error| {
            PyRuntimeError::new_err(format!("evenkeel's loop did not start: {error}"))
        })?;
        *stage = Stage::Running(running);
    }
    Ok(stage)
}

/// Has `atexit` call [`shutdown`]: threads that are left would find the interpreter gone.
pub(crate) fn end_at_exit(py: Python<'_>) -> PyResult<()> {
    static ASKED: PyOnceLock<()> = PyOnceLock::new();
    let ask = || {
        let shutdown = wrap_pyfunction!(crate::module::shutdown, py)?;
        py.import("atexit")?.call_method1("register", (shutdown,)).map(drop)
    };
    ASKED.get_or_try_init(py, ask).copied()
}

fn start(options: Options) -> std::io::Result<Running> {
    let (stop, stopped) = evenkeel::oneshot();
    let (tell, told) = mpsc::channel();
    let run = move || {
        let mut runner = match Runner::new(options) {
            Ok(runner) => runner,
            Err(error) => {
                let _ = tell.send(Err(error));
                return;
            }
        };
        let _ = tell.send(Ok(runner.handle()));
        // A sender that is dropped unsent ends it as well.
        let _ = runner.run(stopped);
        runner.close();
    };
    let thread = std::thread::Builder::new().name("evenkeel-python".into()).spawn(run)?;
    let gone = |_| std::io::Error::other("its thread ended at once");
    let handle = told.recv().map_err(gone)??;
    Ok(Running { handle, attached: ThreadPool::new(ATTACHED_THREADS), stop, thread })
}

/// Ends the loop: cancels its tasks, runs them to their end and joins its threads. asyncio futures and
/// tasks that belonged to one of them are cancelled. What is asked of the loop afterwards fails; a loop that
/// never started never will. Does nothing the second time.
///
/// Python's `atexit` calls it. It waits for the loop's threads, so none of them may.
pub fn shutdown(py: Python<'_>) {
    let mut stage = stage();
    let running = match std::mem::replace(&mut *stage, Stage::Over) {
        Stage::Running(running) => running,
        other => {
            if let Stage::Ending(_) = other {
                *stage = other;
            } else {
                drop(stage); // Options hold functions of the user's.
            }
            return;
        }
    };
    *stage = Stage::Ending(running.attached.clone());
    drop(stage);
    // Its last tasks may need the interpreter to come to their end.
    py.detach(|| {
        let _ = running.stop.send(());
        let _ = running.thread.join();
        *self::stage() = Stage::Over;
        if running.attached.join(LAST_CALLS).is_err() {
            running.attached.shutdown();
        }
    });
}
