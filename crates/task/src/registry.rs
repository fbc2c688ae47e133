//! The live tasks of one executor: who is there, how many, and the few of whom more is known than a slot holds.
//!
//! A worker has slots, ids and counts of its own (`Own`); all other threads share some *desks*.

use std::cell::Cell;
use std::collections::HashMap;
use std::ptr::NonNull;
use std::sync::{Arc, OnceLock};

use crate::counted::Advance;
use crate::desks::Desks;
use crate::home::HomeRef;
use crate::loom::{AtomicU64, AtomicUsize, Mutex, Ordering, fence, lock};
use crate::slab::{Magazine, Slab};
use crate::slot::Slot;
use crate::thread_state;

/// Ids a thread takes at a time, so that the global counter is touched once per so many spawns.
const ID_BLOCK: u64 = 1024;

static NEXT_ID: OnceLock<AtomicU64> = OnceLock::new();

/// Takes `count` ids that nobody else will get; 0 is no id.
pub(crate) fn take_ids(count: u64) -> u64 {
    NEXT_ID.get_or_init(|| AtomicU64::new(1)).fetch_add(count, Ordering::Relaxed)
}

/// Ids of one thread's own.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    next: Cell<u64>,
    end: Cell<u64>,
}

impl Ids {
    #[inline]
    pub(crate) fn take(&self) -> u64 {
        let id = self.next.get();
        if id == self.end.get() {
            return self.more();
        }
        self.next.set(id + 1);
        id
    }

    #[cold]
    fn more(&self) -> u64 {
        let first = take_ids(ID_BLOCK);
        self.next.set(first + 1);
        self.end.set(first + ID_BLOCK);
        first
    }
}

/// What one thread has in stock for new tasks: free slots, ids, and counts of the home.
#[derive(Debug, Default)]
pub(crate) struct Stock {
    slots: Magazine,
    ids: Ids,
    pub(crate) counts: Advance,
}

/// How many slots were opened and closed by one owner; only that owner writes.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    opened: AtomicUsize,
    closed: AtomicUsize,
}

impl Tally {
    fn bump(counter: &AtomicUsize) {
        // One writer, so no read-modify-write. Release: pairs with the Acquire in `live`.
        counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
    }
}

/// Names and reasons, for the few tasks that have one.
#[derive(Debug, Default, Clone)]
pub(crate) struct Rare {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) reason: Option<Arc<str>>,
}

#[derive(Debug)]
pub(crate) struct Registry {
    slab: Mutex<Slab>,
    desks: Desks,
    rare: Mutex<HashMap<u64, Rare>>,
}

/// A thread's own stock and count, if it works for this registry.
pub(crate) type Own<'a> = Option<(&'a Stock, &'a Tally)>;

impl Registry {
    pub(crate) fn new() -> Registry {
        Registry {
            slab: Mutex::new(Slab::default()),
            desks: Desks::new(),
            rare: Mutex::new(HashMap::new()),
        }
    }

    /// Takes a slot for a new task of `home`, whose registry this is, and a count of that for its cell, and answers
    /// it with the task's id. It is to be opened, and counts as open from now on.
    #[inline]
    pub(crate) fn take(&self, own: Own<'_>, home: &HomeRef) -> (NonNull<Slot>, u64) {
        match own {
            Some((stock, tally)) => {
                stock.counts.take(home);
                let slot = stock.slots.pop(|| lock(&self.slab).take(home));
                Tally::bump(&tally.opened);
                (slot, stock.ids.take())
            }
            None => self.take_outside(home),
        }
    }

    /// Out of line, and so is the other: their locks are no business of a worker's, nor is room for them.
    #[inline(never)]
    fn take_outside(&self, home: &HomeRef) -> (NonNull<Slot>, u64) {
        let mut desk = self.desks.at(thread_state::number());
        if home.is_async() {
            desk.count(home, home.is_closed()); // That of the jobs is for ever.
        }
        let slot = desk.slots.pop(|| lock(&self.slab).take(home));
        desk.opened = desk.opened.wrapping_add(1);
        (slot, desk.ids.take())
    }

    /// A slot for a model, uncounted.
    #[cfg(loom)]
    pub(crate) fn take_one(&self, home: &HomeRef) -> NonNull<Slot> {
        let mut slab = lock(&self.slab);
        let mut chain = slab.take(home);
        let slot = chain.pop().expect("a chain is not empty");
        slab.give(chain);
        slot
    }

