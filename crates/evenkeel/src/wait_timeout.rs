//! A condition waited for no longer than a limit: what needs both a lock's line and the time.

use std::future::Future;
use std::time::Duration;

use evenkeel_sync::{Condition, Relock};
use evenkeel_timer::sleep;

/// [`Condition::wait_until`] with a limit of time.
pub trait WaitTimeout {
    /// Gives the lock up, waits to be notified, for no longer than `limit`, and takes the lock again. With
    /// the guard comes whether the limit passed first.
    ///
    /// ```
    /// use evenkeel::{Condition, Lock, WaitTimeout};
    /// use std::time::Duration;
    ///
    /// evenkeel::run(async {
    ///     let (lock, changed) = (Lock::new(0), Condition::new());
    ///     let guard = lock.lock().await;
    ///     let (guard, timed_out) = changed.wait_timeout(guard, Duration::from_millis(1)).await;
    ///     assert!(timed_out && *guard == 0);
    /// });
    /// ```
    ///
    /// # Cancellation
    /// Place lost: the guard is gone and the lock free; a notification that had come goes to the next.
    fn wait_timeout<G: Relock>(&self, guard: G, limit: Duration)
    -> impl Future<Output = (G, bool)>;
}

impl WaitTimeout for Condition {
    async fn wait_timeout<G: Relock>(&self, guard: G, limit: Duration) -> (G, bool) {
        self.wait_until(guard, sleep(limit)).await
    }
}
