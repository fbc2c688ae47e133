//! The loop beside Python's: started by the first who needs it, ended once.

use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;

use evenkeel::{Handle, Options, Runner, ThreadPool};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// Where it stands.
enum Stage {
    /// Nobody has needed it yet.
    Unused(Option<Options>),
    Running(Running),
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

/// A handle to the loop, which is started if it was not.
///
/// # Errors
/// `RuntimeError` if it cannot be started, or was [shut down](shutdown).
pub fn handle() -> PyResult<Handle> {
    with_running(|running| running.handle.clone())
}

/// Has `call` run where it may wait for the interpreter's lock.
///
/// # Errors
/// As [`handle`].
pub(crate) fn attached(call: impl FnOnce() + Send + 'static) -> PyResult<evenkeel::Task<()>> {
    with_running(|running| running.attached.run(call))
}

fn with_running<R>(look: impl FnOnce(&Running) -> R) -> PyResult<R> {
    let mut stage = stage();
    if let Stage::Unused(options) = &mut *stage {
        let running = start(options.take().unwrap_or_default()).map_err(|error| {
            PyRuntimeError::new_err(format!("evenkeel's loop did not start: {error}"))
        })?;
        *stage = Stage::Running(running);
    }
    match &*stage {
        Stage::Running(running) => Ok(look(running)),
        _ => Err(PyRuntimeError::new_err("evenkeel's loop was shut down")),
    }
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

/// Ends the loop: cancels its tasks, runs them to their end and joins its threads. What is asked of it
/// afterwards fails. Does nothing if it never started, or has ended.
///
/// Python's `atexit` calls it.
pub fn shutdown(py: Python<'_>) {
    let running = match std::mem::replace(&mut *stage(), Stage::Over) {
        Stage::Running(running) => running,
        Stage::Unused(_) | Stage::Over => return,
    };
    // Its last tasks may need the interpreter to come to their end.
    py.detach(|| {
        let _ = running.stop.send(());
        let _ = running.thread.join();
        running.attached.shutdown();
        let _ = running.attached.join(std::time::Duration::from_secs(5));
    });
}
