//! A task that goes on without a handle, and whose error somebody hears of.

use std::fmt;

use crate::error::{FailureKind, FailureReport, panic_text};
use crate::handle::Task;
use crate::info::TaskInfo;
use crate::spawn::{self, Named};

impl<T, E> Task<Result<T, E>>
where
    T: Send + 'static,
    E: fmt::Display + Send + 'static,
{
    /// [`detach`](Task::detach), for a task that may fail: an `Err` is reported when it happens, as a panic
    /// is, with the task's name and the place where it was spawned. A cancel is no failure.
    ///
    /// Another small task watches this one, since an error is told by the handle alone.
    ///
    /// ```
    /// use evenkeel_task::{FailureKind, LocalExecutor};
    /// use std::sync::{Arc, Mutex};
    ///
    /// let executor = LocalExecutor::new();
    /// let told = Arc::new(Mutex::new(String::new()));
    /// let hook = Arc::clone(&told);
    /// executor.on_failure(move |report| {
    ///     assert_eq!(report.kind, FailureKind::Failed);
    ///     hook.lock().unwrap().push_str(&report.message);
    /// });
    /// executor.spawn(async { Err::<(), _>("no route to host") }).detach_or_report();
    /// while executor.try_tick() {}
    /// assert_eq!(*told.lock().unwrap(), "no route to host");
    /// ```
    pub fn detach_or_report(mut self) {
        let Some(home) = self.home().filter(|home| home.is_async()) else {
            if let Some(Ok(Err(error))) = self.try_take() {
                eprintln!("evenkeel: task {} failed and nobody awaits it: {error}", self.id());
            }
            return;
        };
        let (id, name) = (self.id(), self.given_name());
        let spawned_at = TaskInfo::of(self.canceller()).and_then(|task| task.spawned_at());
        let told = home.clone();
        let watch = async move {
            let (kind, message) = match self.join().await {
                Ok(Ok(_)) => return,
                Ok(Err(error)) => (FailureKind::Failed, error.to_string()),
                Err(error) => match error.try_into_panic() {
                    Ok(payload) => (FailureKind::Panicked, panic_text(&*payload).to_owned()),
                    Err(_cancelled) => return,
                },
            };
            let during_shutdown = false;
            told.report(&FailureReport { kind, id, name, spawned_at, message, during_shutdown });
        };
        spawn::send(&home, watch, Named { name: Some("watch".into()), ..Named::nothing() })
            .detach();
    }
}
