//! When all wait: who asked to hear of that, and what is told if nothing in sight can end it.
//!
//! A run in which main waits, nothing is ready, no timer is armed, no call runs and no descriptor is
//! watched will never end. On the system's clock that looks like any idle server; on a clock that is made
//! up it is a lost wake-up or a deadlock, and is reported with all who wait instead of hanging.

use std::fmt::Write;

use evenkeel_sync::{Receiver, Sender, oneshot};
use evenkeel_task::{Canceller, TaskInfo, WaitReason};

use crate::loom::{Mutex, lock};

/// What is watched for in one run.
#[derive(Debug, Default)]
pub(crate) struct Stall {
    /// The way to end main, while it runs and no stall was told of.
    main: Mutex<Option<Canceller>>,
    told: Mutex<Option<String>>,
    waiting: Mutex<Vec<Sender<()>>>,
}

impl Stall {
    /// From main, at its first poll.
    pub(crate) fn begin(&self) {
        *lock(&self.main) = evenkeel_task::current().map(|task| task.canceller());
    }

    /// Main has ended; answers what was told meanwhile.
    pub(crate) fn end(&self) -> Option<String> {
        *lock(&self.main) = None;
        lock(&self.told).take()
    }

    pub(crate) fn is_watching(&self) -> bool {
        lock(&self.main).is_some()
    }

    /// Ends main for a stall; the run reports it when main is gone, having driven its clean-ups.
    pub(crate) fn tell(&self, tasks: &[TaskInfo]) {
        let Some(main) = lock(&self.main).take() else { return };
        *lock(&self.told) = Some(format!(
            "deadlock: main waits and nothing can wake it (no task is ready, no timer armed, no call \
             runs, no descriptor is watched)\n{}",
            table(tasks)
        ));
        main.cancel_with("deadlock: nothing could wake it");
    }

    /// Somebody waits for the moment at which all others do.
    pub(crate) fn add(&self) -> Receiver<()> {
        let (sender, receiver) = oneshot();
        lock(&self.waiting).push(sender);
        receiver
    }

    /// All rest. Whether that was news to anybody.
    pub(crate) fn tell_that_all_rest(&self) -> bool {
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        waiting.into_iter().filter_map(|sender| sender.send(()).ok()).count() > 0
    }
}

/// Who waits for what, a task a line.
pub(crate) fn table(tasks: &[TaskInfo]) -> String {
    let mut text = String::from("  task  name                 waits for            spawned at\n");
    for task in tasks {
        let at = task.spawned_at().map_or_else(String::new, ToString::to_string);
        let _ = writeln!(
            text,
            "  {:<5} {:<20} {:<20} {at}",
            task.id().to_string(),
            task.name(),
            reason(task)
        );
    }
    text
}

fn reason(task: &TaskInfo) -> String {
    match task.waits_for() {
        (WaitReason::Nothing, _) => "(nothing known)".to_owned(),
        (WaitReason::Lock, 0) => "Lock".to_owned(),
        (why @ (WaitReason::Lock | WaitReason::Join), id) => format!("{why:?} of task {id}"),
        (why, _) => format!("{why:?}"),
    }
}
