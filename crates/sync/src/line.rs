//! The line: the places of those who wait, linked in the order in which they came.
//!
//! A place is a node inside the waiting future ([`Waiter`](crate::waitlist::Waiter)), so waiting
//! allocates nothing and leaving from the middle costs no search. The list is guarded by one small
//! lock, held for a few instructions. A primitive may keep more under that lock, a second line even
//! ([`Side`]). Who was granted something and has not come for it is on a list of its own.
//!
//! # Invariants
//!
//! Those of [`crate::waitlist`]: LOCKED, STAYS PUT, LEAVES FIRST, ONE LIST, TOLD.

use std::mem;
use std::ptr::NonNull;
use std::task::Waker;

use crate::loom::{AtomicBool, LineGuard, LineLock, Ordering, const_unless_loom};
use crate::who::Who;

/// A list of waiters behind its lock, which may guard more than the line: `B` is all it guards.
pub(crate) struct WaitList<B = Line>(LineLock<B>);

impl WaitList {
    const_unless_loom! {
        pub(crate) const fn new() -> Self {
            Self::of(Line::new())
        }
    }
}

impl<B> WaitList<B> {
    const_unless_loom! {
        pub(crate) const fn of(book: B) -> Self {
            Self(LineLock::new(book))
        }
    }

    #[inline]
    #[cfg_attr(evenkeel_count, track_caller)]
    pub(crate) fn lock(&self) -> LineGuard<'_, B> {
        self.0.lock()
    }
}

/// Which line is meant, of all that the lock of a [`WaitList`] guards.
pub(crate) trait Side<B> {
    fn line(book: &mut B) -> &mut Line;
}

/// The only one.
pub(crate) enum Only {}

impl Side<Line> for Only {
    fn line(line: &mut Line) -> &mut Line {
        line
    }
}

/// The waiters, from the first to be served to the last. Reached only through the list's lock.
#[repr(C)]
pub(crate) struct Line {
    first: Link,
    last: Link,
    waiting: usize,
    /// How many ever joined, which is the ticket of the latest.
    arrivals: u64,
    /// Those who were granted what they wanted and have not come for it, the latest first.
    granted: Link,
    /// How many were ever granted.
    grants: u64,
}

pub(crate) type Link = Option<NonNull<Node>>;

pub(crate) struct Node {
    pub(crate) before: Link,
    pub(crate) after: Link,
    /// What is wanted; once called, what was given.
    pub(crate) want: usize,
    pub(crate) ticket: u64,
    pub(crate) who: Who,
    /// While granted, the number of the grant; while in line, that of the grant to another waiter of
    /// its task for which it let the others go first. Else 0.
    pub(crate) mark: u64,
    /// The primitive keeps a note of this wait elsewhere and wants to hear of its end.
    pub(crate) listed: bool,
    /// Some while in line; called, none: there is nobody left to wake.
    pub(crate) waker: Option<Waker>,
}

/// A node, and what its owner may look at without the lock. Every node is the beginning of one.
#[repr(C)]
pub(crate) struct Place {
    node: Node,
    told: AtomicBool,
}

/// Who was called, or is in line.
#[derive(Clone, Copy)]
pub(crate) struct Called {
    pub(crate) who: Who,
    pub(crate) ticket: u64,
}

/// How many unclaimed grants are looked through for one to the same task. A lock has one at most; the
/// rest is bounded since the line is locked meanwhile.
const GRANTS_LOOKED_AT: usize = 16;

// SAFETY: LOCKED and LEAVES FIRST: whichever thread holds the lock may follow the links; what the
// nodes own (a Waker) is Send and Sync.
unsafe impl Send for Line {}

impl Place {
    pub(crate) fn of(node: Node) -> Self {
        Self { node, told: AtomicBool::new(false) }
    }

    /// Whether the owner of the place was told that what it waits for has come.
    ///
    /// # Safety
    /// `place` is live and initialised.
    #[inline]
    pub(crate) unsafe fn was_told(place: NonNull<Place>) -> bool {
        // SAFETY: the caller's word. Others reach the node meanwhile, so that is not borrowed.
        let told = unsafe { &(*place.as_ptr()).told };
        // Acquire: pairs with the Release in `tell_first`: what came before it is seen, and the other
        // has done with the node.
        told.load(Ordering::Acquire)
    }
}

