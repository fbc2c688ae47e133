//! Attempts one after the other, without waiting for the slow ones: the first success wins.

use std::future::{Future, IntoFuture, poll_fn};
use std::iter::Peekable;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use evenkeel_context::collect_endings;

use crate::race::Raced;

/// Starts the next attempt when the one started last has failed, or when `delay` is over, whichever is
/// first, until one succeeds: "happy eyeballs", asyncio's `staggered_race`.
///
/// The others are dropped then, which cancels those that are tasks, and those have ended before the
/// winner is told, with the place of its attempt. `attempts` are taken one by one, the next when one
/// begins. `delay` makes the pause after each start, with whatever clock it likes; with
/// [`pending`](std::future::pending) the next attempt waits for a failure. In the crate `evenkeel` it is
/// a `Duration`.
///
/// ```
/// use evenkeel_task::{Raced, race_staggered, yield_now};
///
/// # futures_lite::future::block_on(async {
/// async fn connect(address: &str) -> Result<String, String> {
///     match address {
///         "silent" => std::future::pending().await,
///         "closed" => Err("refused".to_owned()),
///         address => Ok(format!("to {address}")),
///     }
/// }
/// let won = race_staggered(["silent", "closed", "open"].map(connect), yield_now).await;
/// assert_eq!(won, Ok(Raced { index: 2, value: "to open".to_owned() }));
/// let lost = race_staggered(["closed", "closed"].map(connect), yield_now).await;
/// assert_eq!(lost.unwrap_err(), ["refused", "refused"]);
/// # });
/// ```
///
/// # Errors
/// All errors, in the order of the attempts, when every attempt has failed; none if there was no attempt.
///
/// # Cancellation
/// Data may be lost: dropping it drops the attempts that run, and the winner's value while the losers
/// end.
#[doc(alias = "staggered_race")]
#[doc(alias = "happy_eyeballs")]
pub async fn race_staggered<I, T, E, D>(
    attempts: I,
    delay: impl FnMut() -> D,
) -> Result<Raced<T>, Vec<E>>
where
    I: IntoIterator<Item: IntoFuture<Output = Result<T, E>>>,
    D: Future<Output = ()>,
{
    let mut field = Field {
        attempts: attempts.into_iter().peekable(),
        delay,
        pause: None,
        running: Vec::new(),
        errors: Vec::new(),
        may_start: true,
    };
    let outcome = poll_fn(|cx| field.poll(cx)).await;
    let ((), endings) = collect_endings(|| drop(field));
    endings.await;
    outcome
}

/// The attempts: those to come, those that run, those that have failed.
struct Field<I: Iterator, F, E, D, M> {
    attempts: Peekable<I>,
    delay: M,
    /// Until the next start; `None` when nobody is left to be started.
    pause: Option<Pin<Box<D>>>,
    /// With their places.
    running: Vec<(usize, Pin<Box<F>>)>,
    /// By place; `None`: it runs.
    errors: Vec<Option<E>>,
    /// The one started last has failed, or the pause is over.
    may_start: bool,
}

impl<I, F, T, E, D, M> Field<I, F, E, D, M>
where
    I: Iterator<Item: IntoFuture<IntoFuture = F, Output = Result<T, E>>>,
    F: Future<Output = Result<T, E>>,
    D: Future<Output = ()>,
    M: FnMut() -> D,
{
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Raced<T>, Vec<E>>> {
        let mut from = 0;
        loop {
            if let Some(raced) = self.poll_running(from, cx) {
                return Poll::Ready(Ok(raced));
            }
            if let Some(pause) = &mut self.pause {
                self.may_start |= pause.as_mut().poll(cx).is_ready();
            }
            if !mem::take(&mut self.may_start) {
                break;
            }
            self.pause = None;
            let Some(attempt) = self.attempts.next() else { break };
            from = self.running.len();
            self.running.push((self.errors.len(), Box::pin(attempt.into_future())));
            self.errors.push(None);
            // The last one needs no pause behind it, and no timer.
            if self.attempts.peek().is_some() {
                self.pause = Some(Box::pin((self.delay)()));
            }
        }
        if self.running.is_empty() {
            return Poll::Ready(Err(mem::take(&mut self.errors).into_iter().flatten().collect()));
        }
        Poll::Pending
    }

    /// Polls those that run, from the `from`-th on: the others have been polled.
    fn poll_running(&mut self, from: usize, cx: &mut Context<'_>) -> Option<Raced<T>> {
        let mut next = from;
        while let Some((index, attempt)) = self.running.get_mut(next) {
            match attempt.as_mut().poll(cx) {
                Poll::Pending => next += 1,
                Poll::Ready(Ok(value)) => return Some(Raced { index: *index, value }),
                Poll::Ready(Err(error)) => {
                    let (index, attempt) = self.running.remove(next);
                    drop(attempt);
                    self.errors[index] = Some(error);
                    self.may_start |= index + 1 == self.errors.len();
                }
            }
        }
        None
    }
}
