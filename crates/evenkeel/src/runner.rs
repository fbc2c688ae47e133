//! One loop over many runs: made, used, closed.

use std::fmt;
use std::future::Future;
use std::io;
use std::panic::{Location, resume_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use evenkeel_task::{Builder, FailureKind, JoinError, TaskLocals};

use crate::ambient::Ambient;
use crate::crew::Crew;
use crate::handle::Handle;
use crate::leftovers::{Leftovers, SAID, describe, more};
use crate::lot::Lots;
use crate::options::Options;
use crate::shared::Shared;
use crate::worker::Loop;

/// A running loop: worker threads, timers, a reactor and a pool. asyncio's `Runner`.
///
/// [`run`](Runner::run) may be called many times; task-locals that main sets are seen by the next run,
/// and tasks left running stay. With one worker they stand still between runs, with several they go on.
/// [`close`](Runner::close), or dropping it, ends all that is left.
///
/// ```
/// use evenkeel::{Options, Runner};
///
/// let mut runner = Runner::new(Options { workers: 1, ..Options::default() })?;
/// let task = runner.run(async { evenkeel::create_task(async { 7 }) });
/// assert_eq!(runner.run(task), 7);
/// # Ok::<(), std::io::Error>(())
/// ```
#[doc(alias = "Runtime")]
pub struct Runner {
    open: Option<Open>,
}

/// What a [seeded](Options::seed) runner has drawn, at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScheduleStatistics {
    /// Lots: choices between two or more.
    pub lots: u64,
    /// A hash of all choices and steps. A program that is run again with its seed has the same; if not,
    /// something that no seed decides took part.
    pub trace: u64,
}

struct Open {
    shared: Arc<Shared>,
    main: Rc<Loop>,
    /// Drives all workers on this thread, with a seed.
    crew: Option<Crew>,
    threads: Vec<JoinHandle<()>>,
    locals: TaskLocals,
}

impl Runner {
    /// Starts the worker threads; the calling thread will be one of them while it runs something.
    ///
    /// # Errors
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for zero workers or blocking threads; what the
    /// system says if it has no descriptor or no thread to give. Threads started before that are gone
    /// when the error is returned.
    pub fn new(options: Options) -> io::Result<Runner> {
        let lots = options.seed.map(|seed| Lots::new(seed, None));
        Runner::with_lots(options, lots)
    }

    /// One whose schedule is drawn from `lots`, if there are any.
    pub(crate) fn with_lots(options: Options, lots: Option<Lots>) -> io::Result<Runner> {
        let shared = Shared::new(&options)?;
        let new = |index| Rc::new(Loop::new(&shared, index, options.on_failure.clone()));
        let main = new(0);
        let crew = lots.map(|lots| {
            let rest = (1..options.workers).map(new);
            Crew::new(&shared, std::iter::once(Rc::clone(&main)).chain(rest).collect(), lots)
        });
        let threads = if crew.is_some() { 1 } else { options.workers };
        let locals = TaskLocals::default();
        let mut open = Open { shared, main, crew, threads: Vec::new(), locals };
        for index in 1..threads {
            match open.start_worker(&options, index) {
                Ok(thread) => open.threads.push(thread),
                Err(error) => {
                    open.shared.begin_end();
                    open.stop();
                    let text = format!("worker {index} of {}: {error}", options.workers);
                    return Err(io::Error::new(error.kind(), text));
                }
            }
        }
        Ok(Runner { open: Some(open) })
    }

    /// Runs `main` until it is ready, and with it whatever tasks there are.
    ///
    /// `main` may borrow and need not be Send: it stays on this thread. Dropping the runner is what ends
    /// the tasks it leaves.
    ///
    /// # Panics
    /// If `main` panics, with its panic; if `main` was cancelled, by awaiting a cancelled task; if the
    /// runner is closed; inside a running loop (then `main` is dropped unpolled).
    #[track_caller]
    pub fn run<F: Future>(&mut self, main: F) -> F::Output {
        finish(self.run_to_end(main))
    }

    /// [`run`](Runner::run) to the outcome.
    #[track_caller]
    pub(crate) fn run_to_end<F: Future>(&mut self, main: F) -> Result<F::Output, JoinError> {
        let open = self.open.as_mut().expect("Runner is closed");
        forbid_nesting();
        let _entered = open.main.enter();
        let builder = Builder::new().name("main").locals(open.locals.clone());
        let builder = builder.spawned_at(Location::caller());
        let stall = &open.shared.stall;
        let main = async {
            stall.begin();
            (main.await, TaskLocals::current())
        };
        let outcome = match &open.crew {
            Some(crew) => crew.drive(builder, main),
            None => open.main.as_worker(|| open.main.drive(builder, main)),
        };
        let told = stall.end();
        open.main.hand_over();
        if let Some(told) = told {
            panic!("{told}");
        }
        let (output, locals) = outcome?;
        open.locals = locals;
        Ok(output)
    }

