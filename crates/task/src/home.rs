//! What all tasks of one executor share: the registry, and the queue they come back to.
//!
//! Every task holds its home, so a waker that outlives the executor finds it, closed.
//!
//! ```text
//!   OPEN --- 1 wind_down ---> ENDING --- 2 close ---> CLOSED
//! ```
//! While it is ending, whoever spawns asks its own new task to end, so one walk over those that were there
//! before is enough.
//!
// OPEN THEN ASK, END THEN WALK: whoever spawns from outside opens the slot, fences, and asks how far the end has
// come; whoever begins the end says so, fences, and walks. One of them sees the other; the model is
// `spawn_against_the_end`. A worker spares itself the fence, for it walks itself, after it has seen the end begin:
// it finds what it spawned before, and asks what it spawns later; the model is
// `a_workers_spawn_against_the_end`.

use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::sync::OnceLock;

use async_task::Runnable;

use crate::calls::quietly;
use crate::counted::Counted;
use crate::error::FailureReport;
use crate::handle::Task;
use crate::info::{Canceller, TaskInfo};
use crate::local::LocalQueue;
use crate::loom::{AtomicU32, Ordering, full_fence, thread};
use crate::meta::{Due, Meta};
use crate::queue::Queue;
use crate::registry::{Own, Registry};
use crate::slot::Slot;
use crate::spawn::{self, Named};
use crate::thread_state;

/// A count of a home: what everybody has who is not sure to be gone before it.
pub(crate) type HomeRef = Counted<Home>;

type OnFailure = Box<dyn Fn(&FailureReport) + Send + Sync>;

/// Tasks come and go.
const OPEN: u32 = 0;
/// All are asked to end, and new ones are as they come in.
const ENDING: u32 = 1;
/// No new tasks: the executor is going.
const CLOSED: u32 = 2;

pub(crate) struct Home {
    pub(crate) registry: Registry,
    pub(crate) kind: Kind,
    /// How far its end has come; it never goes back.
    stage: AtomicU32,
    on_failure: OnceLock<OnFailure>,
}

/// Where ready tasks go.
#[expect(clippy::large_enum_variant, reason = "one for each executor, in an allocation of its own")]
pub(crate) enum Kind {
    /// Any thread that works for the executor.
    Shared(Queue),
    /// One thread, in strict order.
    Local(LocalQueue),
    /// Nowhere: each is handed to somebody's thread pool once.
    Jobs,
}

impl Home {
    pub(crate) fn new(kind: Kind) -> HomeRef {
        Counted::new(Home {
            registry: Registry::new(),
            kind,
            stage: AtomicU32::new(OPEN),
            on_failure: OnceLock::new(),
        })
    }

