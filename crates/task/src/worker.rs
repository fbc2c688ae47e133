//! One thread at work for a shared executor: it takes ready tasks in turns, and goes to sleep.
//!
//! A turn never blocks and never looks outside; the loop that owns the worker does both between turns.

mod push;
mod sleep;

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::time::{Duration, Instant};

use async_task::Runnable;

use crate::home::{Home, HomeRef};
use crate::loom::full_fence;
use crate::meta::Meta;
use crate::parker::Parker;
use crate::queue::{self, Lane, Queue, from_raw, into_raw};
use crate::registry::{Own, Stock};
use crate::slow::PollWatch;
use crate::thread_state;

/// What a turn leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an idle worker should sleep, a busy one take another turn"]
pub enum Turn {
    /// The limit was reached: there may be more to run. Look outside, do not sleep.
    More,
    /// Nothing is ready.
    Idle,
}

/// Tasks between two looks at the injector while the lane is not empty. Smaller serves remote wakes
/// sooner, larger touches the shared queue less. 61 is prime, so it falls into step with no pattern of
/// tasks; Go and tokio chose the same.
const INJECTOR_EVERY: u32 = 61;

/// How often in a row the slot for the task woken last is served before the ring is. Two tasks that wake
/// each other would otherwise starve the rest of the lane; three keeps a ping-pong fast.
const FIRST_IN_A_ROW: u32 = 3;

/// Tasks taken from the injector at once, at most; the rest is left for others.
const INJECTOR_BATCH: usize = 32;

/// The state of one worker; the public face, with the executor's lifetime, is [`Worker`].
pub(crate) struct Core {
    home: HomeRef,
    lane: Option<usize>,
    parker: Parker,
    stock: Stock,
    tick: Cell<u32>,
    /// What `tick` said after the last sleep.
    slept_at: Cell<u32>,
    first_in_a_row: Cell<u32>,
    seed: Cell<u32>,
    searching: Cell<bool>,
    /// The task that runs has ended: what is woken now is its awaiter.
    ending: Cell<bool>,
    /// It runs within another, which goes on when it ends.
    nested: Cell<bool>,
    /// When it was last woken for work, if it has not slept since.
    called: Cell<Option<Instant>>,
    /// How often in a row that was not worth it.
    brief_in_a_row: Cell<u32>,
    /// In the driver, waking what is ready: wake a second worker once per batch, not once per task.
    batching: Cell<bool>,
}

impl Core {
    pub(crate) fn new(home: &HomeRef, parker: Parker, lane: Option<usize>) -> Core {
        Core {
            home: home.clone(),
            lane,
            parker,
            stock: Stock::default(),
            tick: Cell::new(0),
            slept_at: Cell::new(0),
            first_in_a_row: Cell::new(0),
            // Where the search for work begins; any odd number does. Lanes differ, so workers do.
            seed: Cell::new(0x9E37_79B9 ^ (lane.unwrap_or(0) as u32) << 8 | 1),
            searching: Cell::new(false),
            ending: Cell::new(false),
            nested: Cell::new(false),
            called: Cell::new(None),
            brief_in_a_row: Cell::new(0),
            batching: Cell::new(false),
        }
    }

    fn queue(&self) -> &Queue {
        queue::of(&self.home)
    }

    fn lane(&self) -> Option<&Lane> {
        self.lane.map(|lane| &self.queue().lanes[lane])
    }

    #[inline]
    pub(crate) fn works_for(&self, home: &Home) -> bool {
        // Without a lane it pushes to the injector, as any other thread does.
        self.is_of(home) && self.lane.is_some()
    }

    pub(crate) fn home(&self) -> &HomeRef {
        &self.home
    }

    /// Whether it runs tasks of `home`, with a lane or without.
    #[inline]
    pub(crate) fn is_of(&self, home: &Home) -> bool {
        std::ptr::eq(&*self.home, home)
    }

    /// Runs `call`, a task's step within another's: that the inner one ends is not the outer one's end.
    pub(crate) fn within<R>(&self, call: impl FnOnce() -> R) -> R {
        let outer = (self.ending.replace(false), self.nested.replace(true));
        let result = call();
        self.ending.set(outer.0);
        self.nested.set(outer.1);
        result
    }

