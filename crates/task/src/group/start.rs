//! A child that says when it is ready: the caller goes on only then.

use std::fmt;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::{Poll, Waker};

use super::{Outcome, TaskGroup};
use crate::builder::Builder;
use crate::loom::{Mutex, lock};

impl<E: fmt::Debug + Send + 'static> TaskGroup<E> {
    /// Starts a child and waits until it says that it is ready: Trio's `nursery.start`. So a server listens
    /// before its clients begin.
    ///
    /// ```
    /// use evenkeel_task::{LocalExecutor, TaskGroup, block_on, yield_now};
    /// use std::convert::Infallible;
    ///
    /// # let executor = LocalExecutor::new();
    /// # block_on(executor.run(executor.spawn(async {
    /// let port = TaskGroup::<Infallible>::scope(async |group| {
    ///     let port = group.start(|ready| async move {
    ///         let port = 8080; // it listens now
    ///         ready.set(port);
    ///         yield_now().await; // and goes on as a child
    ///     });
    ///     let port = port.await.expect("it is ready");
    ///     Ok(port)
    /// });
    /// assert_eq!(port.await.unwrap(), 8080);
    /// # })));
    /// ```
    ///
    /// # Errors
    /// [`NotStarted`] if the child ended before it was ready; if it failed, its error is the group's.
    ///
    /// # Cancellation
    /// Nothing lost: the child goes on as a child of the group; its readiness is dropped.
    #[track_caller]
    pub fn start<V, F, C>(
        &self,
        child: C,
    ) -> impl Future<Output = Result<V, NotStarted>> + Send + use<V, F, C, E>
    where
        C: FnOnce(Started<V>) -> F,
        V: Send + 'static,
        F: Future<Output: Outcome<E, Value: Send>> + Send + 'static,
    {
        let place = Arc::new(Place(Mutex::new(Said::Nothing(None))));
        let future = child(Started { place: Arc::clone(&place) });
        drop(self.create_task_as(Builder::new(), future));
        poll_fn(move |cx| {
            let waker = cx.waker().clone();
            let mut said = lock(&place.0);
            let old = match &mut *said {
                Said::Nothing(waiting) => waiting.replace(waker),
                Said::Ready(value) => {
                    return Poll::Ready(value.take().ok_or(NotStarted));
                }
                Said::Gone => return Poll::Ready(Err(NotStarted)),
            };
            drop(said);
            drop(old);
            Poll::Pending
        })
    }
}

/// The child's end of [`TaskGroup::start`].
#[must_use = "the caller waits until `set` is called"]
pub struct Started<V> {
    place: Arc<Place<V>>,
}

/// Where the value lies until the caller takes it.
struct Place<V>(Mutex<Said<V>>);

enum Said<V> {
    Nothing(Option<Waker>),
    Ready(Option<V>),
    Gone,
}

impl<V> Place<V> {
    /// Says it, unless something was said, and wakes the caller.
    fn say(&self, what: Said<V>) {
        let mut said = lock(&self.0);
        if let Said::Nothing(waiting) = &mut *said {
            let waker = waiting.take();
            *said = what;
            drop(said);
            waker.into_iter().for_each(Waker::wake);
        }
    }
}

impl<V> Started<V> {
    /// The child is ready; its starter goes on with `value`.
    pub fn set(self, value: V) {
        self.place.say(Said::Ready(Some(value)));
    }
}

impl<V> Drop for Started<V> {
    fn drop(&mut self) {
        self.place.say(Said::Gone);
    }
}

impl<V> fmt::Debug for Started<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Started").finish_non_exhaustive()
    }
}

/// The child ended before it said that it was ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotStarted;

impl fmt::Display for NotStarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the child ended before it said that it was ready")
    }
}

impl std::error::Error for NotStarted {}
