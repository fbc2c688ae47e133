//! Receiving many items at once.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::{Closed, Receiver};
use crate::book::NOTHING;
use crate::order::Fifo;
use crate::parking;
use crate::stock::{Getter, Stock};

impl<T> Receiver<T> {
    /// Receives what is there, `limit` items at most, at the end of `room`; waits for the first as
    /// [`recv`](Receiver::recv) does, and for no other. How many came: 1 at least, unless `limit` is 0, which
    /// takes nothing and does not wait.
    ///
    /// A batch takes the channel's lock once, not once an item, and wakes as many senders as there are places
    /// free then. What is kept for other receivers stays theirs. Of a task's budget it is one operation.
    ///
    /// ```
    /// use evenkeel_sync::channel;
    ///
    /// # futures_lite::future::block_on(async {
    /// let (sender, mut receiver) = channel(8);
    /// std::thread::spawn(move || (0..20).try_for_each(|n| sender.send_blocking(n)));
    /// let (mut batch, mut sum) = (Vec::new(), 0);
    /// while receiver.recv_many(&mut batch, 5).await.is_ok() {
    ///     assert!(batch.len() <= 5);
    ///     sum += batch.drain(..).sum::<i32>(); // the same memory for the next
    /// }
    /// assert_eq!(sum, 190);
    /// # })
    /// ```
    ///
    /// # Errors
    ///
    /// None will come: the channel is empty, and closed or without a sender.
    ///
    /// # Cancellation
    ///
    /// Place lost: dropping this future takes nothing, and leaves `room` as it was; awaiting again joins the line
    /// at the back. If an item had been kept for it, that is still the first, for the next in line.
    pub fn recv_many<'a>(&'a mut self, room: &'a mut Vec<T>, limit: usize) -> ReceivingMany<'a, T> {
        self.feed.leave();
        ReceivingMany { getter: Getter::new(&*self.stock, NOTHING), room, limit }
    }

    /// As [`recv_many`](Receiver::recv_many), for a thread: blocks it, in the same line.
    ///
    /// # Errors
    ///
    /// As [`recv_many`](Receiver::recv_many).
    ///
    /// # Panics
    ///
    /// In a task of evenkeel, where it would stop the loop: await [`recv_many`](Receiver::recv_many).
    #[track_caller]
    pub fn recv_many_blocking(&mut self, room: &mut Vec<T>, limit: usize) -> Result<usize, Closed> {
        parking::block_on(self.recv_many(room, limit))
    }
}

pin_project! {
    /// Waits for items. Made by [`Receiver::recv_many`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct ReceivingMany<'a, T> {
        #[pin]
        getter: Getter<&'a Stock<Fifo<T>>, Fifo<T>>,
        room: &'a mut Vec<T>,
        limit: usize,
    }
}

impl<T> Future for ReceivingMany<'_, T> {
    type Output = Result<usize, Closed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if *this.limit == 0 {
            return Poll::Ready(Ok(0));
        }
        match ready!(Stock::poll_get_many(this.getter, cx, this.room, *this.limit)) {
            0 => Poll::Ready(Err(Closed::new())),
            came => Poll::Ready(Ok(came)),
        }
    }
}

impl<T> fmt::Debug for ReceivingMany<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivingMany").field("limit", &self.limit).finish_non_exhaustive()
    }
}
