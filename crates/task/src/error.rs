//! How a task can end without a value, who learns of it, and the report if nobody does.

use std::any::Any;
use std::fmt;
use std::io;
use std::panic::Location;
use std::sync::Arc;

use evenkeel_context::Cancelled;

use crate::home::HomeRef;
use crate::locals::Locals;
use crate::meta::{Extra, Meta, TaskId, in_context};

/// The text of a panic, if it has one.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "a payload that is no text"
    }
}

/// Something went wrong and nobody is left who would be told: a task failed without a handle, or a
/// clean-up did not end. Whoever is called with it sees the task's task-locals.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FailureReport {
    /// What went wrong.
    pub kind: FailureKind,
    /// The task.
    pub id: TaskId,
    /// The name it was given, if one was.
    pub name: Option<Arc<str>>,
    /// Where it was spawned.
    pub spawned_at: Option<&'static Location<'static>>,
    /// What the panic said, what the error says, or what did not end.
    pub message: String,
    /// Its loop was ending, and the task was one of those left over.
    pub during_shutdown: bool,
}

/// What a [`FailureReport`] tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// The task panicked.
    Panicked,
    /// The task returned an error.
    Failed,
    /// A clean-up, or shielded work, did not end in the time it had.
    Overran,
}

impl FailureReport {
    /// A report on the task of `meta`, while it lives.
    pub(crate) fn of(meta: &Meta, kind: FailureKind, message: String) -> FailureReport {
        let record = &meta.slot().record;
        FailureReport {
            kind,
            id: TaskId(record.id()),
            name: meta.extra().and_then(|extra| extra.name.clone()),
            spawned_at: record.spawned_at(),
            message,
            during_shutdown: false,
        }
    }
}

impl fmt::Display for FailureReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {} ", self.id)?;
        if let Some(name) = &self.name {
            write!(f, "{name:?} ")?;
        }
        if let Some(at) = self.spawned_at {
            write!(f, "(spawned at {at}) ")?;
        }
        f.write_str(match self.kind {
            FailureKind::Panicked => "panicked and nobody awaits it",
            FailureKind::Failed => "failed and nobody awaits it",
            FailureKind::Overran => "did not end in time",
        })?;
        f.write_str(if self.during_shutdown { ", during run() shutdown: " } else { ": " })?;
        f.write_str(&self.message)
    }
}

/// What a failed task leaves in its cell. Dropped unread, a panic reports itself.
pub(crate) struct Failure {
    kind: Option<Kind>,
    report: Option<Unread>,
}

enum Kind {
    Cancelled(Option<Arc<str>>),
    Panicked(Box<dyn Any + Send>),
    Refused(io::Error),
    /// A child of a group, which has the error.
    Failed,
}

/// What a report needs.
struct Unread {
    home: HomeRef,
    id: TaskId,
    name: Option<Arc<str>>,
    spawned_at: Option<&'static Location<'static>>,
    locals: Locals,
}

impl Failure {
    pub(crate) fn cancelled(reason: Option<Arc<str>>) -> Failure {
        Failure { kind: Some(Kind::Cancelled(reason)), report: None }
    }

    pub(crate) fn refused(error: io::Error) -> Failure {
        Failure { kind: Some(Kind::Refused(error)), report: None }
    }

    pub(crate) fn panicked(
        payload: Box<dyn Any + Send>,
        id: TaskId,
        name: Option<Arc<str>>,
        spawned_at: Option<&'static Location<'static>>,
        meta: &Meta,
    ) -> Failure {
        let locals = meta.extra().and_then(Extra::locals);
        let home = meta.home().clone();
        let report = Some(Unread { home, id, name, spawned_at, locals });
        Failure { kind: Some(Kind::Panicked(payload)), report }
    }

    pub(crate) fn is_panic(&self) -> bool {
        matches!(self.kind, Some(Kind::Panicked(_)))
    }
}

impl Drop for Failure {
    fn drop(&mut self) {
        if let (Some(Kind::Panicked(payload)), Some(unread)) = (&self.kind, self.report.take()) {
            let report = FailureReport {
                kind: FailureKind::Panicked,
                during_shutdown: false,
                id: unread.id,
                name: unread.name,
                spawned_at: unread.spawned_at,
                message: panic_text(&**payload).to_owned(),
            };
            in_context(&unread.home, unread.locals, || unread.home.report(&report));
        }
    }
}

/// Why [`Task::join`](crate::Task::join) has no value: the task was cancelled, it panicked, or the
/// thread it was meant for could not be started.
pub struct JoinError {
    id: TaskId,
    name: Option<Arc<str>>,
    kind: Kind,
}

