//! The line: those who wait, first come first served, and what one who leaves it passes on.
//!
//! A place in line is a node inside the waiting future, so waiting allocates nothing and leaving
//! from the middle costs no search. The list is guarded by one small lock, held for a few
//! instructions; it knows wakers and numbers, and leaves to the primitive ([`Serve`]) what is
//! waited for and when it may be had. A primitive may keep more under that lock, a second line
//! even ([`Side`]).
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
use std::marker::{PhantomData, PhantomPinned};
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

/// A list of waiters behind its lock, which may guard more than the line: `B` is all it guards.
pub(crate) struct WaitList<B = Line>(Mutex<B>);

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
            Self(Mutex::new(book))
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, B> {
        lock(&self.0)
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
    /// What is wanted; once called, what was given.
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
    pub(crate) const fn new() -> Self {
        Self { first: None, last: None, waiting: 0, arrivals: 0 }
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
    /// waker, to be woken after the unlock, and its task.
    pub(crate) fn call_first(&mut self) -> Option<(Waker, Option<NonZeroU64>)> {
        let (want, _) = self.first()?;
        self.call_first_with(want)
    }

    /// The same, where what is given is not what was wanted: [`Waiter::poll_given`] answers it.
    pub(crate) fn call_first_with(&mut self, given: usize) -> Option<(Waker, Option<NonZeroU64>)> {
        let mut node = self.first?;
        // SAFETY: LEAVES FIRST and LOCKED, as in `first`; `self` is borrowed mutably, so no other
        // reference into a node exists.
        unsafe {
            self.unlink(node);
            let node = node.as_mut();
            let waker = node.waker.take().expect("a node in line has a waker");
            node.want = given;
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
///
/// `S` is the line meant, `B` what its lock guards: left out, one line and nothing else.
pub(crate) trait Serve<S: Side<B> = Only, B = Line> {
    fn list(&self) -> &WaitList<B>;

    /// Takes `want` if it may be had at once without passing anybody in line. A primitive that
    /// cannot tell without the lock says no.
    fn try_take(&self, _want: usize) -> bool {
        false
    }

    /// The same with the line locked. Refused, the caller joins the line before it unlocks it.
    fn take_or_queue(&self, _want: usize) -> bool {
        false
    }

    /// The same for a primitive that looks at the line, or gives something else than was wanted.
    fn arrive(&self, want: usize, _book: &mut B) -> Option<usize> {
        self.take_or_queue(want).then_some(want)
    }

    /// One who was called is gone without having come for what it was `given`: the next may have it.
    fn give_back(&self, given: usize);

    /// One has left the locked line. Calls those it held up, and answers whether more could be
    /// called than `calls` had room for.
    fn serve<const N: usize>(&self, book: &mut B, calls: &mut Calls<N>) -> bool;

    /// Why one waits here, for those who look from outside.
    fn reason(&self) -> (Wait, u64);
}

/// Calls, batch by batch, everybody who can be served now; wakes them with nothing held.
pub(crate) fn serve_all<S, B, O>(owner: &O, panics: &mut Panics)
where
    S: Side<B>,
    O: Serve<S, B> + ?Sized,
{
    loop {
        let mut calls = Calls::<8>::new();
        let more = owner.serve(&mut owner.list().lock(), &mut calls);
        calls.wake(panics);
        if !more {
            return;
        }
    }
}

/// Calls everybody in line, first come first, and wakes them with nothing held.
pub(crate) fn call_all<'a, S: Side<B>, B>(
    list: &'a WaitList<B>,
    book: MutexGuard<'a, B>,
    panics: &mut Panics,
) {
    call_up::<S, B>(list, book, usize::MAX, panics);
}

/// Calls the first `n` in line, first come first, and wakes them with nothing held. Those who join
/// between two batches are not meant.
pub(crate) fn call_up<'a, S: Side<B>, B>(
    list: &'a WaitList<B>,
    mut book: MutexGuard<'a, B>,
    mut n: usize,
    panics: &mut Panics,
) {
    if S::line(&mut book).is_empty() {
        return;
    }
    let last = S::line(&mut book).arrivals();
    loop {
        let mut calls = Calls::<32>::new();
        let line = S::line(&mut book);
        while n > 0 && !calls.is_full() && line.first().is_some_and(|(_, ticket)| ticket <= last) {
            if let Some((waker, _)) = line.call_first() {
                calls.push(waker);
                n -= 1;
            }
        }
        drop(book);
        let more = calls.is_full();
        calls.wake(panics);
        if !more {
            return;
        }
        book = list.lock();
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
pub(crate) struct Waiter<P, S = Only, B = Line>
where
    P: Handle<Target: Serve<S, B>>,
    S: Side<B>,
{
    /// None once it has been served.
    owner: Option<P>,
    want: usize,
    /// In line or called (the node says which, under the lock), and not yet served.
    joined: bool,
    /// Written by `join`. By the time we are gone its waker has been taken, so nothing in it needs
    /// a drop.
    node: UnsafeCell<MaybeUninit<Node>>,
    _line: PhantomData<fn(S, B)>,
    _stays_put: PhantomPinned,
}

// SAFETY: LOCKED: the node is used by other threads under the list's lock alone, wherever the
// waiter itself has gone; what it owns besides is `P` and a Waker, which is Send.
unsafe impl<P, S, B> Send for Waiter<P, S, B>
where
    P: Handle<Target: Serve<S, B>> + Send,
    S: Side<B>,
{
}
// SAFETY: a shared waiter offers nothing.
unsafe impl<P, S, B> Sync for Waiter<P, S, B>
where
    P: Handle<Target: Serve<S, B>> + Sync,
    S: Side<B>,
{
}

impl<P, S, B> Waiter<P, S, B>
where
    P: Handle<Target: Serve<S, B>>,
    S: Side<B>,
{
    #[inline]
    pub(crate) fn new(owner: P, want: usize) -> Self {
        Self {
            owner: Some(owner),
            want,
            joined: false,
            node: UnsafeCell::new(MaybeUninit::uninit()),
            _line: PhantomData,
            _stays_put: PhantomPinned,
        }
    }

    /// Answers the primitive once `want` of it is ours.
    #[inline]
    pub(crate) fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<P> {
        self.poll_given(cx).map(|(owner, _)| owner)
    }

    /// The same, and what we were given, where that is not what we wanted.
    #[inline]
    pub(crate) fn poll_given(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<(P, usize)> {
        // SAFETY: STAYS PUT: only `owner` is ever moved out, and it is not pinned.
        let this = unsafe { self.as_mut().get_unchecked_mut() };
        let owner = this.owner.as_ref().expect("polled again after it was ready");
        if !this.joined && owner.try_take(this.want) {
            return Poll::Ready((this.owner.take().expect("seen above"), this.want));
        }
        self.wait_with(cx, |_, given| given)
    }

    /// The same where everything is under the lock: and what `take` makes of what we were given,
    /// before the unlock.
    #[inline]
    pub(crate) fn poll_with<R>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut take: impl FnMut(&mut B, usize) -> R,
    ) -> Poll<(P, R)> {
        if !self.joined {
            // SAFETY: STAYS PUT, as in `poll_given`.
            let this = unsafe { self.as_mut().get_unchecked_mut() };
            let owner = this.owner.as_ref().expect("polled again after it was ready");
            let mut book = owner.list().lock();
            if let Some(given) = owner.arrive(this.want, &mut book) {
                let taken = take(&mut book, given);
                drop(book);
                return Poll::Ready((this.owner.take().expect("seen above"), taken));
            }
        }
        self.wait_with(cx, take)
    }

    /// In line, or on the way into it.
    #[inline]
    fn wait_with<R>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        take: impl FnOnce(&mut B, usize) -> R,
    ) -> Poll<(P, R)> {
        // SAFETY: STAYS PUT, as in `poll_given`.
        let this = unsafe { self.get_unchecked_mut() };
        let owner = this.owner.as_ref().expect("polled again after it was ready");
        let taken = if !this.joined {
            this.join(owner, cx, take)
        } else if let Some((mut book, given)) = this.look(owner, cx) {
            // First of all: should `take` panic, what we were given is given back but once.
            this.joined = false;
            Some(take(&mut book, given))
        } else {
            None
        };
        if let Some(taken) = taken {
            return Poll::Ready((this.owner.take().expect("seen above"), taken));
        }
        this.joined = true;
        let (why, detail) = owner.reason();
        evenkeel_context::waiting_for(why, detail);
        Poll::Pending
    }

    fn node(&self) -> NonNull<Node> {
        NonNull::from(&self.node).cast()
    }

    /// Joins the line, unless what we want has come free meanwhile: then takes it.
    #[cold]
    fn join<R>(
        &self,
        owner: &P,
        cx: &mut Context<'_>,
        take: impl FnOnce(&mut B, usize) -> R,
    ) -> Option<R> {
        // Cloned before the lock: it is the executor's code.
        let entry = Node {
            before: None,
            after: None,
            want: self.want,
            ticket: 0,
            task: evenkeel_context::current_id(),
            waker: Some(cx.waker().clone()),
        };
        let mut book = owner.list().lock();
        if let Some(given) = owner.arrive(self.want, &mut book) {
            let taken = take(&mut book, given);
            drop(book);
            // Should the waker panic when it is dropped, what we took must not be lost with it.
            Panics::default().catch(|| drop(entry));
            return Some(taken);
        }
        let node = self.node();
        // SAFETY: not joined, so nobody else knows of the cell. STAYS PUT, we were reached through
        // a Pin; LEAVES FIRST, our drop sees to it; ONE LIST, by `owner` and `S`.
        unsafe {
            node.write(entry);
            S::line(&mut book).join(node);
        }
        None
    }

    /// Looks whether we were called, and what with; if not, leaves the waker of this poll behind.
    fn look<'o>(&self, owner: &'o P, cx: &mut Context<'_>) -> Option<(MutexGuard<'o, B>, usize)> {
        let mut node = self.node();
        let mut book = owner.list().lock();
        // SAFETY: LOCKED, by `book` (ONE LIST); the node is ours, written by `join`.
        let entry = unsafe { lent(&mut book, &mut node) };
        match &entry.waker {
            None => {
                let given = entry.want;
                return Some((book, given));
            }
            Some(waker) if waker.will_wake(cx.waker()) => {}
            Some(_) => {
                drop(book);
                let mut spare = Some(cx.waker().clone());
                book = owner.list().lock();
                // SAFETY: as above.
                let entry = unsafe { lent(&mut book, &mut node) };
                if entry.waker.is_none() {
                    let given = entry.want;
                    // Unlocked for the drop of the clone: it is the executor's code. Nobody takes
                    // from us what we were given.
                    drop(book);
                    drop(spare);
                    return Some((owner.list().lock(), given));
                }
                mem::swap(&mut entry.waker, &mut spare);
                drop(book);
                drop(spare);
            }
        }
        None
    }
}

/// The node, for as long as its line is held.
///
/// # Safety
/// `node` is live and belongs to a line that the lock of `_book` guards.
unsafe fn lent<'a, B>(_book: &'a mut B, node: &'a mut NonNull<Node>) -> &'a mut Node {
    // SAFETY: the caller's word, and LOCKED.
    unsafe { node.as_mut() }
}

impl<P, S, B> Drop for Waiter<P, S, B>
where
    P: Handle<Target: Serve<S, B>>,
    S: Side<B>,
{
    #[inline]
    fn drop(&mut self) {
        if self.joined {
            let owner = self.owner.as_ref().expect("not yet served");
            leave(&**owner, self.node());
        }
    }
}

/// A waiter goes away before it was served: out of the line, or on with what it was given.
#[cold]
fn leave<S, B, O>(owner: &O, mut node: NonNull<Node>)
where
    S: Side<B>,
    O: Serve<S, B> + ?Sized,
{
    let mut book = owner.list().lock();
    // SAFETY: the node is the caller's, alive for this call (LEAVES FIRST), and of this list (ONE
    // LIST).
    let entry = unsafe { lent(&mut book, &mut node) };
    let (waker, given) = (entry.waker.take(), entry.want);
    if waker.is_none() {
        drop(book);
        owner.give_back(given);
        return;
    }
    // SAFETY: as above, and not called, so in line.
    unsafe { S::line(&mut book).unlink(node) };
    let mut calls = Calls::<8>::new();
    let more = owner.serve(&mut book, &mut calls);
    drop(book);
    let mut panics = Panics::default();
    calls.wake(&mut panics);
    if more {
        serve_all(owner, &mut panics);
    }
    panics.catch(|| drop(waker));
    panics.resume();
}
