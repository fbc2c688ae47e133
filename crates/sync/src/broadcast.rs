//! `broadcast`: every receiver sees every value, in the order in which they were sent.
//!
//! Nobody waits for the slow: as many values are kept as there is room for, and a receiver that has
//! fallen behind further is told how many it has missed.

mod book; // the values kept, and how many have yet to see each
mod values; // as a stream

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::calls::Panics;
use crate::parking;
use crate::waitlist::{Only, WaitList, Waiter, call_all};
use book::{Book, Receiving, Shared};
pub use values::Values;

/// A channel on which every receiver sees every value sent since it was there.
///
/// It keeps `capacity` values; a value is dropped when all receivers have seen it, or when it is the
/// oldest and there is no more room. Sending never waits. A receiver that has missed values is told
/// how many ([`RecvError::Lagged`]), once, and goes on with the oldest kept.
///
/// Each receiver gets a clone; the last to see a value gets the value itself. Clones are made, and
/// values dropped, with nothing locked; a value whose clone panics counts as seen. To send what
/// cannot be cloned, send an [`Arc`] of it.
///
/// ```
/// use evenkeel_sync::broadcast;
///
/// # futures_lite::future::block_on(async {
/// let (sender, mut first) = broadcast(2);
/// let mut second = sender.subscribe();
/// assert_eq!(sender.send("hello"), Ok(2));
/// assert_eq!(first.recv().await?, "hello");
///
/// sender.send("and").ok();
/// sender.send("goodbye").ok();
/// assert_eq!(second.recv().await, Err(broadcast::RecvError::Lagged(1)));
/// assert_eq!(second.recv().await?, "and");
/// # Ok::<_, broadcast::RecvError>(())
/// # }).unwrap();
/// ```
///
/// # Panics
///
/// If there is no room at all.
pub fn broadcast<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    assert!(capacity > 0, "a broadcast needs room for at least one value");
    let shared = Arc::new(Shared { capacity, list: WaitList::of(Book::new()) });
    (Sender { shared: shared.clone() }, Receiver { shared, next: 0 })
}

/// An end that sends. The channel is closed when the last is dropped.
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

impl<T> Sender<T> {
    /// Sends `value` to every receiver there is, and answers how many that are; never waits.
    ///
    /// # Errors
    ///
    /// There is no receiver: the value comes back.
    pub fn send(&self, value: T) -> Result<usize, T> {
        let mut book = self.shared.list.lock();
        let receivers = book.receivers;
        if receivers == 0 {
            return Err(value);
        }
        let evicted = book.push(value, self.shared.capacity);
        let mut panics = Panics::default();
        call_all::<Only, _>(&self.shared.list, book, &mut panics);
        panics.catch(|| drop(evicted));
        panics.resume();
        Ok(receivers)
    }

    /// Another receiver, of what is sent from now on.
    pub fn subscribe(&self) -> Receiver<T> {
        self.shared.subscribe()
    }

    /// How many receivers there are.
    pub fn receiver_count(&self) -> usize {
        self.shared.list.lock().receivers
    }

    /// How the channel fares at this moment.
    pub fn statistics(&self) -> BroadcastStatistics {
        self.shared.statistics()
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.shared.list.lock().senders += 1;
        Self { shared: self.shared.clone() }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut book = self.shared.list.lock();
        book.senders -= 1;
        if book.senders == 0 {
            let mut panics = Panics::default();
            call_all::<Only, _>(&self.shared.list, book, &mut panics);
            panics.resume();
        }
    }
}

/// An end that receives: each value sent since it was made.
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
    /// The number of the value it sees next.
    next: u64,
}

impl<T> Receiver<T> {
    /// The next value, waiting for one to be sent.
    ///
    /// # Errors
    ///
    /// [`RecvError::Lagged`]: values were missed, and the next call answers the oldest kept.
    /// [`RecvError::Closed`]: all were seen, and all senders are gone.
    ///
    /// # Cancellation
    ///
    /// Nothing lost: what this had not answered, the next call answers.
    pub async fn recv(&mut self) -> Result<T, RecvError>
    where
        T: Clone,
    {
        let waiter = Waiter::new(&*self.shared, self.next as usize);
        Receiving { waiter, next: &mut self.next }.await.map(own)
    }

    /// As [`recv`](Receiver::recv), for a thread.
    ///
    /// # Errors
    ///
    /// As [`recv`](Receiver::recv).
    ///
    /// # Panics
    ///
    /// In a task of evenkeel, where it would stop the loop: await [`recv`](Receiver::recv). A call in
    /// `to_thread` may block.
    #[track_caller]
    pub fn recv_blocking(&mut self) -> Result<T, RecvError>
    where
        T: Clone,
    {
        parking::block_on(self.recv())
    }

    /// The next value if there is one, `None` if it may yet come; never waits.
    ///
    /// # Errors
    ///
    /// As [`recv`](Receiver::recv).
    pub fn try_recv(&mut self) -> Result<Option<T>, RecvError>
    where
        T: Clone,
    {
        let taken = self.shared.list.lock().take(&mut self.next);
        Ok(taken.transpose()?.map(own))
    }

    /// How many values wait to be seen by this receiver; those it has missed are not among them.
    pub fn len(&self) -> usize {
        self.shared.list.lock().unseen(self.next)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Another receiver, of what is sent from now on. If all senders are gone, it is closed.
    pub fn resubscribe(&self) -> Self {
        self.shared.subscribe()
    }

    /// The values to come, as a stream. It ends when all were seen and all senders are gone.
    pub fn into_stream(self) -> Values<T> {
        Values::new(self)
    }

    /// How the channel fares at this moment.
    pub fn statistics(&self) -> BroadcastStatistics {
        self.shared.statistics()
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        // Dropped when the lock is free again.
        let _unseen = self.shared.list.lock().leave(self.next);
    }
}

/// The value itself for the last who has it, else a clone.
fn own<T: Clone>(value: Arc<T>) -> T {
    Arc::try_unwrap(value).unwrap_or_else(|value| T::clone(&value))
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BroadcastStatistics { capacity, receivers, .. } = self.statistics();
        f.debug_struct("Sender")
            .field("capacity", &capacity)
            .field("receivers", &receivers)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// Why a receiver got no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecvError {
    /// It has missed so many values, since there was no more room for them. Receiving goes on with
    /// the oldest that was kept.
    Lagged(u64),
    /// It has seen all there were, and all senders are gone.
    Closed,
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lagged(missed) => Lagged(*missed).fmt(f),
            Self::Closed => f.write_str("all senders were dropped, and all they sent was received"),
        }
    }
}

impl Error for RecvError {}

/// How many values a stream has missed, since there was no more room for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lagged(pub u64);

impl fmt::Display for Lagged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the receiver was too slow and has missed {} values", self.0)
    }
}

impl Error for Lagged {}

/// What `statistics` of either end saw.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BroadcastStatistics {
    /// How many values it has room for.
    pub capacity: usize,
    /// How many values it keeps now, for those who have not seen them.
    pub kept: usize,
    /// How many ends send.
    pub senders: usize,
    /// How many ends receive.
    pub receivers: usize,
    /// How many receivers wait now.
    pub waiting: usize,
    /// How many values were sent.
    pub sent: u64,
}
