//! Blocking in the kernel, elsewhere than Linux: `Poller::wait`, which knows kqueue, ports and poll.
// REGISTERED WHILE OWNED: a `Source` keeps its descriptor open from `add` until after `delete`.

use std::io;
use std::num::NonZeroUsize;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::time::Instant;

use polling::{Event, Events, PollMode, Poller};
use rustix::buffer::Buffer;

use crate::loom::AtomicBool;
use crate::registry::{Key, Way};

/// A hang-up may have been told together with the data before it, and `polling` does not say.
pub(crate) const SHORT_PROVES_DRY: bool = false;

/// News fetched by one wait. Larger saves system calls when very many descriptors are ready at once.
const BATCH: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

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
    pub(crate) read_closed: bool,
    pub(crate) write_closed: bool,
}

/// The descriptors a reactor sleeps on.
#[derive(Debug)]
pub(crate) struct Kernel {
    poller: Poller,
}

/// News as it was fetched: for one waiting thread at a time.
pub(crate) struct Batch {
    fetched: Events,
}

impl Kernel {
    pub(crate) fn new() -> io::Result<Kernel> {
        Ok(Kernel { poller: Poller::new()? })
    }

    /// Edge-triggered where the platform can, else one report per [`Kernel::rearm`].
    pub(crate) fn add(&self, fd: BorrowedFd<'_>, key: Key) -> io::Result<()> {
        let interest = Event::all(key.raw());
        let mode = if self.poller.supports_edge() { PollMode::Edge } else { PollMode::Oneshot };
        // SAFETY: REGISTERED WHILE OWNED.
        unsafe { self.poller.add_with_mode(fd.as_raw_fd(), interest, mode) }
    }

    pub(crate) fn delete(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        self.poller.delete(fd)
    }

    /// Before a task waits: asks for one more report where news is not edge-triggered.
    pub(crate) fn rearm(
        &self,
        fd: RawFd,
        key: Key,
        _way: Way,
        _writes: &AtomicBool,
    ) -> io::Result<()> {
        if self.poller.supports_edge() {
            return Ok(());
        }
        // Both directions: the other one may have a waiter of its own, and a report in vain is harmless.
        // SAFETY: REGISTERED WHILE OWNED, and only a `Source` re-arms.
        let fd = unsafe { BorrowedFd::borrow_raw(fd) };
        self.poller.modify(fd, Event::all(key.raw()))
    }

    /// Ends the wait of the thread in [`Kernel::wait`], or the next one.
    pub(crate) fn ring(&self) {
        // A bell that cannot be rung is one that rings already.
        let _ = self.poller.notify();
    }

    /// Fetches news into `batch`, waiting for it no longer than `rest`. It may return without any.
    pub(crate) fn wait(&self, batch: &mut Batch, rest: Rest) -> io::Result<()> {
        let timeout = match rest {
            Rest::Look => Some(std::time::Duration::ZERO),
            Rest::Until(at) => Some(at.saturating_duration_since(Instant::now())),
            Rest::ForEver => None,
        };
        batch.fetched.clear();
        self.poller.wait(&mut batch.fetched, timeout).map(drop)
    }
}

/// Reads from a stream socket.
pub(crate) fn recv<B: Buffer<u8>>(fd: BorrowedFd<'_>, buf: B) -> io::Result<B::Output> {
    Ok(rustix::io::read(fd, buf)?)
}

/// Writes to a stream socket.
pub(crate) fn send(fd: BorrowedFd<'_>, buf: &[u8]) -> io::Result<usize> {
    Ok(rustix::io::write(fd, buf)?)
}

impl Batch {
    pub(crate) fn new() -> Batch {
        Batch { fetched: Events::with_capacity(BATCH) }
    }

    /// What was fetched last.
    pub(crate) fn news(&self) -> impl Iterator<Item = News> + '_ {
        self.fetched.iter().map(|event| News {
            key: Key::from_raw(event.key),
            read: event.readable,
            write: event.writable,
            read_closed: false,
            write_closed: false,
        })
    }
}
