//! One wheel behind a lock, and the deadline it publishes for those who do not take the lock.
//!
//! What is published may be too early for a while (the timer was disarmed), and then it is marked;
//! it is never too late. Whom to tell is the business of [`Timers`](crate::Timers).

use std::mem;
use std::num::NonZeroU32;
use std::sync::PoisonError;
use std::task::Waker;

use crate::loom::{AtomicBool, AtomicU64, Mutex, MutexGuard, Ordering};
use crate::slab::Key;
use crate::wheel::{Due, Wheel};

/// "No deadline", where one is published.
pub(crate) const NEVER: u64 = u64::MAX;

/// The microsecond, about, by which a timer has fired; it comes round every 73 minutes.
pub(crate) type Mark = NonZeroU32;

/// Nanoseconds in a mark's unit, as a power of two. Finer marks come round sooner, coarser ones say
/// less of timers that fire at their deadline.
const MARK_BITS: u32 = 10;

/// Timers further ahead have no mark: 18 minutes. Half of what a mark can tell apart, less one unit, is
/// the most.
const FAR: u64 = 1 << (MARK_BITS + 30);

/// What [`Shard::check`] found.
pub(crate) enum Check {
    Pending,
    Fired,
    Closed,
}

/// On cache lines of its own: each is mostly one thread's.
#[repr(align(128))]
pub(crate) struct Shard {
    /// Its earliest deadline, or `NEVER`. Written under the lock only.
    pub(crate) next: AtomicU64,
    /// `next` was disarmed: the driver should ask the wheel before it believes it. Also written
    /// under the lock only.
    pub(crate) stale: AtomicBool,
    /// OUT BY THEN: a timer that was armed when this was before its deadline, and finds it at its
    /// deadline or after, is out of the wheel. Written under the lock only, after it was taken out.
    fired_to: AtomicU64,
    state: Mutex<ShardState>,
}

pub(crate) struct ShardState {
    pub(crate) wheel: Wheel,
    pub(crate) closed: bool,
    pub(crate) armed: u64,
    pub(crate) fired: u64,
}

impl Shard {
    pub(crate) fn new(now: u64) -> Shard {
        let state = ShardState { wheel: Wheel::new(now), closed: false, armed: 0, fired: 0 };
        Shard {
            next: AtomicU64::new(NEVER),
            stale: AtomicBool::new(false),
            fired_to: AtomicU64::new(now),
            state: Mutex::new(state),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, ShardState> {
        lock(&self.state)
    }

    /// Publishes a deadline that was just armed; whether it is the earliest now.
    #[inline]
    pub(crate) fn lower(&self, deadline: u64) -> bool {
        // Relaxed, here and below: written under the lock only; the driver's side is ordered by the
        // fence in `awake_by.rs`.
        let earlier = deadline < self.next.load(Ordering::Relaxed);
        if earlier {
            self.next.store(deadline, Ordering::Relaxed);
            self.stale.store(false, Ordering::Relaxed);
        }
        earlier
    }

    /// Takes note that a timer of this deadline has left the wheel.
    #[inline]
    pub(crate) fn gone(&self, deadline: u64, state: &ShardState) {
        if state.wheel.is_empty() {
            self.next.store(NEVER, Ordering::Relaxed);
            self.stale.store(false, Ordering::Relaxed);
        } else if deadline == self.next.load(Ordering::Relaxed) {
            self.stale.store(true, Ordering::Relaxed);
        }
    }

    /// Moves what is due at `now` to `due`.
    pub(crate) fn fire(&self, now: u64, due: &mut Vec<Due>) {
        let mut state = self.lock();
        state.fired += state.wheel.expire(now, due) as u64;
        // A `now` that is older than the last one has taken nothing out, and takes nothing back.
        if now > self.fired_to.load(Ordering::Relaxed) {
            // Release: pairs with the Acquire in `has_fired`.
            self.fired_to.store(now, Ordering::Release);
        }
        self.publish(&mut state);
    }

    /// The mark of a timer that is being armed under the lock, to be shown to `has_fired`; `None` if
    /// that could not tell: of one that was due before, or is far ahead.
    #[inline]
    pub(crate) fn mark(&self, deadline: u64) -> Option<Mark> {
        let ahead = deadline.checked_sub(self.fired_to.load(Ordering::Relaxed))?;
        if ahead == 0 || ahead > FAR {
            return None;
        }
        // All of that microsecond has come when the next one has.
        Mark::new(((deadline >> MARK_BITS) as u32).wrapping_add(1))
    }

    /// Whether a timer with this mark has fired, as far as it can be told without the lock: if so, it has
    /// (OUT BY THEN). No is no answer.
    #[inline]
    pub(crate) fn has_fired(&self, mark: Mark) -> bool {
        // Acquire: pairs with the Release in `fire`: who sees his timer fired by this sees what the
        // driver saw before, as if he had taken the lock.
        let to = (self.fired_to.load(Ordering::Acquire) >> MARK_BITS) as u32;
        // Before it has fired, this is `FAR` below zero at most.
        to.wrapping_sub(mark.get()) as i32 >= 0
    }

    /// Whether a timer has fired; if it has not, `waker` is the one it will wake.
    pub(crate) fn check(&self, key: Key, waker: &Waker) -> Check {
        let mut spare = None;
        loop {
            let mut state = self.lock();
            let closed = state.closed;
            match state.wheel.get_mut(key) {
                None if closed => return Check::Closed,
                None => return Check::Fired,
                Some(armed) if armed.will_wake(waker) => return Check::Pending,
                Some(armed) => match spare.take() {
                    Some(waker) => {
                        let old = mem::replace(armed, waker);
                        drop(state);
                        drop(old);
                        return Check::Pending;
                    }
                    None => {
                        // Cloned outside the lock: cloning a waker may run anything.
                        drop(state);
                        spare = Some(waker.clone());
                    }
                },
            }
        }
    }

    /// Publishes what the wheel says.
    pub(crate) fn publish(&self, state: &mut ShardState) {
        self.next.store(state.wheel.next_deadline().unwrap_or(NEVER), Ordering::Relaxed);
        self.stale.store(false, Ordering::Relaxed);
    }
}

/// No state here is ever half-changed when user code runs, so a poisoned lock is as good as any.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
