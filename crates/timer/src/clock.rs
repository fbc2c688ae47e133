//! What time it is: the system's clock, or one moved by hand.
//!
//! A clock only answers; who waits for what, and for how long, is the business of
//! [`Timers`](crate::Timers) and of the loop that drives it.

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crate::loom::{AtomicU64, Mutex, Ordering};

/// Where the time comes from.
///
/// A clock must not go backwards. Its methods may be called from any thread, and must not enter or
/// leave a [`Timers`](crate::Timers).
///
/// # Examples
///
/// A clock of your own that runs a hundred times as fast:
///
/// ```
/// use evenkeel_timer::Clock;
/// use std::time::Instant;
///
/// #[derive(Debug)]
/// struct Hurried(Instant);
///
/// impl Clock for Hurried {
///     fn now(&self) -> Instant {
///         self.0 + self.0.elapsed() * 100
///     }
/// }
///
/// let clock = Hurried(Instant::now());
/// assert!(clock.now() <= clock.now());
/// assert!(!clock.is_manual());
/// ```
pub trait Clock: Send + Sync + fmt::Debug + 'static {
    /// The time.
    fn now(&self) -> Instant;

    /// The loop that asks has nothing to do before `next` (`None`: nothing at all). A made-up clock
    /// may jump there; it answers whether it moved.
    fn idle(&self, next: Option<Instant>) -> bool {
        let _ = next;
        false
    }

    /// Whether real time does not pass on this clock, so that blocking in the kernel until a
    /// deadline would be pointless.
    fn is_manual(&self) -> bool {
        false
    }

    /// Asks that `moved` be called, on whatever thread, each time after the clock was moved by
    /// hand.
    ///
    /// The clock keeps `moved` for as long as it lives, so let it hold what it wakes weakly.
    fn on_move(&self, moved: Arc<dyn Fn() + Send + Sync>) {
        drop(moved);
    }
}

/// The system's monotonic clock, `Instant::now()`.
///
/// While the machine is suspended it stands still on Linux: an hour's sleep is an hour awake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[inline]
    fn now(&self) -> Instant {
        Instant::now()
    }
}

/// A clock that stands still until it is moved, for tests. Clones are the same clock.
///
/// # Examples
///
/// ```
/// use evenkeel_timer::{Clock, ManualClock};
/// use std::time::Duration;
///
/// let clock = ManualClock::new();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(3600));
/// assert_eq!(clock.now() - before, Duration::from_secs(3600));
///
/// // One that jumps by itself, when the loop that uses it has nothing left to do but wait.
/// let clock = ManualClock::auto_jump();
/// assert!(clock.idle(Some(clock.now() + Duration::from_secs(60))));
/// assert_eq!(clock.elapsed(), Duration::from_secs(60));
/// ```
#[doc(alias = "pause")]
#[derive(Clone)]
pub struct ManualClock {
    shared: Arc<Shared>,
}

struct Shared {
    /// Its zero. A real instant, because no other can be had; deadlines from the system's clock are
    /// therefore meaningful on it.
    base: Instant,
    /// Nanoseconds since `base`. It only grows.
    passed_ns: AtomicU64,
    jumps: bool,
    watchers: Mutex<Vec<Arc<dyn Fn() + Send + Sync>>>,
}

impl ManualClock {
    /// A clock that moves only by hand.
    #[must_use]
    pub fn new() -> ManualClock {
        ManualClock::with(false)
    }

    /// A clock that also jumps to the next deadline when the loop that uses it is idle, so that a
    /// test of an hour takes as long as its work. One loop may use it: two would jump past each
    /// other.
    #[must_use]
    pub fn auto_jump() -> ManualClock {
        ManualClock::with(true)
    }

    fn with(jumps: bool) -> ManualClock {
        let shared = Shared {
            base: Instant::now(),
            passed_ns: AtomicU64::new(0),
            jumps,
            watchers: Mutex::new(Vec::new()),
        };
        ManualClock { shared: Arc::new(shared) }
    }

    /// The time on this clock.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.shared.base + self.elapsed()
    }

    /// The time that has passed on this clock since it was made.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        // Acquire: pairs with the Release in `move_to`, so that who sees the time moved also sees
        // what was done before it was.
        Duration::from_nanos(self.shared.passed_ns.load(Ordering::Acquire))
    }

    /// Moves the clock forward by `by` (at most to the end of its 584 years).
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        // An update, not a read and a write: two threads that advance add up.
        let _ = self.shared.passed_ns.fetch_update(
            Ordering::AcqRel, // As in `move_to`.
            Ordering::Acquire,
            |passed| Some(passed.saturating_add(by)),
        );
        self.tell();
    }

    /// Moves the clock forward to `to`; does nothing if that has passed.
    pub fn jump_to(&self, to: Instant) {
        if self.move_to(to) {
            self.tell();
        }
    }

    /// Whether it moved.
    fn move_to(&self, to: Instant) -> bool {
        let passed = to.saturating_duration_since(self.shared.base).as_nanos();
        let passed = u64::try_from(passed).unwrap_or(u64::MAX);
        // Release: pairs with the Acquire in `elapsed`.
        self.shared.passed_ns.fetch_max(passed, Ordering::AcqRel) < passed
    }

    /// Calls the watchers, with no lock held: one of them may watch or move this clock.
    fn tell(&self) {
        let watchers = self.shared.watchers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for moved in watchers {
            moved();
        }
    }
}

impl Default for ManualClock {
    fn default() -> ManualClock {
        ManualClock::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        ManualClock::now(self)
    }

    /// Jumps, if this clock does and there is somewhere to jump to. The loop that asked knows, so
    /// the watchers are not told.
    fn idle(&self, next: Option<Instant>) -> bool {
        self.shared.jumps && next.is_some_and(|next| self.move_to(next))
    }

    fn is_manual(&self) -> bool {
        true
    }

    fn on_move(&self, moved: Arc<dyn Fn() + Send + Sync>) {
        self.shared.watchers.lock().unwrap_or_else(PoisonError::into_inner).push(moved);
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManualClock")
            .field("elapsed", &self.elapsed())
            .field("jumps", &self.shared.jumps)
            .finish_non_exhaustive()
    }
}
