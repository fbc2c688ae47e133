//! Queues: items that are put and got in some order, and known to be done.
//!
//! asyncio's three, with its words: [`Queue`], [`LifoQueue`] and [`PriorityQueue`] are one
//! [`OrderedQueue`] with three [`Order`]s.

mod error;
mod futures;
mod item;

pub use crate::order::{Fifo, Lifo, Order, Smallest};
pub use error::{QueueShutDown, TooManyDone, TryPutError};
pub use futures::{Getting, Items, Joining, Putting};
pub use item::{Item, Unfinished};

use std::fmt;
use std::sync::Arc;

use crate::book::{Count, Getters, Joiners, NOTHING, Putters};
use crate::feed::Feed;
use crate::parking;
use crate::stock::{Getter, Joiner, NotPut, Putter, Stock};

/// First in, first out: asyncio's `Queue`. All it can do stands at [`OrderedQueue`].
///
/// ```
/// use evenkeel_sync::Queue;
///
/// # futures_lite::future::block_on(async {
/// let queue = Queue::bounded(2);
/// queue.put("one").await?;
/// queue.put("two").await?;
/// assert!(queue.try_put("three").is_err()); // asyncio's QueueFull
///
/// let item = queue.get().await?;
/// assert_eq!(*item, "one");
/// drop(item); // this is `task_done()`
/// assert_eq!(queue.unfinished(), 1);
/// # drop(queue.get().await.map_err(|_| "shut down")?);
/// queue.join().await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap()
/// ```
pub type Queue<T> = OrderedQueue<Fifo<T>>;

/// Last in, first out: asyncio's `LifoQueue`. All it can do stands at [`OrderedQueue`].
///
/// ```
/// use evenkeel_sync::LifoQueue;
///
/// let stack = LifoQueue::unbounded();
/// stack.try_put(1).unwrap();
/// stack.try_put(2).unwrap();
/// assert_eq!(*stack.try_get().unwrap().unwrap(), 2);
/// ```
pub type LifoQueue<T> = OrderedQueue<Lifo<T>>;

/// The smallest first, and of equals the one put first: asyncio's `PriorityQueue`. All it can do
/// stands at [`OrderedQueue`].
///
/// Which is the smallest is decided when one is taken, not when a getter is called: of what was put
/// before the getter runs it gets the smallest. For the largest first wrap items in
/// [`Reverse`](std::cmp::Reverse). Items are compared with the queue locked, so their `cmp` may not
/// use the queue.
///
/// ```
/// use evenkeel_sync::PriorityQueue;
///
/// let queue = PriorityQueue::unbounded();
/// for item in [(2, "b"), (1, "z"), (3, "a")] {
///     queue.try_put(item).unwrap();
/// }
/// assert_eq!(*queue.try_get().unwrap().unwrap(), (1, "z"));
/// ```
pub type PriorityQueue<T> = OrderedQueue<Smallest<T>>;

/// A queue between tasks, in the order `O`.
///
/// This is a cheap handle: clones of it lead to the same queue.
///
/// - *First come, first served*: items go to getters in the order in which they asked, and room to
///   putters, as a promise. [`try_get`](Self::try_get) takes no item that a waiter was called for.
/// - *Nothing lost*: whoever is cancelled, each item is inside, or in somebody's hand.
/// - *Done when dropped*: [`get`](Self::get) gives an [`Item`], which counts as unfinished work for
///   [`join`](Self::join) until it is dropped, however that comes about.
///
/// # Coming from asyncio
///
/// | asyncio | here |
/// |---|---|
/// | `Queue(maxsize=n)`, `Queue()` | [`bounded(n)`](Self::bounded), [`unbounded()`](Self::unbounded) |
/// | `await q.put(x)`, `q.put_nowait(x)` | [`q.put(x).await?`](Self::put), [`q.try_put(x)?`](Self::try_put) |
/// | `await q.get()`, `q.get_nowait()` | [`q.get().await?`](Self::get), [`q.try_get()?`](Self::try_get) |
/// | `q.task_done()` | drop the item; or [`into_inner`](Item::into_inner) and [`q.task_done()?`](Self::task_done) |
/// | `await q.join()` | [`q.join().await`](Self::join) |
/// | `q.shutdown(immediate=True)` | [`q.shutdown(Shutdown::Immediate)`](Self::shutdown) |
/// | `QueueFull`, `QueueEmpty`, `QueueShutDown` | [`TryPutError::Full`], `Ok(None)`, [`QueueShutDown`] |
/// | `q.qsize()`, `q.empty()`, `q.full()`, `q.maxsize` | [`len`](Self::len), [`is_empty`](Self::is_empty), [`is_full`](Self::is_full), [`capacity`](Self::capacity) |
///
/// Where asyncio lets `get_nowait` take the item a woken getter was about to take, and sends that
/// getter to the back, here the getter keeps it.
pub struct OrderedQueue<O: Order>(Arc<Stock<O>>);

