//! Leaving: a waiter that goes away before it was served.
//!
//! The invariants are those of [`crate::waitlist`].

use std::mem;
use std::ptr::NonNull;

use crate::calls::{Calls, Panics};
use crate::line::{Node, Side, lent};
use crate::serve::{Serve, serve_all};
use crate::waitlist::{Handle, Waiter};

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
    if mem::take(&mut entry.listed) {
        owner.unlist(entry.called());
    }
    if waker.is_none() {
        // SAFETY: as above, and it was called.
        unsafe { S::line(&mut book).settle(node) };
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
