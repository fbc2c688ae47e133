//! One wheel behind a lock, and the deadline it publishes for those who do not take the lock.
//!
//! What is published may be too early for a while (the timer was disarmed), and then it is marked;
//! it is never too late. Whom to tell is the business of [`Timers`](crate::Timers).

use std::sync::PoisonError;

use crate::loom::{AtomicBool, AtomicU64, Mutex, MutexGuard, Ordering};
use crate::wheel::Wheel;

/// "No deadline", where one is published.
pub(crate) const NEVER: u64 = u64::MAX;

/// On cache lines of its own: each is mostly one thread's.
#[repr(align(128))]
pub(crate) struct Shard {
    /// Its earliest deadline, or `NEVER`. Written under the lock only.
    pub(crate) next: AtomicU64,
    /// `next` was disarmed: the driver should ask the wheel before it believes it. Also written
    /// under the lock only.
    pub(crate) stale: AtomicBool,
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
        // fence in `hurry`.
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