    /// What it has in stock for tasks of `home`, if it works for that.
    #[inline]
    pub(crate) fn own(&self, home: &Home) -> Own<'_> {
        let lane = self.is_of(home).then(|| self.lane()).flatten()?;
        Some((&self.stock, &lane.tally))
    }

    pub(crate) fn parker(&self) -> &Parker {
        &self.parker
    }

    pub(crate) fn enter<R>(&self, call: impl FnOnce() -> R) -> R {
        thread_state::as_worker(self, call)
    }

    #[inline]
    pub(crate) fn turn(&self, limit: usize) -> Turn {
        self.turn_by(limit, |runnable| _ = runnable.run())
    }

    #[inline]
    fn turn_by(&self, limit: usize, poll: impl Fn(Runnable<Meta>)) -> Turn {
        self.enter(|| {
            for _ in 0..limit {
                let Some(runnable) = self.next() else { return Turn::Idle };
                self.run_by(runnable, &poll);
            }
            Turn::More
        })
    }

    pub(crate) fn run(&self, runnable: Runnable<Meta>) {
        self.run_by(runnable, |runnable| _ = runnable.run());
    }

    #[inline]
    fn run_by(&self, runnable: Runnable<Meta>, poll: impl Fn(Runnable<Meta>)) {
        if self.searching.replace(false) && self.queue().idle.stop_searching() {
            // We were the last to search; whoever pushed meanwhile relied on us.
            full_fence();
            if self.queue().has_work() {
                self.queue().wake_one();
            }
        }
        poll(runnable);
        self.ending.set(false);
    }

    /// The next task to run: own lane first, now and then the injector, then other lanes.
    pub(crate) fn next(&self) -> Option<Runnable<Meta>> {
        let tick = self.tick.get().wrapping_add(1);
        self.tick.set(tick);
        if tick % INJECTOR_EVERY == 0 {
            if let Some(runnable) = self.take_injected() {
                return Some(runnable);
            }
        }
        if let Some(lane) = self.lane() {
            if self.first_in_a_row.get() < FIRST_IN_A_ROW {
                if let Some(runnable) = lane.take_first() {
                    self.first_in_a_row.set(self.first_in_a_row.get() + 1);
                    return Some(runnable);
                }
            }
            self.first_in_a_row.set(0);
            if let Some(runnable) = lane.ring.pop().and_then(from_raw) {
                return Some(runnable);
            }
            if let Some(runnable) = lane.take_first() {
                return Some(runnable);
            }
        }
        self.take_injected().or_else(|| self.steal())
    }

    /// One task from the injector, and a fair share of the rest into the own ring.
    fn take_injected(&self) -> Option<Runnable<Meta>> {
        let queue = self.queue();
        // Not always the same queue first, or one that is never empty would starve the others.
        let from = self.tick.get() as usize;
        let first = queue.injector.pop(from)?;
        // What comes from outside is worth waking for: nobody there would have come to it.
        self.called.set(None);
        let Some(lane) = self.lane() else { return Some(first) };
        let share = queue.injector.len() / queue.lanes.len().max(1);
        for _ in 0..share.min(INJECTOR_BATCH) {
            let Some(runnable) = queue.injector.pop(from) else { break };
            if let Err(pointer) = lane.ring.push(into_raw(runnable)) {
                from_raw(pointer).into_iter().for_each(|runnable| queue.injector.push(runnable));
                break;
            }
        }
        Some(first)
    }

    /// Half of another lane's ring; one searcher at a time.
    fn steal(&self) -> Option<Runnable<Meta>> {
        let queue = self.queue();
        if !self.searching.get() {
            if !queue.idle.try_search() {
                return None;
            }
            self.searching.set(true);
        }
        let Some(mine) = self.lane() else { return queue.take_any() };
        let (count, start) = (queue.lanes.len(), self.random() as usize);
        let others =
            (0..count).map(|i| (start + i) % count).filter(|lane| Some(*lane) != self.lane);
        for lane in others.clone() {
            if let Some(pointer) = queue.lanes[lane].ring.steal_into(&mine.ring) {
                return from_raw(pointer);
            }
        }
        // Last resort: the task that another worker has put first and does not come to.
        others.map(|lane| &queue.lanes[lane]).find_map(Lane::take_first)
    }

    /// A small xorshift: where to begin stealing, so that thieves spread.
    fn random(&self) -> u32 {
        let mut x = self.seed.get();
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        self.seed.set(x);
        x
    }

    /// Before this thread does something else for a while: its queue goes where others can get at it,
    /// and it does not count as searching.
    pub(crate) fn hand_over(&self) {
        let queue = self.queue();
        if let Some(lane) = self.lane() {
            while let Some(runnable) = lane.take_first().or_else(|| from_raw(lane.ring.pop()?)) {
                queue.injector.push(runnable);
            }
        }
        if self.searching.replace(false) {
            // Whoever pushed meanwhile may have relied on our search; `wake_one` makes up for it.
            let _ = queue.idle.stop_searching();
        }
        full_fence();
        if queue.has_work() {
            queue.wake_one();
        }
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        let queue = self.queue();
        self.home.registry.reclaim(&self.stock);
        self.stock.counts.end(&self.home);
        if let Some(lane) = self.lane {
            queue.leave_lane(lane);
        }
        if self.searching.get() && queue.idle.stop_searching() {
            full_fence();
            if queue.has_work() {
                queue.wake_one(); // Somebody relied on our search.
            }
        }
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("lane", &self.lane)
            .field("parker", &self.parker)
            .finish_non_exhaustive()
    }
}

