//! Wheels behind locks, for many threads: who is woken, and when the one that sleeps must wake.
//!
//! It promises that no timer fires early, that none is lost to a panicking waker, that every waker
//! is called and dropped with no lock held, and that a driver which announced its sleep is called
//! at most once, and only for a deadline it does not know. When to drive it, it leaves to a loop: a
//! runner's, yours, or the fall-back thread's.
//!
//! Each shard publishes its earliest deadline, so the driver takes no lock to learn how long it may
//! sleep. What it promises to those who arm is one word (`awake_by.rs`).

use std::fmt;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use crate::awake_by::AwakeBy;
use crate::axis::{Axis, ORIGIN};
use crate::clock::{Clock, SystemClock};
use crate::loom::{Mutex, Ordering};
use crate::shard::{Check, Mark, NEVER, Shard, lock};
use crate::slab::Key;
use crate::statistics::{Counters, TimerStatistics};
use crate::wheel::Due;

/// Fired wakers whose room is kept for the next time: 32 KiB of them.
const KEPT_DUE: usize = 1024;

/// How to make [`Timers`].
///
/// # Examples
///
/// ```
/// use evenkeel_timer::{ManualClock, Timers, TimersOptions};
/// use std::sync::Arc;
///
/// let clock = ManualClock::new();
/// let options = TimersOptions { clock: Arc::new(clock.clone()), ..TimersOptions::default() };
/// let timers = Timers::new(options, || {});
/// assert_eq!(timers.now(), clock.now());
/// ```
#[derive(Clone, Debug)]
pub struct TimersOptions {
    /// How many wheels with a lock each; one for every thread that will arm timers. 0 counts as 1.
    pub shards: usize,
    /// What tells the time.
    pub clock: Arc<dyn Clock>,
}

impl Default for TimersOptions {
    /// One shard, the system's clock.
    fn default() -> TimersOptions {
        TimersOptions { shards: 1, clock: Arc::new(SystemClock) }
    }
}

/// A set of timers, to be driven by a loop. Clones are the same set.
///
/// # Examples
///
/// A loop that does nothing but wait for one future, with a clock moved by hand:
///
/// ```
/// use evenkeel_timer::{ManualClock, Timers, TimersOptions, sleep};
/// use std::{future::Future, pin::pin, sync::Arc, task::{Context, Waker}, time::Duration};
///
/// let clock = ManualClock::auto_jump();
/// let options = TimersOptions { clock: Arc::new(clock.clone()), ..TimersOptions::default() };
/// let timers = Timers::new(options, || unreachable!("nobody else arms"));
///
/// let _entered = timers.enter(0);
/// let mut future = pin!(async { sleep(Duration::from_secs(3600)).await; "done" });
/// let mut cx = Context::from_waker(Waker::noop());
/// let said = loop {
///     if let std::task::Poll::Ready(said) = future.as_mut().poll(&mut cx) {
///         break said;
///     }
///     timers.clock().idle(timers.next_deadline());
///     timers.fire(timers.now());
/// };
/// assert_eq!(said, "done");
/// assert_eq!(clock.elapsed(), Duration::from_secs(3600));
/// ```
#[derive(Clone)]
pub struct Timers {
    inner: Arc<Inner>,
}

struct Inner {
    shards: Box<[Shard]>,
    awake_by: AwakeBy,
    axis: Axis,
    clock: Arc<dyn Clock>,
    on_earlier: Box<dyn Fn() + Send + Sync>,
    /// Room for what is due, kept from one `fire` to the next.
    room: Mutex<Vec<Due>>,
    counters: Counters,
}

/// A timer as [`Timers::arm`] left it.
pub(crate) struct Armed {
    pub(crate) key: Key,
    /// For [`Timers::has_fired`], if that can tell of it.
    pub(crate) mark: Option<Mark>,
}

impl Timers {
    /// A set of timers. `on_earlier` is called when the driver sleeps (see
    /// [`about_to_sleep`](Timers::about_to_sleep)) and must be woken for an earlier deadline; it
    /// may be called on any thread that arms a timer, and must not block.
    #[must_use]
    pub fn new(options: TimersOptions, on_earlier: impl Fn() + Send + Sync + 'static) -> Timers {
        let shards = (0..options.shards.max(1)).map(|_| Shard::new(ORIGIN)).collect();
        let inner = Inner {
            shards,
            awake_by: AwakeBy::new(),
            axis: Axis::new(options.clock.now()),
            clock: options.clock,
            on_earlier: Box::new(on_earlier),
            room: Mutex::new(Vec::new()),
            counters: Counters::default(),
        };
        Timers { inner: Arc::new(inner) }
    }

