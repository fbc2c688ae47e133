//! Waiting in line: first come first served, and what one who leaves it passes on.
//!
//! A [`Waiter`] is the future under every waiting call; its place in line is inside it. It knows
//! wakers and numbers, and leaves to the primitive ([`Serve`]) what is waited for and when it may
//! be had.
//!
//! ```text
//!   new ──1──▶ in line ──2──▶ called ──3──▶ served
//!    │4          │5   ▲──7──    │6
//!    ▼           ▼              ▼
//!  served      gone      gone, and what it was given goes to the next
//!
//! 1 join   2 call_first   3 poll   4 poll, served without waiting   5, 6 drop
//! 7 take_over: its task waits by another waiter, and that one has what it was given
//! ```
//!
//! # Invariants
//!
//! - LOCKED: every field of a node in line or called, and every link, is touched only under the
//!   lock of its list. TOLD: but whoever has told a waiter has touched its node for the last time, so
//!   one who sees that it was told has it for itself.
//! - STAYS PUT: a waiter is pinned before its node enters the list, so the node never moves.
//! - LEAVES FIRST: a waiter's drop takes its node out of the list before its memory is given up;
//!   so each pointer reachable from a locked [`Line`] points to a live node.
//! - ONE LIST: a waiter holds its primitive from first to last, and so the list its node is in.

mod leave;
mod over;

use std::cell::UnsafeCell;
use std::marker::{PhantomData, PhantomPinned};
use std::mem::{self, MaybeUninit};
use std::ops::Deref;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use evenkeel_context::{poll_budget, spend};

