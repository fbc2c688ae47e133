//! The futures of a channel's two ends.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::{Closed, Place, SendError};
use crate::book::Count;
use crate::order::Fifo;
use crate::stock::{Getter, Putter, Stock};

pin_project! {
    /// Sends an item. Made by [`Sender::send`](super::Sender::send).
    #[must_use = "futures do nothing unless awaited"]
    pub struct Sending<'a, T> {
        #[pin]
        pub(super) putter: Putter<&'a Stock<Fifo<T>>, Fifo<T>>,
        pub(super) item: Option<T>,
    }
}

pin_project! {
    /// Waits for room and keeps it. Made by [`Sender::reserve`](super::Sender::reserve).
    #[must_use = "futures do nothing unless awaited"]
    pub struct Reserving<'a, T> {
        #[pin]
        pub(super) putter: Putter<&'a Stock<Fifo<T>>, Fifo<T>>,
    }
}

pin_project! {
    /// Waits for an item. Made by [`Receiver::recv`](super::Receiver::recv).
    #[must_use = "futures do nothing unless awaited"]
    pub struct Receiving<'a, T> {
        #[pin]
        pub(super) getter: Getter<&'a Stock<Fifo<T>>, Fifo<T>>,
    }
}

impl<T> Future for Sending<'_, T> {
    type Output = Result<(), SendError<T>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        ready!(Stock::poll_put(this.putter, cx, this.item));
        Poll::Ready(this.item.take().map_or(Ok(()), |item| Err(SendError(item))))
    }
}

impl<'a, T> Future for Reserving<'a, T> {
    type Output = Result<Place<'a, T>, SendError<()>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (stock, kept) = ready!(Stock::poll_reserve(self.project().putter, cx));
        Poll::Ready(if kept { Ok(Place { stock }) } else { Err(SendError(())) })
    }
}

impl<T> Future for Receiving<'_, T> {
    type Output = Result<T, Closed>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (stock, item, news) = ready!(Stock::poll_get(self.project().getter, cx, Count::Done));
        stock.tell(news);
        Poll::Ready(item.ok_or(Closed::new()))
    }
}

impl<T> fmt::Debug for Sending<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Reserving<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reserving").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Receiving<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiving").finish_non_exhaustive()
    }
}
