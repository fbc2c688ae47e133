//! `watch`: the latest value of something, and word whenever it changes.
//!
//! The value is kept by reference count: who looks takes a reference away with it and holds nothing
//! up, neither a sender nor itself, however long it keeps it.

mod book; // the value, its version, and who waits
mod changes; // as a stream

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;

use evenkeel_context::{poll_budget, spend};

use crate::calls::Panics;
use crate::parking;
use crate::waitlist::{Waiter, call_all};
use book::{Changed, Changing, Emptying, Gone, Shared};
pub use changes::Changes;

/// A channel that keeps the latest value only, beginning with `initial`.
///
/// Senders replace the value and never wait; receivers look at it at any time, and wait for it to
/// change. Each receiver knows the version it has seen, so no change is missed, though values that
/// were replaced before it looked are never seen. Both ends can be cloned.
///
/// What [`borrow`](Receiver::borrow) answers is the value at that moment, behind an [`Arc`]: it locks
/// nothing, may be held across an `await`, and does not change under the reader's eyes.
///
/// ```
/// use evenkeel_sync::watch;
///
/// # futures_lite::future::block_on(async {
/// let (level, mut seen) = watch("low");
/// let (_, told) = futures_lite::future::zip(
///     async { level.send("high") },
///     async {
///         seen.changed().await?;
///         Ok::<_, watch::Closed>(*seen.borrow_and_update())
///     },
/// )
/// .await;
/// assert_eq!(told, Ok("high"));
/// # })
/// ```
pub fn watch<T>(initial: T) -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared::new(initial));
    (Sender { shared: shared.clone() }, Receiver { shared, seen: 0 })
}

/// An end that sends. The channel is closed when the last is dropped.
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

impl<T> Sender<T> {
    /// Makes `value` the latest and wakes whoever waits for a change. It waits for nobody, save for a
    /// function given to [`send_modify`](Sender::send_modify) on another thread to return.
    ///
    /// # Errors
    ///
    /// There is no receiver: the value comes back, and nothing changes. Where that does not matter,
    /// [`send_replace`](Sender::send_replace) sends all the same.
    pub fn send(&self, value: T) -> Result<(), T> {
        let turn = self.shared.take_turn();
        let book = self.shared.list.lock();
        if book.receivers == 0 {
            return Err(value);
        }
        let (before, mut panics) = self.shared.replace(turn, book, value);
        panics.catch(|| drop(before));
        panics.resume();
        Ok(())
    }

    /// The same, with or without receivers; answers the value that was the latest before.
    pub fn send_replace(&self, value: T) -> Arc<T> {
        let turn = self.shared.take_turn();
        let (before, panics) = self.shared.replace(turn, self.shared.list.lock(), value);
        panics.resume();
        before
    }

    /// Changes the value in place, as it were, and wakes whoever waits for a change. It works with or
    /// without receivers, and no value another sends meanwhile is lost: they wait for each other.
    ///
    /// `modify` works on a copy, which then becomes the latest. So nobody sees it half done, and if
    /// `modify` panics nothing has changed.
    ///
    /// ```
    /// use evenkeel_sync::watch;
    ///
    /// let (members, seen) = watch(vec!["ann"]);
    /// members.send_modify(|members| members.push("bob"));
    /// assert_eq!(*seen.borrow(), ["ann", "bob"]);
    /// ```
    ///
    /// # Panics
    ///
    /// If `modify` sends to this same channel: it would wait for itself.
    pub fn send_modify(&self, modify: impl FnOnce(&mut T))
    where
        T: Clone,
    {
        self.send_if_modified(|value| {
            modify(value);
            true
        });
    }

    /// As [`send_modify`](Sender::send_modify); if `modify` answers `false`, nothing has changed, and
    /// nobody is woken. Answers what `modify` did.
    ///
    /// # Panics
    ///
    /// If `modify` sends to this same channel: it would wait for itself.
    pub fn send_if_modified(&self, modify: impl FnOnce(&mut T) -> bool) -> bool
    where
        T: Clone,
    {
        let mut turn = self.shared.take_turn();
        turn.is_modifying();
        let mut value = T::clone(&self.borrow());
        let modified = modify(&mut value);
        if modified {
            let (before, mut panics) = self.shared.replace(turn, self.shared.list.lock(), value);
            panics.catch(|| drop(before));
            panics.resume();
        }
        modified
    }

    /// The latest value.
    pub fn borrow(&self) -> Arc<T> {
        self.shared.list.lock().value.clone()
    }

    /// Another receiver. The value of this moment counts as one it has seen.
    pub fn subscribe(&self) -> Receiver<T> {
        let mut book = self.shared.list.lock();
        book.receivers += 1;
        Receiver { shared: self.shared.clone(), seen: book.version }
    }

    /// Whether there is no receiver at the moment.
    pub fn is_closed(&self) -> bool {
        self.shared.list.lock().receivers == 0
    }

    /// Waits until there is no receiver, or has been none at some moment since this was first polled.
    ///
    /// # Cancellation
    ///
    /// Nothing lost: awaiting again is as good.
    pub async fn closed(&self) {
        Emptying { waiter: Waiter::new(&*self.shared, 0) }.await;
    }

    /// How the channel fares at this moment.
    pub fn statistics(&self) -> WatchStatistics {
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
            call_all::<Changed, _>(&self.shared.list, book, &mut panics);
            panics.resume();
        }
    }
}

