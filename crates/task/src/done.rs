//! A task that has ended, with its result inside.

use std::fmt;
use std::sync::Arc;

use crate::error::JoinError;
use crate::handle::Task;
use crate::info::name_or_number;
use crate::meta::TaskId;

/// A task that has ended: what `wait` and `as_completed` give, with the result inside.
#[must_use = "the result of the task is in here"]
pub struct Done<T> {
    id: TaskId,
    name: Option<Arc<str>>,
    outcome: Result<T, JoinError>,
}

impl<T> Done<T> {
    pub(crate) fn new(task: &Task<T>, outcome: Result<T, JoinError>) -> Done<T> {
        Done { id: task.id(), name: task.given_name(), outcome }
    }

    /// The value; asyncio's `Task.result()`.
    ///
    /// # Panics
    /// Goes on as the task went: resumes its panic, unwinds quietly if it was cancelled.
    pub fn result(self) -> T {
        self.outcome.unwrap_or_else(|error| error.resume())
    }

    /// The value, or how the task ended without one.
    ///
    /// # Errors
    /// As [`Task::join`].
    pub fn outcome(self) -> Result<T, JoinError> {
        self.outcome
    }

    /// A look at the value, or at how the task ended without one.
    ///
    /// # Errors
    /// As [`Task::join`].
    pub fn as_outcome(&self) -> Result<&T, &JoinError> {
        self.outcome.as_ref()
    }

    /// The task's number.
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// The name it was given, or `Task-N` with its id.
    pub fn name(&self) -> String {
        name_or_number(self.name.as_deref(), self.id)
    }
}

impl<T: fmt::Debug> fmt::Debug for Done<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Done").field("id", &self.id).field("outcome", &self.outcome).finish()
    }
}