    /// The home of all jobs of the process.
    pub(crate) fn jobs() -> &'static HomeRef {
        static JOBS: OnceLock<HomeRef> = OnceLock::new();
        JOBS.get_or_init(|| Home::new(Kind::Jobs))
    }

    /// Runs `call` with this thread's own stock of slots for this home, if it has one.
    #[inline]
    fn with_own<R>(&self, call: impl FnOnce(Own<'_>) -> R) -> R {
        match &self.kind {
            Kind::Shared(_) => {
                thread_state::worker(|worker| call(worker.and_then(|worker| worker.own(self))))
            }
            Kind::Local(queue) => call(queue.own()),
            Kind::Jobs => call(None),
        }
    }

    #[inline]
    pub(crate) fn release(&self, slot: NonNull<Slot>) {
        self.with_own(|own| self.registry.release(own, slot));
    }

    pub(crate) fn live(&self) -> usize {
        match &self.kind {
            Kind::Shared(queue) => self.registry.live(queue.tallies()),
            Kind::Local(queue) => self.registry.live(std::iter::once(queue.tally())),
            Kind::Jobs => self.registry.live(std::iter::empty()),
        }
    }

    pub(crate) fn spawned(&self) -> usize {
        match &self.kind {
            Kind::Shared(queue) => self.registry.opened(queue.tallies()),
            Kind::Local(queue) => self.registry.opened(std::iter::once(queue.tally())),
            Kind::Jobs => self.registry.opened(std::iter::empty()),
        }
    }

    /// No new tasks from now on.
    pub(crate) fn close(&self) {
        // A spawner that was at its desk before is counted, and waited for; one that comes after sees this: DESK OR
        // CLOSED (desks.rs).
        self.stage.store(CLOSED, Ordering::SeqCst);
        full_fence(); // END THEN WALK: a walk follows.
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.stage.load(Ordering::SeqCst) == CLOSED
    }

    /// Whether tasks come in unasked.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.stage.load(Ordering::SeqCst) == OPEN
    }

    /// The end begins: asks every task to end that is here, and sees to it that those are asked that come.
    /// Called by each worker, on its thread. END THEN WALK.
    pub(crate) fn wind_down(&self) -> usize {
        // Relaxed: the fence is what orders it. Fails if another worker was first, or the home is closed.
        let _ = self.stage.compare_exchange(OPEN, ENDING, Ordering::Relaxed, Ordering::Relaxed);
        full_fence();
        self.cancel_all()
    }

    /// Asks a new task to end as the walk would have, by whoever still holds its Runnable.
    #[cold]
    pub(crate) fn ask(&self, slot: &Slot) {
        if !slot.is_shielded() {
            slot.cancel_anew(slot.id());
        }
    }

    /// The same for task `id` in `slot`, which may be gone already.
    #[cold]
    pub(crate) fn ask_later(&self, slot: NonNull<Slot>, id: u64) {
        if !self.registry.is_shielded(slot) {
            self.registry.cancel_anew(slot, id);
        }
    }

    /// A new task comes in on a thread that may not walk itself. OPEN THEN ASK.
    pub(crate) fn ask_if_ending(&self, slot: &Slot) {
        full_fence();
        if self.stage.load(Ordering::Relaxed) != OPEN {
            self.ask(slot);
        }
    }

    /// Whether nothing is queued that others than the workers can see.
    pub(crate) fn is_idle(&self) -> bool {
        match &self.kind {
            Kind::Shared(queue) => !queue.has_work(),
            Kind::Local(queue) => !queue.is_called(),
            Kind::Jobs => true,
        }
    }

    /// Whether this thread is one that runs its tasks, and may run one now.
    pub(crate) fn is_here(&self) -> bool {
        match &self.kind {
            Kind::Shared(_) => {
                thread_state::worker(|worker| worker.is_some_and(|worker| worker.is_of(self)))
            }
            Kind::Local(queue) => queue.is_owner(),
            Kind::Jobs => false,
        }
    }

    /// A new task's first way into its queue.
    pub(crate) fn enqueue(&self, runnable: Runnable<Meta>) {
        match &self.kind {
            Kind::Shared(queue) => queue.spawned(self, runnable),
            Kind::Local(queue) => queue.spawned(self, runnable),
            Kind::Jobs => drop(runnable),
        }
    }

    /// Asks every live task to end that was not asked yet; if the executor goes, all of them, for that is
    /// news to those who are cleaning up. Shielded work, which its owner waits for, is asked only then.
    pub(crate) fn cancel_all(&self) -> usize {
        thread_state::walk();
        let mut count = 0;
        let all = self.is_closed();
        self.registry.for_each_live(|slot, id| {
            // Who has seen the id sees the mark: see `Slot::open`.
            count += usize::from(match all {
                true => self.registry.cancel(slot, id, None),
                false => !self.registry.is_shielded(slot) && self.registry.cancel_anew(slot, id),
            });
        });
        count
    }

    /// A walk for those that the first one missed. A worker on another thread does not walk now, and its spawn has no
    /// fence; but who sees that a task has ended sees what it spawned, so none is missed for good.
    pub(crate) fn ask_latecomers(&self) {
        self.registry.for_each_live(|slot, id| {
            self.registry.cancel_anew(slot, id);
        });
    }

    /// Whether its tasks end soon after they are asked to: a job ends when its call returns.
    pub(crate) fn is_async(&self) -> bool {
        !matches!(self.kind, Kind::Jobs)
    }

    pub(crate) fn set_on_failure(&self, hook: OnFailure) -> Result<(), OnFailure> {
        self.on_failure.set(hook)
    }

    /// Tells of a panic that nobody will hear of otherwise.
    pub(crate) fn report(&self, report: &FailureReport) {
        let told = quietly(|| match self.on_failure.get() {
            Some(hook) => hook(report),
            None => eprintln!("evenkeel: {report}"),
        });
        if told.is_none() {
            // The hook itself failed: fall back to the default, as asyncio does.
            eprintln!("evenkeel: {report} (and the failure hook panicked)");
        }
    }
}

