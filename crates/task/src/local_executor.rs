//! The executor of one thread: strict order, in batches, and futures that need not be Send.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};

use async_task::Runnable;
use pin_project_lite::pin_project;

use crate::builder::{Builder, Spawner};
use crate::error::{FailureReport, JoinError};
use crate::handle::Task;
use crate::home::{Home, HomeRef, Kind};
use crate::info::TaskInfo;
use crate::local::{self, LocalQueue, Owned, Seat};
use crate::loom::thread;
use crate::meta::Meta;
use crate::parker::Parker;
use crate::slow::PollWatch;
use crate::spawn::{self, Named, Start};
use crate::worker::Turn;

/// Runs tasks on the thread that made it, in strict order. asyncio's ready queue.
///
/// Tasks start in the order they were spawned and go on in the order they were woken. They run in
/// batches: a [`turn`](LocalExecutor::turn) runs exactly what was ready when it began, so a task that
/// yields in a loop starves nothing that the loop around it looks at between turns. Other threads may
/// wake its tasks, and spawn through a [`Spawner`]; everything runs here.
///
/// ```
/// use evenkeel_task::{LocalExecutor, block_on, yield_now};
/// use std::cell::RefCell;
///
/// let said = RefCell::new(String::new());
/// let executor = LocalExecutor::new();
/// let both = ["a", "b"].map(|name| executor.spawn(async {
///     for _ in 0..2 {
///         said.borrow_mut().push_str(name);
///         yield_now().await;
///     }
/// }));
/// block_on(executor.run(async { for task in both { task.await } }));
/// drop(executor);
/// assert_eq!(said.into_inner(), "abab");
/// ```
pub struct LocalExecutor<'a> {
    home: HomeRef,
    /// Invariant in `'a`; not Send, not Sync.
    _futures: PhantomData<std::cell::UnsafeCell<&'a std::rc::Rc<()>>>,
}

impl UnwindSafe for LocalExecutor<'_> {}
impl RefUnwindSafe for LocalExecutor<'_> {}

