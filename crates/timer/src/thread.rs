//! The fall-back: one process-wide set of timers, driven by a thread that starts when it is first
//! needed and parks for good while nothing is registered.
//!
//! A [`Sleep`](crate::Sleep) polled where no timers are entered (under another executor, in
//! `block_on`) binds here. If the thread cannot be started, such a sleep neither panics nor hangs:
//! each of its polls waits for up to a millisecond, asks to be polled again and tries once more to
//! start the thread, so it ends in time at the cost of its executor's attention, and what a lack of
//! threads broke mends itself when threads are to be had again.

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::clock::SystemClock;
use crate::loom::{Mutex, thread};
use crate::shard::lock;
use crate::timers::{Timers, TimersOptions};

/// How long a poll waits when no thread can be had. Longer starves the executor's other tasks,
/// shorter burns the processor: at 1 ms, a task of one poll every millisecond, below 1 % of a core.
const STAND_IN: Duration = Duration::from_millis(1);

static TIMERS: OnceLock<Timers> = OnceLock::new();
/// The thread that drives them. Set before anything is armed, so who arms always finds whom to
/// call.
static DRIVER: OnceLock<thread::Thread> = OnceLock::new();
static STARTING: Mutex<()> = Mutex::new(());

impl Timers {
    /// The process-wide timers that serve where none are entered, on the system's clock. Their
    /// thread, `evenkeel-timer`, is started if it was not.
    ///
    /// Nobody need call this: a [`Sleep`](crate::Sleep) does. Call it once at the start to learn
    /// whether the thread can be had, or to read its statistics.
    ///
    /// # Errors
    ///
    /// What the system said when the thread could not be started. Sleeps still end in time then,
    /// but each takes up to a millisecond of its executor's thread at each poll; every one of those
    /// polls tries again to start the thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use evenkeel_timer::{Timers, sleep};
    /// use std::time::Duration;
    ///
    /// futures_lite::future::block_on(sleep(Duration::from_millis(1)));
    /// assert!(Timers::fallback()?.statistics().fired >= 1);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn fallback() -> io::Result<Timers> {
        fallback().cloned()
    }
}

/// The fall-back timers, with their thread running.
pub(crate) fn fallback() -> io::Result<&'static Timers> {
    let timers = TIMERS.get_or_init(|| {
        let options = TimersOptions { shards: 1, clock: Arc::new(SystemClock) };
        Timers::new(options, || {
            if let Some(driver) = DRIVER.get() {
                driver.unpark();
            }
        })
    });
    if DRIVER.get().is_none() {
        start(timers)?;
    }
    Ok(timers)
}

#[cold]
fn start(timers: &'static Timers) -> io::Result<()> {
    let _starting = lock(&STARTING);
    if DRIVER.get().is_none() {
        let builder = thread::Builder::new().name("evenkeel-timer".to_owned());
        let handle = builder.spawn(move || drive(timers))?;
        let _ = DRIVER.set(handle.thread().clone());
    }
    Ok(())
}

/// The whole loop. An unpark that comes between two parks is kept by the second, so none is lost.
fn drive(timers: &Timers) -> ! {
    loop {
        match timers.about_to_sleep() {
            None => thread::park(),
            Some(at) => {
                let rest = at.saturating_duration_since(timers.now());
                if !rest.is_zero() {
                    thread::park_timeout(rest);
                }
            }
        }
        timers.awake();
        timers.fire(timers.now());
    }
}

/// One step of a sleep that has no thread to wake it: whether its deadline has come, after a wait
/// of no more than a millisecond.
#[cold]
pub(crate) fn stand_in(deadline: Instant) -> bool {
    let rest = deadline.saturating_duration_since(Instant::now());
    if !rest.is_zero() {
        thread::sleep(rest.min(STAND_IN));
    }
    rest <= STAND_IN
}
