//! Blocking in the kernel, on Linux: one `epoll_wait`, an eventfd for a bell, a timerfd for deadlines.
//!
//! Raw, and not by `polling`: its wait sets a timer and re-arms its bell each time, which makes five
//! system calls of one; it cannot ask for `EPOLLRDHUP`, without which a short read would prove nothing
//! (see [`SHORT_PROVES_DRY`]); and a bell and a timer of its own would double the cost of a runner.
//!
//! Bell and timer are edge-triggered and never read: each `write` and each expiry is a new edge, and
//! setting the timer anew takes back an expiry that was not fetched yet. The timer is made for the first
//! deadline slept for; where the system has none to give, the wait's own timeout does, to the millisecond.
// REGISTERED WHILE OWNED: a `Source` keeps its descriptor open from `add` until after `delete`.
// NUMBERS ONLY: what a fetched event carries is a number that was given to `epoll::add`, never a pointer.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

use rustix::buffer::{Buffer, spare_capacity};
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};

use crate::loom::{AtomicBool, Ordering};
use crate::registry::{Key, Way};

/// After a read or write that did less than it was asked for, a byte stream has no more to give or
/// take, unless it was hung up: and that would be known, because `EPOLLRDHUP` is asked for.
pub(crate) const SHORT_PROVES_DRY: bool = true;

/// News fetched by one `epoll_wait`. Larger saves system calls when very many descriptors are ready at
/// once, smaller returns sooner to the tasks, whose memory is then still in the cache. 64 to 1024
/// measure the same; this many fit a worker's queue of evenkeel's executor, and take 3 KiB.
const BATCH: usize = 256;

/// Seconds the timer is set for at most; a deadline further away is set in several steps. 68 years.
const LONGEST_REST: i64 = i32::MAX as i64;

/// How long a wait without a timer sleeps at once: what every kernel's `epoll_wait` can be told.
const LONGEST_NAP: Duration = Duration::from_secs(3600);

/// The topmost bit is free, see `registry.rs`.
const BELL: u64 = u64::MAX - 1;
const TIMER: u64 = u64::MAX - 2;

/// How long to wait.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rest {
    /// Not at all.
    Look,
    /// No longer than this.
    Until(Instant),
    /// Until there is news, or the bell.
    ForEver,
}

/// What the kernel said about one source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct News {
    pub(crate) key: Key,
    pub(crate) read: bool,
    pub(crate) write: bool,
    /// Hung up, failed, or urgent: short reads and writes prove nothing from here on.
    pub(crate) read_closed: bool,
    pub(crate) write_closed: bool,
}

/// The descriptors a reactor sleeps on.
#[derive(Debug)]
pub(crate) struct Kernel {
    epoll: OwnedFd,
    bell: OwnedFd,
}

/// News as it was fetched, and what is known of the timer: for one waiting thread at a time.
pub(crate) struct Batch {
    fetched: Vec<epoll::Event>,
    /// The timer will ring at this instant. Never later than the deadline waited for; an earlier
    /// one is left alone, since most deadlines (timeouts) move away before they are reached.
    armed: Option<Instant>,
    /// Made when it is first needed.
    timer: Option<OwnedFd>,
}

