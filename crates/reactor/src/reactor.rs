//! The reactor: waits in the kernel on behalf of all its sources, and wakes whom the news concerns.
//!
//! Lock order: `turn`, then `registry`, then a direction's list; the doubts' lock is the last of all. Nothing is woken or dropped under any.

use std::fmt;
use std::io;
use std::mem;
use std::os::fd::{AsFd, BorrowedFd};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::TryLockError;
use std::task::Waker;
use std::time::{Duration, Instant};

use crate::ask::{Asked, Doubt};
use crate::current::{self, Entered};
use crate::doubts::{Doubts, Left};
use crate::loom::{Arc, Mutex, locked};
use crate::notifier::{Bell, MaySleep, Notifier};
use crate::registry::{Key, Record, Registry, Way};
use crate::source::Source;
use crate::statistics::{Counters, ReactorStatistics};
use crate::thread;
use crate::wait::{Batch, Kernel, Rest};

/// Turns the kernel's news about descriptors into wakers.
///
/// A cheap handle: clones are the same reactor. It does nothing by itself; somebody has to call
/// [`wait`](Reactor::wait), be it a runner's worker, a loop of your own, or (for sources made where no
/// reactor was [entered](Reactor::enter)) the thread `evenkeel-reactor` this crate starts.
///
/// # Examples
///
/// Driven by hand:
///
/// ```
/// use evenkeel_reactor::{Reactor, Source};
/// use std::os::unix::net::UnixStream;
/// use std::time::Duration;
///
/// # fn main() -> std::io::Result<()> {
/// let reactor = Reactor::new()?;
/// let (one, two) = UnixStream::pair()?;
/// let (one, two) = (reactor.register(one)?, reactor.register(two)?);
///
/// let talk = async {
///     one.write_with(|mut one| std::io::Write::write(&mut one, b"ahoy")).await?;
///     let mut heard = [0; 8];
///     let n = two.read_with(|mut two| std::io::Read::read(&mut two, &mut heard)).await?;
///     std::io::Result::Ok(heard[..n].to_vec())
/// };
/// let mut talk = std::pin::pin!(talk);
/// let heard = loop {
///     // A real loop would poll only what was woken.
///     let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
///     match talk.as_mut().poll(&mut cx) {
///         std::task::Poll::Ready(heard) => break heard?,
///         std::task::Poll::Pending => reactor.wait(Some(Duration::from_secs(1)))?,
///     };
/// };
/// assert_eq!(heard, b"ahoy");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Reactor {
    inner: Arc<Inner>,
}

struct Inner {
    kernel: Kernel,
    notifier: Notifier,
    registry: Mutex<Registered>,
    /// Held by the thread that waits.
    turn: Mutex<Turn>,
    doubts: Doubts<Doubt>,
    counters: Counters,
}

#[derive(Default)]
struct Registered {
    registry: Registry,
    left: Leaving,
}

/// Whether the reactor's owner has [left it to a thread](Reactor::leave_to_thread).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Leaving {
    #[default]
    No,
    /// A thread drives it until nothing is registered.
    Driven,
    /// Nothing was registered, and that thread has ended.
    Rests,
}

struct Turn {
    batch: Batch,
    // Empty between turns, all three; kept for their room.
    due: Vec<Waker>,
    doubts: Vec<Doubt>,
    asked: Asked,
}

impl Turn {
    fn new() -> Turn {
        Turn { batch: Batch::new(), due: Vec::new(), doubts: Vec::new(), asked: Asked::new() }
    }
}

impl Reactor {
    /// A reactor of one's own.
    ///
    /// # Errors
    ///
    /// Those of opening its descriptors, such as `EMFILE`.
    pub fn new() -> io::Result<Reactor> {
        Ok(Reactor {
            inner: Arc::new(Inner {
                kernel: Kernel::new()?,
                notifier: Notifier::new(),
                registry: Mutex::default(),
                turn: Mutex::new(Turn::new()),
                doubts: Doubts::new(),
                counters: Counters::default(),
            }),
        })
    }

