//! The line: those who wait, first come first served, and what one who leaves it passes on.
//!
//! A place in line is a node inside the waiting future, so waiting allocates nothing and leaving
//! from the middle costs no search. The list is guarded by one small lock, held for a few
//! instructions; it knows wakers and numbers, and leaves to the primitive ([`Serve`]) what is
//! waited for and when it may be had.
//!
//! ```text
//!   new ──1──▶ in line ──2──▶ called ──3──▶ served
//!    │4          │5             │6
//!    ▼           ▼              ▼
//!  served      gone      gone, and what it was given goes to the next
//!
//! 1 join   2 call_first   3 poll   4 poll, served without waiting   5, 6 drop
//! ```
//!
//! # Invariants
//!
//! - LOCKED: every field of a node in line or called, and every link, is touched only under the
//!   lock of its list.
//! - STAYS PUT: a waiter is pinned before its node enters the list, so the node never moves.
//! - LEAVES FIRST: a waiter's drop takes its node out of the list before its memory is given up;
//!   so each pointer reachable from a locked [`Line`] points to a live node.
//! - ONE LIST: a waiter holds its primitive from first to last, and so the list its node is in.

use std::cell::UnsafeCell;
use std::marker::PhantomPinned;
use std::mem::{self, MaybeUninit};
use std::num::NonZeroU64;
use std::ops::Deref;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use evenkeel_context::Wait;

use crate::calls::{Calls, Panics};
use crate::loom::{Mutex, MutexGuard, const_unless_loom, lock};

/// A list of waiters behind its lock.
pub(crate) struct WaitList(Mutex<Line>);