impl JoinError {
    pub(crate) fn new(
        id: TaskId,
        name: Option<Arc<str>>,
        failure: Option<Box<Failure>>,
    ) -> JoinError {
        // No failure at all: the executor was dropped and the task with it.
        let kind = failure.and_then(|mut failure| failure.kind.take());
        JoinError { id, name, kind: kind.unwrap_or(Kind::Cancelled(None)) }
    }

    /// For a child whose error, or panic, went to its group.
    pub(crate) fn failed(id: TaskId, name: Option<Arc<str>>) -> JoinError {
        JoinError { id, name, kind: Kind::Failed }
    }

    /// The task.
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// The name it was given, if one was.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// It was cancelled, or its executor was dropped.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.kind, Kind::Cancelled(_))
    }

    /// It panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self.kind, Kind::Panicked(_))
    }

    /// It was to run on a thread that could not be started; [`source`](std::error::Error::source) says why.
    pub fn is_refused(&self) -> bool {
        matches!(self.kind, Kind::Refused(_))
    }

    /// It was a child of a group and failed: its error, or its panic, comes out of the group's scope.
    pub fn is_failed(&self) -> bool {
        matches!(self.kind, Kind::Failed)
    }

    /// The reason given to `cancel_with`, if it was cancelled with one.
    pub fn reason(&self) -> Option<&str> {
        match &self.kind {
            Kind::Cancelled(reason) => reason.as_deref(),
            Kind::Panicked(_) | Kind::Refused(_) | Kind::Failed => None,
        }
    }

    /// What the panic said, if it panicked.
    pub fn message(&self) -> Option<&str> {
        match &self.kind {
            Kind::Panicked(payload) => Some(panic_text(&**payload)),
            Kind::Cancelled(_) | Kind::Refused(_) | Kind::Failed => None,
        }
    }

    /// What the panic was raised with.
    ///
    /// # Panics
    /// If it is no panic: ask [`is_panic`](JoinError::is_panic) first, or use
    /// [`try_into_panic`](JoinError::try_into_panic).
    pub fn into_panic(self) -> Box<dyn Any + Send> {
        self.try_into_panic().unwrap_or_else(|error| panic!("into_panic, but {error}"))
    }

    /// What the panic was raised with.
    ///
    /// # Errors
    /// Gives the error back if it is no panic.
    pub fn try_into_panic(self) -> Result<Box<dyn Any + Send>, JoinError> {
        match self.kind {
            Kind::Panicked(payload) => Ok(payload),
            kind => Err(JoinError { kind, ..self }),
        }
    }

    /// Goes on in this thread as the task went: resumes its panic; unwinds quietly if it was cancelled.
    pub(crate) fn resume(self) -> ! {
        match self.kind {
            Kind::Panicked(payload) => std::panic::resume_unwind(payload),
            Kind::Cancelled(reason) => std::panic::resume_unwind(Box::new(Cancelled::new(reason))),
            // Its group is ending, and cancels whoever awaits it in the body.
            Kind::Failed => std::panic::resume_unwind(Box::new(Cancelled::new(None))),
            Kind::Refused(_) => panic!("{self}; use `join` to handle this"),
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinError({self})")
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {}", self.id)?;
        if let Some(name) = &self.name {
            write!(f, " {name:?}")?;
        }
        match &self.kind {
            Kind::Cancelled(None) => f.write_str(" was cancelled"),
            Kind::Cancelled(Some(reason)) => write!(f, " was cancelled: {reason}"),
            Kind::Panicked(payload) => write!(f, " panicked: {}", panic_text(&**payload)),
            Kind::Refused(error) => write!(f, " found no thread to run on: {error}"),
            Kind::Failed => f.write_str(" failed, and its group has the error"),
        }
    }
}

impl std::error::Error for JoinError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            Kind::Refused(error) => Some(error),
            Kind::Cancelled(_) | Kind::Panicked(_) | Kind::Failed => None,
        }
    }
}

// A payload is Send only. Nobody reaches it through a shared borrow of the error, except as text that is
// read from the two payload types that are Sync.
#[expect(unsafe_code, reason = "a payload that is only read as &str or String")]
mod sync {
    // SAFETY: TEXT ONLY: `&JoinError` gives out a payload only as `&str`, from a `&'static str` or a
    // `String`, both Sync; any other access takes the error by value.
    unsafe impl Sync for super::JoinError {}
}
