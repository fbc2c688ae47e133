//! What an observer may read of a task while it lives: plain words, written by its poller, read by all.
//!
//! Every field is its own atomic, written and read `Relaxed`: a reader may see one field newer than
//! another, and says so by being a snapshot. Nothing else is ever published through a record.

use std::panic::Location;
use std::ptr;

use crate::loom::{AtomicPtr, AtomicU64, Ordering::Relaxed};

/// Why a task waits: one word, recorded by the leaf future that returned `Pending`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Wait {
    /// It does not wait, or nobody said why.
    Nothing,
    /// For a deadline.
    Sleep,
    /// For a lock; the detail is the holder's task id, 0 if unknown.
    Lock,
    /// For an event to be set.
    Event,
    /// For a permit.
    Semaphore,
    /// For an item, or for room.
    Queue,
    /// For a descriptor; the detail is its number.
    Source,
    /// For another task; the detail is its id.
    Join,
    /// For a call on a thread of a pool; the detail is the call's id.
    Thread,
    /// For others to come to a barrier; the detail is how many it takes.
    Barrier,
    /// For something else of ours.
    Other,
}

impl Wait {
    const ALL: [Wait; 11] = [
        Wait::Nothing,
        Wait::Sleep,
        Wait::Lock,
        Wait::Event,
        Wait::Semaphore,
        Wait::Queue,
        Wait::Source,
        Wait::Join,
        Wait::Thread,
        Wait::Barrier,
        Wait::Other,
    ];
}

/// The public facts of one task. Id 0 means that nobody uses this record at the moment.
///
/// Four words: there is one for every live task.
#[derive(Debug)]
pub struct Record {
    id: AtomicU64,
    parent: AtomicU64,
    spawned_at: AtomicPtr<Location<'static>>,
    /// From the lowest bit: [`Wait`] in seven, [`MAY_BLOCK`], the detail in the other 56.
    why: AtomicU64,
}

/// In `why`: its poll may block the thread.
const MAY_BLOCK: u64 = 0x80;

/// Bits below the detail.
const DETAIL: u32 = 8;

impl Record {
    /// A record nobody uses yet.
    pub const fn new() -> Record {
        Record {
            id: AtomicU64::new(0),
            parent: AtomicU64::new(0),
            spawned_at: AtomicPtr::new(ptr::null_mut()),
            why: AtomicU64::new(Wait::Nothing as u64),
        }
    }

    /// Gives the record to task `id`, child of `parent` (0: of nobody), spawned at `spawned_at`.
    #[inline]
    pub fn open(&self, id: u64, parent: u64, spawned_at: &'static Location<'static>) {
        debug_assert!(id != 0, "0 is the id of a free record");
        self.parent.store(parent, Relaxed);
        self.spawned_at.store(ptr::from_ref(spawned_at).cast_mut(), Relaxed);
        self.why.store(Wait::Nothing as u64, Relaxed);
        self.id.store(id, Relaxed);
    }

    /// Takes the record back: its task is gone.
    #[inline]
    pub fn close(&self) {
        self.id.store(0, Relaxed);
    }

    /// Says that a poll begins: the task waits for nothing now, and its poll may not block.
    #[inline]
    pub fn begin_poll(&self) {
        self.why.store(Wait::Nothing as u64, Relaxed);
    }

    /// Says why the poll that is ending returns `Pending`. Of the detail the lower 56 bits are kept, more
    /// than any id or number of a descriptor has.
    #[inline]
    pub fn set_wait(&self, why: Wait, detail: u64) {
        let may_block = self.why.load(Relaxed) & MAY_BLOCK;
        self.why.store(detail << DETAIL | may_block | why as u64, Relaxed);
    }

    /// Says that this poll is of a call that was given a thread so that it may block it.
    pub fn set_may_block(&self) {
        self.why.store(MAY_BLOCK | Wait::Nothing as u64, Relaxed);
    }

    /// Whether its poll may block the thread.
    pub fn may_block(&self) -> bool {
        self.why.load(Relaxed) & MAY_BLOCK != 0
    }

    /// The id of the task, 0 if there is none.
    #[inline]
    pub fn id(&self) -> u64 {
        self.id.load(Relaxed)
    }

    /// The id of the task that spawned it, 0 if none did.
    pub fn parent(&self) -> u64 {
        self.parent.load(Relaxed)
    }

    /// Why it waits, with the detail that [`Wait`] names.
    pub fn wait(&self) -> (Wait, u64) {
        let why = self.why.load(Relaxed);
        let wait = Wait::ALL.get((why & (MAY_BLOCK - 1)) as usize).copied();
        (wait.unwrap_or(Wait::Nothing), why >> DETAIL)
    }

    /// Where it was spawned.
    pub fn spawned_at(&self) -> Option<&'static Location<'static>> {
        crate::current::location(self.spawned_at.load(Relaxed))
    }
}

impl Default for Record {
    fn default() -> Record {
        Record::new()
    }
}
