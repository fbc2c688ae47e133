//! The single-threaded executor's queue: strict order, in batches, and a door for other threads.
//!
//! On its own thread everything is a plain cell. Other threads leave what is ready at the door; the owner takes
//! it in at the start of its next batch.
//!
// OWNER ONLY: `ready`, `seats`, `stock` and what is in them are touched by the thread whose number is `owner`, and by no
//             other; every access goes through `Owned`, which exists on that thread only.

use std::cell::UnsafeCell;
use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::task::Waker;

use async_task::Runnable;

use crate::door::Door;
use crate::home::{Home, HomeRef, Kind};
use crate::local_seat::{HOST, Seats};
use crate::meta::{self, Meta};
use crate::parker::Parker;
use crate::registry::{Own, Stock, Tally};
use crate::thread_state;

/// The queue of a local home.
pub(crate) struct LocalQueue {
    owner: u64,
    ready: UnsafeCell<VecDeque<Runnable<Meta>>>,
    /// Those who run it as tasks of another executor.
    seats: Seats,
    stock: Stock,
    tally: Tally,
    /// From other threads.
    door: Door<Runnable<Meta>>,
    parker: Parker,
}

// SAFETY: OWNER ONLY for `ready`, `seats` and `stock`; the rest is Sync.
unsafe impl Sync for LocalQueue {}
// SAFETY: a Runnable of a local task may be *held* anywhere: it is run and dropped by the owner only. The
// stock's pointers lead into the registry beside it.
unsafe impl Send for LocalQueue {}

impl LocalQueue {
    /// A queue of the calling thread; `parker` is where that thread sleeps.
    pub(crate) fn new(parker: Parker) -> LocalQueue {
        LocalQueue {
            owner: thread_state::number(),
            ready: UnsafeCell::new(VecDeque::with_capacity(64)),
            seats: Seats::new(),
            stock: Stock::default(),
            tally: Tally::default(),
            door: Door::new(),
            parker,
        }
    }

    #[inline]
    pub(crate) fn is_owner(&self) -> bool {
        self.owner == thread_state::number()
    }

    /// The owner's side, if this is its thread.
    #[inline]
    pub(crate) fn here(&self) -> Option<Owned<'_>> {
        // SAFETY: OWNER ONLY: asked.
        self.is_owner().then(|| unsafe { self.owned() })
    }

    /// The owner's side, for whoever knows that this is its thread.
    ///
    /// # Safety
    /// OWNER ONLY.
    #[inline]
    pub(crate) unsafe fn owned(&self) -> Owned<'_> {
        debug_assert!(self.is_owner(), "a local executor was used on another thread");
        Owned { queue: self, _here: PhantomData }
    }

    pub(crate) fn own(&self) -> Own<'_> {
        self.is_owner().then_some((&self.stock, &self.tally))
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    pub(crate) fn parker(&self) -> &Parker {
        &self.parker
    }

    /// A new task of `home`, whose queue this is, comes in, on whatever thread; the caller's borrow keeps the home.
    #[inline]
    pub(crate) fn spawned(&self, home: &Home, runnable: Runnable<Meta>) {
        match self.here() {
            Some(queue) => queue.push(runnable),
            None => {
                home.ask_if_ending(runnable.metadata().slot());
                self.leave(runnable);
            }
        }
    }

    /// The executor goes: its thread, which this is, keeps no counts of the home from now on.
    pub(crate) fn end(&self, home: &HomeRef) {
        debug_assert!(self.is_owner(), "a local executor ends where it began");
        self.stock.counts.end(home);
    }

    #[cold]
    fn leave(&self, runnable: Runnable<Meta>) {
        self.door.leave(runnable, &self.parker);
    }

    /// Whether other threads pushed something that was not taken in yet; from any thread.
    pub(crate) fn is_called(&self) -> bool {
        !self.door.is_empty()
    }
}

/// A local queue on its own thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owned<'q> {
    queue: &'q LocalQueue,
    /// Neither Send nor Sync: OWNER ONLY.
    _here: PhantomData<*const ()>,
}

