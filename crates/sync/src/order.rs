//! In which order a queue gives out what was put into it.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};
use std::fmt;

/// An order of items: [`Fifo`], [`Lifo`] or [`Smallest`]. It cannot be implemented elsewhere.
pub trait Order: Default + sealed::Sealed {
    /// What is kept in this order.
    type Item;

    #[doc(hidden)]
    fn push(&mut self, item: Self::Item);

    #[doc(hidden)]
    fn pop(&mut self) -> Option<Self::Item>;

    #[doc(hidden)]
    fn len(&self) -> usize;

    #[doc(hidden)]
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "that is what seals `Order`")]
    pub trait Sealed {}
}

/// First in, first out: the order of a [`Queue`](super::Queue).
pub struct Fifo<T>(VecDeque<T>);

impl<T> sealed::Sealed for Fifo<T> {}

impl<T> Order for Fifo<T> {
    type Item = T;

    #[inline]
    fn push(&mut self, item: T) {
        self.0.push_back(item);
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        self.0.pop_front()
    }

    #[inline]
    fn len(&self) -> usize {
        self.0.len()
    }
}

/// Last in, first out: the order of a [`LifoQueue`](super::LifoQueue).
pub struct Lifo<T>(Vec<T>);

impl<T> sealed::Sealed for Lifo<T> {}

impl<T> Order for Lifo<T> {
    type Item = T;

    fn push(&mut self, item: T) {
        self.0.push(item);
    }

    fn pop(&mut self) -> Option<T> {
        self.0.pop()
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

/// The smallest first, and of equals the one put first: the order of a
/// [`PriorityQueue`](super::PriorityQueue).
pub struct Smallest<T> {
    heap: BinaryHeap<Reverse<Arrived<T>>>,
    /// How many have been put, which is the number of the latest.
    arrivals: u64,
}

struct Arrived<T> {
    item: T,
    number: u64,
}

impl<T> sealed::Sealed for Smallest<T> {}

impl<T: Ord> Order for Smallest<T> {
    type Item = T;

    fn push(&mut self, item: T) {
        self.arrivals += 1;
        self.heap.push(Reverse(Arrived { item, number: self.arrivals }));
    }

    fn pop(&mut self) -> Option<T> {
        self.heap.pop().map(|Reverse(arrived)| arrived.item)
    }

    fn len(&self) -> usize {
        self.heap.len()
    }
}

impl<T: Ord> Ord for Arrived<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.item.cmp(&other.item).then(self.number.cmp(&other.number))
    }
}

impl<T: Ord> PartialOrd for Arrived<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Ord> PartialEq for Arrived<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<T: Ord> Eq for Arrived<T> {}

impl<T> Default for Fifo<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Default for Lifo<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ord> Default for Smallest<T> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), arrivals: 0 }
    }
}

impl<T> fmt::Debug for Fifo<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fifo").field("len", &self.0.len()).finish()
    }
}

impl<T> fmt::Debug for Lifo<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lifo").field("len", &self.0.len()).finish()
    }
}

impl<T> fmt::Debug for Smallest<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smallest").field("len", &self.heap.len()).finish()
    }
}
