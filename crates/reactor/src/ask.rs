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

/// Leaves those that are registered and can be read; all that are registered, if the kernel will not say.
/// The caller has locked the registry.
pub(crate) fn keep_readable(registry: &Registry, doubts: &mut Vec<Doubt>) {
    doubts.retain(|doubt| registry.get(doubt.key).is_some());
    let flags = PollFlags::IN | PollFlags::PRI;
    // SAFETY: REGISTERED WHILE OWNED: the borrows end before this returns, and with it the lock.
    let fd = |doubt: &Doubt| unsafe { BorrowedFd::borrow_raw(doubt.fd) };
    let mut asked: Vec<_> =
        doubts.iter().map(|doubt| PollFd::from_borrowed_fd(fd(doubt), flags)).collect();
    if poll(&mut asked, Some(&Timespec::default())).is_ok() {
        let mut answers = asked.iter();
        doubts.retain(|_| answers.next().is_some_and(|answer| !answer.revents().is_empty()));
    }
}
