//! The futures of a queue, and the stream of its items.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::{Item, OrderedQueue, QueueShutDown};
use crate::book::Count;
use crate::feed::Feed;
use crate::order::Order;
use crate::stock::{Getter, Joiner, Putter, Stock};

pin_project! {
    /// Puts an item. Made by [`OrderedQueue::put`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct Putting<'a, O: Order> {
        #[pin]
        pub(super) putter: Putter<&'a Stock<O>, O>,
        pub(super) item: Option<O::Item>,
    }
}

pin_project! {
    /// Waits for an item. Made by [`OrderedQueue::get`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct Getting<'a, O: Order> {
        #[pin]
        pub(super) getter: Getter<&'a Stock<O>, O>,
        pub(super) queue: &'a OrderedQueue<O>,
    }
}

pin_project! {
    /// Waits until nothing is unfinished. Made by [`OrderedQueue::join`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct Joining<'a, O: Order> {
        #[pin]
        pub(super) joiner: Joiner<&'a Stock<O>, O>,
    }
}

/// The items of a queue until it is shut down and empty. Made by [`OrderedQueue::stream`].
#[must_use = "streams do nothing unless polled"]
pub struct Items<O: Order> {
    pub(super) queue: OrderedQueue<O>,
    pub(super) feed: Feed<O>,
}

impl<O: Order> Future for Putting<'_, O> {
    type Output = Result<(), QueueShutDown<O::Item>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        ready!(Stock::poll_put(this.putter, cx, this.item));
        Poll::Ready(this.item.take().map_or(Ok(()), |item| Err(QueueShutDown(item))))
    }
}

impl<T, O: Order<Item = T>> Future for Getting<'_, O> {
    type Output = Result<Item<T, O>, QueueShutDown>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (stock, value, news) = ready!(Stock::poll_get(this.getter, cx, Count::Unfinished));
        let item = value.map(|value| this.queue.item(value));
        stock.tell(news);
        Poll::Ready(item.ok_or(QueueShutDown(())))
    }
}

impl<O: Order> Future for Joining<'_, O> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().joiner.poll_with(cx, |_, _| ()).map(|_| ())
    }
}

impl<T, O: Order<Item = T>> Stream for Items<O> {
    type Item = Item<T, O>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Item<T, O>>> {
        let Self { queue, feed } = self.get_mut();
        let (value, news) = ready!(feed.poll_next(&queue.0, cx, Count::Unfinished));
        let item = value.map(|value| queue.item(value));
        queue.0.tell(news);
        Poll::Ready(item)
    }
}

impl<O: Order> fmt::Debug for Putting<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Putting").finish_non_exhaustive()
    }
}

impl<O: Order> fmt::Debug for Getting<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Getting").finish_non_exhaustive()
    }
}

impl<O: Order> fmt::Debug for Joining<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Joining").finish_non_exhaustive()
    }
}

impl<O: Order> fmt::Debug for Items<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("queue", &self.queue).finish_non_exhaustive()
    }
}