    /// Blocks until there is news, [`notify`](Reactor::notify) is called, or `rest` has passed
    /// (`None`: for ever; zero: only looks). Returns how many wakers it woke; it may return early
    /// without any. Signals do not end it.
    ///
    /// One thread waits at a time; a second one gets `Ok(0)` at once. Wakers are called with nothing
    /// held, so they may do anything.
    ///
    /// # Errors
    ///
    /// Those of the system's wait, of which none is expected.
    ///
    /// # Panics
    ///
    /// If a waker panics: after all others were woken. The reactor stays usable.
    pub fn wait(&self, rest: Option<Duration>) -> io::Result<usize> {
        match rest {
            Some(Duration::ZERO) => self.turn(Rest::Look),
            Some(rest) => self.wait_until(Instant::now().checked_add(rest)),
            None => self.turn(Rest::ForEver),
        }
    }

    /// As [`wait`](Reactor::wait), up to an instant: the form for a loop with timers. The system's
    /// timer is set only if `deadline` is earlier than what it is set for.
    ///
    /// # Errors
    ///
    /// As for [`wait`](Reactor::wait).
    ///
    /// # Panics
    ///
    /// As for [`wait`](Reactor::wait).
    pub fn wait_until(&self, deadline: Option<Instant>) -> io::Result<usize> {
        self.turn(deadline.map_or(Rest::ForEver, Rest::Until))
    }

    fn turn(&self, rest: Rest) -> io::Result<usize> {
        let inner = &*self.inner;
        let mut turn = match inner.turn.try_lock() {
            Ok(turn) => turn,
            Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(0),
        };
        inner.settle(&mut turn);
        let rest = match rest {
            Rest::Look => Rest::Look,
            // Announced from here on.
            rest if turn.due.is_empty() && inner.notifier.begin_sleep() == MaySleep::Yes => rest,
            _ => Rest::Look,
        };
        let waited = inner.kernel.wait(&mut turn.batch, rest);
        inner.notifier.end_sleep();
        waited?;
        let Turn { batch, due, .. } = &mut *turn;
        inner.collect(batch, due);
        let due = mem::take(due);
        drop(turn);
        inner.wake(due)
    }

    /// Ends the [`wait`](Reactor::wait) some thread is in, or else the next one. From any thread;
    /// a system call only if somebody sleeps and nobody else has called since.
    pub fn notify(&self) {
        if self.inner.notifier.notify() == Bell::Ring {
            self.inner.counters.add_ring();
            self.inner.kernel.ring();
        }
    }

    /// Until the guard is dropped, sources made on this thread register here.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// let reactor = evenkeel_reactor::Reactor::new()?;
    /// let entered = reactor.enter();
    /// let (one, _two) = std::os::unix::net::UnixStream::pair()?;
    /// let one = evenkeel_reactor::Source::new(one)?;
    /// assert_eq!(reactor.statistics().sources, 1);
    /// # drop(entered); drop(one);
    /// # Ok(())
    /// # }
    /// ```
    pub fn enter(&self) -> Entered {
        Entered::enter(self.clone())
    }

    /// The reactor entered on this thread.
    pub fn current() -> Option<Reactor> {
        current::current()
    }

    /// Registers a descriptor here, whichever reactor is entered; otherwise as [`Source::new`].
    ///
    /// # Errors
    ///
    /// As for [`Source::new`].
    pub fn register<T: AsFd>(&self, io: T) -> io::Result<Source<T>> {
        rustix::io::ioctl_fionbio(io.as_fd(), true)?;
        Source::with_reactor(self.clone(), io)
    }

    /// Nothing is registered.
    pub fn is_empty(&self) -> bool {
        locked(&self.inner.registry).registry.len() == 0
    }

    /// For an owner that will not wait any more: if sources are left, a thread `evenkeel-reactor`
    /// drives them from now on and ends with the last of them.
    ///
    /// # Errors
    ///
    /// If the thread cannot be started. The sources left are then not served.
    pub fn leave_to_thread(&self) -> io::Result<()> {
        {
            let mut registered = locked(&self.inner.registry);
            if registered.left == Leaving::Driven {
                return Ok(());
            }
            if registered.registry.len() == 0 {
                registered.left = Leaving::Rests;
                return Ok(());
            }
            registered.left = Leaving::Driven;
        }
        self.start_thread()
    }

    fn start_thread(&self) -> io::Result<()> {
        let started = thread::drive(self.clone(), |reactor| {
            let mut registered = locked(&reactor.inner.registry);
            let over = registered.registry.len() == 0;
            if over {
                registered.left = Leaving::Rests;
            }
            over
        });
        if started.is_err() {
            locked(&self.inner.registry).left = Leaving::Rests;
        }
        started
    }