impl<T, O: Order<Item = T>> OrderedQueue<O> {
    /// A queue with room for `places` items: [`put`](Self::put) waits while it is full.
    ///
    /// # Panics
    ///
    /// If that is 0. asyncio's `maxsize=0` is [`unbounded`](Self::unbounded).
    #[track_caller]
    pub fn bounded(places: usize) -> Self {
        assert!(places > 0, "a queue without room takes nothing; asyncio's 0 is `unbounded()`");
        Self(Arc::new(Stock::new(places)))
    }

    /// A queue that always has room: [`put`](Self::put) never waits.
    pub fn unbounded() -> Self {
        Self(Arc::new(Stock::new(usize::MAX)))
    }

    /// Puts `item`, once there is room and all who came earlier have put theirs.
    ///
    /// # Errors
    ///
    /// The queue is [shut down](Self::shutdown): the item comes back.
    ///
    /// # Cancellation
    ///
    /// Place lost: dropping this future leaves the queue as it was, and drops the item; awaiting
    /// again joins the line at the back. If room had been kept for it, the next in line gets that.
    #[doc(alias = "push")]
    #[inline]
    pub fn put(&self, item: T) -> Putting<'_, O> {
        Putting { putter: Putter::new(&*self.0, NOTHING), item: Some(item) }
    }

    /// As [`put`](Self::put), for a thread: blocks it, in the same line.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    ///
    /// # Panics
    ///
    /// In a task of evenkeel, where it would stop the loop: await [`put`](Self::put).
    #[track_caller]
    pub fn put_blocking(&self, item: T) -> Result<(), QueueShutDown<T>> {
        parking::block_on(self.put(item))
    }

    /// Puts `item` if there is room and nobody waits for it; never waits.
    ///
    /// # Errors
    ///
    /// The queue is full or shut down: the item comes back.
    #[doc(alias = "put_nowait")]
    pub fn try_put(&self, item: T) -> Result<(), TryPutError<T>> {
        let mut item = Some(item);
        self.0.try_put(&mut item).map_err(|why| {
            let item = item.expect("it was not put");
            match why {
                NotPut::Full => TryPutError::Full(item),
                NotPut::Ended => TryPutError::ShutDown(item),
            }
        })
    }

    /// Takes the item whose turn it is, once there is one and all who came earlier have theirs.
    ///
    /// # Errors
    ///
    /// The queue is [shut down](Self::shutdown) and empty.
    ///
    /// # Cancellation
    ///
    /// Place lost: dropping this future takes nothing; awaiting again joins the line at the back. If
    /// an item had been kept for it, that is where it was, for the next in line.
    #[doc(alias = "pop")]
    #[inline]
    pub fn get(&self) -> Getting<'_, O> {
        Getting { getter: Getter::new(&*self.0, NOTHING), queue: self }
    }

    /// As [`get`](Self::get), for a thread: blocks it, in the same line.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    ///
    /// # Panics
    ///
    /// In a task of evenkeel, where it would stop the loop: await [`get`](Self::get).
    #[track_caller]
    pub fn get_blocking(&self) -> Result<Item<T, O>, QueueShutDown> {
        parking::block_on(self.get())
    }

    /// Takes the item whose turn it is, if there is one for which nobody was called; `None` if there
    /// is not. Never waits.
    ///
    /// # Errors
    ///
    /// The queue is shut down and empty.
    #[doc(alias = "get_nowait")]
    pub fn try_get(&self) -> Result<Option<Item<T, O>>, QueueShutDown> {
        let Some((value, news)) = self.0.try_get(Count::Unfinished) else {
            return Ok(None);
        };
        let item = value.map(|value| self.item(value));
        self.0.tell(news);
        item.map(Some).ok_or(QueueShutDown(()))
    }

    /// The queue as a stream of [`Item`]s. It ends when the queue is shut down and empty.
    ///
    /// Several streams and getters share the items. A stream keeps its place in line between polls,
    /// with what was kept for it, until it is dropped.
    ///
    /// ```
    /// use evenkeel_sync::{Queue, Shutdown};
    /// use futures_lite::StreamExt;
    ///
    /// # futures_lite::future::block_on(async {
    /// let queue = Queue::unbounded();
    /// queue.try_put(1).unwrap();
    /// queue.try_put(2).unwrap();
    /// queue.shutdown(Shutdown::Graceful);
    /// let mut items = queue.stream();
    /// let mut sum = 0;
    /// while let Some(item) = items.next().await {
    ///     sum += *item;
    /// }
    /// assert_eq!(sum, 3);
    /// # })
    /// ```
    pub fn stream(&self) -> Items<O> {
        Items { queue: self.clone(), feed: Feed::new() }
    }

    /// Waits until there is no unfinished work: until each item that was put has been got and is
    /// done. At once, if that is so already.
    ///
    /// ```
    /// use evenkeel_sync::Queue;
    /// use futures_lite::future;
    ///
    /// # futures_lite::future::block_on(async {
    /// let queue = Queue::unbounded();
    /// queue.try_put(7).unwrap();
    /// let worker = async {
    ///     let item = queue.get().await.unwrap();
    ///     assert_eq!(*item, 7);
    /// }; // the item is dropped, so it is done
    /// future::zip(queue.join(), worker).await;
    /// # })
    /// ```
    ///
    /// # Cancellation
    ///
    /// Nothing lost: dropping this future and awaiting anew is as good.
    pub fn join(&self) -> Joining<'_, O> {
        Joining { joiner: Joiner::new(&*self.0, NOTHING) }
    }

    /// As [`join`](Self::join), for a thread.
    ///
    /// # Panics
    ///
    /// In a task of evenkeel, where it would stop the loop: await [`join`](Self::join).
    #[track_caller]
    pub fn join_blocking(&self) {
        parking::block_on(self.join());
    }

    /// One item that [`Item::into_inner`] had taken out is done. An item that is an [`Item`] says so
    /// itself, when it is dropped.
    ///
    /// # Errors
    ///
    /// There is none: each that was taken out is done already.
    pub fn task_done(&self) -> Result<(), TooManyDone> {
        if self.0.done_by_hand() { Ok(()) } else { Err(TooManyDone(())) }
    }

    /// Takes in nothing any more: who puts, or waits to, gets the item back at once. Getters still
    /// take what is inside, and then learn that nothing will come. Items that were taken are
    /// unfinished until they are done, as ever. [`Immediate`](Shutdown::Immediate) throws away what
    /// is inside, and does not count it as unfinished any more.
    ///
    /// Doing so again does no harm, and may be `Immediate` after `Graceful`.
    #[doc(alias = "close")]
    pub fn shutdown(&self, how: Shutdown) {
        self.0.end(matches!(how, Shutdown::Immediate));
    }

    /// Whether it was [shut down](Self::shutdown).
    pub fn is_shut_down(&self) -> bool {
        self.0.lock().has_ended()
    }

    /// How many items are inside.
    #[doc(alias = "qsize")]
    pub fn len(&self) -> usize {
        self.0.lock().len()
    }

    /// Whether no item is inside.
    #[doc(alias = "empty")]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether one would have to wait for room.
    #[doc(alias = "full")]
    pub fn is_full(&self) -> bool {
        self.0.lock().is_full()
    }

    /// How many items there is room for; `None` if that is not bounded.
    #[doc(alias = "maxsize")]
    pub fn capacity(&self) -> Option<usize> {
        self.0.lock().capacity()
    }

    /// How many items are inside, or taken and not done.
    pub fn unfinished(&self) -> usize {
        self.0.lock().unfinished()
    }

    /// How the queue fares at this moment.
    pub fn statistics(&self) -> QueueStatistics {
        let mut book = self.0.lock();
        QueueStatistics {
            len: book.len(),
            capacity: book.capacity(),
            peak: book.peak(),
            puts: book.puts(),
            unfinished: book.unfinished(),
            waiting_getters: book.waiting::<Getters>(),
            waiting_putters: book.waiting::<Putters>(),
            waiting_joiners: book.waiting::<Joiners>(),
            shut_down: book.has_ended(),
        }
    }

    fn item(&self, value: T) -> Item<T, O> {
        Item::new(value, self.0.clone())
    }
}

/// How a queue is [shut down](OrderedQueue::shutdown).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// What is inside is still given out.
    Graceful,
    /// What is inside is thrown away.
    Immediate,
}

impl<O: Order> Clone for OrderedQueue<O> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<O: Order> fmt::Debug for OrderedQueue<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let QueueStatistics { len, unfinished, shut_down, .. } = self.statistics();
        f.debug_struct("OrderedQueue")
            .field("len", &len)
            .field("unfinished", &unfinished)
            .field("shut_down", &shut_down)
            .finish_non_exhaustive()
    }
}

/// What [`OrderedQueue::statistics`] saw.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueStatistics {
    /// How many items are inside.
    pub len: usize,
    /// How many there is room for, if that is bounded.
    pub capacity: Option<usize>,
    /// The most that ever were inside.
    pub peak: usize,
    /// How many were ever put.
    pub puts: u64,
    /// How many are inside, or taken and not done.
    pub unfinished: usize,
    /// How many getters wait in line.
    pub waiting_getters: usize,
    /// How many putters wait in line.
    pub waiting_putters: usize,
    /// How many wait in [`join`](OrderedQueue::join).
    pub waiting_joiners: usize,
    /// Whether it was shut down.
    pub shut_down: bool,
}
