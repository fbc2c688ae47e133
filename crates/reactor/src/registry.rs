//! The registered sources, by keys that are never given out twice.
//!
//! The kernel keeps a key, not a pointer, and a batch of its news may be older than what is
//! registered now. A key therefore holds the generation of its slot: news for a source that is gone
//! finds nobody, even if its slot has a new tenant. It has no lock; `reactor.rs` has.

use std::task::Waker;

use crate::direction::Direction;
use crate::loom::{Arc, OnceLock};
use crate::readiness::Seen;
use crate::wait::News;

/// Bits of a key that name the slot; the rest, but for the topmost, are its generation. The topmost
/// bit is never set, so that keys of one's own (bell, timer, a poller's) can be told apart.
const SLOT_BITS: u32 = if usize::BITS >= 64 { 32 } else { 20 };
const GENERATION_BITS: u32 = usize::BITS - SLOT_BITS - 1;

/// What the kernel calls a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key(usize);

impl Key {
    fn new(slot: usize, generation: usize) -> Key {
        Key(slot | (generation << SLOT_BITS))
    }

    /// As the kernel gave it back; it may be anybody's.
    pub(crate) fn from_raw(raw: usize) -> Key {
        Key(raw)
    }

    pub(crate) fn raw(self) -> usize {
        self.0
    }

    fn slot(self) -> usize {
        self.0 & ((1 << SLOT_BITS) - 1)
    }

    fn generation(self) -> usize {
        self.0 >> SLOT_BITS
    }
}

/// Which direction of a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// To read, accept, receive.
    Read,
    /// To write, connect, send.
    Write,
}

/// What the driver and the source share.
#[derive(Debug, Default)]
pub(crate) struct Record {
    read: Direction,
    /// Made when a write was not all done, or there is news of writing: most connections never need it.
    write: OnceLock<Box<Direction>>,
}

impl Record {
    pub(crate) fn way(&self, way: Way) -> &Direction {
        match way {
            Way::Read => &self.read,
            Way::Write => self.write.get_or_init(Box::default),
        }
    }

    /// What is believed of a direction, which need not be made for that.
    pub(crate) fn look(&self, way: Way) -> Seen {
        let direction = match way {
            Way::Read => Some(&self.read),
            Way::Write => self.write.get().map(|write| &**write),
        };
        direction.map_or(Seen::UNKNOWN, Direction::look)
    }

    /// The driver heard of this source.
    pub(crate) fn hear(&self, news: &News, due: &mut Vec<Waker>) {
        if news.read {
            self.read.news(news.read_closed, due);
        }
        if news.write {
            // Whoever tries to write at this moment, knowing nothing, must find that there was news.
            self.way(Way::Write).news(news.write_closed, due);
        }
    }

    /// Takes the wakers of both directions.
    pub(crate) fn take_all(&self) -> Vec<Waker> {
        let mut due = Vec::new();
        self.read.take_all(&mut due);
        self.write.get().inspect(|write| write.take_all(&mut due));
        due
    }
}

/// The slots.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    slots: Vec<Slot>,
    free: Vec<usize>,
}

#[derive(Debug)]
struct Slot {
    generation: usize,
    record: Option<Arc<Record>>,
}

impl Registry {
    /// `None` if there are as many sources as a key can name.
    pub(crate) fn insert(&mut self, record: Arc<Record>) -> Option<Key> {
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None if self.slots.len() >> SLOT_BITS != 0 => return None,
            None => {
                self.slots.push(Slot { generation: 0, record: None });
                self.slots.len() - 1
            }
        };
        let entry = &mut self.slots[slot];
        debug_assert!(entry.record.is_none(), "a free slot has a tenant");
        entry.record = Some(record);
        Some(Key::new(slot, entry.generation))
    }

    /// The caller drops what it gets outside the lock.
    pub(crate) fn remove(&mut self, key: Key) -> Option<Arc<Record>> {
        let slot = key.slot();
        let entry =
            self.slots.get_mut(slot).filter(|entry| entry.generation == key.generation())?;
        let record = entry.record.take()?;
        entry.generation = (entry.generation + 1) & ((1 << GENERATION_BITS) - 1);
        self.free.push(slot);
        Some(record)
    }

    /// `None` if that source is gone.
    pub(crate) fn get(&self, key: Key) -> Option<&Record> {
        let entry = self.slots.get(key.slot())?;
        if entry.generation == key.generation() { entry.record.as_deref() } else { None }
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}