    /// What tells the time.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.inner.clock.now()
    }

    /// The earliest deadline of all; `None` if no timer is armed.
    ///
    /// It reads what the shards publish and locks one only to learn what comes after an earliest
    /// timer that was disarmed. Rarely (see [`Wheel::next_deadline`](crate::Wheel::next_deadline))
    /// the answer is too early; it is never late.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.inner.axis.instant(self.earliest())
    }

    /// Says that the driver sleeps and will be awake by the earliest deadline, and answers which
    /// that is. From here until [`awake`](Timers::awake), the first timer armed before it calls
    /// `on_earlier`; no other does.
    ///
    /// One thread at a time may drive.
    #[must_use = "the driver must not sleep longer than this"]
    pub fn about_to_sleep(&self) -> Option<Instant> {
        let mut at = self.earliest();
        loop {
            self.inner.awake_by.promise(at);
            let (_, published) = self.published();
            if published >= at {
                return self.inner.axis.instant(at);
            }
            at = published; // Armed in between; whether or not that called, this is the promise.
        }
    }

    /// After [`about_to_sleep`](Timers::about_to_sleep): says that the driver sleeps beyond the deadline it was
    /// answered, and need be called only for one that is at `at` or before. What comes due after `at` waits until it
    /// is awake.
    pub fn call_only_by(&self, at: Instant) {
        self.inner.awake_by.stretch(self.inner.axis.nanos(at).saturating_add(1));
    }

    /// Says that the driver is awake: it will look at the deadlines before it sleeps again, and
    /// need not be called.
    pub fn awake(&self) {
        self.inner.awake_by.take_back();
    }

    /// Wakes what is due at `now` and returns how many timers that was: in order of deadline and,
    /// where deadlines are equal, in order of registration (within a shard; then shard after
    /// shard).
    ///
    /// Wakers run with no lock held and may do anything, arming and firing included. One that
    /// panics does not stop the others, and its panic goes no further: the driver did nothing
    /// wrong. It is counted in [`statistics`](Timers::statistics).
    pub fn fire(&self, now: Instant) -> usize {
        let now = self.inner.axis.nanos(now);
        // Relaxed: who arms concurrently is heard in `about_to_sleep` at the latest.
        if self.inner.shards.iter().all(|shard| shard.next.load(Ordering::Relaxed) > now) {
            return 0;
        }
        let mut due = mem::take(&mut *lock(&self.inner.room));
        for shard in &self.inner.shards {
            if shard.next.load(Ordering::Relaxed) <= now {
                shard.fire(now, &mut due);
            }
        }
        if self.inner.shards.len() > 1 {
            due.sort_by_key(|due| due.deadline); // Stable, and cheap on runs that are sorted.
        }
        if let Some(first) = due.first() {
            let late = now.saturating_sub(first.deadline);
            self.inner.counters.worst_lateness_ns.fetch_max(late, Ordering::Relaxed);
        }
        self.wake(due)
    }

    /// Ends this set: every timer still armed is woken, and finds its way to the timers entered on
    /// the thread that polls it next, or to the fall-back thread. Nothing can be armed here any
    /// more.
    ///
    /// A runner calls it when its loop has ended, so that a [`Sleep`](crate::Sleep) carried out of
    /// it does not wait for a driver that is gone.
    pub fn close(&self) {
        for shard in &self.inner.shards {
            let mut due = Vec::new();
            let mut state = shard.lock();
            state.closed = true;
            state.wheel.expire(u64::MAX, &mut due);
            shard.publish(&mut state);
            drop(state);
            self.wake(due);
        }
    }

    /// How many timers are armed. Takes every shard's lock in turn.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.shards.iter().map(|shard| shard.lock().wheel.len()).sum()
    }

    /// Whether no timer is armed; takes no lock.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.published().1 == NEVER
    }

    /// What has happened so far. Takes every shard's lock in turn.
    #[must_use]
    pub fn statistics(&self) -> TimerStatistics {
        self.inner.counters.read(&self.inner.shards)
    }

    /// How many shards there are.
    #[must_use]
    pub fn shards(&self) -> usize {
        self.inner.shards.len()
    }

    /// Arms a timer, unless this set is closed; then the waker comes back.
    pub(crate) fn arm(&self, shard: usize, deadline: u64, waker: Waker) -> Result<Armed, Waker> {
        let shard = &self.inner.shards[shard];
        let mut state = shard.lock();
        if state.closed {
            drop(state);
            return Err(waker);
        }
        let key = state.wheel.arm(deadline, waker);
        state.armed += 1;
        let mark = shard.mark(deadline);
        let earlier = shard.lower(deadline);
        drop(state);
        if earlier {
            self.hurry(deadline);
        }
        Ok(Armed { key, mark })
    }

    /// Disarms a timer, if it is armed still; its waker is the caller's, to be dropped or woken.
    pub(crate) fn disarm(&self, shard: usize, key: Key) -> Option<Waker> {
        let shard = &self.inner.shards[shard];
        let mut state = shard.lock();
        let (deadline, waker) = state.wheel.take(key)?;
        shard.gone(deadline, &state);
        Some(waker)
    }

    /// Moves a timer to another deadline, if it is armed still.
    pub(crate) fn rearm(&self, shard: usize, key: Key, deadline: u64) -> Option<Armed> {
        let shard = &self.inner.shards[shard];
        let mut state = shard.lock();
        let before = state.wheel.rearm(key, deadline)?;
        shard.gone(before, &state);
        let mark = shard.mark(deadline);
        let earlier = shard.lower(deadline);
        drop(state);
        if earlier {
            self.hurry(deadline);
        }
        Some(Armed { key, mark })
    }

    /// Whether a timer has fired, without taking the lock. False: ask [`check`](Timers::check).
    #[inline]
    pub(crate) fn has_fired(&self, shard: usize, mark: Mark) -> bool {
        self.inner.shards[shard].has_fired(mark)
    }

    /// Whether a timer has fired; if it has not, `waker` is the one it will wake.
    pub(crate) fn check(&self, shard: usize, key: Key, waker: &Waker) -> Check {
        self.inner.shards[shard].check(key, waker)
    }

    /// Whether a timer is armed still.
    pub(crate) fn is_armed(&self, shard: usize, key: Key) -> bool {
        self.inner.shards[shard].lock().wheel.contains(key)
    }

    /// A deadline as the wheels count it; `None` if it is farther away than they can.
    pub(crate) fn deadline(&self, at: Instant) -> Option<u64> {
        Some(self.inner.axis.nanos(at)).filter(|&deadline| deadline < NEVER)
    }

    /// The shard with the earliest published deadline, and that deadline.
    fn published(&self) -> (&Shard, u64) {
        let mut earliest = (&self.inner.shards[0], NEVER);
        for shard in &self.inner.shards {
            // Relaxed: ordered by the fence where it matters, in `about_to_sleep`.
            let next = shard.next.load(Ordering::Relaxed);
            if next < earliest.1 {
                earliest = (shard, next);
            }
        }
        earliest
    }

    /// As `published`, after asking the wheel if that deadline was disarmed.
    fn earliest(&self) -> u64 {
        loop {
            let (shard, at) = self.published();
            // Relaxed: not seen in time, it costs the driver one look too many.
            if at == NEVER || !shard.stale.load(Ordering::Relaxed) {
                return at;
            }
            let mut state = shard.lock();
            shard.publish(&mut state);
        }
    }

    /// Calls the driver if it sleeps beyond a deadline that was just published.
    #[cold]
    fn hurry(&self, deadline: u64) {
        if self.inner.awake_by.is_broken_by(deadline) {
            self.inner.counters.interruptions.fetch_add(1, Ordering::Relaxed);
            (self.inner.on_earlier)();
        }
    }

    /// Wakes all of them, whatever one of them does, and keeps the room they took.
    fn wake(&self, mut due: Vec<Due>) -> usize {
        let count = due.len();
        let mut left = due.drain(..);
        // One net for all: who falls into it is counted, and the next go on.
        let mut wake = || left.by_ref().for_each(|due| due.value.wake());
        while let Err(payload) = panic::catch_unwind(AssertUnwindSafe(&mut wake)) {
            self.inner.counters.panics.fetch_add(1, Ordering::Relaxed);
            // Dropping what it threw may panic too; then that is let go of without dropping.
            let drop_it = AssertUnwindSafe(|| drop(payload));
            mem::forget(panic::catch_unwind(drop_it));
        }
        drop(left);
        if due.capacity() <= KEPT_DUE {
            *lock(&self.inner.room) = due;
        }
        count
    }
}

impl fmt::Debug for Timers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timers")
            .field("clock", &self.inner.clock)
            .field("shards", &self.inner.shards.len())
            .field("next", &self.inner.axis.instant(self.published().1))
            .finish_non_exhaustive()
    }
}
