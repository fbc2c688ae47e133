//! What a runner could not take along when it closed: the proof that nothing leaked, or the list of what did.

use std::fmt;
use std::panic::Location;

use evenkeel_blocking::StillRunning;
use evenkeel_task::TaskInfo;

/// How many of a kind are said by name, on standard error and in what is displayed: a run may leave very many.
pub(crate) const SAID: usize = 20;

/// What is left when a [`Runner`](crate::Runner) has closed. All zero and empty: nothing it ever started is
/// about any more, no task, no timer, no registration, no thread.
///
/// ```
/// use evenkeel::{Options, Runner};
///
/// let mut runner = Runner::new(Options::default())?;
/// runner.run(async {
///     evenkeel::create_task(std::future::pending::<()>()).detach();
/// });
/// let left = runner.close();
/// assert!(left.is_empty(), "{left}"); // the task was cancelled, and is gone
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Leftovers {
    /// Tasks that did not end within the grace, with their names and the places where they were spawned.
    pub tasks: Vec<TaskInfo>,
    /// Worker threads that are inside a task which does not return.
    pub threads: Vec<String>,
    /// Blocking calls that still run, by the places where they were made.
    pub calls: Vec<&'static Location<'static>>,
    /// Timers armed by futures that were carried out of the run; the fall-back thread serves them.
    pub timers: usize,
    /// Sources that were carried out of the run; a thread serves them.
    pub sources: usize,
}

impl Leftovers {
    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        let Leftovers { tasks, threads, calls, timers, sources } = self;
        tasks.is_empty() && threads.is_empty() && calls.is_empty() && timers + sources == 0
    }

    pub(crate) fn add_calls(&mut self, still: &StillRunning) {
        self.calls.extend(still.running.iter().map(|call| call.called_at));
    }
}

impl fmt::Display for Leftovers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("nothing is left");
        }
        let Leftovers { tasks, threads, calls, timers, sources } = self;
        write!(f, "left: {timers} timers, {sources} sources")?;
        for task in tasks.iter().take(SAID) {
            write!(f, ", {}", describe(task))?;
        }
        if let Some(more) = more(tasks.len()) {
            write!(f, ", {more} tasks")?;
        }
        for thread in threads {
            write!(f, ", thread {thread}")?;
        }
        for call in calls.iter().take(SAID) {
            write!(f, ", the blocking call from {call}")?;
        }
        if let Some(more) = more(calls.len()) {
            write!(f, ", {more} calls")?;
        }
        Ok(())
    }
}

/// "And so many more", after the first of `all` were said.
pub(crate) fn more(all: usize) -> Option<String> {
    (all > SAID).then(|| format!("and {} more", all - SAID))
}

/// A task by its number, its name and the place where it was spawned.
pub(crate) fn describe(task: &TaskInfo) -> String {
    let at = task.spawned_at().map_or_else(String::new, |at| format!(" (spawned at {at})"));
    format!("task {} {:?}{at}", task.id(), task.name())
}