/// An end that receives, and knows which version it has seen. A clone has seen the same.
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
    seen: u64,
}

impl<T> Receiver<T> {
    /// The latest value, without counting it as seen.
    pub fn borrow(&self) -> Arc<T> {
        self.shared.list.lock().value.clone()
    }

    /// The latest value, which counts as seen from now on.
    pub fn borrow_and_update(&mut self) -> Arc<T> {
        let book = self.shared.list.lock();
        self.seen = book.version;
        book.value.clone()
    }

    /// Whether there is a value this receiver has not seen; never waits.
    ///
    /// # Errors
    ///
    /// [`Closed`]: there is none, and there will be none, for all senders are gone.
    pub fn has_changed(&self) -> Result<bool, Closed> {
        let book = self.shared.list.lock();
        match book.version != self.seen {
            false if book.senders == 0 => Err(Closed(())),
            changed => Ok(changed),
        }
    }

    /// The latest value counts as not seen, whatever was before.
    pub fn mark_changed(&mut self) {
        self.seen = self.shared.list.lock().version.wrapping_sub(1);
    }

    /// Waits until there is a value this receiver has not seen; it counts as seen then. If there is
    /// one already, this does not wait.
    ///
    /// # Errors
    ///
    /// [`Closed`]: there is none, and there will be none, for all senders are gone.
    ///
    /// # Cancellation
    ///
    /// Nothing lost: a change counts as seen only when this has told it.
    pub async fn changed(&mut self) -> Result<(), Closed> {
        let waiter = Waiter::new(&*self.shared, self.seen as usize);
        Changing { waiter, seen: &mut self.seen }.await
    }

    /// As [`changed`](Receiver::changed), for a thread.
    ///
    /// # Errors
    ///
    /// As [`changed`](Receiver::changed).
    ///
    /// # Panics
    ///
    /// In a task of evenkeel, where it would stop the loop: await [`changed`](Receiver::changed). A
    /// call in `to_thread` may block.
    #[track_caller]
    pub fn changed_blocking(&mut self) -> Result<(), Closed> {
        parking::block_on(self.changed())
    }

    /// Waits for a value that is `wanted`, beginning with the latest, seen or not. What it was asked
    /// about counts as seen. Values that were replaced before it looked are not asked about.
    ///
    /// ```
    /// use evenkeel_sync::watch;
    ///
    /// # futures_lite::future::block_on(async {
    /// let (count, mut seen) = watch(0);
    /// std::thread::spawn(move || (1..=3).for_each(|n| drop(count.send(n))));
    /// assert_eq!(*seen.wait_for(|n| *n > 2).await?, 3);
    /// # Ok::<_, watch::Closed>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`Closed`]: the last value was not wanted, and all senders are gone.
    ///
    /// # Cancellation
    ///
    /// Nothing lost: calling again begins with the latest value.
    pub async fn wait_for(&mut self, mut wanted: impl FnMut(&T) -> bool) -> Result<Arc<T>, Closed> {
        poll_fn(|cx| poll_budget(cx)).await;
        loop {
            {
                let value = self.borrow_and_update();
                if wanted(&value) {
                    spend();
                    return Ok(value);
                }
            }
            self.changed().await?;
        }
    }

    /// As [`wait_for`](Receiver::wait_for), for a thread.
    ///
    /// # Errors
    ///
    /// As [`wait_for`](Receiver::wait_for).
    ///
    /// # Panics
    ///
    /// In a task of evenkeel, as [`changed_blocking`](Receiver::changed_blocking).
    #[track_caller]
    pub fn wait_for_blocking(&mut self, wanted: impl FnMut(&T) -> bool) -> Result<Arc<T>, Closed> {
        parking::block_on(self.wait_for(wanted))
    }

    /// The values to come, as a stream: each the latest when it is asked for. It ends when all
    /// senders are gone. After [`mark_changed`](Receiver::mark_changed) it begins with the value of
    /// that moment.
    pub fn into_stream(self) -> Changes<T> {
        Changes::new(self)
    }

    /// How the channel fares at this moment.
    pub fn statistics(&self) -> WatchStatistics {
        self.shared.statistics()
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        self.shared.list.lock().receivers += 1;
        Self { shared: self.shared.clone(), seen: self.seen }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut book = self.shared.list.lock();
        book.receivers -= 1;
        if book.receivers == 0 {
            let mut panics = Panics::default();
            call_all::<Gone, _>(&self.shared.list, book, &mut panics);
            panics.resume();
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("value", &self.borrow()).finish_non_exhaustive()
    }
}

impl<T: fmt::Debug> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, changed) = (self.borrow(), self.has_changed() == Ok(true));
        f.debug_struct("Receiver")
            .field("value", &value)
            .field("changed", &changed)
            .finish_non_exhaustive()
    }
}

/// No further value will come: all senders are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Closed(());

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("all senders were dropped, the value will not change any more")
    }
}

impl Error for Closed {}

/// What `statistics` of either end saw.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WatchStatistics {
    /// How many ends send.
    pub senders: usize,
    /// How many ends receive.
    pub receivers: usize,
    /// How many wait for a change now.
    pub waiting: usize,
    /// How often the value was replaced.
    pub changes: u64,
}
