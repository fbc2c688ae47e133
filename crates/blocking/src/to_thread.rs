//! `to_thread`: the call most programs make.

use evenkeel_task::Task;

use crate::pool::ThreadPool;

/// Runs `f`, which may block, on a thread that may: asyncio's `to_thread`, and `run_in_executor`.
///
/// **It starts at once**, awaited or not (asyncio's `to_thread` is a coroutine and starts when it
/// is awaited; its `run_in_executor` starts at once, as this does). The pool is the one
/// [entered](ThreadPool::enter) on this thread, which a runner does on its threads, or else the
/// [process-wide](ThreadPool::process_wide) one. Task-locals are carried over. Calls start in the
/// order they were made; beyond the pool's limit they wait for a thread.
///
/// If `f` panics, so does the `await` of the handle, and [`Task::join`] reports it; the thread
/// lives on. If no thread can be had at all, `join` reports that error.
///
/// ```
/// let answer = futures_lite::future::block_on(async {
///     let (x, y) = (40, 2);
///     evenkeel_blocking::to_thread(move || x + y).await
/// });
/// assert_eq!(answer, 42);
/// ```
///
/// # Cancellation
///
/// *Nothing lost* that had not begun: a call cancelled while it waits for a thread never runs, and
/// what it captured is dropped. A call that runs cannot be stopped from outside: its awaiter is
/// told at once that it is cancelled, the thread goes on, and the result is dropped there when it
/// comes. A long call should ask [`check_cancelled`](crate::check_cancelled) now and then.
#[doc(alias = "spawn_blocking")]
#[doc(alias = "unblock")]
#[doc(alias = "run_in_executor")]
#[track_caller]
pub fn to_thread<T, F>(f: F) -> Task<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    ThreadPool::current_or_process_wide().run(f)
}
