//! What a pool counts.

/// A pool's figures at one moment; see [`ThreadPool::statistics`](crate::ThreadPool::statistics).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStatistics {
    /// The most threads there may be.
    pub limit: usize,
    /// Threads there are: starting, at work or idle.
    pub threads: usize,
    /// Threads that run a job.
    pub busy: usize,
    /// Threads that are parked.
    pub idle: usize,
    /// Jobs that wait for a thread.
    pub queued: usize,
    /// The most threads there ever were at once.
    pub most_threads: usize,
    /// Threads started so far.
    pub started: u64,
    /// Attempts to start one that failed.
    pub start_failures: u64,
    /// Jobs taken in so far.
    pub submitted: u64,
    /// Jobs that ran to their end, by a panic or not.
    pub finished: u64,
    /// Jobs taken back before they began: by a shutdown, or for want of any thread.
    pub withdrawn: u64,
    /// Jobs whose handle reports an error instead: no thread, or the pool was shut down.
    pub refused: u64,
}
