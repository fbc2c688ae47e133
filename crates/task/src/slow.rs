//! Turns in which each poll is timed, and one that held its thread for too long is told of. For a debug mode: a
//! turn that nobody watches knows nothing of this, and a watched one reads the clock twice a poll.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_task::Runnable;

use crate::meta::{Meta, TaskId};

/// A poll that held its thread for as long as a [`PollWatch`] minds, or longer: while it lasted, no other task of
/// that thread could go on. asyncio's slow callback.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SlowPoll {
    /// The task.
    pub id: TaskId,
    /// The name it was given, if one was.
    pub name: Option<Arc<str>>,
    /// Where it was spawned.
    pub spawned_at: Option<&'static Location<'static>>,
    /// How long the poll took.
    pub took: Duration,
}

impl SlowPoll {
    /// Read before the poll: after it the task may be gone.
    fn of(meta: &Meta) -> SlowPoll {
        let record = &meta.slot().record;
        SlowPoll {
            id: TaskId(record.id()),
            name: meta.extra().and_then(|extra| extra.name.clone()),
            spawned_at: record.spawned_at(),
            took: Duration::ZERO,
        }
    }
}

impl fmt::Display for SlowPoll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {} ", self.id)?;
        if let Some(name) = &self.name {
            write!(f, "{name:?} ")?;
        }
        if let Some(at) = self.spawned_at {
            write!(f, "(spawned at {at}) ")?;
        }
        write!(f, "held a worker for {} ms in one poll", self.took.as_millis())
    }
}

/// What minds polls that are slow; for [`Worker::turn_watched`](crate::Worker::turn_watched) and
/// [`LocalExecutor::turn_watched`](crate::LocalExecutor::turn_watched).
///
/// ```
/// use evenkeel_task::{LocalExecutor, PollWatch, Turn};
/// use std::{sync::mpsc, thread, time::Duration};
///
/// let (tell, told) = mpsc::channel();
/// let watch = PollWatch::new(Duration::from_millis(5), move |slow| tell.send(slow.clone()).unwrap());
/// let executor = LocalExecutor::new();
/// let quick = executor.spawn(async {});
/// let slow = executor.spawn(async { thread::sleep(Duration::from_millis(10)) });
/// while executor.turn_watched(&watch) == Turn::More {}
/// assert!(told.try_iter().any(|told| told.id == slow.id()));
/// # drop(quick);
/// ```
pub struct PollWatch {
    limit: Duration,
    tell: Box<dyn Fn(&SlowPoll) + Send + Sync>,
}

impl PollWatch {
    /// Minds polls of `limit` or longer. `tell` is called after each, on its thread and outside any task; it should
    /// not panic.
    pub fn new(limit: Duration, tell: impl Fn(&SlowPoll) + Send + Sync + 'static) -> PollWatch {
        PollWatch { limit, tell: Box::new(tell) }
    }

    pub(crate) fn run(&self, runnable: Runnable<Meta>) {
        let mut poll = SlowPoll::of(runnable.metadata());
        let begun = Instant::now();
        runnable.run();
        poll.took = begun.elapsed();
        if poll.took >= self.limit {
            (self.tell)(&poll);
        }
    }
}

impl fmt::Debug for PollWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollWatch").field("limit", &self.limit).finish_non_exhaustive()
    }
}