impl<'a> LocalExecutor<'a> {
    /// An executor of the calling thread.
    pub fn new() -> LocalExecutor<'a> {
        LocalExecutor::with_parker(Parker::new())
    }

    /// An executor of the calling thread, which sleeps where `parker` says: other threads that wake a
    /// task unpark it.
    pub fn with_parker(parker: Parker) -> LocalExecutor<'a> {
        let home = Home::new(Kind::Local(LocalQueue::new(parker)));
        LocalExecutor { home, _futures: PhantomData }
    }

    #[inline]
    fn queue(&self) -> Owned<'_> {
        // SAFETY: OWNER ONLY (local.rs): we were made on this thread, and are neither Send nor Sync.
        unsafe { local::of(&self.home).owned() }
    }

    /// Spawns a task; it goes to the back of the queue.
    #[track_caller]
    pub fn spawn<T: 'a>(&self, future: impl Future<Output = T> + 'a) -> Task<T> {
        // SAFETY: as in `spawn_named`.
        let (runnable, task) =
            unsafe { spawn::build_plain(&self.home, future, Location::caller()) };
        spawn::admit_queued(&self.home, runnable);
        task
    }

    pub(crate) fn spawn_named<T: 'a>(
        &self,
        future: impl Future<Output = T> + 'a,
        named: Named,
    ) -> Task<T> {
        let start = named.start;
        // SAFETY: OUTLIVES ITS BORROWS (spawn.rs): our drop waits until the future is gone; ON ITS THREAD: we are not
        // Send, so this is the thread, and a local queue is emptied by its owner only.
        let (runnable, task) = unsafe { spawn::build(&self.home, future, named) };
        spawn::admit(&self.home, runnable, start);
        task
    }

    /// A handle that spawns Send futures from anywhere; they run here.
    pub fn spawner(&self) -> Spawner
    where
        'a: 'static,
    {
        Spawner::new(&self.home)
    }

    /// Runs what is ready now, each task once, in order. What that wakes or spawns is for the next turn.
    pub fn turn(&self) -> Turn {
        self.turn_by(|runnable| _ = runnable.run())
    }

    /// [`turn`](LocalExecutor::turn), with a watch for polls that are slow.
    pub fn turn_watched(&self, watch: &PollWatch) -> Turn {
        self.turn_by(|runnable| watch.run(runnable))
    }

    #[inline]
    fn turn_by(&self, poll: impl Fn(Runnable<Meta>)) -> Turn {
        let queue = self.queue();
        for _ in 0..queue.begin_batch() {
            // A task may run a turn of its own and leave us less.
            let Some(runnable) = queue.pop() else { break };
            poll(runnable);
        }
        if queue.is_idle() { Turn::Idle } else { Turn::More }
    }

    /// Runs tasks until `future` is ready, under whatever executor polls it. Several may be under way, also
    /// one within another.
    ///
    /// # Cancellation
    /// Nothing lost: tasks stay, and go on when somebody runs them. `future` is dropped.
    pub fn run<F: Future>(&self, future: F) -> LocalRun<'_, 'a, F> {
        LocalRun { executor: self, seat: self.queue().seat(), future }
    }

    /// Runs a turn for a loop that is not ours, a GUI's or a game's, and has `cx`'s waker called when there
    /// is more to do: from whatever thread that is noticed on. `Ready` if no task is left; the waker is
    /// called all the same when one is spawned.
    ///
    /// So a host needs one thing: a [`Waker`](std::task::Waker) that gets its loop to come here again, by
    /// an event it sends to itself, from any thread. It polls once at the start, and then for each such
    /// event; it need not poll in a circle. Only the last poll's waker is called.
    ///
    /// ```
    /// use evenkeel_task::{LocalExecutor, yield_now};
    /// use std::task::{Context, Poll, Waker};
    ///
    /// let executor = LocalExecutor::new();
    /// let task = executor.spawn(async { yield_now().await });
    /// let mut cx = Context::from_waker(Waker::noop()); // a host's would send an event
    /// assert_eq!(executor.poll(&mut cx), Poll::Pending); // up to the yield
    /// assert_eq!(executor.poll(&mut cx), Poll::Ready(()));
    /// assert!(task.is_finished());
    /// ```
    pub fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        let seat = self.queue().host_seat();
        seat.awake();
        match self.turn() {
            Turn::More => cx.waker().wake_by_ref(),
            Turn::Idle => seat.sleep(cx.waker()),
        }
        if self.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Runs `main` as a task of this executor, and turns, until it has ended; for the root of a loop.
    ///
    /// `main` may borrow, need not be Send, and counts as a task like any other: it takes its place in
    /// the order, has an id and task-locals. After each turn `between` is called with what the turn left;
    /// it may look outside, run other things, or sleep where this executor's [`Parker`] says.
    ///
    /// ```
    /// use evenkeel_task::{Builder, LocalExecutor, Turn, yield_now};
    ///
    /// let executor = LocalExecutor::new();
    /// let mut turns = 0;
    /// let name = String::from("borrowed");
    /// let main = async { yield_now().await; name.len() };
    /// let value = executor.drive(Builder::new().name("main"), main, |turn| {
    ///     turns += 1;
    ///     if turn == Turn::Idle {
    ///         executor.parker().park();
    ///     }
    /// });
    /// assert_eq!((value.unwrap(), turns), (8, 1));
    /// ```
    ///
    /// # Errors
    /// `main` panicked, or was cancelled.
    #[track_caller]
    pub fn drive<F: Future>(
        &self,
        builder: Builder,
        main: F,
        mut between: impl FnMut(Turn),
    ) -> Result<F::Output, JoinError> {
        let mut left = None;
        self.drive_by(builder, main, || {
            if let Some(turn) = left {
                between(turn);
            }
            left = Some(self.turn());
        })
    }

    /// [`drive`](LocalExecutor::drive) by whatever steps the caller takes: calls `step` until `main` has
    /// ended. A step may be a [`turn`](LocalExecutor::turn), one task chosen by
    /// [`tick_nth`](LocalExecutor::tick_nth), something of another executor, or sleep.
    ///
    /// # Errors
    /// `main` panicked, or was cancelled.
    #[track_caller]
    pub fn drive_by<F: Future>(
        &self,
        builder: Builder,
        main: F,
        mut step: impl FnMut(),
    ) -> Result<F::Output, JoinError> {
        // SAFETY: OUTLIVES ITS BORROWS (spawn.rs): `Gone` does not let this function return or unwind before the
        // future is gone, and its output is taken or dropped here; ON ITS THREAD: we are not Send.
        let (runnable, task) = unsafe { spawn::build(&self.home, main, builder.named()) };
        spawn::admit(&self.home, runnable, Start::Queued);
        let mut gone = Gone { executor: self, task };
        loop {
            step();
            // One load; polling the handle would register a waker each turn.
            if gone.task.is_finished() {
                if let Some(outcome) = gone.task.try_take() {
                    return outcome;
                }
            }
        }
    }

    /// Whether no task is ready, nor one that another thread has woken or spawned and that no turn has taken
    /// in yet.
    pub fn is_idle(&self) -> bool {
        self.queue().is_idle()
    }

    /// How many tasks are ready, without those another thread has woken since the last turn.
    pub fn ready(&self) -> usize {
        self.queue().ready()
    }

    /// The end begins: asks every live task to end that was not asked before, and from now on each new one as it
    /// is spawned. Answers how many it asked itself. Shielded work is not asked.
    pub fn wind_down(&self) -> usize {
        self.home.wind_down()
    }

    /// No new tasks from now on: what is spawned ends as cancelled, unpolled.
    pub fn close(&self) {
        self.home.close();
    }

    /// Waits until a task is ready and runs it once.
    ///
    /// # Cancellation
    /// Nothing lost.
    pub async fn tick(&self) {
        let seat = self.queue().seat();
        std::future::poll_fn(|cx| {
            seat.awake();
            if self.try_tick() {
                return Poll::Ready(());
            }
            seat.sleep(cx.waker());
            Poll::Pending
        })
        .await;
    }

    /// Runs the first ready task once. False if none is ready.
    pub fn try_tick(&self) -> bool {
        self.queue().begin_batch();
        self.queue().pop().map(|runnable| runnable.run()).is_some()
    }

    /// Runs one ready task out of turn: `choose` is told how many are ready, at least one, and names one,
    /// 0 being the first. False if none is ready. For a loop that draws its order by lot.
    ///
    /// ```
    /// use evenkeel_task::LocalExecutor;
    ///
    /// let executor = LocalExecutor::new();
    /// let (first, last) = (executor.spawn(async {}), executor.spawn(async {}));
    /// assert!(executor.tick_nth(|ready| ready - 1));
    /// assert!(last.is_finished() && !first.is_finished());
    /// ```
    ///
    /// # Panics
    /// If `choose` names none of them.
    pub fn tick_nth(&self, choose: impl FnOnce(usize) -> usize) -> bool {
        let ready = self.queue().begin_batch();
        if ready == 0 {
            return false;
        }
        let nth = choose(ready);
        let runnable = self.queue().take_nth(nth);
        runnable.unwrap_or_else(|| panic!("of {ready} ready tasks, number {nth} was chosen")).run();
        true
    }

    /// Whether no task is left.
    pub fn is_empty(&self) -> bool {
        self.home.live() == 0
    }

    /// Snapshots of the live tasks, in the order of their ids. asyncio's `all_tasks`.
    pub fn tasks(&self) -> Vec<TaskInfo> {
        self.home.tasks()
    }

    /// Asks every live task to end that was not asked before; answers how many those are.
    pub fn cancel_all(&self) -> usize {
        self.home.cancel_all()
    }

    /// Where this executor's thread sleeps.
    pub fn parker(&self) -> &Parker {
        local::of(&self.home).parker()
    }

    /// Calls `hook` for each panicked task whose panic nobody can hear of otherwise; without a hook such
    /// a panic is one line on standard error. The first hook stands: false if there was one.
    pub fn on_failure(&self, hook: impl Fn(&FailureReport) + Send + Sync + 'static) -> bool {
        self.home.set_on_failure(Box::new(hook)).is_ok()
    }
}

