//! One sleeper: asleep on its thread, in its driver, or as a task of a foreign executor.
//!
//! ```text
//!            1 park            3 unpark
//!   EMPTY ----------> PARKED -----------> NOTIFIED --- 4 the sleeper takes it ---> EMPTY
//!     |                                      ^
//!     +--- 2 park_in ---> IN_DRIVER ---------+ 3 unpark also calls the driver's wake
//!     +------------- 3 unpark (nothing to wake) -------^
//! ```
//! A notification given while nobody sleeps is kept (once), so the next sleep ends at once. Whoever is
//! asleep on a thread is woken by that alone, whoever is asleep in a driver by the driver's wake alone.

use std::fmt;
use std::sync::Arc;
use std::task::Waker;

use crate::calls::quietly;
use crate::loom::{AtomicU32, Mutex, Ordering, lock, thread};

const EMPTY: u32 = 0;
const PARKED: u32 = 1;
const IN_DRIVER: u32 = 2;
const NOTIFIED: u32 = 3;

type WakeDriver = Box<dyn Fn() + Send + Sync>;

/// Whom to wake when the word says `PARKED`.
enum Sleeper {
    Nobody,
    Thread(thread::Thread),
    Task(Waker),
}

struct Inner {
    word: AtomicU32,
    sleeper: Mutex<Sleeper>,
    wake_driver: Option<WakeDriver>,
}

/// Where one worker sleeps, and how others wake it. Clones are the same sleeper.
#[derive(Clone)]
pub struct Parker {
    inner: Arc<Inner>,
}

impl Parker {
    /// A sleeper that sleeps on its thread, or as a task.
    pub fn new() -> Parker {
        Parker::build(None)
    }

    /// A sleeper that also sleeps in a driver, from which `wake_driver` gets it out.
    ///
    /// `wake_driver` may be called from any thread, with nothing held, and must not block.
    pub fn with_driver(wake_driver: impl Fn() + Send + Sync + 'static) -> Parker {
        Parker::build(Some(Box::new(wake_driver)))
    }

    fn build(wake_driver: Option<WakeDriver>) -> Parker {
        let sleeper = Mutex::new(Sleeper::Nobody);
        Parker { inner: Arc::new(Inner { word: AtomicU32::new(EMPTY), sleeper, wake_driver }) }
    }

    /// Blocks this thread until [`unpark`](Parker::unpark), or returns at once if that came before.
    pub fn park(&self) {
        self.replace(Sleeper::Thread(thread::current()));
        if !self.begin(PARKED) {
            return;
        }
        loop {
            thread::park();
            // Acquire: pairs with the Release in `unpark`: we see what its caller did before. An
            // exchange, because a load might not see the newest word, and we would sleep again.
            let took = self.inner.word.compare_exchange(
                NOTIFIED,
                EMPTY,
                Ordering::AcqRel,
                Ordering::Relaxed,
            );
            if took.is_ok() {
                return;
            }
        }
    }

    /// [`park`](Parker::park), but for no longer than `limit`.
    pub fn park_timeout(&self, limit: std::time::Duration) {
        self.replace(Sleeper::Thread(thread::current()));
        if self.begin(PARKED) {
            // May return early for no reason; so may this.
            #[cfg(not(loom))]
            thread::park_timeout(limit);
            #[cfg(loom)]
            thread::yield_now(); // The limit has passed.
            #[cfg(loom)]
            let _ = limit;
            self.inner.word.swap(EMPTY, Ordering::AcqRel);
        }
    }

    /// Runs `block`, which sleeps in the driver until its news, its deadline, or the driver's wake.
    ///
    /// Does not run it if there is a notification already; answers whether it ran.
    pub fn park_in(&self, block: impl FnOnce()) -> bool {
        let parks = self.begin(IN_DRIVER);
        if parks {
            block();
            self.inner.word.swap(EMPTY, Ordering::AcqRel);
        }
        parks
    }

    /// Sleeps as a task: `waker` is woken by the next [`unpark`](Parker::unpark), and nothing blocks. Ended
    /// by [`end_task`](Parker::end_task).
    ///
    /// False if there was a notification already, which is thereby taken.
    #[must_use = "who was notified already does not sleep"]
    pub fn park_task(&self, waker: &Waker) -> bool {
        self.replace(Sleeper::Task(waker.clone()));
        self.begin(PARKED)
    }

    /// Whether somebody sleeps here whom nobody has woken yet.
    pub fn is_asleep(&self) -> bool {
        // Acquire: pairs with the Release in `unpark`: who is found awake sees what for.
        matches!(self.inner.word.load(Ordering::Acquire), PARKED | IN_DRIVER)
    }

    /// The task that slept is awake, whoever woke it.
    pub fn end_task(&self) {
        self.inner.word.swap(EMPTY, Ordering::AcqRel);
        self.replace(Sleeper::Nobody);
    }

    /// EMPTY to `asleep`; or takes a notification, and then nobody sleeps.
    fn begin(&self, asleep: u32) -> bool {
        let word = &self.inner.word;
        // AcqRel: the Acquire pairs with `unpark`'s Release when it was first.
        match word.compare_exchange(EMPTY, asleep, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => true,
            Err(_) => {
                word.swap(EMPTY, Ordering::AcqRel);
                false
            }
        }
    }

    /// Wakes the sleeper, or makes its next sleep end at once. From any thread.
    pub fn unpark(&self) {
        // AcqRel: Release for what the caller published; Acquire for the sleeper's `replace` before it
        // said PARKED.
        match self.inner.word.swap(NOTIFIED, Ordering::AcqRel) {
            PARKED => {
                let mut sleeper = lock(&self.inner.sleeper);
                let whom = match &*sleeper {
                    Sleeper::Thread(thread) => Sleeper::Thread(thread.clone()),
                    _ => std::mem::replace(&mut *sleeper, Sleeper::Nobody),
                };
                drop(sleeper);
                // Nothing is held here. A thread is awake before the call that wakes it returns, and may want to
                // sleep again. A foreign waker may run anything; if it panics, that is told by the panic hook
                // and ends here: whoever wakes a task has nothing to do with it.
                match whom {
                    Sleeper::Thread(thread) => thread.unpark(),
                    Sleeper::Task(waker) => {
                        quietly(|| waker.wake());
                    }
                    Sleeper::Nobody => {}
                }
            }
            IN_DRIVER => {
                if let Some(wake_driver) = &self.inner.wake_driver {
                    wake_driver();
                }
            }
            _ => {} // Awake already, or about to be.
        }
    }

    fn replace(&self, sleeper: Sleeper) {
        let old = std::mem::replace(&mut *lock(&self.inner.sleeper), sleeper);
        drop(old); // After the lock: dropping a waker may run anything.
    }

    /// Whether both are the same sleeper.
    pub(crate) fn is(&self, other: &Parker) -> bool {
        std::ptr::eq(&*self.inner, &*other.inner)
    }
}

impl Default for Parker {
    fn default() -> Parker {
        Parker::new()
    }
}

impl fmt::Debug for Parker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.inner.word.load(Ordering::Relaxed) {
            EMPTY => "awake",
            PARKED => "parked",
            IN_DRIVER => "in its driver",
            _ => "notified",
        };
        f.debug_tuple("Parker").field(&word).finish()
    }
}
