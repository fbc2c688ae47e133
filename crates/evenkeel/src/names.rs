//! What tasks call, by asyncio's names where asyncio has it: the leaves' and the umbrella's own.

pub use crate::ambient::NoRunner;
pub use crate::as_completed::{AsCompleted, AsCompletedTimeout, as_completed};
pub use crate::callback::{CallHandle, call_at, call_later, call_soon};
pub use crate::cleanup::{defer, shield};
pub use crate::handle::{Handle, RunnerStatistics};
#[cfg(all(unix, feature = "signal"))]
pub use crate::interrupt::{Interrupted, run_interruptible};
pub use crate::leftovers::Leftovers;
pub use crate::metrics::RuntimeMetrics;
pub use crate::options::{OnFailure, Options};
pub use crate::race::race_staggered;
pub use crate::run::run;
pub use crate::runner::{Runner, ScheduleStatistics};
pub use crate::tasks::{Builder, all_tasks, create_eager_task, create_local_task, create_task};
pub use crate::wait::{Wait, wait, wait_mut};
pub use crate::wait_timeout::WaitTimeout;

#[doc(alias = "coop")]
pub use evenkeel_context::unconstrained;
#[doc(alias = "current_task")]
pub use evenkeel_task::current;
#[doc(alias = "join_all")]
#[doc(alias = "join")]
pub use evenkeel_task::gather;
#[doc(alias = "select")]
pub use evenkeel_task::race;
#[doc(alias = "try_join_all")]
pub use evenkeel_task::try_gather;
pub use evenkeel_task::{
    CancelSource, Cancelled, Canceller, Child, Done, Ended, FailureKind, FailureReport, GroupError,
    JoinError, LocalGroup, Nested, Raced, SharedTask, Shield, Started, Task, TaskGroup, TaskId,
    TaskInfo, Waited, WaitedIndices, block_on, task_local, yield_now,
};

pub use evenkeel_timer::{
    CancelScope, Clock, ManualClock, Missed, Sleep, SystemClock, TimeoutError, effective_deadline,
    fail_after, fail_at, interval, interval_at, move_on_after, move_on_at, now, sleep, sleep_until,
    timeout, timeout_at, wait_for,
};

#[cfg(feature = "macros")]
pub use evenkeel_macros::{main, test};
#[doc(alias = "Mutex")]
pub use evenkeel_sync::Lock;
pub use evenkeel_sync::{
    Barrier, BoundedSemaphore, Condition, Event, LifoQueue, Once, OnceCell, PriorityQueue, Queue,
    RwLock, Semaphore, Shutdown, broadcast, channel, oneshot, unbounded, watch,
};

#[doc(alias = "spawn_blocking")]
#[doc(alias = "unblock")]
#[doc(alias = "run_in_executor")]
pub use evenkeel_blocking::to_thread;
pub use evenkeel_blocking::{ThreadPool, check_cancelled};
