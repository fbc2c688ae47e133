//! Channels: items on their way from those who send to those who receive, each to one of them.
//!
//! A channel is a first-in-first-out stock with two kinds of ends, which are counted: it closes
//! when the last of either kind is dropped.

mod error;
mod futures;
mod many;
mod place;
mod statistics;

pub use crate::oneshot::Closed;
pub use error::{SendError, TrySendError};
pub use futures::{Receiving, Reserving, Sending};
pub use many::ReceivingMany;
pub use place::Place;
pub use statistics::ChannelStatistics;
use statistics::{describe, statistics};

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use crate::book::{Count, NOTHING};
use crate::feed::Feed;
use crate::order::Fifo;
use crate::parking;
use crate::stock::{Getter, NotPut, Putter, Stock};

/// A channel with room for `places` items, and its two ends. Both can be cloned; each item goes to
/// one receiver.
///
/// - *First come, first served*: items arrive in the order in which they were sent, and go to the
///   receivers in the order in which those asked; senders get room in the order of asking.
/// - *Nothing lost*: a send that is cancelled has sent nothing, a receive that is cancelled has
///   taken nothing; what was kept for either goes to the next in line.
/// - *It ends by itself*: when the last [`Sender`] is dropped receivers take what is inside and then
///   learn that it is [`Closed`]; when the last [`Receiver`] is dropped senders get their items
///   back.
///
/// ```
/// use evenkeel_sync::channel;
///
/// # futures_lite::future::block_on(async {
/// let (sender, mut receiver) = channel(2);
/// std::thread::spawn(move || {
///     for n in 0..5 {
///         sender.send_blocking(n).unwrap();
///     }
/// });
/// let mut sum = 0;
/// while let Ok(n) = receiver.recv().await {
///     sum += n;
/// }
/// assert_eq!(sum, 10);
/// # })
/// ```
///
/// # Panics
///
/// If `places` is 0: an item has to be somewhere between the hand of one and that of another. There is
/// no channel on which both meet, as std's `sync_channel(0)`: a sender that has to know when its item
/// was taken sends a [`oneshot()`](crate::oneshot()) along. For no bound at all take [`unbounded`].
#[doc(alias = "mpsc")]
#[track_caller]
pub fn channel<T>(places: usize) -> (Sender<T>, Receiver<T>) {
    assert!(
        places > 0,
        "a channel without room carries nothing: give it one place, or take `unbounded()`"
    );
    ends(Stock::new(places))
}

/// A [`channel()`] that always has room: sending never waits, and memory is the bound.
#[doc(alias = "mpsc")]
#[doc(alias = "unbounded_channel")]
pub fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    ends(Stock::new(usize::MAX))
}

fn ends<T>(stock: Stock<Fifo<T>>) -> (Sender<T>, Receiver<T>) {
    {
        let mut book = stock.lock();
        (book.senders, book.receivers) = (1, 1);
    }
    let stock = Arc::new(stock);
    (Sender { stock: stock.clone() }, Receiver { stock, feed: Feed::new() })
}

/// The end that sends. Dropping the last one closes the [`channel()`].
pub struct Sender<T> {
    stock: Arc<Stock<Fifo<T>>>,
}

/// The end that receives; also a [`Stream`], which ends when the channel is closed and empty.
/// Dropping the last one closes the [`channel()`] and drops what is inside.
///
/// As a stream it keeps its place in line between polls, and what was kept for it, until it is
/// polled again, dropped, or asked to [`recv`](Receiver::recv) or [`try_recv`](Receiver::try_recv).
pub struct Receiver<T> {
    stock: Arc<Stock<Fifo<T>>>,
    feed: Feed<Fifo<T>>,
}

