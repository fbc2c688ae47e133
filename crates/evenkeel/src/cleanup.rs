//! Clean-up and shielded work, with the grace of the runner.

use std::future::{Future, IntoFuture};
use std::panic::Location;
use std::time::Duration;

use evenkeel_task::{FailureKind, Shield, report_failure};
use evenkeel_timer::{sleep, timeout};

use crate::ambient::Ambient;

/// Registers `cleanup` with the innermost scope that is being polled ([`timeout`](crate::timeout()), a
/// cancel scope, a group), or with the current task: a `finally:` that may await.
///
/// It begins when the future of that scope or task is gone, whatever way it went; the last one registered
/// runs first; and the scope, or the task, is done only when all of them are. They are shielded: a cancel
/// that comes meanwhile changes nothing. One that has not ended [`Options::cleanup_grace`] after it began
/// is dropped and reported, with the place where it was registered.
///
/// ```
/// use evenkeel::{create_task, defer, run, sleep};
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use std::time::Duration;
///
/// static SAID_GOODBYE: AtomicBool = AtomicBool::new(false);
///
/// run(async {
///     let session = create_task(async {
///         defer(async {
///             sleep(Duration::from_millis(1)).await;
///             SAID_GOODBYE.store(true, Ordering::Relaxed);
///         });
///         sleep(Duration::from_secs(3600)).await;
///     });
///     sleep(Duration::from_millis(1)).await;
///     session.cancelled().await;
///     assert!(SAID_GOODBYE.load(Ordering::Relaxed));
/// });
/// ```
///
/// # Panics
/// Outside any task and scope, and in a call on a blocking thread: nobody would run the clean-up.
///
/// [`Options::cleanup_grace`]: crate::Options::cleanup_grace
#[doc(alias = "finally")]
#[track_caller]
pub fn defer(cleanup: impl Future<Output = ()> + Send + 'static) {
    let Some(grace) = grace() else { return evenkeel_task::defer(cleanup) };
    let at = Location::caller();
    evenkeel_task::defer(async move {
        if timeout(grace, cleanup).await.is_err() {
            let text = format!("its clean-up registered at {at} was cut off after {grace:?}");
            report_failure(FailureKind::Overran, text);
        }
    });
}

/// Protects `future` from the cancellation of whoever awaits it. asyncio's `shield`.
///
/// If it is dropped unfinished, because its awaiter is cancelled or a timeout expires, it goes on as a task
/// of its own, and the task that dropped it is done only when that one is. An owner that has nothing else
/// left to do waits for [`Options::cleanup_grace`](crate::Options::cleanup_grace); then the shielded work is
/// cancelled and reported. See [`task::shield`](evenkeel_task::shield).
///
/// ```
/// use evenkeel::{shield, sleep, timeout};
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use std::time::Duration;
///
/// static SAVED: AtomicBool = AtomicBool::new(false);
///
/// evenkeel::run(async {
///     let save = async {
///         sleep(Duration::from_millis(5)).await;
///         SAVED.store(true, Ordering::Relaxed);
///     };
///     assert!(timeout(Duration::from_millis(1), shield(save)).await.is_err());
/// });
/// assert!(SAVED.load(Ordering::Relaxed));
/// ```
///
/// # Cancellation
/// Nothing lost: what has begun goes on.
///
/// # Panics
/// With the future's panic.
#[track_caller]
pub fn shield<F>(future: F) -> Shield<F::Output>
where
    F: IntoFuture<IntoFuture: Send + 'static>,
    F::Output: Send + 'static,
{
    let shield = evenkeel_task::shield(future);
    match grace() {
        Some(grace) => shield.patience(move || sleep(grace)),
        None => shield,
    }
}

/// That of the runner this thread belongs to.
fn grace() -> Option<Duration> {
    Ambient::with(|ambient| ambient.shared.cleanup_grace).ok()
}
