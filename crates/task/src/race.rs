//! The first of several futures to be ready; the others are dropped, and gone, before it is told.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use evenkeel_context::{Endings, collect_endings};
use pin_project_lite::pin_project;

use crate::children::{Children, RaceChildren, Raceable};
use crate::rounds::{Answer, Round, Rounds};

/// Waits until the first of several futures is ready, and gives its value and its place among the
/// arguments. The others are dropped, which cancels those that are tasks; those tasks have ended, and
/// their guards and clean-ups have run, before the winner is told.
///
/// Takes what [`gather`](crate::gather) takes, a tuple too, where all outputs have one type; `race!` in
/// the crate `evenkeel` has a branch for each type. The futures run inside the caller's task and begin at
/// the first poll, in argument order. The first that is ready ends that: those behind it are not polled
/// any more, so none of them produces a value that nobody sees. Of several that are ready at the first
/// poll the first argument wins, later the one that was woken first.
///
/// One value can be lost: that of a *task*, given by value, which had ended by itself while another won,
/// for a task runs without being polled here. Race `&mut task` to keep it: the task goes on, or keeps its
/// value. [`wait`](crate::wait)`(tasks).first_completed()` gives back every task, ended or not.
///
/// ```
/// use evenkeel_task::{Raced, race};
///
/// # futures_lite::future::block_on(async {
/// let never = std::future::pending::<&str>();
/// assert_eq!(race((never, async { "first" })).await, Raced { index: 1, value: "first" });
/// # });
/// ```
///
/// # Cancellation
/// Data may be lost: dropping it drops all the futures, and the winner's value while the losers end.
///
/// # Panics
/// Without any future: it would never end. A future's panic goes on into the caller at once; the others
/// are dropped with the race.
#[doc(alias = "select")]
#[doc(alias = "select_all")]
#[doc(alias = "or")]
#[track_caller]
pub fn race<R: Raceable>(futures: R) -> Race<R> {
    let children = futures.into_children();
    assert!(children.count() > 0, "a race of no futures would never end");
    Race { rounds: Rounds::new(children.count()), children, won: None }
}

/// Who won a [`race`], and with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Raced<T> {
    /// Its place among the arguments; the first is 0.
    pub index: usize,
    /// Its value.
    pub value: T,
}

pin_project! {
    /// The future made by [`race`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct Race<R: Raceable> {
        rounds: Rounds,
        #[pin]
        children: R::Children,
        won: Option<Won<R::Item>>,
    }
}

/// A value that waits for the losers to end.
struct Won<T> {
    raced: Raced<T>,
    endings: Endings,
}

impl<R: Raceable> Future for Race<R> {
    type Output = Raced<R::Item>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if this.won.is_none() {
            let children = &mut this.children;
            let mut winner = None;
            let round = this.rounds.round(cx.waker(), |child, cx| {
                match children.as_mut().poll(child, cx) {
                    Answer::Done => {
                        winner = Some(child);
                        Answer::Stop
                    }
                    other => other,
                }
            });
            let (Round::Stopped, Some(index)) = (round, winner) else { return Poll::Pending };
            this.rounds.end();
            let value = children.as_mut().take_one(index);
            let ((), endings) = collect_endings(|| children.as_mut().clear());
            *this.won = Some(Won { raced: Raced { index, value }, endings });
        }
        if let Some(won) = this.won {
            if Pin::new(&mut won.endings).poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
        match this.won.take() {
            Some(won) => Poll::Ready(won.raced),
            None => Poll::Pending,
        }
    }
}

impl<R: Raceable> fmt::Debug for Race<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Race")
            .field("futures", &self.rounds.len())
            .field("is_won", &self.won.is_some())
            .finish()
    }
}
