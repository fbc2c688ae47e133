//! One worker's ready tasks: a ring the owner pushes to and pops from, and others may steal half of.
//!
//! It holds bare pointers and never looks behind them; what they mean is `queue.rs`'s business.
//!
//! ```text
//!        head (1,2,3)                 tail (4)
//!          v                           v
//!   . . . [a][b][c][d][e] . . . . . . . .     slots, taken modulo N
//! ```
//! `pop` (1, by the owner), `steal_into` and `steal_one` (2, by thieves) and `take_half` (3, by the owner,
//! when full) move `head` by a compare-exchange; `push` (4, by the owner) moves `tail` by a store. The
//! scheme is the run queue of Go's scheduler (`runqput`, `runqget`, `runqgrab`).
//!
// OWNER PUSHES: `push`, `pop`, `take_half`, and `steal_into` as the receiver, are called by one thread
// at a time: the worker that has claimed the lane.
// GARBAGE UNTIL WON: what was copied from a slot means nothing until the compare-exchange on `head`
// says that nobody else took it; hence every slot is atomic and nothing is read behind it before.

use crate::loom::{AtomicPtr, AtomicU32, Ordering};

/// Keeps the two ends of a ring on cache lines of their own (two lines: the prefetcher fetches pairs).
#[repr(align(128))]
#[derive(Debug)]
struct Padded<T>(T);

/// A ring of at most `N` pointers; `N` is a power of two.
#[derive(Debug)]
pub(crate) struct Ring<const N: usize> {
    head: Padded<AtomicU32>,
    tail: Padded<AtomicU32>,
    slots: Box<[AtomicPtr<()>]>,
}

impl<const N: usize> Ring<N> {
    pub(crate) fn new() -> Ring<N> {
        const { assert!(N.is_power_of_two() && N >= 2 && N < 1 << 31) };
        let slots = (0..N).map(|_| AtomicPtr::new(std::ptr::null_mut())).collect();
        Ring { head: Padded(AtomicU32::new(0)), tail: Padded(AtomicU32::new(0)), slots }
    }

    fn slot(&self, position: u32) -> &AtomicPtr<()> {
        &self.slots[position as usize & (N - 1)]
    }

    /// How many there are, as far as this thread can see.
    pub(crate) fn len(&self) -> usize {
        let head = self.head.0.load(Ordering::Acquire);
        let tail = self.tail.0.load(Ordering::Acquire);
        // Read at different moments, the two may seem to cross.
        (tail.wrapping_sub(head) as i32).max(0) as usize
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends; gives the pointer back when the ring is full. OWNER PUSHES.
    #[inline]
    pub(crate) fn push(&self, item: *mut ()) -> Result<(), *mut ()> {
        // Acquire: pairs with the release half of a thief's exchange, so that its copy of a slot is over
        // before that slot is overwritten.
        let head = self.head.0.load(Ordering::Acquire);
        let tail = self.tail.0.load(Ordering::Relaxed); // OWNER PUSHES: nobody else writes it.
        if tail.wrapping_sub(head) as usize >= N {
            return Err(item);
        }
        self.slot(tail).store(item, Ordering::Relaxed);
        // Release: pairs with the Acquire of `tail` in `steal_into`: the thief sees the slot.
        self.tail.0.store(tail.wrapping_add(1), Ordering::Release);
        Ok(())
    }

    /// Takes the oldest. OWNER PUSHES.
    #[inline]
    pub(crate) fn pop(&self) -> Option<*mut ()> {
        let mut head = self.head.0.load(Ordering::Acquire);
        loop {
            let tail = self.tail.0.load(Ordering::Relaxed); // OWNER PUSHES
            if head == tail {
                return None;
            }
            let item = self.slot(head).load(Ordering::Relaxed);
            // AcqRel: in one order with the thieves' exchanges; GARBAGE UNTIL WON.
            match self.head.0.compare_exchange(
                head,
                head.wrapping_add(1),
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return Some(item),
                Err(now) => head = now,
            }
        }
    }

    /// Takes the older half out, for the injector, when the ring is full. OWNER PUSHES.
    ///
    /// Answers nothing if thieves made room meanwhile.
    pub(crate) fn take_half(&self, out: &mut Vec<*mut ()>) {
        let head = self.head.0.load(Ordering::Acquire);
        let tail = self.tail.0.load(Ordering::Relaxed);
        let half = N as u32 / 2;
        if tail.wrapping_sub(head) < half {
            return;
        }
        out.extend((0..half).map(|i| self.slot(head.wrapping_add(i)).load(Ordering::Relaxed)));
        let won = self.head.0.compare_exchange(
            head,
            head.wrapping_add(half),
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
        if won.is_err() {
            out.clear(); // GARBAGE UNTIL WON
        }
    }

    /// Takes the oldest, for anybody who has no ring to move half of it to.
    pub(crate) fn steal_one(&self) -> Option<*mut ()> {
        let mut head = self.head.0.load(Ordering::Acquire);
        loop {
            // Acquire: pairs with the Release in `push`.
            if self.tail.0.load(Ordering::Acquire).wrapping_sub(head) as i32 <= 0 {
                return None;
            }
            let item = self.slot(head).load(Ordering::Relaxed);
            // AcqRel: as in `steal_into`; GARBAGE UNTIL WON.
            match self.head.0.compare_exchange(
                head,
                head.wrapping_add(1),
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return Some(item),
                Err(now) => head = now,
            }
        }
    }

    /// Moves half of this ring, at least one, to `into`, and answers the newest of those moved.
    ///
    /// `into` belongs to the caller (OWNER PUSHES) and is empty.
    pub(crate) fn steal_into(&self, into: &Ring<N>) -> Option<*mut ()> {
        let to = into.tail.0.load(Ordering::Relaxed);
        loop {
            let head = self.head.0.load(Ordering::Acquire);
            // Acquire: pairs with the Release in `push`.
            let tail = self.tail.0.load(Ordering::Acquire);
            let len = tail.wrapping_sub(head);
            if len == 0 || len as i32 <= 0 {
                return None;
            }
            let count = len - len / 2;
            if count > N as u32 / 2 {
                continue; // `head` moved between the two loads.
            }
            for i in 0..count {
                let item = self.slot(head.wrapping_add(i)).load(Ordering::Relaxed);
                into.slot(to.wrapping_add(i)).store(item, Ordering::Relaxed);
            }
            // AcqRel, release half: pairs with the Acquire of `head` in `push`: our copying is over.
            let won = self.head.0.compare_exchange(
                head,
                head.wrapping_add(count),
                Ordering::AcqRel,
                Ordering::Relaxed,
            );
            if won.is_ok() {
                let newest = into.slot(to.wrapping_add(count - 1)).load(Ordering::Relaxed);
                // Release: as in `push`, for whoever steals from us.
                into.tail.0.store(to.wrapping_add(count - 1), Ordering::Release);
                return Some(newest);
            }
        }
    }
}
