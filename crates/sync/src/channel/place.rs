//! Room for an item that is sent later.

use std::fmt;
use std::mem;

use super::SendError;
use crate::book::ONE;
use crate::order::Fifo;
use crate::stock::Stock;

/// Room for one item, kept until it is used or dropped. Made by [`Sender::reserve`](super::Sender::reserve).
#[must_use = "the place is free again when this is dropped"]
pub struct Place<'a, T> {
    pub(super) stock: &'a Stock<Fifo<T>>,
}

impl<T> Place<'_, T> {
    /// Sends `item` into this place; never waits.
    ///
    /// # Errors
    ///
    /// The channel was closed meanwhile: the item comes back.
    pub fn send(self, item: T) -> Result<(), SendError<T>> {
        let stock = self.stock;
        mem::forget(self); // It is used, and holds nothing but a reference.
        let mut item = Some(item);
        stock.put_reserved(&mut item);
        item.map_or(Ok(()), |item| Err(SendError(item)))
    }
}

impl<T> Drop for Place<'_, T> {
    fn drop(&mut self) {
        self.stock.unreserve(ONE);
    }
}

impl<T> fmt::Debug for Place<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").finish_non_exhaustive()
    }
}