    /// Counts since the reactor was made.
    pub fn statistics(&self) -> ReactorStatistics {
        self.inner.counters.read(locked(&self.inner.registry).registry.len())
    }

    /// Enters `record` under a key and tells the kernel; neither if either fails.
    pub(crate) fn add(&self, fd: BorrowedFd<'_>, record: &Arc<Record>) -> io::Result<Key> {
        let (key, wants_thread) = {
            let mut registered = locked(&self.inner.registry);
            let key = registered.registry.insert(record.clone()).ok_or_else(|| {
                io::Error::new(io::ErrorKind::OutOfMemory, "too many sources in one reactor")
            })?;
            let wants_thread = registered.left == Leaving::Rests;
            if wants_thread {
                registered.left = Leaving::Driven;
            }
            (key, wants_thread)
        };
        let mut added = self.inner.kernel.add(fd, key);
        if wants_thread && added.is_ok() {
            added = self.start_thread().inspect_err(|_| drop(self.inner.kernel.delete(fd)));
        }
        match added {
            Ok(()) => Ok(key),
            Err(error) => {
                drop(self.take_out(key));
                Err(error)
            }
        }
    }

    /// Forgets the key, and the descriptor.
    pub(crate) fn delete(&self, fd: BorrowedFd<'_>, key: Key) -> io::Result<()> {
        drop(self.take_out(key));
        self.inner.kernel.delete(fd)
    }

    pub(crate) fn kernel(&self) -> &Kernel {
        &self.inner.kernel
    }

    /// Leaves a doubt for the driver, if it is awake.
    pub(crate) fn leave_doubt(&self, doubt: Doubt) -> Left {
        self.inner.doubts.leave(&self.inner.notifier, doubt)
    }

    fn take_out(&self, key: Key) -> Option<Arc<Record>> {
        let mut registered = locked(&self.inner.registry);
        let record = registered.registry.remove(key);
        let last = registered.left == Leaving::Driven && registered.registry.len() == 0;
        drop(registered);
        if last {
            // The thread that drives it has no more to do.
            self.notify();
        }
        record
    }
}

impl Inner {
    /// Asks about what was left in doubt, and hears what can be read after all.
    fn settle(&self, turn: &mut Turn) {
        let Turn { due, doubts, asked, .. } = turn;
        self.doubts.take(&self.notifier, doubts);
        if doubts.is_empty() {
            return;
        }
        let registered = locked(&self.registry);
        asked.keep_readable(&registered.registry, doubts);
        for doubt in doubts.drain(..) {
            if let Some(record) = registered.registry.get(doubt.key) {
                record.way(Way::Read).news(false, due);
            }
        }
    }

    /// Translates what was fetched. Only here is the registry locked while there is news, and no
    /// waker is touched but by moving it.
    fn collect(&self, batch: &Batch, due: &mut Vec<Waker>) {
        let (mut count, mut stale) = (0, 0);
        let mut news = batch.news().peekable();
        if news.peek().is_some() {
            let registered = locked(&self.registry);
            for news in news {
                count += 1;
                let Some(record) = registered.registry.get(news.key) else {
                    stale += 1;
                    continue;
                };
                record.hear(&news, due);
            }
        }
        self.counters.add_turn(count, stale, due.len() as u64);
    }

    /// Wakes all, whatever any of them does, and gives the room back.
    fn wake(&self, mut due: Vec<Waker>) -> io::Result<usize> {
        let count = due.len();
        let mut panicked = None;
        for waker in due.drain(..) {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| waker.wake())) {
                match panicked {
                    None => panicked = Some(payload),
                    // Dropping it could panic in turn.
                    Some(_) => mem::forget(payload),
                }
            }
        }
        if due.capacity() > 0 {
            if let Ok(mut turn) = self.turn.try_lock() {
                if turn.due.capacity() < due.capacity() {
                    turn.due = due;
                }
            }
        }
        match panicked {
            Some(payload) => resume_unwind(payload),
            None => Ok(count),
        }
    }
}

impl fmt::Debug for Reactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reactor").field("statistics", &self.statistics()).finish_non_exhaustive()
    }
}
