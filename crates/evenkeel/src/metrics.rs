//! The figures of a loop by the names that dashboards know from tokio.

use crate::handle::{Handle, RunnerStatistics};

/// What [`Handle::statistics`] says, flat and by tokio's names: for whoever exports it.
///
/// Counters only grow; all others are of the moment. Nothing here costs anything until it is asked for.
///
/// ```
/// evenkeel::run(async {
///     let metrics = evenkeel::Handle::current().metrics().unwrap();
///     assert_eq!(metrics.num_alive_tasks, 1); // main
/// });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuntimeMetrics {
    /// Threads that run tasks.
    pub num_workers: usize,
    /// Tasks that have not ended.
    pub num_alive_tasks: usize,
    /// Tasks ever spawned that any worker may run; `None` with one worker. A counter.
    pub spawned_tasks_count: Option<usize>,
    /// Tasks in the queue that all workers share.
    pub global_queue_depth: usize,
    /// Threads for calls that block.
    pub num_blocking_threads: usize,
    /// Those of them that wait for a call.
    pub num_idle_blocking_threads: usize,
    /// Calls that wait for a thread.
    pub blocking_queue_depth: usize,
    /// Timers that are armed.
    pub num_timers: usize,
    /// Descriptors that are registered.
    pub io_driver_fd_count: usize,
    /// News from the kernel about descriptors. A counter.
    pub io_driver_ready_count: u64,
    /// Times that a worker waited in the kernel for news. A counter.
    pub io_driver_wait_count: u64,
}

impl Handle {
    /// The loop's figures by tokio's names; `None` if it is gone. [`statistics`](Handle::statistics) has
    /// more.
    #[must_use]
    pub fn metrics(&self) -> Option<RuntimeMetrics> {
        self.statistics().map(|statistics| RuntimeMetrics::of(&statistics))
    }
}

impl RuntimeMetrics {
    fn of(statistics: &RunnerStatistics) -> RuntimeMetrics {
        let executor = statistics.executor.as_ref();
        RuntimeMetrics {
            num_workers: statistics.workers,
            num_alive_tasks: statistics.live_tasks,
            spawned_tasks_count: executor.map(|executor| executor.spawned),
            global_queue_depth: executor.map_or(0, |executor| executor.injected),
            num_blocking_threads: statistics.blocking.threads,
            num_idle_blocking_threads: statistics.blocking.idle,
            blocking_queue_depth: statistics.blocking.queued,
            num_timers: statistics.timers.registered,
            io_driver_fd_count: statistics.reactor.sources,
            io_driver_ready_count: statistics.reactor.news,
            io_driver_wait_count: statistics.reactor.waits,
        }
    }
}
