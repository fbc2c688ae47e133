//! One worker's ready tasks: a ring the owner pushes to and pops from, and others may steal half of.
//!
//! It holds bare pointers and never looks behind them; what they mean is `queue.rs`'s business.
//!
//! ```text
//!        head (1,2,3)                 tail (4)
//!          v                           v
//!   . . . [a][b][c][d][e] . . . . . . . .     slots, taken modulo the ring's size
//! ```
//! `pop` (1, by the owner), `steal_into` and `steal_one` (2, by thieves) and `take` (3, by the owner, when
//! the ring is full and may not grow) move `head` by a compare-exchange; `push` (4, by the owner) moves `tail`
//! by a store. The scheme is the run queue of Go's scheduler (`runqput`, `runqget`, `runqgrab`), but a ring
//! that is full grows: its items are copied to slots twice as many, at the same positions.
//!
// OWNER PUSHES: `push`, `pop`, `take`, and `steal_into` as the receiver, are called by one thread at a
// time: the worker that has claimed the lane. It alone writes `tail` and changes the slots.
// GARBAGE UNTIL WON: what was copied from a slot means nothing until the compare-exchange on `head`
// says that nobody else took it; hence every slot is atomic and nothing is read behind it before.
// KEPT: slots that were outgrown are freed with the ring, so a thief may read them for as long as it likes. They
// are never written again: from `head` on they say what they said when they were left.

use std::ptr::{self, NonNull};

use crate::loom::{AtomicPtr, AtomicU32, Mutex, Ordering, lock};

/// Keeps the two ends of a ring on cache lines of their own (two lines: the prefetcher fetches pairs).
#[repr(align(128))]
#[derive(Debug)]
struct Padded<T>(T);

/// The slots, a power of two of them.
#[derive(Debug)]
struct Slots(Box<[AtomicPtr<()>]>);

impl Slots {
    fn leak(size: usize) -> NonNull<Slots> {
        let slots = (0..size).map(|_| AtomicPtr::new(ptr::null_mut())).collect();
        NonNull::from(Box::leak(Box::new(Slots(slots))))
    }

    fn size(&self) -> u32 {
        self.0.len() as u32
    }

    #[inline]
    fn at(&self, position: u32) -> &AtomicPtr<()> {
        &self.0[position as usize & (self.0.len() - 1)]
    }
}

/// What the owner writes.
#[derive(Debug)]
struct Owned {
    tail: AtomicU32,
    slots: AtomicPtr<Slots>,
}

/// A ring of `FIRST` pointers, which grows to `MOST`; both are powers of two.
#[derive(Debug)]
pub(crate) struct Ring<const FIRST: usize, const MOST: usize> {
    head: Padded<AtomicU32>,
    owned: Padded<Owned>,
    /// All slots there ever were. KEPT.
    kept: Mutex<Vec<NonNull<Slots>>>,
}

// SAFETY: the slots are atomics; the pointers to them are KEPT until the ring is dropped.
unsafe impl<const FIRST: usize, const MOST: usize> Send for Ring<FIRST, MOST> {}
// SAFETY: as above.
unsafe impl<const FIRST: usize, const MOST: usize> Sync for Ring<FIRST, MOST> {}

/// How many a thief takes at a time, at most: what it takes it copies, and nobody can get at it meanwhile.
const STEAL: u32 = 128;

impl<const FIRST: usize, const MOST: usize> Ring<FIRST, MOST> {
    pub(crate) fn new() -> Ring<FIRST, MOST> {
        const { assert!(FIRST.is_power_of_two() && MOST.is_power_of_two()) };
        const { assert!(FIRST >= 2 && FIRST <= MOST && MOST < 1 << 31) };
        let slots = Slots::leak(FIRST);
        Ring {
            head: Padded(AtomicU32::new(0)),
            owned: Padded(Owned { tail: AtomicU32::new(0), slots: AtomicPtr::new(slots.as_ptr()) }),
            kept: Mutex::new(vec![slots]),
        }
    }

    /// The slots as the owner knows them.
    #[inline]
    fn own_slots(&self) -> &Slots {
        // Relaxed: OWNER PUSHES: we wrote it. SAFETY: KEPT.
        unsafe { &*self.owned.0.slots.load(Ordering::Relaxed) }
    }

    /// The slots for a thief that has read `tail` before.
    #[inline]
    fn their_slots(&self) -> &Slots {
        // Acquire: pairs with the Release in `grow`: we see what was copied to them. And the Acquire of `tail`
        // pairs with the Release in `push`: these are the slots `tail` was moved for, or later ones.
        // SAFETY: KEPT.
        unsafe { &*self.owned.0.slots.load(Ordering::Acquire) }
    }

    /// How many there are, as far as this thread can see.
    pub(crate) fn len(&self) -> usize {
        let head = self.head.0.load(Ordering::Acquire);
        let tail = self.owned.0.tail.load(Ordering::Acquire);
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
        let tail = self.owned.0.tail.load(Ordering::Relaxed); // OWNER PUSHES: nobody else writes it.
        let mut slots = self.own_slots();
        if tail.wrapping_sub(head) >= slots.size() {
            match self.grow(slots, head, tail) {
                Some(larger) => slots = larger,
                None => return Err(item),
            }
        }
        slots.at(tail).store(item, Ordering::Relaxed);
        // Release: pairs with the Acquire of `tail` in `steal_into`: the thief sees the slot.
        self.owned.0.tail.store(tail.wrapping_add(1), Ordering::Release);
        Ok(())
    }

