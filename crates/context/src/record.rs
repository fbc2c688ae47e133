//! What an observer may read of a task while it lives: plain words, written by its poller, read by all.
//!
//! Every field is its own atomic, written and read `Relaxed`: a reader may see one field newer than
//! another, and says so by being a snapshot. Nothing else is ever published through a record.

use std::panic::Location;
use std::ptr;

use crate::loom::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};

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
#[derive(Debug)]
pub struct Record {
    id: AtomicU64,
    parent: AtomicU64,
    spawned_at: AtomicPtr<Location<'static>>,
    detail: AtomicU64,
    polls: AtomicU32,
    wait: AtomicU8,
    may_block: AtomicBool,
}

impl Record {
    /// A record nobody uses yet.
    pub const fn new() -> Record {
        Record {
            id: AtomicU64::new(0),
            parent: AtomicU64::new(0),
            spawned_at: AtomicPtr::new(ptr::null_mut()),
            detail: AtomicU64::new(0),
            polls: AtomicU32::new(0),
            wait: AtomicU8::new(Wait::Nothing as u8),
            may_block: AtomicBool::new(false),
        }
    }

    /// Gives the record to task `id`, child of `parent` (0: of nobody), spawned at `spawned_at`.
    pub fn open(&self, id: u64, parent: u64, spawned_at: &'static Location<'static>) {
        debug_assert!(id != 0, "0 is the id of a free record");
        self.parent.store(parent, Relaxed);
        self.spawned_at.store(ptr::from_ref(spawned_at).cast_mut(), Relaxed);
        self.polls.store(0, Relaxed);
        self.wait.store(Wait::Nothing as u8, Relaxed);
        self.may_block.store(false, Relaxed);
        self.id.store(id, Relaxed);
    }

    /// Takes the record back: its task is gone.
    pub fn close(&self) {
        self.id.store(0, Relaxed);
    }

    /// Says that a poll begins: one more, and the task waits for nothing now.
    #[inline]
    pub fn begin_poll(&self) {
        // Only the poller writes it, so a load and a store do; no read-modify-write is needed.
        self.polls.store(self.polls.load(Relaxed).wrapping_add(1), Relaxed);
        self.wait.store(Wait::Nothing as u8, Relaxed);
    }

    /// Says why the poll that is ending returns `Pending`.
    #[inline]
    pub fn set_wait(&self, why: Wait, detail: u64) {
        self.wait.store(why as u8, Relaxed);
        self.detail.store(detail, Relaxed);
    }

    /// Says that this task is a call that was given a thread so that it may block it.
    pub fn set_may_block(&self) {
        self.may_block.store(true, Relaxed);
    }

    /// Whether its poll may block the thread.
    pub fn may_block(&self) -> bool {
        self.may_block.load(Relaxed)
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

    /// How often it was polled (modulo 2^32).
    pub fn polls(&self) -> u32 {
        self.polls.load(Relaxed)
    }

    /// Why it waits, with the detail that [`Wait`] names.
    pub fn wait(&self) -> (Wait, u64) {
        let wait = Wait::ALL.get(usize::from(self.wait.load(Relaxed))).copied();
        (wait.unwrap_or(Wait::Nothing), self.detail.load(Relaxed))
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
