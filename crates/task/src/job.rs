//! The seam for calls that block: a closure as a task whose queue is somebody else's.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use async_task::Runnable;

use crate::builder::Builder;
use crate::handle::Task;
use crate::home::Home;
use crate::info::name_or_number;
use crate::meta::{Meta, TaskId};
use crate::spawn;

/// One closure, to be run once on some thread; its [`Task`] is awaited elsewhere.
///
/// Whoever gets it (a thread pool) calls [`run`](Job::run), or [`refuse`](Job::refuse) if it has no
/// thread. Dropping it ends its task as cancelled.
///
/// ```
/// use evenkeel_task::{Builder, block_on};
///
/// let (job, task) = Builder::new().job(|| 6 * 7);
/// std::thread::spawn(move || job.run());
/// assert_eq!(block_on(task), 42);
/// ```
#[must_use = "a job that is dropped ends its task as cancelled"]
pub struct Job {
    runnable: Runnable<Meta>,
}

thread_local! {
    /// Why the job that this thread is about to end has no thread.
    static REFUSED: RefCell<Option<io::Error>> = const { RefCell::new(None) };

    /// Whom to tell that the job which begins on this thread has ended.
    static TELL: RefCell<Option<Tell>> = const { RefCell::new(None) };

    /// Who was told that the job which this thread runs has ended, and may have to hear otherwise.
    static TOLD: RefCell<Option<Tell>> = const { RefCell::new(None) };
}

type Tell = Rc<dyn Fn(bool)>;

/// Something of the user's is about to run on this thread, which may have said that it is as good as done.
pub(crate) fn lingers() {
    // Taken first: what is told may make a job. Err: the thread is ending.
    if let Ok(Some(tell)) = TOLD.try_with(|told| told.borrow_mut().take()) {
        tell(false);
    }
}

/// The payload by which a refused job ends.
pub(crate) struct Refused(pub(crate) io::Error);

/// Calls the closure at its only poll.
struct Call<F>(Option<F>);

impl<F> Unpin for Call<F> {}

impl<T, F: FnOnce() -> T> Future for Call<F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        if let Some(error) = REFUSED.with_borrow_mut(Option::take) {
            std::panic::resume_unwind(Box::new(Refused(error)));
        }
        let call = self.0.take().expect("a job runs once");
        evenkeel_context::current_record(evenkeel_context::Record::set_may_block);
        // Taken first: the call may run jobs of its own.
        let tell = TELL.take();
        // Nobody polls it again, so it cannot own what has still to end.
        let value = evenkeel_context::owning_nothing(call);
        if let Some(tell) = tell {
            tell(true);
            TOLD.set(Some(tell));
        }
        Poll::Ready(value)
    }
}

impl Builder {
    /// Makes `call` a task that runs when somebody runs the job. It inherits the caller's task-locals.
    #[track_caller]
    pub fn job<T, F>(self, call: F) -> (Job, Task<T>)
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        lingers(); // A waker that makes jobs may also wait for them.
        // SAFETY: OUTLIVES ITS BORROWS (spawn.rs): it borrows nothing; ON ITS THREAD: it is Send.
        let (runnable, task) =
            unsafe { spawn::build(Home::jobs(), Call(Some(call)), self.named()) };
        (Job { runnable }, task)
    }
}

impl Job {
    /// Runs the closure on this thread. Never unwinds: a panic goes to the handle. If the task was
    /// cancelled before, the closure is dropped uncalled.
    pub fn run(self) {
        self.run_for(None);
    }

    /// [`run`](Job::run) for a thread that wants to be there for the next job when the end of this one is
    /// heard of: `tell(true)` is called, at most once, when the closure has returned and nothing is left
    /// to do but say so.
    ///
    /// `tell(false)` takes that back, if code of the user's turns up that must run first, for however long:
    /// callbacks, or the drop of a result that nobody takes. Where that is known before, nothing is told.
    pub fn run_telling(self, tell: &Rc<dyn Fn(bool)>) {
        // Task-locals may be dropped at the very end, and nobody would take it back for them.
        let plain = self.runnable.metadata().extra().is_none();
        self.run_for(plain.then(|| Rc::clone(tell)));
    }

    fn run_for(self, tell: Option<Tell>) {
        let outer = (TELL.replace(tell), TOLD.take());
        self.runnable.run();
        TELL.set(outer.0);
        TOLD.set(outer.1);
    }

    /// Ends the task with `error`: there is no thread for it.
    pub fn refuse(self, error: io::Error) {
        REFUSED.set(Some(error));
        self.run_for(None);
        REFUSED.take(); // A cancelled job did not take it.
    }

    /// Whether its task has been asked to end: running it would drop the closure uncalled.
    pub fn is_cancelled(&self) -> bool {
        self.runnable.metadata().slot().is_cancelling()
    }

    /// The task's number.
    pub fn id(&self) -> TaskId {
        TaskId(self.runnable.metadata().slot().record.id())
    }

    /// The name it was given, or `Task-N` with its id.
    pub fn name(&self) -> String {
        let name = self.runnable.metadata().extra().and_then(|extra| extra.name.as_deref());
        name_or_number(name, self.id())
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("id", &self.id()).finish()
    }
}