/// One thread's part in an [`Executor`](crate::Executor), made by
/// [`Executor::worker`](crate::Executor::worker): takes turns, and sleeps between them.
///
/// ```
/// use evenkeel_task::{Executor, Turn};
///
/// let executor = Executor::new();
/// let worker = executor.worker();
/// let task = executor.spawn(async { 1 + 2 });
/// while worker.turn(64) == Turn::More {}
/// assert!(task.is_finished());
/// ```
#[derive(Debug)]
pub struct Worker<'a> {
    core: Core,
    /// It runs futures that borrow for `'a`, so it must not outlive that.
    _borrows: PhantomData<&'a ()>,
}

impl Worker<'_> {
    pub(crate) fn new(core: Core) -> Self {
        Worker { core, _borrows: PhantomData }
    }

    /// How others wake this worker when it sleeps.
    pub fn parker(&self) -> &Parker {
        self.core.parker()
    }

    /// Runs `call` with this thread counting as this worker: what it spawns and wakes goes to this
    /// worker's own queue. [`turn`](Worker::turn) does so by itself.
    pub fn enter<R>(&self, call: impl FnOnce() -> R) -> R {
        self.core.enter(call)
    }

    /// Runs ready tasks, at most `limit` of them.
    pub fn turn(&self, limit: usize) -> Turn {
        self.core.turn(limit)
    }

    /// [`turn`](Worker::turn), with a watch for polls that are slow.
    pub fn turn_watched(&self, limit: usize, watch: &PollWatch) -> Turn {
        self.core.turn_by(limit, |runnable| watch.run(runnable))
    }

    /// Runs `call`, which wakes and spawns many; wakes a second worker once, at the end, if more than
    /// one task is ready then.
    pub fn batch<R>(&self, call: impl FnOnce() -> R) -> R {
        self.core.batch(false, call)
    }

    /// [`batch`](Worker::batch), of tasks that are small or few: while a worker [sleeps
    /// lightly](Worker::sleep_lightly), the second one is spared.
    pub fn batch_lightly<R>(&self, call: impl FnOnce() -> R) -> R {
        self.core.batch(true, call)
    }

    /// Leaves what is queued here to the others: before this thread does something else for a while.
    pub fn hand_over(&self) {
        self.core.hand_over();
    }

    /// Sleeps until there may be work: calls `block`, unless there is some already.
    ///
    /// `block` gets the [`Parker`] to sleep with: on the thread by [`Parker::park`], or in a driver by
    /// [`Parker::park_in`]. It may return for reasons of its own.
    pub fn sleep(&self, block: impl FnOnce(&Parker)) {
        self.core.sleep(block);
    }

    /// [`sleep`](Worker::sleep) by a loop that comes back by itself: if `block` is given a time, it returns
    /// when that has passed at the latest. There may be work then of which nobody was told, because others
    /// are busy with it and waking this worker was seen not to be worth it.
    pub fn sleep_lightly(&self, block: impl FnOnce(&Parker, Option<Duration>)) {
        self.core.sleep_lightly(block);
    }

    /// For a worker that has nothing ready: whether it was woken for so little that it had better go to
    /// [sleep](Worker::sleep_lightly) than look for more to do.
    #[must_use]
    pub fn was_hardly_needed(&self) -> bool {
        self.core.was_hardly_needed()
    }

    /// [`sleep`](Worker::sleep) without blocking, for a loop that drives several workers on one thread:
    /// `waker` is woken when there may be work, and until then
    /// [`is_asleep`](Parker::is_asleep) says so. To be followed by
    /// [`wake_as_task`](Worker::wake_as_task) before the next turn.
    ///
    /// False: there is work already, the worker is awake.
    #[must_use = "a worker that is awake should take a turn"]
    pub fn sleep_as_task(&self, waker: &std::task::Waker) -> bool {
        self.core.sleep_as_task(waker)
    }

    /// Ends the sleep that [`sleep_as_task`](Worker::sleep_as_task) began.
    pub fn wake_as_task(&self) {
        self.core.wake_as_task();
    }
}
