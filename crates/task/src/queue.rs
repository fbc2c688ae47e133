//! Ready tasks of a shared executor: each worker's lane, and the injector for everybody else.
//!
//! A lane is a ring and, before it, one slot for the task woken last: what one task wakes is usually what
//! it waits for, and its data is still in this core's cache. The slot may be taken by any worker that
//! found nothing else, but filling it wakes nobody. The injector takes what foreign threads push and what
//! overflows a ring.
//!
// OWNS WHAT IT TOUCHES: once a Runnable is pushed, another thread may run it to its end and drop its home;
//                       a pusher therefore has the home itself (a worker and a spawner hold it, `remote` keeps the
//                       task's cell, which does).
// PUSH THEN ASK: see `idle.rs`.

use std::ptr::{self, NonNull};

use async_task::Runnable;

use crate::home::{Home, Kind};
use crate::idle::Idle;
use crate::injector::Injector;
use crate::loom::{AtomicPtr, Mutex, Ordering, full_fence, lock};
use crate::meta::{self, Meta};
use crate::registry::Tally;
use crate::ring::Ring;
use crate::thread_state;

/// Tasks a lane's ring has room for at first. 256 pointers are two kilobytes, half the pages of a worker.
const RING: usize = 256;

/// Tasks a lane's ring has room for at most: eight megabytes of pointers, and as much again in the smaller rings it
/// outgrew, which thieves may be reading; both stay as long as the executor. A task that goes through the injector
/// instead costs three to four times the push and pop of a ring, and if all of a million are ready, twelve times
/// (`task/live@1000000`); while a pointer is small against any task.
const LARGEST_RING: usize = 1 << 20;

/// Tasks that move from such a ring to the injector at once.
const OVERFLOW: u32 = 128;

/// One worker's part of the queue.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) ring: Ring<RING, LARGEST_RING>,
    next: AtomicPtr<()>,
    pub(crate) tally: Tally,
}

impl Lane {
    fn new() -> Lane {
        Lane { ring: Ring::new(), next: AtomicPtr::new(ptr::null_mut()), tally: Tally::default() }
    }

    /// Puts a task first, and answers the one that was first.
    #[inline]
    pub(crate) fn put_first(&self, runnable: Runnable<Meta>) -> Option<Runnable<Meta>> {
        // AcqRel: Release for the task given, Acquire for the one taken.
        from_raw(self.next.swap(into_raw(runnable), Ordering::AcqRel))
    }

    /// Whether nothing is in it, neither first nor in the ring.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.next.load(Ordering::Relaxed).is_null() && self.ring.is_empty()
    }

    #[inline]
    pub(crate) fn take_first(&self) -> Option<Runnable<Meta>> {
        if self.next.load(Ordering::Relaxed).is_null() {
            return None;
        }
        from_raw(self.next.swap(ptr::null_mut(), Ordering::AcqRel))
    }
}

pub(crate) fn into_raw(runnable: Runnable<Meta>) -> *mut () {
    runnable.into_raw().as_ptr()
}

/// WON: the pointer was taken out of a ring or a slot by an exchange that nobody else won.
#[inline]
pub(crate) fn from_raw(pointer: *mut ()) -> Option<Runnable<Meta>> {
    // SAFETY: WON, and only `into_raw` puts pointers in.
    NonNull::new(pointer).map(|pointer| unsafe { Runnable::from_raw(pointer) })
}

/// The queue of a shared home.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) injector: Injector,
    pub(crate) lanes: Box<[Lane]>,
    /// Lanes nobody works at.
    free_lanes: Mutex<Vec<usize>>,
    pub(crate) idle: Idle,
}

impl Queue {
    pub(crate) fn new(lanes: usize) -> Queue {
        Queue {
            injector: Injector::new(lanes),
            lanes: (0..lanes).map(|_| Lane::new()).collect(),
            free_lanes: Mutex::new((0..lanes).rev().collect()),
            idle: Idle::new(),
        }
    }

    pub(crate) fn tallies(&self) -> impl Iterator<Item = &Tally> + Clone {
        self.lanes.iter().map(|lane| &lane.tally)
    }

    /// A lane to work at; `None` when there are more workers than lanes: those do without.
    pub(crate) fn claim_lane(&self) -> Option<usize> {
        lock(&self.free_lanes).pop()
    }

