//! The worker that watches while the driver is busy: one of those that sleep on their threads.
//!
//! The driver leaves the kernel with work and comes back when the work is done, usually at once; to hand
//! the role over each time would cost a wake-up per event. But a task may hold its worker for long, and
//! then nobody would hear the kernel or fire timers, though others sleep. So one of the sleepers, the
//! standby, sleeps for [`WATCH`] at a time while there are events, and takes the role if it finds it free.
//! When a whole period has passed without an event it sleeps for good, until the driver leaves once more.
//!
// LEAVE THEN LOOK, SLEEP THEN LOOK: the driver counts its leaving, fences, and looks whether the standby sleeps
// for good; the standby says that it does, fences, and looks at the count. One of them sees the other; the
// model is `the_driver_leaves_while_the_standby_falls_asleep`.

use std::cell::Cell;
use std::time::Duration;

use crate::loom::{AtomicBool, AtomicUsize, Mutex, Ordering, full_fence, lock};
use crate::parker::Parker;

/// How long news may wait behind a task that holds the driver's worker, while another worker sleeps.
/// Half of it costs a busy runner a wake-up more every so often (200 a second at 5 ms), twice of it is
/// felt by whoever waits for a timer.
const WATCH: Duration = Duration::from_millis(5);

/// The seat of the sleeper that watches while the driver is busy: for a loop of several threads, of which
/// one at a time (the driver) sleeps in the kernel and the others on their threads.
///
/// The driver leaves the kernel with work and comes back when the work is done, usually at once; to hand
/// the role over each time would cost a wake-up per event. But a task may hold its thread for long, and
/// then nobody would hear the kernel or fire timers. So one of the sleepers sleeps for five milliseconds
/// at a time while there are events, and then looks whether the role is free.
///
/// ```
/// use evenkeel_task::{Parker, Standby};
/// use std::cell::Cell;
///
/// let (standby, parker, seen) = (Standby::default(), Parker::new(), Cell::new(0));
/// standby.driver_left();
/// // Something has happened since we last stood by, so this sleeps for a period at most.
/// standby.sleep(&parker, &seen, None, || true);
/// ```
#[derive(Debug)]
pub struct Standby {
    /// Somebody is the standby.
    taken: AtomicBool,
    /// How often a driver has left the kernel.
    left: AtomicUsize,
    /// The standby sleeps until it is woken.
    sleeps: AtomicBool,
    parker: Mutex<Option<Parker>>,
}

impl Default for Standby {
    fn default() -> Standby {
        Standby {
            taken: AtomicBool::new(false),
            left: AtomicUsize::new(0),
            sleeps: AtomicBool::new(false),
            parker: Mutex::new(None),
        }
    }
}

impl Standby {
    /// The driver has left the kernel, given up the role, and may be busy from now on.
    pub fn driver_left(&self) {
        self.left.fetch_add(1, Ordering::Relaxed);
        full_fence(); // LEAVE THEN LOOK
        // Acquire: pairs with the Release of the standby, for the parker it left.
        if self.sleeps.load(Ordering::Relaxed) && self.sleeps.swap(false, Ordering::Acquire) {
            let parker = lock(&self.parker).clone();
            if let Some(parker) = parker {
                parker.unpark();
            }
        }
    }

    /// Sleeps while another worker has the driver's role; as the standby, unless somebody is. `seen` is
    /// this worker's memory from one time to the next; `is_driven` says whether the role is taken.
    ///
    /// Returns after `limit`, if there is one; such a sleeper leaves the seat to others.
    pub fn sleep(
        &self,
        parker: &Parker,
        seen: &Cell<usize>,
        limit: Option<Duration>,
        is_driven: impl Fn() -> bool,
    ) {
        if let Some(limit) = limit {
            // It looks whether the role is free when it comes back, which is sooner than the standby would.
            parker.park_timeout(limit.min(WATCH));
            return;
        }
        // Acquire: pairs with the Release below.
        if self.taken.swap(true, Ordering::Acquire) {
            parker.park();
            return;
        }
        let left = self.left.load(Ordering::Relaxed);
        if seen.replace(left) != left {
            parker.park_timeout(WATCH);
        } else {
            *lock(&self.parker) = Some(parker.clone());
            self.sleeps.store(true, Ordering::Release);
            full_fence(); // SLEEP THEN LOOK
            if self.left.load(Ordering::Relaxed) == left && is_driven() {
                parker.park();
            }
            self.sleeps.store(false, Ordering::Relaxed);
        }
        self.taken.store(false, Ordering::Release);
    }
}
