//! What a queue gives out: an item that counts as unfinished until it is dropped.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crate::order::{Fifo, Order};
use crate::stock::Stock;

/// An item that was got, unfinished until this is dropped. Made by [`OrderedQueue::get`](super::OrderedQueue::get) and its kin.
///
/// It borrows nothing, so it may go to another task, whose end or cancellation drops it. The value
/// is dropped before it counts as done.
#[must_use = "the item counts as done when this is dropped"]
pub struct Item<T, O: Order<Item = T> = Fifo<T>> {
    value: T,
    unfinished: Unfinished<O>,
}

impl<T, O: Order<Item = T>> Item<T, O> {
    pub(super) fn new(value: T, stock: Arc<Stock<O>>) -> Self {
        Self { value, unfinished: Unfinished { stock: Some(stock) } }
    }

    /// The value alone, as asyncio's `get` gives it. It counts as unfinished until somebody says
    /// [`task_done`](super::OrderedQueue::task_done); forgotten, [`join`](super::OrderedQueue::join) waits for ever.
    pub fn into_inner(self) -> T {
        if let Some(stock) = self.unfinished.leave() {
            stock.lock().leave_by_hand();
        }
        self.value
    }

    /// The value, and what remains to be dropped when it is done.
    ///
    /// ```
    /// use evenkeel_sync::Queue;
    ///
    /// let queue = Queue::unbounded();
    /// queue.try_put(String::from("a")).unwrap();
    /// let (text, unfinished) = queue.try_get().unwrap().unwrap().into_parts();
    /// let bytes = text.into_bytes();
    /// assert_eq!(queue.unfinished(), 1);
    /// drop(unfinished);
    /// assert_eq!(queue.unfinished(), 0);
    /// # drop(bytes);
    /// ```
    pub fn into_parts(self) -> (T, Unfinished<O>) {
        (self.value, self.unfinished)
    }
}

/// That an item is not done yet: [`join`](super::OrderedQueue::join) waits until this is dropped. Made by
/// [`Item::into_parts`].
#[must_use = "the item counts as done when this is dropped"]
pub struct Unfinished<O: Order> {
    /// None once somebody else counts it.
    stock: Option<Arc<Stock<O>>>,
}

impl<O: Order> Unfinished<O> {
    fn leave(mut self) -> Option<Arc<Stock<O>>> {
        self.stock.take()
    }
}

impl<O: Order> Drop for Unfinished<O> {
    fn drop(&mut self) {
        if let Some(stock) = self.stock.take() {
            stock.done();
        }
    }
}

impl<T, O: Order<Item = T>> Deref for Item<T, O> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T, O: Order<Item = T>> DerefMut for Item<T, O> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: fmt::Debug, O: Order<Item = T>> fmt::Debug for Item<T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Item").field(&self.value).finish()
    }
}

impl<O: Order> fmt::Debug for Unfinished<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unfinished").finish_non_exhaustive()
    }
}