impl WaitList {
    const_unless_loom! {
        pub(crate) const fn new() -> Self {
            Self(Mutex::new(Line { first: None, last: None, waiting: 0, arrivals: 0 }))
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Line> {
        lock(&self.0)
    }
}

/// The waiters, from the first to be served to the last. Reached only through the list's lock.
pub(crate) struct Line {
    first: Link,
    last: Link,
    waiting: usize,
    /// How many ever joined, which is the ticket of the latest.
    arrivals: u64,
}

type Link = Option<NonNull<Node>>;

struct Node {
    before: Link,
    after: Link,
    want: usize,
    ticket: u64,
    task: Option<NonZeroU64>,
    /// Some while in line; called, none: there is nobody left to wake.
    waker: Option<Waker>,
}

// SAFETY: LOCKED and LEAVES FIRST: whichever thread holds the lock may follow the links; what the
// nodes own (a Waker) is Send and Sync.
unsafe impl Send for Line {}

impl Line {
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

    /// Calls the first in line: it is out of the line and has what it wanted. The answer is its
    /// waker, to be woken after the unlock, and its task.
    pub(crate) fn call_first(&mut self) -> Option<(Waker, Option<NonZeroU64>)> {
        let mut node = self.first?;
        // SAFETY: LEAVES FIRST and LOCKED, as in `first`; `self` is borrowed mutably, so no other
        // reference into a node exists.
        unsafe {
            self.unlink(node);
            let node = node.as_mut();
            let waker = node.waker.take().expect("a node in line has a waker");
            Some((waker, node.task))
        }
    }

    /// # Safety
    /// `node` is live, in no list, and keeps LEAVES FIRST and STAYS PUT for this list.
    unsafe fn join(&mut self, mut node: NonNull<Node>) {
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
    unsafe fn unlink(&mut self, mut node: NonNull<Node>) {
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

/// What a primitive decides: who may be served, and what becomes of what nobody came for.
pub(crate) trait Serve {
    fn list(&self) -> &WaitList;

    /// Takes `want` if it may be had at once without passing anybody in line.
    fn try_take(&self, want: usize) -> bool;

    /// The same with the line locked. Refused, the caller joins the line before it unlocks it.
    fn take_or_queue(&self, want: usize) -> bool;

    /// One who was called is gone without having come for `want`: the next may have it.
    fn give_back(&self, want: usize);

    /// One has left the locked line. Calls those it held up, and answers whether more could be
    /// called than `calls` had room for.
    fn serve<const N: usize>(&self, line: &mut Line, calls: &mut Calls<N>) -> bool;

    /// Why one waits here, for those who look from outside.
    fn reason(&self) -> (Wait, u64);
}

/// Calls, batch by batch, everybody who can be served now; wakes them with nothing held.
pub(crate) fn serve_all<S: Serve + ?Sized>(owner: &S, panics: &mut Panics) {
    loop {
        let mut calls = Calls::<8>::new();
        let more = owner.serve(&mut owner.list().lock(), &mut calls);
        calls.wake(panics);
        if !more {
            return;
        }
    }
}

/// A pointer that leads to the same object for as long as it lives, wherever it is moved.
///
/// # Safety
/// `deref` answers the same address each time.
pub(crate) unsafe trait Handle: Deref {}
// SAFETY: a reference never leads elsewhere.
unsafe impl<T: ?Sized> Handle for &T {}
// SAFETY: an Arc's target stays where it was allocated, and nobody reassigns ours.
unsafe impl<T: ?Sized> Handle for Arc<T> {}

/// One who wants something of `P`: the future under every waiting call, and its place in line.
///
/// In C's order, the node last: in Rust's own, making one clears the room for the node as well, a
/// third of what an uncontended lock costs.
#[repr(C)]
pub(crate) struct Waiter<P: Handle<Target: Serve>> {
    /// None once it has been served.
    owner: Option<P>,
    want: usize,
    /// In line or called (the node says which, under the lock), and not yet served.
    joined: bool,
    /// Written by `join`. By the time we are gone its waker has been taken, so nothing in it needs
    /// a drop.
    node: UnsafeCell<MaybeUninit<Node>>,
    _stays_put: PhantomPinned,
}

// SAFETY: LOCKED: the node is used by other threads under the list's lock alone, wherever the
// waiter itself has gone; what it owns besides is `P` and a Waker, which is Send.
unsafe impl<P: Handle<Target: Serve> + Send> Send for Waiter<P> {}
// SAFETY: a shared waiter offers nothing.
unsafe impl<P: Handle<Target: Serve> + Sync> Sync for Waiter<P> {}

impl<P: Handle<Target: Serve>> Waiter<P> {
    #[inline]
    pub(crate) fn new(owner: P, want: usize) -> Self {
        Self {
            owner: Some(owner),
            want,
            joined: false,
            node: UnsafeCell::new(MaybeUninit::uninit()),
            _stays_put: PhantomPinned,
        }
    }

    /// Answers the primitive once `want` of it is ours.
    #[inline]
    pub(crate) fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<P> {
        // SAFETY: STAYS PUT: only `owner` is ever moved out, and it is not pinned.
        let this = unsafe { self.get_unchecked_mut() };
        let owner = this.owner.as_ref().expect("polled again after it was ready");
        let served = if this.joined {
            this.look(owner, cx)
        } else {
            owner.try_take(this.want) || this.join(owner, cx)
        };
        if served {
            this.joined = false;
            return Poll::Ready(this.owner.take().expect("seen above"));
        }
        this.joined = true;
        let (why, detail) = owner.reason();
        evenkeel_context::waiting_for(why, detail);
        Poll::Pending
    }

    fn node(&self) -> NonNull<Node> {
        NonNull::from(&self.node).cast()
    }

    /// Joins the line, unless what we want has come free meanwhile (true).
    #[cold]
    fn join(&self, owner: &P, cx: &mut Context<'_>) -> bool {
        // Cloned before the lock: it is the executor's code.
        let entry = Node {
            before: None,
            after: None,
            want: self.want,
            ticket: 0,
            task: evenkeel_context::current_id(),
            waker: Some(cx.waker().clone()),
        };
        let mut line = owner.list().lock();
        if owner.take_or_queue(self.want) {
            drop(line);
            // Should the waker panic when it is dropped, what we took must not be lost with it.
            Panics::default().catch(|| drop(entry));
            return true;
        }
        let node = self.node();
        // SAFETY: not joined, so nobody else knows of the cell. STAYS PUT, we were reached through
        // a Pin; LEAVES FIRST, our drop sees to it; ONE LIST, by `owner`.
        unsafe {
            node.write(entry);
            line.join(node);
        }
        false
    }

    /// Looks whether we were called; if not, leaves the waker of this poll behind.
    fn look(&self, owner: &P, cx: &mut Context<'_>) -> bool {
        let mut node = self.node();
        let mut line = owner.list().lock();
        // SAFETY: LOCKED, by `line` (ONE LIST); the node is ours, written by `join`.
        match unsafe { &lent(&mut line, &mut node).waker } {
            None => return true,
            Some(waker) if waker.will_wake(cx.waker()) => {}
            Some(_) => {
                drop(line);
                let mut spare = Some(cx.waker().clone());
                line = owner.list().lock();
                // SAFETY: as above.
                let entry = unsafe { lent(&mut line, &mut node) };
                if entry.waker.is_none() {
                    drop(line);
                    return true;
                }
                mem::swap(&mut entry.waker, &mut spare);
                drop(line);
                drop(spare);
            }
        }
        false
    }
}

/// The node, for as long as its line is held.
///
/// # Safety
/// `node` is live and belongs to the list of `_line`.
unsafe fn lent<'a>(_line: &'a mut Line, node: &'a mut NonNull<Node>) -> &'a mut Node {
    // SAFETY: the caller's word, and LOCKED.
    unsafe { node.as_mut() }
}

impl<P: Handle<Target: Serve>> Drop for Waiter<P> {
    #[inline]
    fn drop(&mut self) {
        if self.joined {
            let owner = self.owner.as_ref().expect("not yet served");
            leave(&**owner, self.node(), self.want);
        }
    }
}

/// A waiter goes away before it was served: out of the line, or on with what it was given.
#[cold]
fn leave<S: Serve + ?Sized>(owner: &S, mut node: NonNull<Node>, want: usize) {
    let mut line = owner.list().lock();
    // SAFETY: the node is the caller's, alive for this call (LEAVES FIRST), and of this list (ONE
    // LIST).
    let entry = unsafe { lent(&mut line, &mut node) };
    let waker = entry.waker.take();
    if waker.is_none() {
        drop(line);
        owner.give_back(want);
        return;
    }
    // SAFETY: as above, and not called, so in line.
    unsafe { line.unlink(node) };
    let mut calls = Calls::<8>::new();
    let more = owner.serve(&mut line, &mut calls);
    drop(line);
    let mut panics = Panics::default();
    calls.wake(&mut panics);
    if more {
        serve_all(owner, &mut panics);
    }
    panics.catch(|| drop(waker));
    panics.resume();
}
