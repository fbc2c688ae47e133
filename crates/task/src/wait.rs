//! Until one, or all, of several tasks have ended: what is done, and what is not.

use std::fmt;
use std::future::{Future, Pending};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use evenkeel_context::{poll_budget, spend};
use pin_project_lite::pin_project;

use crate::done::Done;
use crate::error::JoinError;
use crate::handle::Task;
use crate::rounds::{Answer, Round, Rounds};

/// Waits for tasks and sorts them into done and pending: asyncio's `wait`.
///
/// Waits for all of them unless told otherwise: [`first_completed`](Wait::first_completed),
/// [`first_exception`](Wait::first_exception), [`until`](Wait::until). It never cancels anybody:
/// what is not done comes back as a task that goes on running. Done is what has ended when the
/// waiter goes on, which may be more than one. Both lists are in argument order. With no tasks it
/// returns at once, and it does not yield when it need not.
///
/// ```
/// use evenkeel_task::{Task, Waited, wait};
///
/// # futures_lite::future::block_on(async {
/// let Waited { done, pending } = wait([Task::ready(1), Task::ready(2)]).await;
/// assert_eq!(done.into_iter().map(|task| task.result()).collect::<Vec<_>>(), [1, 2]);
/// assert!(pending.is_empty());
/// # });
/// ```
///
/// # Cancellation
/// Data may be lost: the wait owns the tasks, so dropping it drops them, and that cancels them.
/// Where the waiter may be cancelled and the tasks are to go on (in asyncio they do), use
/// [`wait_mut`](crate::wait_mut).
pub fn wait<T>(tasks: impl IntoIterator<Item = Task<T>>) -> Wait<Watched<T>> {
    let entries = tasks.into_iter().map(Entry::Pending).collect();
    Wait::new(Watched { entries, stops: |_| false })
}

pin_project! {
    /// What [`wait`] and [`wait_mut`](crate::wait_mut) make: await it as it is, or say first what
    /// to wait for.
    ///
    /// `S` is what it waits for, `U` what may end it early.
    #[must_use = "futures do nothing unless awaited"]
    pub struct Wait<S, U = Pending<()>> {
        rounds: Rounds,
        // `None` once it has been handed to the waiter.
        watched: Option<S>,
        #[pin]
        until: U,
    }
}

impl<S: Watch> Wait<S> {
    pub(crate) fn new(watched: S) -> Wait<S> {
        let rounds = Rounds::new(watched.count());
        Wait { rounds, watched: Some(watched), until: std::future::pending() }
    }
}

impl<S: Watch, U> Wait<S, U> {
    /// Until all tasks have ended, however they end. This is the default.
    pub fn all_completed(mut self) -> Self {
        self.stop_at_first(false);
        self
    }

    /// Until a task has ended, however it ends.
    #[doc(alias = "select")]
    #[doc(alias = "race")]
    pub fn first_completed(mut self) -> Self {
        self.stop_at_first(true);
        self
    }

    /// Until `stop` is ready, if that comes first: then what is not done is pending, and nothing is
    /// cancelled.
    ///
    /// Every task is looked at before `stop` is, so one that has ended counts as done even if
    /// `stop` was ready from the start.
    pub fn until<V: Future<Output = ()>>(self, stop: V) -> Wait<S, V> {
        Wait { rounds: self.rounds, watched: self.watched, until: stop }
    }

    fn stop_at_first(&mut self, stop: bool) {
        if let Some(watched) = &mut self.watched {
            watched.stop_at_first(stop);
        }
    }
}

impl<T, E, U> Wait<Watched<Result<T, E>>, U> {
    /// Until a task has failed: returned an `Err`, panicked, or found no thread to run on. Until
    /// all have ended if none fails. A cancelled task has not failed.
    pub fn first_exception(mut self) -> Self {
        if let Some(watched) = &mut self.watched {
            watched.stops = |outcome| match outcome {
                Ok(output) => output.is_err(),
                Err(error) => !error.is_cancelled(),
            };
        }
        self
    }
}

/// What [`wait`] found.
#[derive(Debug)]
#[must_use = "dropping it cancels the tasks that are pending"]
pub struct Waited<T> {
    /// The tasks that have ended, in argument order.
    pub done: Vec<Done<T>>,
    /// The tasks that go on, in argument order.
    pub pending: Vec<Task<T>>,
}

impl<S: Watch, U: Future<Output = ()>> Future for Wait<S, U> {
    type Output = S::Waited;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<S::Waited> {
        ready!(poll_budget(cx));
        let this = self.project();
        let watched = this.watched.as_mut().expect("a wait was polled after it was ready");
        let mut stop = false;
        // Never left early: whatever has ended by now is done.
        let round =
            this.rounds.whole_round(cx.waker(), |index, cx| match watched.poll(index, cx) {
                Poll::Pending => Answer::Pending,
                Poll::Ready(stops) => {
                    stop |= stops;
                    Answer::Done
                }
            });
        if round == Round::Waiting && !stop {
            ready!(this.until.poll(cx));
        }
        this.rounds.end();
        spend();
        Poll::Ready(this.watched.take().expect("looked at above").waited())
    }
}

impl<S: Watch, U> fmt::Debug for Wait<S, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("tasks", &self.rounds.len())
            .field("done", &self.rounds.done())
            .finish_non_exhaustive()
    }
}

/// Several tasks, owned or borrowed, that somebody waits for.
#[doc(hidden)]
#[allow(unnameable_types, reason = "sealed")]
pub trait Watch {
    type Waited;
    fn count(&self) -> usize;
    fn stop_at_first(&mut self, stop: bool);
    /// Ready, once per task, when it has ended; true if that ends the wait.
    fn poll(&mut self, index: usize, cx: &mut Context<'_>) -> Poll<bool>;
    fn waited(self) -> Self::Waited;
}

/// The tasks that a [`wait`] owns.
pub struct Watched<T> {
    entries: Vec<Entry<T>>,
    stops: fn(&Result<T, JoinError>) -> bool,
}

enum Entry<T> {
    Pending(Task<T>),
    Done(Done<T>),
}

impl<T> Watch for Watched<T> {
    type Waited = Waited<T>;

    fn count(&self) -> usize {
        self.entries.len()
    }

    fn stop_at_first(&mut self, stop: bool) {
        self.stops = if stop { |_| true } else { |_| false };
    }

    fn poll(&mut self, index: usize, cx: &mut Context<'_>) -> Poll<bool> {
        let entry = &mut self.entries[index];
        let Entry::Pending(task) = entry else {
            return Poll::Pending; // Woken once more after its end.
        };
        let outcome = ready!(task.poll_outcome(cx));
        let stops = (self.stops)(&outcome);
        *entry = Entry::Done(Done::new(task, outcome));
        Poll::Ready(stops)
    }

    fn waited(self) -> Waited<T> {
        let mut pending = Vec::new();
        // Collected where the entries were: a second vector of many costs more than the wait.
        let done = self.entries.into_iter().filter_map(|entry| match entry {
            Entry::Done(done) => Some(done),
            Entry::Pending(task) => {
                pending.push(task);
                None
            }
        });
        Waited { done: done.collect(), pending }
    }
}

impl<T> fmt::Debug for Watched<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched").field("tasks", &self.entries.len()).finish_non_exhaustive()
    }
}
