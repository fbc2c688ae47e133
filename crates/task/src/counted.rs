//! A value that is counted, as by an `Arc`, but whose counts may be had by the hundred.
//!
//! Every task counts its home, and all workers would write that one word twice a task. So a worker takes
//! counts in advance and keeps those that come back: a plain number of its own.
//!
// COUNTED: each `Counted` stands for one count, and so does each of those in advance; at zero the value goes.

use std::cell::Cell;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

use crate::loom::{AtomicUsize, Ordering, fence};

/// More than there is memory for, unless counts are leaked; then this is the end.
const MOST: usize = isize::MAX as usize;

struct Inner<T> {
    count: AtomicUsize,
    /// What all read does not lie beside what some write.
    _apart: [u64; 8],
    value: T,
}

/// One count of a `T`.
pub(crate) struct Counted<T> {
    inner: NonNull<Inner<T>>,
}

// SAFETY: as an `Arc`: it gives shared borrows of the value, and the last one drops it.
unsafe impl<T: Send + Sync> Send for Counted<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Counted<T> {}

impl<T> Counted<T> {
    pub(crate) fn new(value: T) -> Counted<T> {
        let inner = Inner { count: AtomicUsize::new(1), _apart: [0; 8], value };
        Counted { inner: NonNull::from(Box::leak(Box::new(inner))) }
    }

    #[inline]
    fn inner(&self) -> &Inner<T> {
        // SAFETY: COUNTED: our count keeps it.
        unsafe { self.inner.as_ref() }
    }

    /// Takes `count` counts more, each of which is to be given back.
    #[inline]
    pub(crate) fn add(&self, count: usize) {
        // Relaxed: whoever adds has one already, by which it is kept.
        if self.inner().count.fetch_add(count, Ordering::Relaxed) > MOST {
            std::process::abort();
        }
    }

    /// Gives `count` counts back.
    ///
    /// # Safety
    /// COUNTED: they were added, and ours is not among them.
    pub(crate) unsafe fn give_back(&self, count: usize) {
        // Release: pairs with the Acquire in `drop`. It cannot be the last: ours is left.
        self.inner().count.fetch_sub(count, Ordering::Release);
    }

    /// The way to the value without a count, for whoever knows that it is kept by another.
    pub(crate) fn lend(&self) -> ManuallyDrop<Counted<T>> {
        ManuallyDrop::new(Counted { inner: self.inner })
    }
}

impl<T> Clone for Counted<T> {
    fn clone(&self) -> Counted<T> {
        self.add(1);
        Counted { inner: self.inner }
    }
}

impl<T> Deref for Counted<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.inner().value
    }
}

impl<T> Drop for Counted<T> {
    #[inline]
    fn drop(&mut self) {
        // Release: what was done with the value is over when the last one drops it (Acquire, below).
        if self.inner().count.fetch_sub(1, Ordering::Release) == 1 {
            fence(Ordering::Acquire);
            // SAFETY: COUNTED: that was the last; it came from a box.
            drop(unsafe { Box::from_raw(self.inner.as_ptr()) });
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Counted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Counts in advance, of one thread. It belongs to somebody who has a count besides.
#[derive(Debug)]
pub(crate) struct Advance {
    left: Cell<usize>,
    /// How many are kept; 0: from now on nothing is taken in advance, or kept.
    most: Cell<usize>,
}

/// Counts taken in advance at a time; twice as many are kept.
const BATCH: usize = 256;

impl Default for Advance {
    fn default() -> Advance {
        Advance { left: Cell::new(0), most: Cell::new(2 * BATCH) }
    }
}

impl Advance {
    /// Takes one count of `counted`.
    #[inline]
    pub(crate) fn take<T>(&self, counted: &Counted<T>) {
        let left = self.left.get();
        let left = if left == 0 { self.more(counted) } else { left };
        self.left.set(left - 1);
    }

    #[cold]
    fn more<T>(&self, counted: &Counted<T>) -> usize {
        let count = if self.most.get() == 0 { 1 } else { BATCH };
        counted.add(count);
        count
    }

    /// Takes one back, unless it has ended: then it is the caller's to give back, which may be the last.
    ///
    /// # Safety
    /// COUNTED: a count of `counted`, which the caller gives up if the answer is true.
    #[inline]
    pub(crate) unsafe fn keep<T>(&self, counted: &Counted<T>) -> bool {
        let left = self.left.get();
        if left == self.most.get() {
            // SAFETY: the caller's promise.
            return unsafe { self.too_many(counted) };
        }
        self.left.set(left + 1);
        true
    }

    /// # Safety
    /// As [`keep`](Self::keep).
    #[cold]
    unsafe fn too_many<T>(&self, counted: &Counted<T>) -> bool {
        if self.most.get() == 0 {
            return false;
        }
        // SAFETY: COUNTED: they were added here or by those who gave them up to us.
        unsafe { counted.give_back(BATCH) };
        self.left.set(self.left.get() + 1 - BATCH);
        true
    }

    /// Gives all back, and takes and keeps no more.
    pub(crate) fn end<T>(&self, counted: &Counted<T>) {
        self.most.set(0);
        // SAFETY: as in `too_many`.
        unsafe { counted.give_back(self.left.take()) };
    }
}
