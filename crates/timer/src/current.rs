//! Which timers the thread at hand uses: those entered last, and the shard that is its own.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::time::Instant;

use crate::timers::Timers;

/// A set of timers and the shard of it to arm on.
type Bound = (Timers, u16);

thread_local! {
    static CURRENT: RefCell<Option<Bound>> = const { RefCell::new(None) };
}

impl Timers {
    /// Makes these timers the ones that a new [`Sleep`](crate::Sleep) on this thread binds to,
    /// armed on `shard`, until the guard is dropped. May be nested; guards are to be dropped in
    /// reverse order.
    ///
    /// # Panics
    ///
    /// If there is no such shard.
    ///
    /// # Examples
    ///
    /// ```
    /// use evenkeel_timer::{Timers, TimersOptions};
    ///
    /// let timers = Timers::new(TimersOptions::default(), || {});
    /// assert!(Timers::current().is_none());
    /// let entered = timers.enter(0);
    /// assert!(Timers::current().is_some());
    /// drop(entered);
    /// assert!(Timers::current().is_none());
    /// ```
    pub fn enter(&self, shard: usize) -> Entered {
        assert!(shard < self.shards(), "there are {} shards, no shard {shard}", self.shards());
        let shard = u16::try_from(shard).expect("a shard is named by 16 bits");
        let bound = Some((self.clone(), shard));
        let before = CURRENT.with(|current| current.replace(bound));
        Entered { before, not_send: PhantomData }
    }

    /// The timers entered on this thread, if any are.
    #[must_use]
    pub fn current() -> Option<Timers> {
        current().map(|(timers, _)| timers)
    }
}

/// The timers entered and their shard; also `None` while the thread is ending.
pub(crate) fn current() -> Option<Bound> {
    CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
}

/// The time on the clock of the timers entered on this thread, or else on the system's.
///
/// # Examples
///
/// ```
/// use evenkeel_timer::{ManualClock, Timers, TimersOptions, now};
/// use std::{sync::Arc, time::Duration};
///
/// let clock = ManualClock::new();
/// let options = TimersOptions { clock: Arc::new(clock.clone()), ..TimersOptions::default() };
/// let _entered = Timers::new(options, || {}).enter(0);
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(now(), clock.now());
/// ```
#[must_use]
pub fn now() -> Instant {
    let now = CURRENT.try_with(|current| Some(current.borrow().as_ref()?.0.now()));
    now.ok().flatten().unwrap_or_else(Instant::now)
}

/// Undoes [`Timers::enter`] when dropped.
#[must_use = "the timers are left when this is dropped"]
pub struct Entered {
    before: Option<Bound>,
    /// It must be dropped on the thread that entered.
    not_send: PhantomData<*const ()>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        let before = mem::take(&mut self.before);
        // Dropped after the borrow: it may be the last handle, and a clock's drop may do anything.
        let left = CURRENT.try_with(|current| current.replace(before));
        drop(left);
    }
}

impl fmt::Debug for Entered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entered").field("before", &self.before).finish_non_exhaustive()
    }
}
