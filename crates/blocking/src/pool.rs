//! `ThreadPool`: a bounded number of threads that run calls which block, in the order they came.

use std::{
    error::Error,
    fmt, io,
    panic::Location,
    rc::Rc,
    sync::{Arc, Weak},
    time::Duration,
};

use evenkeel_task::{Builder, Job, Task, TaskId};

use crate::{crew::Crew, current, options::PoolOptions, queue::Run, statistics::PoolStatistics};

/// A pool of threads of its own, with a limit of its own: asyncio's `ThreadPoolExecutor`.
///
/// Calls start in the order they came. Threads are started when calls wait, up to the limit, and
/// end when they had nothing to do for a while. A row of calls that really block has a thread each
/// within microseconds per call; a row of tiny ones is done by the few threads that are awake.
///
/// Handles are cheap to clone and name the same pool. Dropping the last one closes the pool
/// without waiting for anything: calls that were taken in still run, then the threads end. To
/// drop those that have not begun, [`shutdown`](Self::shutdown); to wait, [`join`](Self::join).
///
/// ```
/// use evenkeel_blocking::ThreadPool;
///
/// let pool = ThreadPool::new(2);
/// let words = ["threads", "that", "may"];
/// let tasks: Vec<_> = words.into_iter().map(|word| pool.run(|| word.len())).collect();
/// let lengths = futures_lite::future::block_on(async {
///     let mut lengths = Vec::new();
///     for task in tasks {
///         lengths.push(task.await);
///     }
///     lengths
/// });
/// assert_eq!(lengths, [7, 4, 3]);
/// ```
#[doc(alias = "ThreadPoolExecutor")]
#[derive(Clone)]
pub struct ThreadPool {
    owner: Arc<Owner>,
}

/// What the handles share and the threads do not, so that the last handle's end is seen.
pub(crate) struct Owner {
    crew: Arc<Crew<Call>>,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.crew.close();
    }
}

/// A job, and the line of the program that asked for it.
pub(crate) struct Call {
    job: Job,
    called_at: &'static Location<'static>,
}

impl Run for Call {
    type Label = RunningCall;

    fn run(self, tell: Option<&Rc<dyn Fn(bool)>>) {
        match tell {
            Some(tell) => self.job.run_telling(tell),
            None => self.job.run(),
        }
    }

    fn refuse(self, error: io::Error) {
        self.job.refuse(error);
    }

    fn label(&self) -> RunningCall {
        RunningCall { id: self.job.id(), called_at: self.called_at }
    }
}

impl ThreadPool {
    /// A pool of at most `threads` threads. None is started before there is work.
    ///
    /// # Panics
    ///
    /// If `threads` is zero: nothing would ever run. [`try_new`](Self::try_new) makes it an error.
    pub fn new(threads: usize) -> ThreadPool {
        let options = PoolOptions { threads, ..PoolOptions::default() };
        match ThreadPool::try_new(options) {
            Ok(pool) => pool,
            Err(error) => panic!("{error}"),
        }
    }

    /// A pool made by `options`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput): a limit of zero threads, or a name that no
    /// thread can have because it holds a NUL byte.
    pub fn try_new(options: PoolOptions) -> io::Result<ThreadPool> {
        if options.threads == 0 {
            let text = "a thread pool needs at least one thread: with none, nothing would ever run";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        if options.name.contains('\0') {
            let text = "the name of a thread pool must not hold a NUL byte";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let owner = Arc::new_cyclic(|owner| {
            let owner = Weak::clone(owner);
            let settle_in = Box::new(move || current::settle_in(&owner));
            Owner { crew: Arc::new(Crew::new(options, settle_in)) }
        });
        Ok(ThreadPool { owner })
    }

    /// Runs `f` on a thread of this pool. It is queued at once, awaited or not; see
    /// [`to_thread`](crate::to_thread) for what the handle reports.
    ///
    /// After [`shutdown`](Self::shutdown) or [`join`](Self::join) the call is refused: its handle
    /// reports the error.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost* that had not begun; a call that runs goes on without its awaiter, as for
    /// [`to_thread`](crate::to_thread).
    #[doc(alias = "submit")]
    #[doc(alias = "execute")]
    #[track_caller]
    pub fn run<T, F>(&self, f: F) -> Task<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.run_with(Builder::new(), f)
    }

    /// [`run`](Self::run), for a task with a name or whatever else its builder gives it.
    #[track_caller]
    pub fn run_with<T, F>(&self, builder: Builder, f: F) -> Task<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let (job, task) = builder.job(f);
        self.owner.crew.submit(Call { job, called_at: Location::caller() });
        task
    }

    /// Calls that wait or run. Zero means that every result has reached its awaiter.
    pub fn pending(&self) -> usize {
        self.owner.crew.pending()
    }

    /// `callback` is called, on the thread that did it, whenever the last pending call has ended:
    /// for a loop that sleeps until [`pending`](Self::pending) is zero. It stays for the pool's life.
    pub fn on_quiet(&self, callback: impl Fn() + Send + Sync + 'static) {
        self.owner.crew.on_quiet(Arc::new(callback));
    }

    /// Takes no more calls and cancels those that have not begun. Does not wait: calls that run go
    /// on, and each thread ends after its own.
    pub fn shutdown(&self) {
        self.owner.crew.shutdown();
    }

    /// Takes no more calls and blocks until those taken in have ended and the threads are gone,
    /// but for no longer than `limit`. Does not cancel: [`shutdown`](Self::shutdown) does.
    ///
    /// # Errors
    ///
    /// [`StillRunning`] says what was not done in time. The threads go on, and `join` can be called
    /// again. Called on one of the pool's own threads it can but wait for `limit` and say so.
    pub fn join(&self, limit: Duration) -> Result<(), StillRunning> {
        self.owner.crew.join(limit).map_err(|(running, queued)| StillRunning { running, queued })
    }

    /// The pool's figures now.
    pub fn statistics(&self) -> PoolStatistics {
        self.owner.crew.statistics()
    }

    pub(crate) fn downgrade(&self) -> Weak<Owner> {
        Arc::downgrade(&self.owner)
    }

    pub(crate) fn upgrade(weak: &Weak<Owner>) -> Option<ThreadPool> {
        weak.upgrade().map(|owner| ThreadPool { owner })
    }
}

impl fmt::Debug for ThreadPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadPool")
            .field("name", &self.owner.crew.name)
            .field("statistics", &self.statistics())
            .finish()
    }
}

/// A call that runs: the task it is, and where the program made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunningCall {
    /// The id of its task.
    pub id: TaskId,
    /// Where [`to_thread`](crate::to_thread) or [`ThreadPool::run`] was called.
    pub called_at: &'static Location<'static>,
}

/// What had not ended when [`ThreadPool::join`] gave up waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StillRunning {
    /// The calls that run.
    pub running: Vec<RunningCall>,
    /// How many wait for a thread.
    pub queued: usize,
}

impl fmt::Display for StillRunning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} blocking calls still run", self.running.len())?;
        for (n, call) in self.running.iter().enumerate() {
            let before = if n == 0 { ": " } else { ", " };
            write!(f, "{before}task {} from {}", call.id.get(), call.called_at)?;
        }
        write!(f, "; {} wait", self.queued)
    }
}

impl Error for StillRunning {}

impl From<StillRunning> for io::Error {
    fn from(error: StillRunning) -> io::Error {
        io::Error::new(io::ErrorKind::TimedOut, error)
    }
}
