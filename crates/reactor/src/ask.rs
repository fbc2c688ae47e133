//! Asking the kernel, in one call, which of many sources can be read.
// REGISTERED WHILE OWNED: a `Source` leaves the registry before it lets go of its descriptor, so what is
// registered is open for as long as the registry is locked.

use std::os::fd::{BorrowedFd, RawFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::registry::{Key, Registry};

/// A source that is believed dry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Doubt {
    pub(crate) fd: RawFd,
    pub(crate) key: Key,
}

/// The questions of one call: empty between calls, and kept for its room.
pub(crate) struct Asked(Vec<PollFd<'static>>);

impl Asked {
    /// No room yet.
    pub(crate) fn new() -> Asked {
        Asked(Vec::new())
    }

    /// Leaves those that are registered and can be read; all that are registered, if the kernel will not
    /// say. The caller has locked the registry.
    pub(crate) fn keep_readable(&mut self, registry: &Registry, doubts: &mut Vec<Doubt>) {
        let Asked(asked) = self;
        doubts.retain(|doubt| registry.get(doubt.key).is_some());
        // SAFETY: REGISTERED WHILE OWNED: the borrows end before this returns, and with it the lock.
        let fd = |doubt: &Doubt| unsafe { BorrowedFd::borrow_raw(doubt.fd) };
        let flags = PollFlags::IN | PollFlags::PRI;
        asked.extend(doubts.iter().map(|doubt| PollFd::from_borrowed_fd(fd(doubt), flags)));
        if poll(asked, Some(&Timespec::default())).is_ok() {
            let mut answers = asked.iter();
            doubts.retain(|_| answers.next().is_some_and(|answer| !answer.revents().is_empty()));
        }
        asked.clear();
    }
}
