//! A source's tie to its reactor: try first, wait second.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::task::{Context, Poll, Waker, ready};

use evenkeel_context::{Wait, poll_budget, spend, waiting_for};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::ask::Doubt;
use crate::direction::{Enlisted, Place};
use crate::doubts::Left;
use crate::habit::Habit;
use crate::loom::{Arc, AtomicBool};
use crate::reactor::Reactor;
use crate::readiness::Seen;
use crate::registry::{Key, Record, Way};
use crate::wait::SHORT_PROVES_DRY;

/// A source less its descriptor: so that the descriptor can be borrowed mutably beside it.
pub(crate) struct Link {
    reactor: Reactor,
    record: Arc<Record>,
    key: Key,
    fd: RawFd,
    /// A stream socket of std's: a short read or write shows that the kernel's buffer is dry.
    stream: bool,
    /// The kernel was asked for news of writing.
    writes: AtomicBool,
    habit: Habit,
}

/// What the result of an operation shows of what is left, if it was one of a byte stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shows {
    /// No more to be had: it did less than it was asked for.
    Dry,
    /// Perhaps no more: a read filled its buffer.
    Full,
    /// Nothing.
    Nothing,
}

impl Link {
    /// Registers `fd` with `reactor`.
    pub(crate) fn new(reactor: Reactor, fd: BorrowedFd<'_>) -> io::Result<Link> {
        let record = Arc::new(Record::default());
        let raw = fd.as_raw_fd();
        match reactor.add(fd, &record) {
            Ok(key) => Ok(Link {
                reactor,
                record,
                key,
                fd: raw,
                stream: false,
                writes: AtomicBool::new(false),
                habit: Habit::default(),
            }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                format!("descriptor {raw} is registered with this reactor already"),
            )),
            Err(error) => Err(error),
        }
    }

    /// It is a stream socket of std's.
    pub(crate) fn is_stream(&mut self) {
        self.stream = SHORT_PROVES_DRY;
    }

    /// Whether it may be read and written by [`recv`](crate::wait::recv) and [`send`](crate::wait::send).
    pub(crate) fn stream(&self) -> bool {
        self.stream
    }

    pub(crate) fn reactor(&self) -> &Reactor {
        &self.reactor
    }

    /// Tries `op` as long as there is reason to, then waits; first of all, whether the task may go on.
    /// `shows` tells what a result means, if this is a byte stream. `place` is that of the future that waits,
    /// once it has one; `None` for a `poll_` call.
    pub(crate) fn attempt<'a, R>(
        &'a self,
        way: Way,
        mut place: Option<&mut Option<Place<'a>>>,
        cx: &mut Context<'_>,
        mut op: impl FnMut() -> io::Result<R>,
        shows: impl Fn(&R) -> Shows,
    ) -> Poll<io::Result<R>> {
        ready!(poll_budget(cx));
        loop {
            let seen = self.record.look(way);
            if seen.is_ready() || (seen.is_guessed() && !self.leave_doubt(way, seen)) {
                match op() {
                    Ok(done) => {
                        if self.stream {
                            self.note(way, seen, shows(&done));
                        }
                        spend();
                        return Poll::Ready(Ok(done));
                    }
                    Err(error) => match error.kind() {
                        io::ErrorKind::WouldBlock => {
                            if way == Way::Read {
                                self.habit.tried(true);
                            }
                            if !self.record.way(way).clear(seen) {
                                continue;
                            }
                        }
                        io::ErrorKind::Interrupted => continue,
                        _ => {
                            spend();
                            return Poll::Ready(Err(error));
                        }
                    },
                }
            }
            let direction = self.record.way(way);
            let place = place.as_mut().map(|it| it.get_or_insert_with(|| Place::new(direction)));
            match direction.enlist(place, cx.waker()) {
                Enlisted::TryAgain => continue,
                Enlisted::Waits => {}
            }
            self.reactor.kernel().rearm(self.fd, self.key, way, &self.writes)?;
            waiting_for(Wait::Source, self.fd as u64);
            return Poll::Pending;
        }
    }

    /// Learns from what an operation of a byte stream did. Newer news stands in any case.
    fn note(&self, way: Way, seen: Seen, shows: Shows) {
        if way == Way::Read {
            self.habit.tried(false);
        }
        // Hung up, there is always something left to read: the end.
        match shows {
            Shows::Dry if !seen.is_closed() => {
                // Spares the call that would only say `WouldBlock`.
                self.record.way(way).clear(seen);
            }
            Shows::Full if !seen.is_closed() && self.habit.guesses() => {
                self.record.way(way).guess(seen);
            }
            _ => {}
        }
    }

    /// Whether the driver will see to the guess that was `seen`, so that it may be waited on.
    fn leave_doubt(&self, way: Way, seen: Seen) -> bool {
        let left = self.reactor.leave_doubt(Doubt { fd: self.fd, key: self.key });
        // After it was left: who finds no guess any more relies on that. Newer news is met in `enlist`.
        if left == Left::WithDriver {
            self.record.way(way).clear(seen);
        }
        left == Left::WithDriver
    }

    /// Takes `fd` out of the reactor, and wakes who is left.
    pub(crate) fn let_go(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        let deleted = self.reactor.delete(fd, self.key);
        self.record.take_all().into_iter().for_each(Waker::wake);
        deleted
    }
}

/// What the kernel says of a descriptor at this moment: `WouldBlock` if there is nothing to do.
pub(crate) fn probe(fd: BorrowedFd<'_>, way: Way) -> io::Result<()> {
    let flags = match way {
        Way::Read => PollFlags::IN | PollFlags::PRI,
        Way::Write => PollFlags::OUT,
    };
    match poll(&mut [PollFd::from_borrowed_fd(fd, flags)], Some(&Timespec::default()))? {
        0 => Err(io::ErrorKind::WouldBlock.into()),
        _ => Ok(()),
    }
}
