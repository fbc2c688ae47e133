//! How a channel fares.

use std::fmt;

use crate::book::{Getters, Putters};
use crate::order::Fifo;
use crate::stock::Stock;

pub(super) fn describe<T>(
    name: &str,
    stock: &Stock<Fifo<T>>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let ChannelStatistics { len, closed, .. } = statistics(stock);
    f.debug_struct(name).field("len", &len).field("closed", &closed).finish_non_exhaustive()
}

pub(super) fn statistics<T>(stock: &Stock<Fifo<T>>) -> ChannelStatistics {
    let mut book = stock.lock();
    ChannelStatistics {
        len: book.len(),
        capacity: book.capacity(),
        peak: book.peak(),
        sent: book.puts(),
        senders: book.senders,
        receivers: book.receivers,
        waiting_senders: book.waiting::<Putters>(),
        waiting_receivers: book.waiting::<Getters>(),
        closed: book.has_ended(),
    }
}

/// What [`Sender::statistics`](super::Sender::statistics) and [`Receiver::statistics`](super::Receiver::statistics) saw.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChannelStatistics {
    /// How many items are inside.
    pub len: usize,
    /// How many there is room for, if that is bounded.
    pub capacity: Option<usize>,
    /// The most that ever were inside.
    pub peak: usize,
    /// How many were ever sent.
    pub sent: u64,
    /// How many senders there are.
    pub senders: usize,
    /// How many receivers there are.
    pub receivers: usize,
    /// How many senders wait in line.
    pub waiting_senders: usize,
    /// How many receivers wait in line.
    pub waiting_receivers: usize,
    /// Whether nothing can be sent any more.
    pub closed: bool,
}