use self::over::Over;
use crate::calls::{Calls, Panics};
pub(crate) use crate::line::{Called, Line, Only, Side, WaitList};
use crate::line::{Node, Place, lent};
use crate::loom::LineGuard;
pub(crate) use crate::serve::{Serve, call_all, call_up, serve_all};
use crate::who::Who;

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
    place: UnsafeCell<MaybeUninit<Place>>,
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
            place: UnsafeCell::new(MaybeUninit::uninit()),
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
        ready!(poll_budget(cx));
        let had = match this.joined {
            false => owner.try_take(this.want),
            // SAFETY: STAYS PUT, `join` has written it.
            true => P::Target::TOLD && unsafe { Place::was_told(this.place()) },
        };
        if had {
            if P::Target::TOLD {
                this.joined = false; // Nobody else knows of the node any more.
            }
            spend();
            return Poll::Ready((this.owner.take().expect("seen above"), this.want));
        }
        self.wait(cx)
    }

    /// The same where everything is under the lock: and what `take` makes of what we were given,
    /// before the unlock.
    #[inline(always)] // Apart, it would hand over what was taken by way of memory, twice.
    pub(crate) fn poll_with<R>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut take: impl FnMut(&mut B, usize) -> R,
    ) -> Poll<(P, R)> {
        ready!(poll_budget(cx));
        if !self.joined {
            // SAFETY: STAYS PUT, as in `poll_given`.
            let this = unsafe { self.as_mut().get_unchecked_mut() };
            let owner = this.owner.as_ref().expect("polled again after it was ready");
            let mut book = owner.list().lock();
            if let Some(given) = owner.arrive(this.want, &mut book) {
                let taken = take(&mut book, given);
                drop(book);
                spend();
                return Poll::Ready((this.owner.take().expect("seen above"), taken));
            }
        }
        self.wait_taking(cx, take)
    }

    /// Apart from `poll_given`, so that a caller who need not wait has few registers to save.
    #[cold]
    #[inline(never)]
    fn wait(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<(P, usize)> {
        self.wait_with(cx, |_, given| given)
    }

    /// Apart from `poll_with`, for the same reason.
    #[cold]
    #[inline(never)]
    fn wait_taking<R>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        take: impl FnOnce(&mut B, usize) -> R,
    ) -> Poll<(P, R)> {
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
        let found = if !this.joined {
            this.join(owner, cx, take)
        } else {
            match this.look(owner, cx) {
                Found::Served((mut book, given)) => {
                    // First of all: should `take` panic, what we were given is given back but once.
                    this.joined = false;
                    Found::Served(take(&mut book, given))
                }
                Found::Waits { again } => Found::Waits { again },
            }
        };
        let again = match found {
            Found::Served(taken) => {
                spend();
                return Poll::Ready((this.owner.take().expect("seen above"), taken));
            }
            Found::Waits { again } => again,
        };
        this.joined = true;
        let (why, detail) = owner.reason();
        evenkeel_context::waiting_for(why, detail);
        if again {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// What is waited for; None once we have it.
    pub(crate) fn owner(&self) -> Option<&P> {
        self.owner.as_ref()
    }

    /// Lets `note` write down this wait, with the line locked; None is its wish to be asked again. Not
    /// while it is written down already, nor if the wait is over or may be at once.
    pub(crate) fn list<R>(&self, note: impl FnOnce(Called) -> Option<R>) -> Option<Option<R>> {
        if !self.joined {
            return None;
        }
        let mut node = self.node();
        let mut book = self.owner.as_ref()?.list().lock();
        if S::line(&mut book).granted_to(Who::runs()).is_some() {
            return None; // For us to take over.
        }
        // SAFETY: LOCKED, by `book` (ONE LIST); the node is ours, written by `join`.
        let entry = unsafe { lent(&mut book, &mut node) };
        if entry.listed || entry.waker.is_none() {
            return None;
        }
        let noted = note(entry.called());
        entry.listed = noted.is_some();
        Some(noted)
    }

    fn place(&self) -> NonNull<Place> {
        NonNull::from(&self.place).cast()
    }

    fn node(&self) -> NonNull<Node> {
        self.place().cast()
    }

    /// Joins the line, unless what we want has come free meanwhile: then takes it.
    fn join<R>(
        &self,
        owner: &P,
        cx: &mut Context<'_>,
        take: impl FnOnce(&mut B, usize) -> R,
    ) -> Found<R> {
        let who = Who::polls(cx);
        // Cloned before the lock: it is the executor's code.
        let entry = Node {
            before: None,
            after: None,
            want: self.want,
            ticket: 0,
            who,
            mark: 0,
            listed: false,
            waker: Some(cx.waker().clone()),
        };
        let mut book = owner.list().lock();
        if let Some(given) = owner.arrive(self.want, &mut book) {
            let taken = take(&mut book, given);
            drop(book);
            // Should the waker panic when it is dropped, what we took must not be lost with it.
            Panics::default().catch(|| drop(entry));
            return Found::Served(taken);
        }
        // SAFETY: not joined, so nobody else knows of the cell. STAYS PUT, we were reached through
        // a Pin; LEAVES FIRST, our drop sees to it; ONE LIST, by `owner` and `S`.
        unsafe {
            self.place().write(Place::of(entry));
            S::line(&mut book).join(self.node());
        }
        // It has only just come, so it lets the others go first.
        if !S::line(&mut book).may_have_granted_to(who) {
            return Found::Waits { again: false };
        }
        Found::Waits { again: self.take_over(owner, &mut book) == Over::Soon }
    }

    /// Looks whether we were called, and what with; if not, leaves the waker of this poll behind.
    fn look<'o>(&self, owner: &'o P, cx: &mut Context<'_>) -> Found<(LineGuard<'o, B>, usize)> {
        let mut node = self.node();
        let mut spare = None;
        let mut book = owner.list().lock();
        loop {
            // SAFETY: LOCKED, by `book` (ONE LIST); the node is ours, written by `join`.
            let entry = unsafe { lent(&mut book, &mut node) };
            match &entry.waker {
                None => {
                    let given = entry.want;
                    if mem::take(&mut entry.listed) {
                        owner.unlist(entry.called());
                    }
                    // SAFETY: as above, and it was called.
                    unsafe { S::line(&mut book).settle(node) };
                    if spare.is_some() {
                        // Unlocked for the drop of the clone: it is the executor's code.
                        drop(book);
                        drop(spare);
                        book = owner.list().lock();
                    }
                    return Found::Served((book, given));
                }
                Some(waker) if waker.will_wake(cx.waker()) => break,
                Some(_) if spare.is_some() => {
                    mem::swap(&mut entry.waker, &mut spare);
                    break;
                }
                Some(_) => {
                    drop(book);
                    spare = Some(cx.waker().clone());
                    book = owner.list().lock();
                }
            }
        }
        let over = match S::line(&mut book).has_grants() {
            true => self.take_over(owner, &mut book),
            false => Over::Not,
        };
        if over != Over::Now {
            drop(book);
            drop(spare);
            return Found::Waits { again: over == Over::Soon };
        }
        let mut calls = Calls::<8>::new();
        let more = owner.serve(&mut book, &mut calls);
        drop(book);
        drop(spare);
        let mut panics = Panics::default();
        calls.wake(&mut panics);
        if more {
            serve_all(&**owner, &mut panics);
        }
        panics.resume(); // Then we are dropped as one who was called, and give back what we have.
        Found::Served((owner.list().lock(), self.want))
    }
}

/// How a poll ended.
enum Found<R> {
    Served(R),
    /// In line; `again`: and wants to be polled once more without being called.
    Waits {
        again: bool,
    },
}
