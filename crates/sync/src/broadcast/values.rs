//! A broadcast as a stream, whose place in line outlives a poll.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use evenkeel_context::{poll_budget, spend};
use futures_core::Stream;

use super::book::{Book, Shared};
use super::{Lagged, Receiver, RecvError, own};
use crate::waitlist::{Only, Waiter};

/// The values of a broadcast, as a stream. Made by [`Receiver::into_stream`].
///
/// Waiting costs one allocation, which is used again for each wait.
#[must_use = "streams do nothing unless polled"]
pub struct Values<T> {
    receiver: Receiver<T>,
    waiter: Option<Pin<Box<Next<T>>>>,
}

type Next<T> = Waiter<Arc<Shared<T>>, Only, Book<T>>;

impl<T> Values<T> {
    pub(super) fn new(receiver: Receiver<T>) -> Self {
        Self { receiver, waiter: None }
    }

    /// The receiver, which goes on where the stream was.
    pub fn into_inner(self) -> Receiver<T> {
        self.receiver
    }

    fn poll_taken(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Arc<T>, RecvError>>> {
        let Self { receiver: Receiver { shared, next }, waiter } = self;
        ready!(poll_budget(cx));
        if waiter.is_none() {
            let taken = shared.list.lock().take(next);
            if taken.is_some() {
                spend();
                return Poll::Ready(taken);
            }
        }
        let fresh = |next: u64| Waiter::new(shared.clone(), next as usize);
        let waiter = waiter.get_or_insert_with(|| Box::pin(fresh(*next)));
        let (_, taken) = ready!(waiter.as_mut().poll_with(cx, |book, _| book.take(next)));
        waiter.set(fresh(*next));
        Poll::Ready(taken)
    }
}

impl<T: Clone> Stream for Values<T> {
    type Item = Result<T, Lagged>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(match ready!(self.get_mut().poll_taken(cx)) {
            Some(Ok(value)) => Some(Ok(own(value))),
            Some(Err(RecvError::Lagged(missed))) => Some(Err(Lagged(missed))),
            Some(Err(RecvError::Closed)) | None => None,
        })
    }
}

impl<T> fmt::Debug for Values<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").field("receiver", &self.receiver).finish_non_exhaustive()
    }
}
