//! A watch as a stream, whose place in line outlives a poll.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use evenkeel_context::{poll_budget, spend};
use futures_core::Stream;

use super::Receiver;
use super::book::{Book, Changed, Shared};
use crate::waitlist::Waiter;

/// The changes of a watched value, as a stream. Made by [`Receiver::into_stream`].
///
/// Waiting costs one allocation, which is used again for each wait.
#[must_use = "streams do nothing unless polled"]
pub struct Changes<T> {
    receiver: Receiver<T>,
    waiter: Option<Pin<Box<Next<T>>>>,
}

type Next<T> = Waiter<Arc<Shared<T>>, Changed, Book<T>>;

impl<T> Changes<T> {
    pub(super) fn new(receiver: Receiver<T>) -> Self {
        Self { receiver, waiter: None }
    }

    /// The receiver, which goes on where the stream was.
    pub fn into_inner(self) -> Receiver<T> {
        self.receiver
    }
}

impl<T> Stream for Changes<T> {
    type Item = Arc<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Arc<T>>> {
        let Self { receiver: Receiver { shared, seen }, waiter } = self.get_mut();
        let look = |book: &mut Book<T>, seen: &mut u64| {
            book.news(seen).map(|news| news.ok().map(|()| book.value.clone()))
        };
        let fresh = |seen: u64| Waiter::new(shared.clone(), seen as usize);
        ready!(poll_budget(cx));
        if waiter.is_none() {
            if let Some(news) = look(&mut shared.list.lock(), seen) {
                spend();
                return Poll::Ready(news);
            }
        }
        let waiter = waiter.get_or_insert_with(|| Box::pin(fresh(*seen)));
        let (_, news) = ready!(waiter.as_mut().poll_with(cx, |book, _| look(book, seen)));
        waiter.set(fresh(*seen));
        Poll::Ready(news.flatten())
    }
}

impl<T: fmt::Debug> fmt::Debug for Changes<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").field("receiver", &self.receiver).finish_non_exhaustive()
    }
}