    /// Twice as many slots. OWNER PUSHES.
    #[cold]
    fn grow(&self, slots: &Slots, head: u32, tail: u32) -> Option<&Slots> {
        let size = slots.size() as usize * 2;
        if size > MOST {
            return None;
        }
        let larger = Slots::leak(size);
        lock(&self.kept).push(larger);
        // SAFETY: KEPT, from this moment on.
        let larger: &Slots = unsafe { larger.as_ref() };
        for position in (0..tail.wrapping_sub(head)).map(|i| head.wrapping_add(i)) {
            let item = slots.at(position).load(Ordering::Relaxed);
            larger.at(position).store(item, Ordering::Relaxed);
        }
        // Release: pairs with the Acquire in `their_slots`.
        self.owned.0.slots.store(ptr::from_ref(larger).cast_mut(), Ordering::Release);
        Some(larger)
    }

    /// Takes the oldest. OWNER PUSHES.
    #[inline]
    pub(crate) fn pop(&self) -> Option<*mut ()> {
        let mut head = self.head.0.load(Ordering::Acquire);
        loop {
            let tail = self.owned.0.tail.load(Ordering::Relaxed); // OWNER PUSHES
            if head == tail {
                return None;
            }
            let item = self.own_slots().at(head).load(Ordering::Relaxed);
            match self.exchange(head, 1) {
                Ok(()) => return Some(item),
                Err(now) => head = now,
            }
        }
    }

    /// Moves `head`, unless somebody was faster: GARBAGE UNTIL WON.
    #[inline]
    fn exchange(&self, head: u32, count: u32) -> Result<(), u32> {
        let next = head.wrapping_add(count);
        // AcqRel: in one order with all other exchanges. The release half pairs with the Acquire of `head` in
        // `push`: our copying is over.
        self.head.0.compare_exchange(head, next, Ordering::AcqRel, Ordering::Acquire).map(drop)
    }

    /// Takes the `count` oldest out, for the injector, when the ring is full. OWNER PUSHES.
    ///
    /// Answers nothing if thieves made room meanwhile.
    pub(crate) fn take(&self, count: u32, out: &mut Vec<*mut ()>) {
        let head = self.head.0.load(Ordering::Acquire);
        let tail = self.owned.0.tail.load(Ordering::Relaxed);
        if tail.wrapping_sub(head) < count {
            return;
        }
        let slots = self.own_slots();
        out.extend((0..count).map(|i| slots.at(head.wrapping_add(i)).load(Ordering::Relaxed)));
        if self.exchange(head, count).is_err() {
            out.clear(); // GARBAGE UNTIL WON
        }
    }

    /// Takes the oldest, for anybody who has no ring to move half of it to.
    pub(crate) fn steal_one(&self) -> Option<*mut ()> {
        let mut head = self.head.0.load(Ordering::Acquire);
        loop {
            // Acquire: pairs with the Release in `push`.
            if self.owned.0.tail.load(Ordering::Acquire).wrapping_sub(head) as i32 <= 0 {
                return None;
            }
            let item = self.their_slots().at(head).load(Ordering::Relaxed);
            match self.exchange(head, 1) {
                Ok(()) => return Some(item),
                Err(now) => head = now,
            }
        }
    }

    /// Moves half of this ring, at least one and at most [`STEAL`], to `into`, and answers the newest of
    /// those moved.
    ///
    /// `into` belongs to the caller (OWNER PUSHES) and is empty.
    pub(crate) fn steal_into(&self, into: &Self) -> Option<*mut ()> {
        let to = into.owned.0.tail.load(Ordering::Relaxed);
        let into_slots = into.own_slots();
        loop {
            let head = self.head.0.load(Ordering::Acquire);
            // Acquire: pairs with the Release in `push`.
            let len = self.owned.0.tail.load(Ordering::Acquire).wrapping_sub(head);
            if len as i32 <= 0 {
                return None;
            }
            let slots = self.their_slots();
            // If `head` moved between the two loads, the exchange will tell.
            let count = (len - len / 2).min(STEAL).min(into_slots.size());
            for i in 0..count {
                let item = slots.at(head.wrapping_add(i)).load(Ordering::Relaxed);
                into_slots.at(to.wrapping_add(i)).store(item, Ordering::Relaxed);
            }
            if self.exchange(head, count).is_ok() {
                let newest = into_slots.at(to.wrapping_add(count - 1)).load(Ordering::Relaxed);
                // Release: as in `push`, for whoever steals from us.
                into.owned.0.tail.store(to.wrapping_add(count - 1), Ordering::Release);
                return Some(newest);
            }
        }
    }
}

impl<const FIRST: usize, const MOST: usize> Drop for Ring<FIRST, MOST> {
    fn drop(&mut self) {
        for slots in lock(&self.kept).drain(..) {
            // SAFETY: KEPT until now; it came from a box, and nobody borrows the ring any more.
            drop(unsafe { Box::from_raw(slots.as_ptr()) });
        }
    }
}
