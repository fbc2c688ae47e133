//! A live task seen from outside: who it is, what it does, and the way to end it.

use std::fmt;
use std::num::NonZero;
use std::panic::Location;
use std::ptr::NonNull;
use std::sync::Arc;

use evenkeel_context::{Cancelled, Wait};

use crate::error::{FailureKind, FailureReport};
use crate::home::{Home, HomeRef};
use crate::meta::{Meta, TaskId};
use crate::slot::Slot;
use crate::thread_state;

/// A cloneable way to cancel one task, from any thread, also after its handle is gone.
#[doc(alias = "AbortHandle")]
#[derive(Clone)]
pub struct Canceller {
    home: HomeRef,
    slot: NonNull<Slot>,
    id: u64,
}

// SAFETY: `slot` leads into the registry of `home`, which we keep alive; slots are Sync.
unsafe impl Send for Canceller {}
// SAFETY: as above.
unsafe impl Sync for Canceller {}

impl Canceller {
    pub(crate) fn new(home: HomeRef, slot: NonNull<Slot>, id: u64) -> Canceller {
        Canceller { home, slot, id }
    }

    /// For a task that has ended before it began.
    pub(crate) fn nobody(id: TaskId) -> Canceller {
        // A slot of the jobs' slab that never has this id: `cancel` answers false.
        let home = Home::jobs();
        Canceller::new(home.clone(), home.nobody(), id.0)
    }

    pub(crate) fn of(meta: &Meta, id: TaskId) -> Canceller {
        Canceller::new(meta.home().clone(), meta.slot, id.0)
    }

    fn slot(&self) -> &Slot {
        // SAFETY: we hold the home, and the slab lives as long.
        unsafe { self.slot.as_ref() }
    }

    /// Asks the task to end; it does at its next turn. False if it has ended already.
    pub fn cancel(&self) -> bool {
        self.home.registry.cancel(self.slot, self.id, None)
    }

    /// [`cancel`](Canceller::cancel), with a reason for whoever joins the task. The first reason stands.
    pub fn cancel_with(&self, reason: impl Into<String>) -> bool {
        self.home.registry.cancel(self.slot, self.id, Some(reason.into().into()))
    }

    /// The task's id.
    pub fn id(&self) -> TaskId {
        TaskId(self.id)
    }
}

impl fmt::Debug for Canceller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Canceller").field(&self.id()).finish()
    }
}

/// A snapshot of a live task; asyncio's `Task` as `current_task` and `all_tasks` give it.
#[derive(Clone, Debug)]
pub struct TaskInfo {
    task: Canceller,
    name: Option<Arc<str>>,
    parent: Option<TaskId>,
    spawned_at: Option<&'static Location<'static>>,
    waits_for: Wait,
    detail: u64,
    polls: u32,
}

impl TaskInfo {
    /// `None` if the task is gone.
    pub(crate) fn of(task: Canceller) -> Option<TaskInfo> {
        let record = &task.slot().record;
        let parent = NonZero::new(record.parent()).map(|id| TaskId(id.get()));
        let (spawned_at, polls) = (record.spawned_at(), task.slot().polls());
        let (waits_for, detail) = record.wait();
        let name = task.home.registry.rare(task.id).name;
        // Read last: if the slot serves another task by now, what was read may be that one's.
        if record.id() != task.id {
            return None;
        }
        Some(TaskInfo { name, parent, spawned_at, waits_for, detail, polls, task })
    }

    /// The task's id.
    pub fn id(&self) -> TaskId {
        self.task.id()
    }

    /// Its name: the one it was given, or `Task-N` with its id.
    pub fn name(&self) -> String {
        name_or_number(self.name.as_deref(), self.id())
    }

    /// The task that spawned it, if a task did.
    pub fn parent(&self) -> Option<TaskId> {
        self.parent
    }

    /// Where it was spawned.
    pub fn spawned_at(&self) -> Option<&'static Location<'static>> {
        self.spawned_at
    }

    /// Why it waits, with the detail that [`Wait`] names; `Wait::Nothing` while it runs or is ready.
    pub fn waits_for(&self) -> (Wait, u64) {
        (self.waits_for, self.detail)
    }

    /// How often it was polled.
    pub fn polls(&self) -> u32 {
        self.polls
    }

    /// Tells the failure hook of its executor that something went wrong with it.
    pub fn report_failure(&self, kind: FailureKind, message: impl Into<String>) {
        self.task.home.report(&FailureReport {
            kind,
            id: self.id(),
            name: self.name.clone(),
            spawned_at: self.spawned_at,
            message: message.into(),
            during_shutdown: false,
        });
    }

    /// The way to cancel it.
    pub fn canceller(&self) -> Canceller {
        self.task.clone()
    }

    /// Asks it to end. False if it has ended already.
    pub fn cancel(&self) -> bool {
        self.task.cancel()
    }
}

pub(crate) fn name_or_number(name: Option<&str>, id: TaskId) -> String {
    name.map_or_else(|| format!("Task-{}", id.get()), str::to_owned)
}

/// The task this thread is polling; `None` outside any task. asyncio's `current_task`.
///
/// ```
/// let executor = evenkeel_task::LocalExecutor::new();
/// let task = executor.spawn(async { evenkeel_task::current().map(|task| task.id()) });
/// let id = task.id();
/// assert_eq!(evenkeel_task::block_on(executor.run(task)), Some(id));
/// assert!(evenkeel_task::current().is_none());
/// ```
pub fn current() -> Option<TaskInfo> {
    thread_state::task(|meta| {
        let meta = meta?;
        let id = NonZero::new(meta.slot().record.id())?; // Hooks and callbacks belong to no task.
        TaskInfo::of(Canceller::of(meta, TaskId(id.get())))
    })
}

/// Tells the failure hook of the current task's executor that something went wrong, in the task's name; on
/// standard error outside any task. For layers that end things on a task's behalf.
pub fn report_failure(kind: FailureKind, message: impl Into<String>) {
    let message = message.into();
    thread_state::task(|meta| match meta {
        Some(meta) => meta.home().report(&FailureReport::of(meta, kind, message)),
        None => eprintln!("evenkeel: {message}"),
    });
}

/// Inside a task or a job: has a cancel been asked for? For code that computes long without awaiting.
///
/// # Errors
/// [`Cancelled`], with the reason, if it has been. Outside any task it never is.
pub fn check_cancelled() -> Result<(), Cancelled> {
    thread_state::task(|meta| match meta {
        Some(meta) if meta.slot().is_cancelling() => {
            let reason = meta.home().registry.rare(meta.slot().record.id()).reason;
            Err(Cancelled::new(reason))
        }
        _ => Ok(()),
    })
}
