//! The pure structure: timers by deadline, with no clock, no lock and no thread.
//!
//! It promises that nothing comes out before its deadline, that what comes out comes in order of
//! deadline and, where deadlines are equal, in order of arming, and that arming and disarming cost
//! the same with a thousand timers and with a million. When to look, and what to do with what came
//! out, it leaves to [`Timers`](crate::Timers).
//!
//! # How it is laid out
//!
//! A deadline is 64 bits of nanoseconds. The low 16 are the place inside a *tick* of 65.5 µs; the
//! upper 48 are eight digits of six bits, one digit a level.
//!
//! ```text
//!   level    7      6      5      4      3      2      1      0     inside a tick
//!         ┌──────┬──────┬──────┬──────┬──────┬──────┬──────┬──────┬────────────────┐
//!         │  6   │  6   │  6   │  6   │  6   │  6   │  6   │  6   │       16       │
//!         └──────┴──────┴──────┴──────┴──────┴──────┴──────┴──────┴────────────────┘
//!   slot  9.1 y  52 d   20 h   18 min 17 s   268 ms 4.2 ms 65 µs
//! ```
//!
//! A timer is kept at the highest digit in which it differs from the time reached so far, in the
//! slot of that digit. Two facts follow, and the rest of the file leans on them:
//!
//! - SOONER BELOW: whatever is on a lower level is due before anything on a higher level, and on
//!   one level a lower slot is due before a higher one. So the first bit of the first non-empty
//!   bitmap is the earliest slot.
//! - SAME PLACE: where a timer stands depends on its deadline and on the time reached, never on
//!   when it was armed. So equal deadlines always share a slot, in the order in which they came,
//!   because slots are appended to and moved from the front.

use core::fmt;
use core::task::Waker;

use crate::slab::{Key, NONE, Slab};

/// Nanoseconds in a tick, as a power of two. Smaller ticks sort less inside level 0 and move
/// timers down more often; with 2^16 a level-0 slot of a million timers spread over a second holds
/// 65.
const TICK_BITS: u32 = 16;
/// Slots of a level, as a power of two: one bit each in a word.
const SLOT_BITS: u32 = 6;
const SLOTS: usize = 1 << SLOT_BITS;
/// Enough for all 64 bits.
const LEVELS: usize = (64 - TICK_BITS).div_ceil(SLOT_BITS) as usize;

/// How many timers [`Wheel::next_deadline`] looks at to find the earliest of a slot that lost its
/// earliest. It bounds what going to sleep may cost (about a tenth of a microsecond); beyond it the
/// answer is early, never late, and costs the sleeper one look too many.
const RESCAN: usize = 64;

/// Timers of one digit value, in order of arming.
#[derive(Clone, Copy)]
struct Slot {
    head: u32,
    tail: u32,
    /// No timer of this slot is due before this; exact unless the slot's `stale` bit is set.
    least: u64,
}

/// Many timers, by deadline: a hierarchical wheel.
///
/// It holds a value (a [`Waker`], unless you say otherwise) for each deadline, and returns those
/// whose deadline has come. Time is a `u64` of nanoseconds since whenever you like, and comes in as
/// an argument.
///
/// # Examples
///
/// ```
/// use evenkeel_timer::Wheel;
///
/// let mut wheel = Wheel::new(0);
/// let _tea = wheel.arm(3_000, "tea");
/// let toast = wheel.arm(1_000, "toast");
/// let _egg = wheel.arm(2_000, "egg");
///
/// assert_eq!(wheel.disarm(toast), Some("toast"));
/// assert_eq!(wheel.next_deadline(), Some(2_000));
///
/// let mut due = Vec::new();
/// wheel.expire(1_999, &mut due);
/// assert!(due.is_empty());
/// wheel.expire(5_000, &mut due);
/// let names: Vec<_> = due.iter().map(|due| due.value).collect();
/// assert_eq!(names, ["egg", "tea"]);
/// ```
pub struct Wheel<T = Waker> {
    slab: Slab<T>,
    slots: Box<[Slot; LEVELS * SLOTS]>,
    /// Bit `s` of word `l`: slot `s` of level `l` holds a timer.
    occupied: [u64; LEVELS],
    /// The same slots, where `least` may be too early because that timer was taken out.
    stale: [u64; LEVELS],
    /// The tick reached so far.
    elapsed: u64,
}