/// Keeps [`LocalExecutor::drive`] from ending before its main task has.
struct Gone<'e, 'a, T> {
    executor: &'e LocalExecutor<'a>,
    task: Task<T>,
}

impl<T> Drop for Gone<'_, '_, T> {
    fn drop(&mut self) {
        self.task.cancel();
        while !self.task.is_gone() {
            if !self.executor.try_tick() {
                thread::yield_now();
            }
        }
    }
}

impl Drop for LocalExecutor<'_> {
    fn drop(&mut self) {
        self.home.end(|| self.try_tick());
    }
}

impl Default for LocalExecutor<'_> {
    fn default() -> Self {
        LocalExecutor::new()
    }
}

impl fmt::Debug for LocalExecutor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalExecutor").field("live", &self.home.live()).finish_non_exhaustive()
    }
}

pin_project! {
    /// The future of [`LocalExecutor::run`].
    #[must_use = "futures do nothing unless awaited"]
    #[derive(Debug)]
    pub struct LocalRun<'e, 'a, F> {
        executor: &'e LocalExecutor<'a>,
        seat: Seat<'e>,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for LocalRun<'_, '_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.seat.awake();
        if let Poll::Ready(output) = this.future.poll(cx) {
            this.seat.leave();
            return Poll::Ready(output);
        }
        match this.executor.turn() {
            Turn::More => cx.waker().wake_by_ref(),
            Turn::Idle => this.seat.sleep(cx.waker()),
        }
        Poll::Pending
    }
}