impl Node {
    pub(crate) fn called(&self) -> Called {
        Called { who: self.who, ticket: self.ticket }
    }
}

impl Line {
    pub(crate) const fn new() -> Self {
        Self { first: None, last: None, waiting: 0, arrivals: 0, granted: None, grants: 0 }
    }

    /// Whether somebody was granted something and has not come for it.
    #[inline]
    pub(crate) fn has_grants(&self) -> bool {
        self.granted.is_some()
    }

    /// Whether that may be one of the task of `who`.
    #[inline]
    pub(crate) fn may_have_granted_to(&self, who: Who) -> bool {
        // SAFETY: LEAVES FIRST and LOCKED, as in `first`.
        let latest = self.granted.map(|node| unsafe { node.as_ref() });
        latest.is_some_and(|latest| latest.after.is_some() || latest.who.is_of_the_task_of(who))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    pub(crate) fn arrivals(&self) -> u64 {
        self.arrivals
    }

    /// What the first in line wants, and its ticket.
    pub(crate) fn first(&self) -> Option<(usize, u64)> {
        // SAFETY: LEAVES FIRST, so the node lives; LOCKED, we were reached through the lock.
        self.first.map(|node| unsafe { (node.as_ref().want, node.as_ref().ticket) })
    }

    /// The ticket of the `n`th in line, counted from one. Walks there.
    pub(crate) fn ticket_of(&self, n: usize) -> Option<u64> {
        let mut node = self.first;
        for _ in 1..n {
            // SAFETY: LEAVES FIRST and LOCKED, as in `first`.
            node = unsafe { node?.as_ref().after };
        }
        // SAFETY: as above.
        node.map(|node| unsafe { node.as_ref().ticket })
    }

    /// Calls the first in line: it is out of the line and has what it wanted. The answer is its
    /// waker, to be woken after the unlock, and who it is.
    #[inline]
    pub(crate) fn call_first(&mut self) -> Option<(Waker, Called)> {
        let (want, _) = self.first()?;
        self.call_first_with(want)
    }

    /// The same, where what is given is not what was wanted: `Waiter::poll_given` answers it.
    #[inline]
    pub(crate) fn call_first_with(&mut self, given: usize) -> Option<(Waker, Called)> {
        let mut node = self.first?;
        // SAFETY: LEAVES FIRST and LOCKED, as in `first`; `self` is borrowed mutably, so no other
        // reference into a node exists.
        unsafe {
            self.first = node.as_ref().after;
            match self.first {
                Some(mut next) => next.as_mut().before = None,
                None => self.last = None,
            }
            self.waiting -= 1;
            let node = node.as_mut();
            let waker = node.waker.take().expect("a node in line has a waker");
            node.after = None;
            node.want = given;
            node.mark = 0;
            Some((waker, node.called()))
        }
    }

    /// Calls the first in line, for something that it need not come for: it may go on without the lock.
    #[inline]
    pub(crate) fn tell_first(&mut self) -> Option<Waker> {
        let node = self.first?;
        let (waker, _) = self.call_first()?;
        // SAFETY: LEAVES FIRST and LOCKED, as in `first`; a node is the beginning of a place, and its
        // pointer was made of one.
        let told = unsafe { &(*node.cast::<Place>().as_ptr()).told };
        // TOLD: our last touch. Release: pairs with the Acquire in `was_told`.
        told.store(true, Ordering::Release);
        Some(waker)
    }

    /// Calls the first in line and keeps it in sight until it comes for what it was given: should its
    /// task wait here by another waiter instead, that one may have it (`Waiter::take_over`).
    #[inline]
    pub(crate) fn grant_first(&mut self) -> Option<(Waker, Called)> {
        let mut node = self.first?;
        let called = self.call_first()?;
        if called.1.who.task.is_some() {
            self.grants += 1;
            // SAFETY: LEAVES FIRST and LOCKED, as in `first`; out of the line, its links are free.
            unsafe {
                let entry = node.as_mut();
                entry.mark = self.grants;
                entry.after = self.granted;
                if let Some(mut next) = self.granted {
                    next.as_mut().before = Some(node);
                }
            }
            self.granted = Some(node);
        }
        Some(called)
    }

    /// One who was called has come, or is gone.
    ///
    /// # Safety
    /// `node` is live, was called, and is of this list.
    #[inline]
    pub(crate) unsafe fn settle(&mut self, mut node: NonNull<Node>) {
        // SAFETY: the caller's word for `node`; LEAVES FIRST for its neighbours.
        unsafe {
            if mem::take(&mut node.as_mut().mark) == 0 {
                return;
            }
            let (before, after) = (node.as_mut().before.take(), node.as_mut().after.take());
            match before {
                Some(mut before) => before.as_mut().after = after,
                None => self.granted = after,
            }
            if let Some(mut after) = after {
                after.as_mut().before = before;
            }
        }
    }

    /// An unclaimed grant to the task of `who`.
    pub(crate) fn granted_to(&self, who: Who) -> Option<NonNull<Node>> {
        let mut next = self.granted;
        for _ in 0..GRANTS_LOOKED_AT {
            let node = next?;
            // SAFETY: LEAVES FIRST and LOCKED, as in `first`.
            let entry = unsafe { node.as_ref() };
            if entry.who.is_of_the_task_of(who) {
                return Some(node);
            }
            next = entry.after;
        }
        None
    }

    /// `ours`, in line, has what was granted to `other`, which is the first in line again.
    ///
    /// # Safety
    /// Both are live and of this list; `ours` is in line, `other` was granted what it has.
    pub(crate) unsafe fn trade(&mut self, mut ours: NonNull<Node>, mut other: NonNull<Node>) {
        // SAFETY: the caller's word; LEAVES FIRST for the first in line.
        unsafe {
            self.unlink(ours);
            self.settle(other);
            let (ours, entry) = (ours.as_mut(), other.as_mut());
            ours.mark = 0;
            // Its own was woken. Ours wakes the same task, should it never look again by itself.
            entry.waker = ours.waker.take();
            entry.after = self.first;
            match self.first {
                Some(mut first) => first.as_mut().before = Some(other),
                None => self.last = Some(other),
            }
        }
        self.first = Some(other);
        self.waiting += 1;
    }

    /// # Safety
    /// `node` is live, in no list, and keeps LEAVES FIRST and STAYS PUT for this list.
    #[inline]
    pub(crate) unsafe fn join(&mut self, mut node: NonNull<Node>) {
        self.arrivals += 1;
        self.waiting += 1;
        // SAFETY: the caller's word for `node`; LEAVES FIRST for `last`.
        unsafe {
            let entry = node.as_mut();
            entry.ticket = self.arrivals;
            entry.before = self.last;
            match self.last {
                Some(mut last) => last.as_mut().after = Some(node),
                None => self.first = Some(node),
            }
        }
        self.last = Some(node);
    }

    /// # Safety
    /// `node` is live and in this list.
    pub(crate) unsafe fn unlink(&mut self, mut node: NonNull<Node>) {
        self.waiting -= 1;
        // SAFETY: the caller's word for `node`; LEAVES FIRST for its neighbours.
        unsafe {
            let (before, after) = (node.as_mut().before.take(), node.as_mut().after.take());
            match before {
                Some(mut before) => before.as_mut().after = after,
                None => self.first = after,
            }
            match after {
                Some(mut after) => after.as_mut().before = before,
                None => self.last = before,
            }
        }
    }
}

/// The node, for as long as its line is held.
///
/// # Safety
/// `node` is live and belongs to a line that the lock of `_book` guards.
pub(crate) unsafe fn lent<'a, B>(_book: &'a mut B, node: &'a mut NonNull<Node>) -> &'a mut Node {
    // SAFETY: the caller's word, and LOCKED.
    unsafe { node.as_mut() }
}
