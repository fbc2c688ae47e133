//! All of them, or the first error.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use evenkeel_context::{Endings, collect_endings};
use pin_project_lite::pin_project;

use crate::children::{Children, TryChildren, TryGatherable};
use crate::rounds::{Answer, Round, Rounds};

/// Waits for all of several futures that give a `Result`: all values in argument order, or the
/// first error.
///
/// Takes what [`gather`](crate::gather) takes. At the first `Err` the others are dropped, which
/// cancels those that are tasks, and those tasks have ended, and their guards have run, before the
/// error is returned: nothing goes on behind the caller's back (asyncio's `gather` leaves the
/// siblings running). A child that has not begun when another fails never does.
///
/// ```
/// use evenkeel_task::try_gather;
///
/// # futures_lite::future::block_on(async {
/// async fn parse(text: &str) -> Result<i32, std::num::ParseIntError> {
///     text.parse()
/// }
/// assert_eq!(try_gather((parse("1"), parse("2"))).await, Ok((1, 2)));
/// assert!(try_gather([parse("1"), parse("two")]).await.is_err());
/// # });
/// ```
///
/// # Errors
/// The error of the child that failed first; of several that failed between two polls, of the one
/// that was woken first. The outputs of the others are dropped.
///
/// # Cancellation
/// Place lost: dropping it drops all its children, which cancels those that are tasks, and an error
/// that was waiting for cancelled siblings to end.
///
/// # Panics
/// A child's panic goes on into the caller at once; the other children are dropped with the future.
#[doc(alias = "try_join")]
#[doc(alias = "try_join_all")]
pub fn try_gather<G: TryGatherable>(children: G) -> TryGather<G> {
    let children = children.into_children();
    TryGather { rounds: Rounds::new(children.count()), children, failed: None }
}

pin_project! {
    /// The future made by [`try_gather`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct TryGather<G: TryGatherable> {
        rounds: Rounds,
        #[pin]
        children: G::Children,
        failed: Option<Failed<G::Error>>,
    }
}

/// An error that waits for the siblings to end.
struct Failed<E> {
    error: E,
    endings: Endings,
}

impl<G: TryGatherable> Future for TryGather<G> {
    type Output = Result<G::Ok, G::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if this.failed.is_none() {
            let children = &mut this.children;
            let mut failed = None;
            let round = this.rounds.round(cx.waker(), |child, cx| {
                let turn = children.as_mut().poll(child, cx);
                if turn == Answer::Done && children.as_mut().has_failed(child) {
                    failed = Some(child);
                    return Answer::Stop;
                }
                turn
            });
            let Some(child) = failed else {
                return match round {
                    Round::Finished => Poll::Ready(Ok(this.children.take_ok())),
                    Round::Waiting | Round::Stopped => Poll::Pending,
                };
            };
            this.rounds.end();
            let error = children.as_mut().take_error(child);
            let ((), endings) = collect_endings(|| children.as_mut().clear());
            *this.failed = Some(Failed { error, endings });
        }
        if let Some(failed) = this.failed {
            if Pin::new(&mut failed.endings).poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
        match this.failed.take() {
            Some(failed) => Poll::Ready(Err(failed.error)),
            None => Poll::Pending,
        }
    }
}

impl<G: TryGatherable> fmt::Debug for TryGather<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TryGather")
            .field("children", &self.rounds.len())
            .field("done", &self.rounds.done())
            .field("has_failed", &self.failed.is_some())
            .finish()
    }
}