    /// Gives a lane back; what is in it goes to the injector.
    pub(crate) fn leave_lane(&self, lane: usize) {
        let left = &self.lanes[lane];
        let mut moved = false;
        while let Some(runnable) = left.take_first().or_else(|| from_raw(left.ring.pop()?)) {
            self.injector.push(runnable);
            moved = true;
        }
        lock(&self.free_lanes).push(lane);
        if moved {
            self.wake_one();
        }
    }

    /// Appends for any worker. The caller sees to OWNS WHAT IT TOUCHES.
    pub(crate) fn inject(&self, runnable: Runnable<Meta>) {
        self.injector.push(runnable);
        self.wake_one();
    }

    /// A new task of `home`, whose queue this is, comes in. OWNS WHAT IT TOUCHES: by the caller's borrow.
    #[inline]
    pub(crate) fn spawned(&self, home: &Home, runnable: Runnable<Meta>) {
        thread_state::worker(|worker| match worker {
            Some(worker) if worker.works_for(home) => worker.spawned(runnable),
            _ => {
                home.ask_if_ending(runnable.metadata().slot());
                self.inject(runnable);
            }
        });
    }

    /// Moves the oldest of a full ring, and one more, to the injector.
    #[cold]
    pub(crate) fn overflow(&self, lane: &Lane, runnable: Runnable<Meta>) {
        let mut oldest = Vec::with_capacity(OVERFLOW as usize);
        lane.ring.take(OVERFLOW, &mut oldest);
        for pointer in oldest {
            from_raw(pointer).into_iter().for_each(|runnable| self.injector.push(runnable));
        }
        self.injector.push(runnable);
    }

    /// Wakes a worker for work that was just pushed, if one is needed. PUSH THEN ASK.
    #[inline]
    pub(crate) fn wake_one(&self) {
        full_fence();
        if let Some(parker) = self.idle.wake_one() {
            parker.unpark();
        }
    }

    /// [`wake_one`](Queue::wake_one), by a worker, who is awake and will come to it.
    #[inline]
    pub(crate) fn wake_helper(&self) {
        full_fence();
        if self.idle.spares_one() {
            return;
        }
        if let Some(parker) = self.idle.wake_one() {
            parker.unpark();
        }
    }

    /// Whether there is anything that a worker about to sleep should stay up for. Not for the task a
    /// lane puts first: its worker is awake and comes to it, and nobody was told of it.
    pub(crate) fn has_work(&self) -> bool {
        !self.injector.is_empty() || self.lanes.iter().any(|lane| !lane.ring.is_empty())
    }

    /// One task from anywhere, for whoever has no lane.
    pub(crate) fn take_any(&self) -> Option<Runnable<Meta>> {
        if let Some(runnable) = self.injector.pop(0) {
            return Some(runnable);
        }
        let rings = self.lanes.iter().map(|lane| &lane.ring);
        if let Some(pointer) = rings.into_iter().find_map(Ring::steal_one) {
            return from_raw(pointer);
        }
        self.lanes.iter().find_map(Lane::take_first)
    }
}

/// The queue of a home that is known to be shared.
pub(crate) fn of(home: &Home) -> &Queue {
    match &home.kind {
        Kind::Shared(queue) => queue,
        Kind::Local(_) | Kind::Jobs => unreachable!("a shared executor has a shared home"),
    }
}

/// A woken task comes back.
#[inline]
pub(crate) fn scheduled(runnable: Runnable<Meta>, woken_while_running: bool) {
    thread_state::worker(|worker| match worker {
        // The worker holds the home: OWNS WHAT IT TOUCHES.
        Some(worker) if worker.works_for(runnable.metadata().home()) => {
            worker.woken(runnable, woken_while_running);
        }
        _ => remote(runnable),
    });
}

#[cold]
fn remote(runnable: Runnable<Meta>) {
    // Whoever is chosen is unparked before the cell goes: values of the user's may go with it, and wait for a task
    // that nobody else is woken for while the one that was chosen counts as searching. The model is
    // `a_push_from_outside_against_a_value_in_the_cell`.
    meta::keeping(runnable, |home, runnable| of(home).inject(runnable));
}