    /// Takes back a slot that its task has closed.
    #[inline]
    pub(crate) fn release(&self, own: Own<'_>, slot: NonNull<Slot>) {
        match own {
            Some((stock, tally)) => {
                stock.slots.push(slot, |chain| lock(&self.slab).give(chain));
                Tally::bump(&tally.closed);
            }
            None => self.release_outside(slot),
        }
    }

    #[inline(never)]
    fn release_outside(&self, slot: NonNull<Slot>) {
        let mut desk = self.desks.at(thread_state::number());
        desk.slots.push(slot, |chain| lock(&self.slab).give(chain));
        desk.closed = desk.closed.wrapping_add(1);
    }

    /// The executor of `home`, whose registry this is, goes: threads outside keep no counts of it from now on.
    pub(crate) fn end(&self, home: &HomeRef) {
        self.desks.end(home);
    }

    /// Takes a stock of slots back: its thread works for somebody else now.
    pub(crate) fn reclaim(&self, stock: &Stock) {
        stock.slots.reclaim(&mut lock(&self.slab));
    }

    /// How many tasks live; with workers at it, at least as many as there were at some moment. DESK OR CLOSED.
    pub(crate) fn live<'a>(&self, tallies: impl Iterator<Item = &'a Tally> + Clone) -> usize {
        // Closed first: a task that is opened and closed between the two readings counts as alive.
        let closed = self.desks.sum(|desk| desk.closed);
        let closed = tallies
            .clone()
            .fold(closed, |sum, tally| sum.wrapping_add(tally.closed.load(Ordering::Acquire)));
        let opened = self.desks.sum(|desk| desk.opened);
        let opened = tallies
            .fold(opened, |sum, tally| sum.wrapping_add(tally.opened.load(Ordering::Acquire)));
        opened.wrapping_sub(closed)
    }

    /// How many were ever opened.
    pub(crate) fn opened<'a>(&self, tallies: impl Iterator<Item = &'a Tally>) -> usize {
        let opened = self.desks.sum(|desk| desk.opened);
        tallies.fold(opened, |sum, tally| sum.wrapping_add(tally.opened.load(Ordering::Relaxed)))
    }

    /// Calls `look` with each live slot and its id, in the order of the slab.
    pub(crate) fn for_each_live(&self, mut look: impl FnMut(NonNull<Slot>, u64)) {
        // The blocks' addresses are copied out: `look` may run anything, and blocks never go away.
        let blocks = lock(&self.slab).blocks();
        // SAFETY: the slab lives as long as the registry, which we borrow.
        for slot in unsafe { blocks.slots() } {
            // SAFETY: as above.
            let id = unsafe { slot.as_ref() }.id();
            if id != 0 {
                // Acquire: pairs with the Release in `Slot::open`.
                fence(Ordering::Acquire);
                look(slot, id);
            }
        }
    }

    /// A slot that no task is ever in.
    pub(crate) fn nobody(&self, home: &HomeRef) -> NonNull<Slot> {
        lock(&self.slab).nobody(home)
    }

    pub(crate) fn is_shielded(&self, slot: NonNull<Slot>) -> bool {
        // SAFETY: as above.
        unsafe { slot.as_ref() }.is_shielded()
    }

    /// Asks task `id`, which was in `slot` of this registry, to end. False if it is gone.
    pub(crate) fn cancel(&self, slot: NonNull<Slot>, id: u64, reason: Option<Arc<str>>) -> bool {
        let rare = reason.is_some();
        if let Some(reason) = reason {
            // The first reason stands; a task that is gone leaves nothing behind (below).
            self.set_rare(id, |rare| rare.reason = rare.reason.take().or(Some(reason)));
        }
        // SAFETY: as above.
        let asked = unsafe { slot.as_ref() }.cancel(id, rare);
        if rare && !asked {
            self.forget_rare(id);
        }
        asked
    }

    /// The same without a reason, unless it was asked before.
    pub(crate) fn cancel_anew(&self, slot: NonNull<Slot>, id: u64) -> bool {
        // SAFETY: as above.
        unsafe { slot.as_ref() }.cancel_anew(id)
    }

    pub(crate) fn rare(&self, id: u64) -> Rare {
        lock(&self.rare).get(&id).cloned().unwrap_or_default()
    }

    pub(crate) fn set_rare(&self, id: u64, set: impl FnOnce(&mut Rare)) {
        set(lock(&self.rare).entry(id).or_default());
    }

    pub(crate) fn forget_rare(&self, id: u64) -> Rare {
        lock(&self.rare).remove(&id).unwrap_or_default()
    }
}
