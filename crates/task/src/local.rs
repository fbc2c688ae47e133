//! The single-threaded executor's queue: strict order, in batches, and a door for other threads.
//!
//! On its own thread everything is a plain cell. Other threads push into a concurrent queue and raise a
//! flag; the owner takes what came at the start of its next batch.
//!
// OWNER ONLY: `ready`, `asleep`, `magazine` and what is in them are touched by the thread whose number is `owner`, and by no
//             other; every access goes through `on_owner`.

use std::cell::{Cell, UnsafeCell};
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::task::Waker;

use async_task::Runnable;
use concurrent_queue::ConcurrentQueue;

use crate::home::{Home, Kind};
use crate::loom::{AtomicBool, Ordering};
use crate::meta::Meta;
use crate::parker::Parker;
use crate::registry::{Magazine, Own, Tally};
use crate::thread_state;

/// The queue of a local home.
pub(crate) struct LocalQueue {
    owner: u64,
    ready: UnsafeCell<VecDeque<Runnable<Meta>>>,
    /// It sleeps as a task of another executor, and its own thread goes on meanwhile.
    asleep: Cell<bool>,
    magazine: Magazine,
    tally: Tally,
    /// From other threads.
    remote: ConcurrentQueue<Runnable<Meta>>,
    /// Something is in `remote`, and the owner was told.
    knocked: AtomicBool,
    parker: Parker,
}

// SAFETY: OWNER ONLY for `ready`, `asleep` and `magazine`; the rest is Sync.
unsafe impl Sync for LocalQueue {}
// SAFETY: a Runnable of a local task may be *held* anywhere: it is run and dropped by the owner only. The
// magazine's pointers lead into the registry beside it.
unsafe impl Send for LocalQueue {}

impl LocalQueue {
    /// A queue of the calling thread; `parker` is where that thread sleeps.
    pub(crate) fn new(parker: Parker) -> LocalQueue {
        LocalQueue {
            owner: thread_state::number(),
            ready: UnsafeCell::new(VecDeque::with_capacity(64)),
            asleep: Cell::new(false),
            magazine: Magazine::default(),
            tally: Tally::default(),
            remote: ConcurrentQueue::unbounded(),
            knocked: AtomicBool::new(false),
            parker,
        }
    }

    #[inline]
    pub(crate) fn is_owner(&self) -> bool {
        self.owner == thread_state::number()
    }

    /// A short look at the ready tasks, on the owner's thread. `look` runs no task and drops none.
    #[inline]
    fn on_owner<R>(&self, look: impl FnOnce(&mut VecDeque<Runnable<Meta>>) -> R) -> R {
        assert!(self.is_owner(), "a local executor was used on another thread");
        // SAFETY: OWNER ONLY; `look` is private to this file and calls nothing that comes back here.
        look(unsafe { &mut *self.ready.get() })
    }

    pub(crate) fn own(&self) -> Own<'_> {
        self.is_owner().then_some((&self.magazine, &self.tally))
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    pub(crate) fn parker(&self) -> &Parker {
        &self.parker
    }

    fn push_remote(&self, runnable: Runnable<Meta>) {
        let _ = self.remote.push(runnable); // Unbounded and never closed.
        // AcqRel: Release, so that the owner that lowers the flag sees the push.
        if !self.knocked.swap(true, Ordering::AcqRel) {
            self.parker.unpark();
        }
    }

    /// Begins a batch: takes in what other threads pushed, and answers how many tasks are ready.
    pub(crate) fn begin_batch(&self) -> usize {
        if self.knocked.load(Ordering::Relaxed) {
            // Lowered before the queue is emptied: a push after that raises it again.
            self.knocked.swap(false, Ordering::AcqRel);
            while let Ok(runnable) = self.remote.pop() {
                self.on_owner(|ready| ready.push_back(runnable));
            }
        }
        self.on_owner(|ready| ready.len())
    }

    pub(crate) fn pop(&self) -> Option<Runnable<Meta>> {
        self.on_owner(VecDeque::pop_front)
    }

    /// Takes one out of its order; that of the others stays.
    pub(crate) fn take_nth(&self, nth: usize) -> Option<Runnable<Meta>> {
        self.on_owner(|ready| ready.remove(nth))
    }

    /// Sleeps as a task, until something is ready: `waker` is called then.
    pub(crate) fn sleep(&self, waker: &Waker) {
        // A push that came before `park_task` left a notification, which makes it answer false.
        if self.parker.park_task(waker) && self.is_idle() {
            self.asleep.set(true);
        } else {
            waker.wake_by_ref();
        }
    }

    /// It is awake, whoever woke it.
    pub(crate) fn awake(&self) {
        assert!(self.is_owner(), "a local executor was used on another thread");
        self.asleep.set(false);
        self.parker.end_task();
    }

    /// How many are ready, not counting those at the door.
    pub(crate) fn ready(&self) -> usize {
        self.on_owner(|ready| ready.len())
    }

    /// Whether other threads pushed something that was not taken in yet; from any thread.
    pub(crate) fn is_called(&self) -> bool {
        !self.remote.is_empty()
    }

    /// Whether nothing is ready, here or at the door.
    pub(crate) fn is_idle(&self) -> bool {
        self.on_owner(|ready| ready.is_empty()) && self.remote.is_empty()
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
    let queue = of(&runnable.metadata().home);
    if queue.is_owner() {
        let queue: *const LocalQueue = queue;
        // SAFETY: the queue lives in the task's home, which the Runnable keeps alive; pushing it does
        // not run it, and only this thread, which is here, will.
        let queue = unsafe { &*queue };
        queue.on_owner(|ready| ready.push_back(runnable));
        if queue.asleep.get() {
            wake_sleeper(queue);
        }
    } else {
        remote(runnable);
    }
}

/// The executor is a task of another one, whose thread, which is ours, goes on without it.
#[cold]
fn wake_sleeper(queue: &LocalQueue) {
    queue.asleep.set(false);
    // The foreign waker may run anything: it may end the executor.
    let parker = queue.parker.clone();
    parker.unpark();
}

#[cold]
fn remote(runnable: Runnable<Meta>) {
    // Held across the push: the owner may run the task to its end and drop the home meanwhile.
    let home = Arc::clone(&runnable.metadata().home);
    of(&home).push_remote(runnable);
}