impl<'q> Owned<'q> {
    /// A short look at the ready tasks. `look` runs no task and drops none.
    #[inline]
    fn ready_tasks<R>(&self, look: impl FnOnce(&mut VecDeque<Runnable<Meta>>) -> R) -> R {
        // SAFETY: OWNER ONLY; `look` is private to this file and calls nothing that comes back here.
        look(unsafe { &mut *self.queue.ready.get() })
    }

    #[inline]
    fn push(&self, runnable: Runnable<Meta>) {
        self.ready_tasks(|ready| ready.push_back(runnable));
        if self.queue.seats.is_asleep() {
            self.queue.seats.wake(&self.queue.parker);
        }
    }

    /// Begins a batch: takes in what other threads pushed, and answers how many tasks are ready.
    #[inline]
    pub(crate) fn begin_batch(&self) -> usize {
        self.queue.door.take_in(|runnable| self.ready_tasks(|ready| ready.push_back(runnable)));
        self.ready()
    }

    #[inline]
    pub(crate) fn pop(&self) -> Option<Runnable<Meta>> {
        self.ready_tasks(VecDeque::pop_front)
    }

    /// Takes one out of its order; that of the others stays.
    pub(crate) fn take_nth(&self, nth: usize) -> Option<Runnable<Meta>> {
        self.ready_tasks(|ready| ready.remove(nth))
    }

    /// A seat for somebody who runs it as a task of another executor.
    pub(crate) fn seat(&self) -> Seat<'q> {
        Seat { queue: *self, number: self.queue.seats.number() }
    }

    /// The seat of a loop that runs it by `LocalExecutor::poll`. There is one, and it is never left: what
    /// is called for it is the waker of the last poll.
    pub(crate) fn host_seat(&self) -> std::mem::ManuallyDrop<Seat<'q>> {
        std::mem::ManuallyDrop::new(Seat { queue: *self, number: HOST })
    }

    /// How many are ready, not counting those at the door.
    #[inline]
    pub(crate) fn ready(&self) -> usize {
        self.ready_tasks(|ready| ready.len())
    }

    /// Whether nothing is ready, here or at the door.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        self.ready() == 0 && self.queue.door.is_empty()
    }
}

/// One who runs a local executor as a task of another one; on the owner's thread, for it borrows.
#[derive(Debug)]
pub(crate) struct Seat<'q> {
    queue: Owned<'q>,
    number: u64,
}

impl Seat<'_> {
    /// It is polled, whoever woke it.
    pub(crate) fn awake(&self) {
        let queue = self.queue.queue;
        queue.seats.awake(self.number, &queue.parker);
    }

    /// Until something is ready: `waker` is called then.
    pub(crate) fn sleep(&self, waker: &Waker) {
        let queue = self.queue.queue;
        queue.seats.sleep(self.number, waker, &queue.parker, || self.queue.is_idle());
    }

    /// It does not run the executor any more.
    pub(crate) fn leave(&self) {
        let queue = self.queue.queue;
        queue.seats.leave(self.number, &queue.parker, || self.queue.is_idle());
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl fmt::Debug for LocalQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalQueue").field("owner", &self.owner).finish_non_exhaustive()
    }
}

/// The queue of a home that is known to be local.
pub(crate) fn of(home: &Home) -> &LocalQueue {
    match &home.kind {
        Kind::Local(queue) => queue,
        Kind::Shared(_) | Kind::Jobs => unreachable!("a local executor has a local home"),
    }
}

/// A task of a local home is ready, said on whatever thread.
#[inline]
pub(crate) fn scheduled(runnable: Runnable<Meta>) {
    let queue: *const LocalQueue = of(runnable.metadata().home());
    // SAFETY: the queue lives in the task's home, which the Runnable keeps alive; pushing it does not run
    // it, and if this is its owner's thread, only this thread, which is here, will.
    match unsafe { &*queue }.here() {
        Some(queue) => queue.push(runnable),
        None => remote(runnable),
    }
}

#[cold]
fn remote(runnable: Runnable<Meta>) {
    // Kept across the push: the owner may run the task to its end and drop the home meanwhile.
    meta::keeping(runnable, |home, runnable| of(home).leave(runnable));
}
