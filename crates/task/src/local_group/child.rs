//! A child that is polled in place, and the handle that reads its value.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use evenkeel_context::{poll_budget, spend};
use pin_project_lite::pin_project;

use super::Shared;
use crate::group::Outcome;
use crate::loom::{Mutex, lock};

pin_project! {
    /// A child: gives its value to its place, its error to the group.
    pub(super) struct Member<F, E, T> {
        #[pin]
        future: F,
        shared: Arc<Shared<E>>,
        leave: Leave<T>,
        number: usize,
        at: &'static Location<'static>,
    }
}

impl<F, E, T> Member<F, E, T> {
    pub(super) fn new(
        future: F,
        shared: Arc<Shared<E>>,
        number: usize,
        at: &'static Location<'static>,
    ) -> (Member<F, E, T>, LocalChild<T>) {
        let place = Arc::new(Place(Mutex::new(Said { value: None, waker: None, closed: false })));
        let leave = Leave(Arc::clone(&place));
        (Member { future, shared, leave, number, at }, LocalChild { place })
    }
}

impl<F: Future<Output: Outcome<E, Value = T>>, E, T> Future for Member<F, E, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        match ready!(this.future.poll(cx)).into_result() {
            Ok(value) => this.leave.0.put(value),
            Err(fault) => {
                this.shared.end(Some(fault.of_child(*this.number, this.at)));
            }
        }
        Poll::Ready(())
    }
}

/// Where a child leaves its value.
struct Place<T>(Mutex<Said<T>>);

struct Said<T> {
    value: Option<T>,
    /// Who waits for it.
    waker: Option<Waker>,
    /// The child is gone.
    closed: bool,
}

impl<T> Place<T> {
    fn put(&self, value: T) {
        lock(&self.0).value = Some(value);
    }

    fn close(&self) {
        let mut place = lock(&self.0);
        place.closed = true;
        let waker = place.waker.take();
        drop(place);
        waker.into_iter().for_each(Waker::wake);
    }
}

/// The child's hold on its place: when the child is gone, no value will come.
struct Leave<T>(Arc<Place<T>>);

impl<T> Drop for Leave<T> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// A child of a [`LocalGroup`](crate::LocalGroup), which owns it: awaiting this gives its value.
///
/// If it has none, because it failed or the group ends, the body that awaits it is about to be dropped: it
/// waits until then. Dropping this changes nothing.
///
/// # Cancellation
/// Nothing lost: the child goes on, and can be awaited again.
pub struct LocalChild<T> {
    place: Arc<Place<T>>,
}

impl<T> LocalChild<T> {
    /// Of a group that would not start it.
    pub(super) fn gone() -> LocalChild<T> {
        let said = Said { value: None, waker: None, closed: true };
        LocalChild { place: Arc::new(Place(Mutex::new(said))) }
    }

    /// The value, if it is there. Never waits.
    pub fn try_take(&self) -> Option<T> {
        lock(&self.place.0).value.take()
    }

    /// Whether the child is gone.
    pub fn is_finished(&self) -> bool {
        lock(&self.place.0).closed
    }
}

impl<T> Future for LocalChild<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        ready!(poll_budget(cx));
        let waker = cx.waker().clone();
        let mut place = lock(&self.place.0);
        if let Some(value) = place.value.take() {
            spend();
            return Poll::Ready(value);
        }
        let old = place.waker.replace(waker);
        drop(place);
        drop(old);
        Poll::Pending
    }
}

impl<T> fmt::Debug for LocalChild<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalChild").field("finished", &self.is_finished()).finish()
    }
}