impl Kernel {
    pub(crate) fn new() -> io::Result<Kernel> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        epoll::add(&epoll, &bell, EventData::new_u64(BELL), EventFlags::IN | EventFlags::ET)?;
        Ok(Kernel { epoll, bell })
    }

    /// One system call, for good unless somebody waits to write: see [`Kernel::rearm`].
    pub(crate) fn add(&self, fd: BorrowedFd<'_>, key: Key) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, fd, EventData::new_u64(key.raw() as u64), to_read())?)
    }

    pub(crate) fn delete(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        Ok(epoll::delete(&self.epoll, fd)?)
    }

    /// Before a task waits, and after it is in the list. The first who waits to write asks for news of
    /// that: most writes never wait, and a Unix socket would tell after each read of its other side.
    /// News is edge-triggered, but asking tells of what is so already.
    pub(crate) fn rearm(
        &self,
        fd: RawFd,
        key: Key,
        way: Way,
        writes: &AtomicBool,
    ) -> io::Result<()> {
        // Relaxed: it is set after the kernel was asked, and the kernel keeps its own order. Two that
        // ask at once both ask.
        if way == Way::Read || writes.load(Ordering::Relaxed) {
            return Ok(());
        }
        // SAFETY: REGISTERED WHILE OWNED, and only a `Source` re-arms.
        let fd = unsafe { BorrowedFd::borrow_raw(fd) };
        let data = EventData::new_u64(key.raw() as u64);
        epoll::modify(&self.epoll, fd, data, to_read() | EventFlags::OUT)?;
        writes.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Ends the wait of the thread in [`Kernel::wait`], or the next one.
    pub(crate) fn ring(&self) {
        // It can only fail when 2^64 - 2 rings were never read; the edge was there before.
        let _ = rustix::io::write(&self.bell, &1_u64.to_ne_bytes());
    }

    /// Fetches news into `batch`, waiting for it no longer than `rest`. It may return without any.
    pub(crate) fn wait(&self, batch: &mut Batch, rest: Rest) -> io::Result<()> {
        loop {
            batch.fetched.clear();
            let nap = match rest {
                Rest::Look => Some(Duration::ZERO),
                Rest::ForEver => None,
                Rest::Until(at) => self.arm(batch, at)?,
            };
            let look = nap == Some(Duration::ZERO);
            let timeout = nap.map(timespec);
            match epoll::wait(&self.epoll, spare_capacity(&mut batch.fetched), timeout.as_ref()) {
                Ok(_) => {}
                Err(Errno::INTR) if look => return Ok(()),
                Err(Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
            let (mut fired, mut called) = (false, false);
            for event in &batch.fetched {
                fired |= event.data.u64() == TIMER;
                called |= event.data.u64() != TIMER;
            }
            if fired {
                batch.armed = None;
            }
            let over = match rest {
                Rest::Until(at) if fired || nap.is_some() => Instant::now() >= at,
                _ => false,
            };
            if look || called || over {
                return Ok(());
            }
        }
    }

    /// Sets the timer if it would be late. Answers how long to sleep without one: not at all if the
    /// deadline has passed, and `None` if the timer ends the sleep.
    fn arm(&self, batch: &mut Batch, at: Instant) -> io::Result<Option<Duration>> {
        if batch.armed.is_some_and(|armed| armed <= at) {
            return Ok(None);
        }
        let rest = at.saturating_duration_since(Instant::now());
        if rest.is_zero() {
            return Ok(Some(rest));
        }
        if batch.timer.is_none() {
            // No descriptor to be had: this sleep does without, and the next one asks again.
            batch.timer = self.timer().ok();
        }
        let Some(timer) = &batch.timer else {
            return Ok(Some(rest.min(LONGEST_NAP)));
        };
        let once = Itimerspec { it_interval: Timespec::default(), it_value: timespec(rest) };
        timerfd_settime(timer, TimerfdTimerFlags::empty(), &once)?;
        batch.armed = Some(at);
        Ok(None)
    }

    fn timer(&self) -> io::Result<OwnedFd> {
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        let edge = EventFlags::IN | EventFlags::ET;
        epoll::add(&self.epoll, &timer, EventData::new_u64(TIMER), edge)?;
        Ok(timer)
    }
}

/// As the kernel takes it, and no longer than it takes.
fn timespec(rest: Duration) -> Timespec {
    let seconds = i64::try_from(rest.as_secs()).unwrap_or(LONGEST_REST).min(LONGEST_REST);
    Timespec { tv_sec: seconds, tv_nsec: rest.subsec_nanos().into() }
}

/// What is asked of every source.
fn to_read() -> EventFlags {
    EventFlags::IN | EventFlags::PRI | EventFlags::RDHUP | EventFlags::ET
}

/// Reads from a stream socket. Past the C library, whose call is a cancellation point and pays for it.
pub(crate) fn recv<B: Buffer<u8>>(fd: BorrowedFd<'_>, buf: B) -> io::Result<B::Output> {
    Ok(rustix::net::recv(fd, buf, RecvFlags::empty())?.0)
}

/// Writes to a stream socket; the other side's end is an error and no signal, as with std.
pub(crate) fn send(fd: BorrowedFd<'_>, buf: &[u8]) -> io::Result<usize> {
    Ok(rustix::net::send(fd, buf, SendFlags::NOSIGNAL)?)
}

impl AsFd for Kernel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}

// SAFETY: NUMBERS ONLY, and numbers may go to any thread; the field that could be a pointer is never read.
unsafe impl Send for Batch {}

impl Batch {
    pub(crate) fn new() -> Batch {
        Batch { fetched: Vec::with_capacity(BATCH), armed: None, timer: None }
    }

    /// What was fetched last, less the bell and the timer.
    pub(crate) fn news(&self) -> impl Iterator<Item = News> + '_ {
        self.fetched.iter().filter(|event| event.data.u64() < TIMER).map(|event| {
            let flags = event.flags;
            let broken = flags.intersects(EventFlags::HUP | EventFlags::ERR);
            let odd = broken || flags.intersects(EventFlags::RDHUP | EventFlags::PRI);
            News {
                key: Key::from_raw(event.data.u64() as usize),
                read: odd || flags.contains(EventFlags::IN),
                write: broken || flags.contains(EventFlags::OUT),
                read_closed: odd,
                write_closed: broken,
            }
        })
    }
}
