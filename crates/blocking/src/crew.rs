//! The crew: the queue behind its lock, and whatever must be done with the lock released.
//!
//! It promises that jobs, their values and the callbacks of others are run and dropped with nothing
//! locked, that no thread is started under the lock, and that a thread which cannot be started
//! costs nobody more than an error.
//
// NOTHING HELD: jobs are run, refused and dropped, threads started, signals given and callbacks
//               called only while this thread does not hold `queue`.

use std::{
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use crate::{
    loom::{Builder, Condvar, JoinHandle, Mutex, MutexGuard, Sleeper, clock, lock, wait},
    options::{PoolOptions, StartThread},
    orders::Errand,
    queue::{OnQuiet, Queue, Run, START_REST},
    statistics::PoolStatistics,
    worker,
};

/// See the head of this file. The pool's handles share one, and so do its threads.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "seen by models only")]
pub struct Crew<J: Run> {
    queue: Mutex<Queue<J>>,
    /// Signalled whenever a thread of a closing crew ends: what `join` waits for.
    left: Condvar,
    pub(crate) name: String,
    pub(crate) keep_alive: Duration,
    start: StartThread,
    /// Called first on each thread.
    pub(crate) settle_in: Box<dyn Fn() + Send + Sync>,
}

impl<J: Run> Crew<J> {
    /// A crew of at most `options.threads` threads; none is started before there is a job.
    pub fn new(options: PoolOptions, settle_in: Box<dyn Fn() + Send + Sync>) -> Self {
        Crew {
            queue: Mutex::new(Queue::new(options.threads)),
            left: Condvar::new(),
            name: options.name,
            keep_alive: options.keep_alive,
            start: options.start,
            settle_in,
        }
    }

    /// Queues a job, or refuses it where no thread can be had or the crew has closed.
    pub fn submit(self: &Arc<Self>, job: J) {
        let taken_in = self.lock().submit(job);
        match taken_in {
            Ok(errand) => self.perform(errand),
            Err(job) => quietly(|| job.refuse(closed())),
        }
    }

    /// Jobs that wait or run.
    pub fn pending(&self) -> usize {
        self.lock().pending()
    }

    /// The figures of this moment.
    pub fn statistics(&self) -> PoolStatistics {
        self.lock().statistics()
    }

    /// No more jobs: the threads leave once nothing waits.
    pub fn close(&self) {
        let resting = self.lock().close();
        resting.iter().for_each(Sleeper::unpark);
    }

    /// No more jobs, and those that have not begun are dropped.
    pub fn shutdown(&self) {
        self.close();
        let jobs = self.lock().withdraw();
        self.end(jobs, drop);
    }

    /// Closes and waits until the last thread has ended, or for `limit`; what still runs then, and
    /// how many wait.
    pub fn join(self: &Arc<Self>, limit: Duration) -> Result<(), (Vec<J::Label>, usize)> {
        self.close();
        // None: so far away that it is never.
        let deadline = clock().checked_add(limit);
        let mut queue = self.lock();
        while queue.threads() > 0 {
            let rest = match deadline {
                Some(deadline) => deadline.saturating_duration_since(clock()),
                None => Duration::MAX,
            };
            if rest.is_zero() {
                return Err((queue.seats.labels(), queue.queued()));
            }
            queue = wait(&self.left, &self.queue, queue, rest);
        }
        let last = queue.seats.take_last_left();
        drop(queue);
        last.into_iter().for_each(join_thread);
        Ok(())
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Queue<J>> {
        lock(&self.queue)
    }

    /// Does what the queue asked for.
    pub(crate) fn perform(self: &Arc<Self>, errand: Errand) {
        match errand {
            Errand::None => {}
            Errand::Call(sleeper) => sleeper.unpark(),
            Errand::Start { seat, sitting } => self.start_thread(seat, sitting),
        }
    }

    /// Kept out of line: a start is rare, and everything else is short.
    #[cold]
    fn start_thread(self: &Arc<Self>, seat: usize, sitting: u64) {
        let builder = Builder::new().name(format!("{}-{}", self.name, seat + 1));
        let crew = Arc::clone(self);
        let work = Box::new(move || worker::work(&crew, seat, sitting));
        // The start is the user's when the options say so: if it panics, no thread has started.
        let started = catch_unwind(AssertUnwindSafe(|| self.start.call(builder, work)))
            .unwrap_or_else(|payload| {
                drop_quietly(payload);
                Err(io::Error::other("the function that starts the pool's threads panicked"))
            });
        match started {
            Ok(handle) => {
                let gone = self.lock().has_started(seat, sitting, handle);
                gone.into_iter().for_each(join_thread);
            }
            Err(error) => {
                let again = clock() + START_REST;
                let refused = self.lock().has_not_started(seat, sitting, again);
                self.left.notify_all();
                self.end(refused, |job| job.refuse(no_thread(&error)));
            }
        }
    }

    /// Ends jobs that were taken back, by `tell`, and says so if they were the last.
    fn end(&self, jobs: VecDeque<J>, tell: impl Fn(J)) {
        let count = jobs.len();
        if count == 0 {
            return;
        }
        for job in jobs {
            quietly(|| tell(job));
        }
        let callback = self.lock().have_been_told(count);
        if let Some(callback) = callback {
            quietly(|| callback());
        }
    }

    /// The thread of `seat` ends here.
    pub(crate) fn leave(&self, mut queue: MutexGuard<'_, Queue<J>>, seat: usize) {
        let before = queue.leave(seat);
        let closing = !queue.is_open();
        drop(queue);
        if closing {
            self.left.notify_all();
        }
        before.into_iter().for_each(join_thread);
    }

    /// `callback` is called, with nothing locked, whenever the last pending job has ended.
    pub fn on_quiet(&self, callback: OnQuiet) {
        let mut queue = self.lock();
        let slot = queue.on_quiet();
        *slot = Some(match slot.take() {
            None => callback,
            Some(before) => Arc::new(move || {
                quietly(|| before());
                quietly(|| callback());
            }),
        });
    }
}

/// Runs what belongs to others, so that its panic ends neither a thread nor the work after it.
pub(crate) fn quietly(f: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
        drop_quietly(payload);
    }
}

/// A panic's payload may panic when it is dropped; then it is given up.
fn drop_quietly(payload: Box<dyn std::any::Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
}

/// The thread has counted itself out, so this takes no longer than its last few instructions.
fn join_thread(handle: JoinHandle<()>) {
    // An error would be the panic of a thread whose every job is caught; nobody waits for it.
    let _ = handle.join();
}

fn closed() -> io::Error {
    io::Error::other("the thread pool has been shut down and takes no more work")
}

/// One error for each job: `io::Error` cannot be cloned.
fn no_thread(error: &io::Error) -> io::Error {
    let text = format!("no thread could be started: {error}");
    io::Error::new(error.kind(), text)
}
