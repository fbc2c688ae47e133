//! Places for timers: entries that never move, and keys that go stale instead of wrong.
//!
//! Entries live in chunks, so growing copies nothing and wastes at most one chunk. When the last
//! entry goes and much room was held, all of it is given back.

use core::fmt;
use core::ops::{Index, IndexMut};

/// "No entry", in every link.
pub(crate) const NONE: u32 = u32::MAX;

/// Entries in a chunk (10 KiB of them when they hold wakers): large enough that allocating one
/// costs nothing per timer, small enough that a program with one timer does not notice.
const CHUNK: usize = 256;

/// Chunks kept when the slab runs empty. Above this, a burst that is over has its memory returned;
/// below it, a program that goes from a few timers to none and back never allocates.
const KEPT_CHUNKS: usize = 16;

/// Names one armed timer of one [`Wheel`](crate::Wheel).
///
/// A key is never valid twice: once its timer has fired or was disarmed, the key is stale, and
/// every use of it answers "not here" even when the place it names was given to another timer.
/// (The place counts its tenants in 32 bits; only a key kept over 2³² of them could be mistaken.)
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    index: u32,
    generation: u32,
}

impl Key {
    /// A key that names nothing yet.
    pub(crate) const NOWHERE: Key = Key { index: NONE, generation: 0 };

    /// The place it names, whether or not it is stale.
    pub(crate) fn index(self) -> u32 {
        self.index
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}#{})", self.index, self.generation)
    }
}

/// One place: a timer with its links, or a link of the free list.
pub(crate) struct Entry<T> {
    pub(crate) deadline: u64,
    value: Option<T>,
    pub(crate) prev: u32,
    /// The next in the same slot; in a free place, the next free place.
    pub(crate) next: u32,
    /// Which tenant this is; counted up when the tenant leaves.
    generation: u32,
    /// Which slot of the wheel it is linked into.
    pub(crate) place: u16,
}

/// The places, by index.
pub(crate) struct Slab<T> {
    chunks: Vec<Box<[Entry<T>; CHUNK]>>,
    free: u32,
    len: usize,
    /// No tenant so far had a generation above this: where the places of new chunks begin, so that
    /// keys from before a release stay stale.
    generation: u32,
}

impl<T> Slab<T> {
    pub(crate) const fn new() -> Slab<T> {
        Slab { chunks: Vec::new(), free: NONE, len: 0, generation: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn capacity(&self) -> usize {
        self.chunks.len() * CHUNK
    }

    /// Puts a timer in, unlinked.
    pub(crate) fn insert(&mut self, deadline: u64, value: T) -> Key {
        if self.free == NONE {
            self.grow();
        }
        let index = self.free;
        let entry = &mut self[index];
        entry.deadline = deadline;
        entry.value = Some(value);
        let generation = entry.generation;
        self.free = entry.next;
        self.len += 1;
        Key { index, generation }
    }

    /// The place a key names, unless it is stale.
    pub(crate) fn find(&self, key: Key) -> Option<u32> {
        let (chunk, place) = split(key.index);
        let entry = &self.chunks.get(chunk)?[place];
        (entry.generation == key.generation && entry.value.is_some()).then_some(key.index)
    }

    /// The key of an occupied place.
    pub(crate) fn key(&self, index: u32) -> Key {
        Key { index, generation: self[index].generation }
    }

    pub(crate) fn value_mut(&mut self, index: u32) -> Option<&mut T> {
        self[index].value.as_mut()
    }

    /// Takes an unlinked timer out; its keys are stale from here on.
    pub(crate) fn remove(&mut self, index: u32) -> Option<T> {
        let free = self.free;
        let entry = &mut self[index];
        let value = entry.value.take()?;
        entry.generation = entry.generation.wrapping_add(1);
        entry.next = free;
        let generation = entry.generation;
        self.generation = self.generation.max(generation);
        self.free = index;
        self.len -= 1;
        if self.len == 0 && self.chunks.len() > KEPT_CHUNKS {
            self.chunks = Vec::new();
            self.free = NONE;
        }
        Some(value)
    }

    #[cold]
    fn grow(&mut self) {
        let first = self.capacity();
        assert!(first < NONE as usize - CHUNK, "more timers than a 32-bit index can name");
        let generation = self.generation;
        let chunk: Box<[Entry<T>]> = (first + 1..=first + CHUNK)
            .map(|next| Entry {
                deadline: 0,
                value: None,
                prev: NONE,
                next: if next == first + CHUNK { NONE } else { next as u32 },
                generation,
                place: 0,
            })
            .collect();
        let Ok(chunk) = chunk.try_into() else { unreachable!("CHUNK entries were collected") };
        self.chunks.push(chunk);
        self.free = first as u32;
    }
}

fn split(index: u32) -> (usize, usize) {
    let index = index as usize;
    (index / CHUNK, index % CHUNK)
}

impl<T> Index<u32> for Slab<T> {
    type Output = Entry<T>;

    #[inline]
    fn index(&self, index: u32) -> &Entry<T> {
        let (chunk, place) = split(index);
        &self.chunks[chunk][place]
    }
}

impl<T> IndexMut<u32> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, index: u32) -> &mut Entry<T> {
        let (chunk, place) = split(index);
        &mut self.chunks[chunk][place]
    }
}

// What "memory per sleeping task" rests on: deadline 8, waker 16, links 8, generation and place 8.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Entry<core::task::Waker>>() == 40);