/// A timer whose deadline has come, as [`Wheel::expire`] returns it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Due<T = Waker> {
    /// When it was due.
    pub deadline: u64,
    /// The key it was armed under, stale now.
    pub key: Key,
    /// What it was armed with.
    pub value: T,
}

impl<T> Wheel<T> {
    /// An empty wheel that starts at `now`.
    #[must_use]
    pub fn new(now: u64) -> Wheel<T> {
        let empty = Slot { head: NONE, tail: NONE, least: 0 };
        Wheel {
            slab: Slab::new(),
            slots: Box::new([empty; LEVELS * SLOTS]),
            occupied: [0; LEVELS],
            stale: [0; LEVELS],
            elapsed: now >> TICK_BITS,
        }
    }

    /// How many timers are armed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slab.len()
    }

    /// Whether no timer is armed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// For how many timers memory is held.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.slab.capacity()
    }

    /// Adds a timer. A deadline that has passed already is due at the next [`Wheel::expire`], in
    /// its place among the others.
    ///
    /// # Panics
    ///
    /// If 2³² timers are armed already.
    pub fn arm(&mut self, deadline: u64, value: T) -> Key {
        let key = self.slab.insert(deadline, value);
        self.link(key.index(), deadline);
        key
    }

    /// Takes a timer out and returns its value; `None` if it has fired or was disarmed before.
    pub fn disarm(&mut self, key: Key) -> Option<T> {
        self.take(key).map(|(_, value)| value)
    }

    /// As [`Wheel::disarm`], with the deadline.
    pub(crate) fn take(&mut self, key: Key) -> Option<(u64, T)> {
        let index = self.slab.find(key)?;
        let deadline = self.slab[index].deadline;
        self.unlink(index);
        Some((deadline, self.slab.remove(index)?))
    }

    /// Moves a timer to another deadline and returns the old one; `None` if it has fired or was
    /// disarmed before. Among equal deadlines it counts as armed now.
    pub fn rearm(&mut self, key: Key, deadline: u64) -> Option<u64> {
        let index = self.slab.find(key)?;
        let before = self.slab[index].deadline;
        self.unlink(index);
        self.slab[index].deadline = deadline;
        self.link(index, deadline);
        Some(before)
    }

    /// The value of a timer; `None` if it has fired or was disarmed.
    pub fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let index = self.slab.find(key)?;
        self.slab.value_mut(index)
    }

    /// Whether a timer is still armed.
    #[must_use]
    pub fn contains(&self, key: Key) -> bool {
        self.slab.find(key).is_some()
    }

    /// When to look again: the earliest deadline, or `None` if no timer is armed.
    ///
    /// Exact, but for one case: when the earliest of more than 64 timers of one far slot was
    /// disarmed, the answer may still be the disarmed deadline. It is never late.
    pub fn next_deadline(&mut self) -> Option<u64> {
        let place = self.first()?;
        let (level, bit) = address(place);
        if self.stale[level] & bit != 0 {
            self.rescan(place);
        }
        Some(self.slots[place].least)
    }

    /// Moves the timers whose deadline is `now` or earlier to the end of `due`, in order, and
    /// returns how many they were.
    pub fn expire(&mut self, now: u64, due: &mut Vec<Due<T>>) -> usize {
        let before = due.len();
        let tick = (now >> TICK_BITS).max(self.elapsed);
        while let Some(place) = self.first() {
            let (begins, ends) = self.span(place);
            if begins > tick {
                break;
            }
            if ends >= tick {
                // The slot we are in, and so the last (SOONER BELOW): part of it may be yet to
                // come.
                self.elapsed = tick;
                if place >= SLOTS || self.slots[place].least <= now {
                    self.empty(place, now, due);
                }
                break;
            }
            self.empty(place, now, due);
        }
        self.elapsed = tick;
        due.len() - before
    }

    /// The earliest slot in use (SOONER BELOW).
    fn first(&self) -> Option<usize> {
        let level = self.occupied.iter().position(|&slots| slots != 0)?;
        Some(level * SLOTS + self.occupied[level].trailing_zeros() as usize)
    }

    /// The first and the last tick of a slot in use.
    fn span(&self, place: usize) -> (u64, u64) {
        let (level, slot) = ((place / SLOTS) as u32, (place % SLOTS) as u64);
        let shift = SLOT_BITS * level;
        let above = !((1 << (shift + SLOT_BITS)) - 1);
        let begins = (self.elapsed & above) | (slot << shift);
        (begins, begins + ((1 << shift) - 1))
    }

    /// Where a deadline belongs, seen from the tick reached (SAME PLACE).
    fn place(&self, deadline: u64) -> usize {
        let tick = (deadline >> TICK_BITS).max(self.elapsed);
        let level = ((tick ^ self.elapsed) | 1).ilog2() / SLOT_BITS;
        let slot = (tick >> (SLOT_BITS * level)) as usize % SLOTS;
        level as usize * SLOTS + slot
    }

    /// Appends a timer to the slot of its deadline.
    fn link(&mut self, index: u32, deadline: u64) {
        let place = self.place(deadline);
        let (level, bit) = address(place);
        let slot = &mut self.slots[place];
        let before = if self.occupied[level] & bit == 0 {
            self.occupied[level] |= bit;
            self.stale[level] &= !bit;
            *slot = Slot { head: index, tail: index, least: deadline };
            NONE
        } else {
            if deadline <= slot.least {
                slot.least = deadline;
                self.stale[level] &= !bit;
            }
            let tail = slot.tail;
            slot.tail = index;
            self.slab[tail].next = index;
            tail
        };
        let entry = &mut self.slab[index];
        entry.prev = before;
        entry.next = NONE;
        entry.place = place as u16;
    }

    /// Takes a timer out of its slot.
    fn unlink(&mut self, index: u32) {
        let entry = &self.slab[index];
        let (prev, next, deadline) = (entry.prev, entry.next, entry.deadline);
        let place = entry.place as usize;
        let (level, bit) = address(place);
        let slot = &mut self.slots[place];
        match (prev, next) {
            (NONE, NONE) => {
                self.occupied[level] &= !bit;
                return;
            }
            (NONE, next) => slot.head = next,
            (_, NONE) => slot.tail = prev,
            _ => {}
        }
        if slot.least == deadline {
            self.stale[level] |= bit;
        }
        if prev != NONE {
            self.slab[prev].next = next;
        }
        if next != NONE {
            self.slab[next].prev = prev;
        }
    }

    /// Moves the timers of a slot that are due by `now` to `due`, in order, and the others to where
    /// they belong by now.
    fn empty(&mut self, place: usize, now: u64, due: &mut Vec<Due<T>>) {
        let (level, bit) = address(place);
        self.occupied[level] &= !bit;
        let first = due.len();
        let mut index = self.slots[place].head;
        while index != NONE {
            let entry = &self.slab[index];
            let (deadline, next) = (entry.deadline, entry.next);
            if deadline > now {
                self.link(index, deadline);
            } else {
                let key = self.slab.key(index);
                due.extend(self.slab.remove(index).map(|value| Due { deadline, key, value }));
            }
            index = next;
        }
        // Stable: equal deadlines stay in the order in which they were armed.
        let run = &mut due[first..];
        if !run.is_sorted_by_key(|due| due.deadline) {
            run.sort_by_key(|due| due.deadline);
        }
    }

    /// Looks for the earliest of a slot, through no more than `RESCAN` timers.
    fn rescan(&mut self, place: usize) {
        let mut least = u64::MAX;
        let mut index = self.slots[place].head;
        for _ in 0..RESCAN {
            if index == NONE {
                break;
            }
            let entry = &self.slab[index];
            least = least.min(entry.deadline);
            index = entry.next;
        }
        if index == NONE {
            let (level, bit) = address(place);
            self.slots[place].least = least;
            self.stale[level] &= !bit;
        }
    }
}

/// Level and bit of a slot.
fn address(place: usize) -> (usize, u64) {
    (place / SLOTS, 1 << (place % SLOTS))
}

impl<T> fmt::Debug for Wheel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wheel")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .field("reached", &(self.elapsed << TICK_BITS))
            .finish()
    }
}
