//! What a pool is made of: how many threads, what they are called, how long they stay, who starts them.

use std::{fmt, io, sync::Arc, time::Duration};

use crate::loom::{Builder, JoinHandle, processors, start_thread};

/// How a [`ThreadPool`](crate::ThreadPool) is made; see [`try_new`](crate::ThreadPool::try_new).
///
/// ```
/// use evenkeel_blocking::{PoolOptions, ThreadPool};
///
/// let options = PoolOptions { threads: 2, name: "images".into(), ..PoolOptions::default() };
/// let pool = ThreadPool::try_new(options).unwrap();
/// assert_eq!(pool.statistics().limit, 2);
/// ```
#[derive(Clone, Debug)]
pub struct PoolOptions {
    /// The most threads there will be; at least one. They are started when jobs need them.
    ///
    /// Default: as in asyncio, four more than there are processors, but 32 at most.
    pub threads: usize,
    /// What the threads are called; each adds its number: `images-1`. Linux shows 15 characters.
    pub name: String,
    /// A thread that had nothing to do for so long ends. [`Duration::MAX`]: it stays.
    ///
    /// Default: 10 seconds, long enough to serve the next burst of the same work with threads that
    /// exist (a start costs ten times what a wake costs), short enough to be gone in an idle program.
    pub keep_alive: Duration,
    /// Who starts the threads.
    pub start: StartThread,
}

impl Default for PoolOptions {
    fn default() -> Self {
        PoolOptions {
            threads: (processors() + 4).min(32),
            name: "evenkeel-pool".to_owned(),
            keep_alive: Duration::from_secs(10),
            start: StartThread::default(),
        }
    }
}

type Start = dyn Fn(Builder, Box<dyn FnOnce() + Send>) -> io::Result<JoinHandle<()>> + Send + Sync;

/// The function that starts a pool's threads.
///
/// It is handed a builder with the thread's name and the work the thread must do, and may set a
/// stack size, a priority or an affinity, count the threads, or decline with an error: then the
/// work is done by the threads that exist, or, when there are none, the jobs' handles report it.
///
/// ```
/// use evenkeel_blocking::{PoolOptions, StartThread, ThreadPool};
///
/// let small = StartThread::new(|builder, work| builder.stack_size(64 * 1024).spawn(work));
/// let pool = ThreadPool::try_new(PoolOptions { start: small, ..PoolOptions::default() }).unwrap();
/// assert_eq!(futures_lite::future::block_on(pool.run(|| 1 + 1)), 2);
/// ```
#[derive(Clone)]
pub struct StartThread(Arc<Start>);

impl StartThread {
    /// Threads are started by `start`.
    pub fn new(
        start: impl Fn(Builder, Box<dyn FnOnce() + Send>) -> io::Result<JoinHandle<()>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        StartThread(Arc::new(start))
    }

    /// Starts a thread.
    ///
    /// # Errors
    ///
    /// Those of the function it was made of.
    pub fn call(
        &self,
        builder: Builder,
        work: Box<dyn FnOnce() + Send>,
    ) -> io::Result<JoinHandle<()>> {
        (self.0)(builder, work)
    }
}

impl Default for StartThread {
    /// [`std::thread::Builder::spawn`], with nothing added.
    fn default() -> Self {
        StartThread::new(start_thread)
    }
}

impl fmt::Debug for StartThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StartThread(..)")
    }
}