    /// A handle that other threads spawn through.
    ///
    /// # Panics
    /// If the runner is closed.
    pub fn handle(&self) -> Handle {
        Handle::new(&self.open.as_ref().expect("Runner is closed").shared)
    }

    /// What was drawn so far; `None` without a seed.
    pub fn schedule(&self) -> Option<ScheduleStatistics> {
        let lots = self.open.as_ref()?.crew.as_ref()?.lots();
        Some(ScheduleStatistics { lots: lots.drawn(), trace: lots.trace() })
    }

    /// Ends it: cancels what tasks are left and runs them to their end, joins the blocking calls that
    /// run, for the grace of [`Options::shutdown_grace`] at most, and releases threads and descriptors.
    /// Answers what is left all the same; does nothing the second time.
    pub fn close(&mut self) -> Leftovers {
        self.open.take().map_or_else(Leftovers::default, Open::close)
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        self.open.is_none()
    }
}

/// The value of main, or its end resumed here.
pub(crate) fn finish<T>(outcome: Result<T, JoinError>) -> T {
    match outcome {
        Ok(output) => output,
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        Err(error) => panic!(
            "run(): the main future was cancelled, or awaited a task that was ({error}); use \
             `task.join()` to handle that"
        ),
    }
}

/// `run` inside `run` would block the outer loop.
#[track_caller]
pub(crate) fn forbid_nesting() {
    assert!(
        !Ambient::is_set(),
        "run() cannot be called from a running event loop: await the future instead, or give it to \
         `create_task`"
    );
}

impl Open {
    fn start_worker(&self, options: &Options, index: usize) -> io::Result<JoinHandle<()>> {
        let (shared, on_failure) = (Arc::clone(&self.shared), options.on_failure.clone());
        let builder = std::thread::Builder::new().name(format!("{}-{index}", options.thread_name));
        let work = move || {
            let own = Loop::new(&shared, index, on_failure);
            let _entered = own.enter();
            own.run();
        };
        options.start.call(builder, Box::new(work))
    }

    fn close(mut self) -> Leftovers {
        if self.shared.debug {
            let tasks = self.shared.tasks();
            for task in tasks.iter().take(SAID) {
                eprintln!("evenkeel: {} was still pending when its runner closed", describe(task));
            }
            if let Some(more) = more(tasks.len()) {
                eprintln!("evenkeel: {more} were still pending");
            }
        }
        let give_up = Instant::now().checked_add(self.shared.shutdown_grace);
        let entered = self.main.enter();
        self.shared.begin_end();
        let limit = give_up.unwrap_or_else(far);
        match &self.crew {
            Some(crew) => crew.run_out(limit),
            None => self.main.as_worker(|| self.main.run_out(Some(limit))),
        }
        drop(entered);
        let mut left = Leftovers::default();
        if !self.shared.all_are_empty() {
            left.tasks = self.shared.tasks();
            let text = format!("it was left after {:?}", self.shared.shutdown_grace);
            for task in &left.tasks {
                task.report_failure(FailureKind::Overran, &*text);
            }
        }
        left.threads = self.stop();
        self.shared.pool.shutdown();
        let grace =
            give_up.map_or(Duration::MAX, |at| at.saturating_duration_since(Instant::now()));
        if let Err(still) = self.shared.pool.join(grace) {
            eprintln!("evenkeel: the runner closed without waiting longer: {still}");
            left.add_calls(&still);
        }
        left.timers = self.shared.timers.len();
        left.sources = self.shared.reactor.statistics().sources;
        self.shared.timers.close();
        // Sources that were carried out of the run are served on by a thread; if none can be started
        // they see errors, which is for their owners to handle.
        let _ = self.shared.reactor.leave_to_thread();
        left
    }

    /// Ends the worker threads; one that does not come back from a task is left to itself, and named.
    fn stop(&mut self) -> Vec<String> {
        let mut left = Vec::new();
        let all_gone = self.shared.all_are_empty();
        self.shared.stop();
        for thread in self.threads.drain(..) {
            if all_gone || thread.is_finished() {
                // Its loop catches what tasks do; a panic of its own was printed by the panic hook.
                let _ = thread.join();
                continue;
            }
            thread.thread().unpark();
            let patience = Instant::now() + Duration::from_millis(100);
            while !thread.is_finished() && Instant::now() < patience {
                std::thread::yield_now();
            }
            if thread.is_finished() {
                let _ = thread.join();
            } else {
                let name = thread.thread().name().unwrap_or("worker").to_owned();
                eprintln!(
                    "evenkeel: {name} is still inside a task that does not return; it is left behind"
                );
                left.push(name);
            }
        }
        left
    }
}

/// A grace of `Duration::MAX` ends then.
fn far() -> Instant {
    Instant::now() + Duration::from_secs(u64::from(u32::MAX))
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner")
            .field("open", &self.open.as_ref().map(|open| &open.shared))
            .finish()
    }
}