impl<T> Sender<T> {
    /// Sends `item`, once there is room and all who came earlier have sent theirs.
    ///
    /// That it was sent does not say that anybody will receive it.
    ///
    /// # Errors
    ///
    /// The channel is closed: the item comes back.
    ///
    /// # Cancellation
    ///
    /// Place lost: dropping this future sends nothing, and drops the item; awaiting again joins the
    /// line at the back. If room had been kept for it, the next in line gets that. Where the item
    /// must not be dropped [`reserve`](Sender::reserve) first.
    #[doc(alias = "put")]
    #[inline]
    pub fn send(&self, item: T) -> Sending<'_, T> {
        Sending { putter: Putter::new(&*self.stock, NOTHING), item: Some(item) }
    }

    /// As [`send`](Sender::send), for a thread: blocks it, in the same line.
    ///
    /// # Errors
    ///
    /// As [`send`](Sender::send).
    ///
    /// # Panics
    ///
    /// In a task of evenkeel, where it would stop the loop: await [`send`](Sender::send).
    #[track_caller]
    pub fn send_blocking(&self, item: T) -> Result<(), SendError<T>> {
        parking::block_on(self.send(item))
    }

    /// Sends `item` if there is room and nobody waits for it; never waits. Of an
    /// [`unbounded`] channel this is all one needs.
    ///
    /// # Errors
    ///
    /// The channel is full or closed: the item comes back.
    #[inline]
    pub fn try_send(&self, item: T) -> Result<(), TrySendError<T>> {
        let mut item = Some(item);
        self.stock.try_put(&mut item).map_err(|why| {
            let item = item.expect("it was not put");
            match why {
                NotPut::Full => TrySendError::Full(item),
                NotPut::Ended => TrySendError::Closed(item),
            }
        })
    }

    /// Waits for room and keeps it, for an item that is sent later and without waiting.
    ///
    /// ```
    /// use evenkeel_sync::channel;
    ///
    /// # futures_lite::future::block_on(async {
    /// let (sender, mut receiver) = channel(1);
    /// let place = sender.reserve().await?;
    /// assert!(sender.try_send("in between").is_err());
    /// place.send("made when there was room for it")?;
    /// assert!(receiver.recv().await.is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap()
    /// ```
    ///
    /// # Errors
    ///
    /// The channel is closed.
    ///
    /// # Cancellation
    ///
    /// Place lost: dropping this future leaves the line; awaiting again joins it at the back. If
    /// room had been kept for it, the next in line gets that.
    #[doc(alias = "permit")]
    pub fn reserve(&self) -> Reserving<'_, T> {
        Reserving { putter: Putter::new(&*self.stock, NOTHING) }
    }

    /// Keeps room if there is any and nobody waits for it; never waits.
    ///
    /// # Errors
    ///
    /// The channel is full or closed.
    pub fn try_reserve(&self) -> Result<Place<'_, T>, TrySendError<()>> {
        match self.stock.try_reserve() {
            Ok(()) => Ok(Place { stock: &self.stock }),
            Err(NotPut::Full) => Err(TrySendError::Full(())),
            Err(NotPut::Ended) => Err(TrySendError::Closed(())),
        }
    }

    /// Waits until nothing can be sent any more: until the last receiver is gone, or somebody has
    /// closed the channel. For one who wants to stop making what nobody will have.
    ///
    /// # Cancellation
    ///
    /// Nothing lost: dropping this future and awaiting anew is as good.
    pub async fn closed(&self) {
        self.stock.ended().wait().await;
    }

    /// Sends nothing any more, through this sender or another. What is inside can still be received.
    pub fn close(&self) {
        self.stock.end(false);
    }

    /// Whether nothing can be sent any more.
    pub fn is_closed(&self) -> bool {
        self.stock.lock().has_ended()
    }

    /// How many items are inside.
    pub fn len(&self) -> usize {
        self.stock.lock().len()
    }

    /// Whether no item is inside.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether one would have to wait for room.
    pub fn is_full(&self) -> bool {
        self.stock.lock().is_full()
    }

    /// How many items there is room for; `None` if that is not bounded.
    pub fn capacity(&self) -> Option<usize> {
        self.stock.lock().capacity()
    }

    /// How the channel fares at this moment.
    pub fn statistics(&self) -> ChannelStatistics {
        statistics(&self.stock)
    }
}

impl<T> Receiver<T> {
    /// Receives the next item, once there is one and all who came earlier have theirs.
    ///
    /// # Errors
    ///
    /// None will come: the channel is empty, and closed or without a sender.
    ///
    /// # Cancellation
    ///
    /// Place lost: dropping this future takes nothing; awaiting again joins the line at the back. If
    /// an item had been kept for it, that is still the first, for the next in line.
    #[doc(alias = "get")]
    #[inline]
    pub fn recv(&mut self) -> Receiving<'_, T> {
        self.feed.leave();
        Receiving { getter: Getter::new(&*self.stock, NOTHING) }
    }

    /// As [`recv`](Receiver::recv), for a thread: blocks it, in the same line.
    ///
    /// # Errors
    ///
    /// As [`recv`](Receiver::recv).
    ///
    /// # Panics
    ///
    /// In a task of evenkeel, where it would stop the loop: await [`recv`](Receiver::recv).
    #[track_caller]
    pub fn recv_blocking(&mut self) -> Result<T, Closed> {
        parking::block_on(self.recv())
    }

    /// Receives the next item if there is one that is kept for nobody; `None` if there is not. Never
    /// waits.
    ///
    /// # Errors
    ///
    /// As [`recv`](Receiver::recv).
    #[inline]
    pub fn try_recv(&mut self) -> Result<Option<T>, Closed> {
        self.feed.leave();
        let Some((item, news)) = self.stock.try_get(Count::Done) else {
            return Ok(None);
        };
        self.stock.tell(news);
        item.map(Some).ok_or(Closed::new())
    }

    /// Takes in nothing any more: senders get their items back. What is inside can still be
    /// received.
    pub fn close(&self) {
        self.stock.end(false);
    }

    /// Whether nothing can be sent any more. There may still be items inside.
    pub fn is_closed(&self) -> bool {
        self.stock.lock().has_ended()
    }

    /// How many items are inside.
    pub fn len(&self) -> usize {
        self.stock.lock().len()
    }

    /// Whether no item is inside.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many items there is room for; `None` if that is not bounded.
    pub fn capacity(&self) -> Option<usize> {
        self.stock.lock().capacity()
    }

    /// How the channel fares at this moment.
    pub fn statistics(&self) -> ChannelStatistics {
        statistics(&self.stock)
    }
}

impl<T> Stream for Receiver<T> {
    type Item = T;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let Self { stock, feed } = self.get_mut();
        let (item, news) = ready!(feed.poll_next(stock, cx, Count::Done));
        stock.tell(news);
        Poll::Ready(item)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.stock.lock().senders += 1;
        Self { stock: self.stock.clone() }
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        self.stock.lock().receivers += 1;
        Self { stock: self.stock.clone(), feed: Feed::new() }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let left = {
            let mut book = self.stock.lock();
            book.senders -= 1;
            book.senders
        };
        if left == 0 {
            self.stock.end(false);
        }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let left = {
            let mut book = self.stock.lock();
            book.receivers -= 1;
            book.receivers
        };
        if left == 0 {
            self.stock.end(true);
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe("Sender", &self.stock, f)
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe("Receiver", &self.stock, f)
    }
}
