//! All of them, in argument order.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::children::{Children, Gatherable};
use crate::rounds::{Round, Rounds};
use crate::slots::Slots;

/// Waits for all of several futures and gives their outputs in argument order: asyncio's `gather`.
///
/// Takes a tuple (futures of different types, outputs in a tuple), an array, a `Vec`, or an
/// iterator; see [`Gatherable`]. The futures run inside the caller's task, in turns: they begin at
/// the first poll, in argument order, and afterwards only those that were woken are polled again.
/// To run them on several threads, give tasks: `gather((spawn(a()), spawn(b())))`.
///
/// If all are ready at once, so is the gather: nothing yields (unless the task's budget is used
/// up: after 128 operations that were ready, joins among them, the others go first). An empty one is ready with nothing
/// in it. Outputs that are `Result`s stay `Result`s, so one failure stops nobody (asyncio's
/// `return_exceptions=True`); [`try_gather`](crate::try_gather) stops at the first. With
/// [`limit`](Gather::limit) only so many run at a time.
///
/// ```
/// use evenkeel_task::gather;
///
/// # futures_lite::future::block_on(async {
/// let (number, word) = gather((async { 1 }, async { "two" })).await;
/// assert_eq!((number, word), (1, "two"));
///
/// let squares = gather((1..=3).map(|n| async move { n * n })).await;
/// assert_eq!(squares, [1, 4, 9]);
/// # });
/// ```
///
/// # Cancellation
/// Place lost: dropping the gather drops all its children, which cancels those that are tasks. What
/// was done already is dropped with it. To keep the children, gather `&mut` of them.
///
/// # Panics
/// A child's panic goes on into the caller at once; the other children are dropped with the gather.
#[doc(alias = "join")]
#[doc(alias = "join_all")]
pub fn gather<G: Gatherable>(children: G) -> Gather<G> {
    let children = children.into_children();
    Gather { rounds: Rounds::new(children.count()), children }
}

pin_project! {
    /// The future made by [`gather`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct Gather<G: Gatherable> {
        rounds: Rounds,
        #[pin]
        children: G::Children,
    }
}

impl<F: Future, G: Gatherable<Children = Slots<F>>> Gather<G> {
    /// Lets at most `limit` children run at a time; the next begins when one is done.
    ///
    /// # Panics
    /// If `limit` is 0: nothing would ever begin.
    pub fn limit(mut self, limit: usize) -> Gather<G> {
        assert!(limit > 0, "a gather with a limit of 0 would never begin");
        self.rounds.set_limit(limit);
        self
    }
}

impl<G: Gatherable> Future for Gather<G> {
    type Output = G::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<G::Output> {
        let mut this = self.project();
        let children = &mut this.children;
        let round = this.rounds.round(cx.waker(), |child, cx| children.as_mut().poll(child, cx));
        match round {
            Round::Finished => Poll::Ready(this.children.take()),
            Round::Waiting | Round::Stopped => Poll::Pending,
        }
    }
}

impl<G: Gatherable> fmt::Debug for Gather<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gather")
            .field("children", &self.rounds.len())
            .field("done", &self.rounds.done())
            .finish()
    }
}