impl HomeRef {
    /// A slot and an id for a new task, which the caller opens, and a count for its cell; to be given up by
    /// [`uncount`](Self::uncount).
    #[inline]
    pub(crate) fn take(&self) -> (NonNull<Slot>, u64) {
        self.with_own(|own| self.registry.take(own, self))
    }

    /// A slot that no task is ever in, with a count.
    pub(crate) fn nobody(&self) -> NonNull<Slot> {
        self.with_own(|own| match (own, &self.kind) {
            (Some((stock, _)), _) => stock.counts.take(self),
            (None, Kind::Jobs) => {} // It is for ever.
            (None, _) => self.add(1),
        });
        self.registry.nobody(self)
    }

    /// The executor goes: no new tasks; those alive are cancelled, and `tick` runs them to their end. By the executor,
    /// which has a count besides.
    pub(crate) fn end(&self, tick: impl Fn() -> bool) {
        self.close();
        self.cancel_all();
        // What is not in a queue is on its way there: a waker on another thread is between its decision
        // and its push, or a spawner is.
        drive_out(|| self.live() > 0, tick, || self.ask_latecomers(), thread::yield_now);
        self.registry.end(self);
        if let Kind::Local(queue) = &self.kind {
            queue.end(self);
        }
    }

    /// Gives up the count that goes with the address of a slot of `lent`, which may be the last.
    ///
    /// # Safety
    /// COUNTED (counted.rs): there is one, and the caller touches neither slot nor home afterwards.
    #[inline]
    pub(crate) unsafe fn uncount(lent: ManuallyDrop<HomeRef>) {
        let is_kept = lent.with_own(|own| match (own, &lent.kind) {
            // SAFETY: the caller's promise.
            (Some((stock, _)), _) => unsafe { stock.counts.keep(&lent) },
            (None, kind) => matches!(kind, Kind::Jobs),
        });
        if !is_kept {
            Self::give_up(lent);
        }
    }

    #[inline(never)]
    fn give_up(lent: ManuallyDrop<HomeRef>) {
        drop(ManuallyDrop::into_inner(lent));
    }

    /// Runs done callbacks in order, as a task of their own.
    pub(crate) fn run_callbacks(&self, due: Due) {
        let Some((ended, callbacks)) = due else { return };
        let run = move || {
            for callback in callbacks {
                // One that panics keeps nobody else from being called; the panic hook has told of it.
                quietly(|| callback(ended));
            }
        };
        if matches!(self.kind, Kind::Jobs) {
            run();
        } else {
            // Not asked to end with the others: a task that is cancelled at the end tells of that.
            let named = Named { is_shielded: true, ..Named::nothing() };
            let task: Task<()> = spawn::send(self, async move { run() }, named);
            task.detach();
        }
    }

    /// A snapshot of the live tasks, in the order of their ids.
    pub(crate) fn tasks(&self) -> Vec<TaskInfo> {
        let mut tasks = Vec::new();
        self.registry.for_each_live(|slot, id| {
            tasks.extend(TaskInfo::of(Canceller::new(self.clone(), slot, id)));
        });
        tasks.sort_by_key(TaskInfo::id);
        tasks
    }
}

/// Rounds between two walks for latecomers: a task's step each, or a yield of this thread. A walk looks at every slot
/// there ever was, and a latecomer waits for a millisecond at most.
const LATECOMERS_EVERY: u32 = 1024;

/// Runs what is left of an executor that goes, and has walked once, until no task `is_left`. It asks latecomers when
/// it first finds nothing to run, and every so often: one that is always ready would keep it busy for ever.
pub(crate) fn drive_out(
    is_left: impl Fn() -> bool,
    tick: impl Fn() -> bool,
    ask_latecomers: impl Fn(),
    rest: impl Fn(),
) {
    let (mut round, mut ran) = (0u32, true);
    while is_left() {
        let ran_before = std::mem::replace(&mut ran, tick());
        round = round.wrapping_add(1);
        if (ran_before && !ran) || round % LATECOMERS_EVERY == 0 {
            ask_latecomers();
        }
        if !ran {
            rest();
        }
    }
}

impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Home").field("live", &self.live()).finish_non_exhaustive()
    }
}
