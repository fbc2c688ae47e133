//! The live tasks of one executor: a slab of slots, each with the record an observer reads and the way
//! to reach the task from outside.
//!
//! A slot is opened at spawn and closed when the future is gone. It outlives every task that used it (the
//! slab is freed with the executor's home), so an observer that kept a pointer to it finds either the
//! same task, by its id, or learns that the task is gone.
//!
//! ```text
//!   free --1 open--> open, in a queue --2 publish--> open, waker known --3 close--> free
//!                                  \________________3 close_______________________/
//! ```
//! 2 happens once, at the end of the first poll that was `Pending`: a task that ends at its first poll
//! never pays for a waker. Before 2 the task is in a queue or being polled, and will look at its flags.
//!
// LOCKED MEANS MINE: the waker in a slot with `HAS_WAKER` is touched only by whoever set `LOCKED`.
// ONE POLLER: `publish` and `close` are called by whoever holds the task's Runnable, and nobody else.

use std::cell::{Cell, RefCell, UnsafeCell};
use std::collections::HashMap;
use std::panic::Location;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::Waker;

use evenkeel_context::Record;

use crate::loom::{AtomicU32, AtomicU64, AtomicUsize, Mutex, Ordering, full_fence, lock, thread};

const LOCKED: u32 = 1;
const HAS_WAKER: u32 = 2;
const CANCEL: u32 = 4;
/// Something about the task is in the registry's map of rare things.
const RARE: u32 = 8;
/// Whoever asks all tasks to end does not mean this one.
const SHIELDED: u32 = 16;

/// Ids a worker takes at a time, so that the global counter is touched once per so many spawns.
const ID_BLOCK: u64 = 1024;
/// Slots per allocation (64 of 64 bytes: a page), and per trip between a magazine and the slab.
const CHUNK: usize = 64;

static NEXT_ID: std::sync::OnceLock<AtomicU64> = std::sync::OnceLock::new();

/// Takes `count` ids that nobody else will get; 0 is no id.
pub(crate) fn take_ids(count: u64) -> u64 {
    NEXT_ID.get_or_init(|| AtomicU64::new(1)).fetch_add(count, Ordering::Relaxed)
}

/// One task's place in the slab.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) record: Record,
    state: AtomicU32,
    waker: UnsafeCell<Option<Waker>>,
}

// SAFETY: every field but `waker` is Sync, and LOCKED MEANS MINE guards that.
unsafe impl Sync for Slot {}
// SAFETY: a Waker is Send.
unsafe impl Send for Slot {}

/// What a closing task learns.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closed {
    /// A cancel was asked for while it lived.
    pub(crate) cancelled: bool,
    /// The registry knows a name or a reason of it.
    pub(crate) rare: bool,
}

impl Slot {
    pub(crate) fn new() -> Slot {
        Slot { record: Record::new(), state: AtomicU32::new(0), waker: UnsafeCell::new(None) }
    }

    fn lock(&self) -> u32 {
        let mut state = self.state.load(Ordering::Relaxed) & !LOCKED;
        let mut spins = 0_u32;
        loop {
            // Acquire: pairs with the Release of whoever unlocked last, and of `publish`.
            match self.state.compare_exchange(
                state,
                state | LOCKED,
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return state,
                Err(now) => state = now,
            }
            if state & LOCKED != 0 {
                // Held for a few instructions (a clone of a waker at most); if its holder lost its
                // processor meanwhile, give it ours. An exchange is tried again rather than a load, so
                // that what is read is the newest.
                spins += 1;
                if cfg!(loom) || spins % 64 == 0 {
                    thread::yield_now();
                }
                std::hint::spin_loop();
                state &= !LOCKED;
            }
        }
    }

    /// Whether a cancel has been asked for.
    #[inline]
    pub(crate) fn is_cancelling(&self) -> bool {
        // Acquire: pairs with the unlock of whoever asked: the poller sees what it did before.
        self.state.load(Ordering::Acquire) & CANCEL != 0
    }

    #[inline]
    pub(crate) fn has_waker(&self) -> bool {
        self.state.load(Ordering::Relaxed) & HAS_WAKER != 0
    }

    /// Says that the registry's map of rare things has an entry for this task. ONE POLLER, before the
    /// first poll.
    pub(crate) fn mark_rare(&self) {
        self.state.fetch_or(RARE, Ordering::Relaxed);
    }

    /// Keeps the task out of `cancel_all`. By whoever opens the slot, before anybody can see it.
    fn mark_shielded(&self) {
        self.state.fetch_or(SHIELDED, Ordering::Relaxed);
    }

    pub(crate) fn is_shielded(&self) -> bool {
        self.state.load(Ordering::Relaxed) & SHIELDED != 0
    }

    /// Makes the task reachable from outside. ONE POLLER, once.
    pub(crate) fn publish(&self, waker: Waker) {
        debug_assert!(!self.has_waker(), "published twice");
        // SAFETY: LOCKED MEANS MINE speaks of slots with HAS_WAKER; before, ONE POLLER: it is ours.
        unsafe { *self.waker.get() = Some(waker) };
        // AcqRel: Release, so that a locker that sees the bit sees the waker; Acquire, so that a cancel
        // that came before it is seen by the poller's `is_cancelling` after it.
        self.state.fetch_or(HAS_WAKER, Ordering::AcqRel);
    }

    /// Sets `set` if this is still task `id`, and answers a clone of its waker, if that is known yet.
    /// `None` if the task is gone.
    fn reach(&self, id: u64, set: u32) -> Option<Option<Waker>> {
        let mut state = self.lock() | LOCKED;
        let mine = self.record.id() == id;
        let mut waker = None;
        loop {
            // Asked anew each time round: `publish` may come while we hold the lock, and either it sees
            // what we set, or we see what it published.
            if mine && state & HAS_WAKER != 0 && waker.is_none() {
                // SAFETY: LOCKED MEANS MINE.
                waker = unsafe { (*self.waker.get()).clone() };
            }
            let next = (state & !LOCKED) | if mine { set } else { 0 };
            // Release: pairs with the Acquire in `lock` and in `publish`; Acquire on failure: with the
            // Release in `publish`.
            match self.state.compare_exchange(state, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return mine.then_some(waker),
                Err(now) => state = now,
            }
        }
    }

    /// Asks task `id` to end, and wakes it. False if it is gone.
    pub(crate) fn cancel(&self, id: u64, rare: bool) -> bool {
        let set = if rare { CANCEL | RARE } else { CANCEL };
        match self.reach(id, set) {
            None => false,
            Some(waker) => {
                // Outside the lock: a waker may run anything.
                if let Some(waker) = waker {
                    waker.wake();
                }
                true
            }
        }
    }

    /// Whether task `id` is still alive. In one order with `close`: see `Extra`.
    pub(crate) fn is_alive(&self, id: u64) -> bool {
        self.reach(id, 0).is_some()
    }

    /// The task's future is gone. ONE POLLER, once; afterwards the slot may serve another.
    pub(crate) fn close(&self) -> Closed {
        let state = self.lock();
        self.record.close();
        // SAFETY: LOCKED MEANS MINE.
        let waker = unsafe { (*self.waker.get()).take() };
        // Release: pairs with the Acquire in `lock`: the next to look sees that the id is gone.
        self.state.store(0, Ordering::Release);
        drop(waker); // Outside the lock: dropping a waker may run anything.
        Closed { cancelled: state & CANCEL != 0, rare: state & RARE != 0 }
    }
}

/// One thread's stock of free slots and ids, and its part of the count.
#[derive(Debug, Default)]
pub(crate) struct Magazine {
    free: RefCell<Vec<NonNull<Slot>>>,
    next_id: Cell<u64>,
    ids_left: Cell<u64>,
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

/// The slab.
#[derive(Debug)]
pub(crate) struct Registry {
    chunks: Mutex<Vec<Box<[Slot]>>>,
    free: Mutex<Vec<NonNull<Slot>>>,
    opened: AtomicUsize,
    closed: AtomicUsize,
    rare: Mutex<HashMap<u64, Rare>>,
    nobody: Box<Slot>,
}

// SAFETY: the pointers lead into `chunks`, whose slots are Sync and never move while the registry lives.
unsafe impl Send for Registry {}
// SAFETY: as above; the lists of pointers are behind locks.
unsafe impl Sync for Registry {}

/// A thread's own stock and count, if it works for this registry.
pub(crate) type Own<'a> = Option<(&'a Magazine, &'a Tally)>;

impl Registry {
    pub(crate) fn new() -> Registry {
        Registry {
            chunks: Mutex::new(Vec::new()),
            free: Mutex::new(Vec::new()),
            opened: AtomicUsize::new(0),
            closed: AtomicUsize::new(0),
            rare: Mutex::new(HashMap::new()),
            nobody: Box::new(Slot::new()),
        }
    }

    /// Opens a slot for a new task and answers it with the task's id.
    pub(crate) fn open(
        &self,
        own: Own<'_>,
        parent: u64,
        spawned_at: &'static Location<'static>,
        is_shielded: bool,
    ) -> (NonNull<Slot>, u64) {
        let (slot, id) = match own {
            Some((magazine, tally)) => {
                let mut free = magazine.free.borrow_mut();
                let slot = free.pop().unwrap_or_else(|| {
                    self.take_free(&mut free, CHUNK - 1);
                    self.take_one()
                });
                Tally::bump(&tally.opened);
                (slot, magazine.id())
            }
            None => {
                let slot = self.take_one();
                // SeqCst: in one order with the closing executor's reading of the count.
                self.opened.fetch_add(1, Ordering::SeqCst);
                (slot, take_ids(1))
            }
        };
        // SAFETY: `slot` leads into a chunk of this registry, which we borrow.
        let opened = unsafe { slot.as_ref() };
        if is_shielded {
            // Before the id can be seen: pairs with the fence in `Home::cancel_all`, which may come at once.
            opened.mark_shielded();
            full_fence();
        }
        opened.record.open(id, parent, spawned_at);
        (slot, id)
    }

    fn take_one(&self) -> NonNull<Slot> {
        let mut free = lock(&self.free);
        loop {
            if let Some(slot) = free.pop() {
                return slot;
            }
            let chunk: Box<[Slot]> = (0..CHUNK).map(|_| Slot::new()).collect();
            free.extend(chunk.iter().rev().map(NonNull::from));
            lock(&self.chunks).push(chunk);
        }
    }

    /// Moves what there is, at most `count`.
    fn take_free(&self, into: &mut Vec<NonNull<Slot>>, count: usize) {
        let mut free = lock(&self.free);
        let from = free.len().saturating_sub(count);
        into.extend(free.drain(from..));
    }

    /// Takes back a slot that its task has closed.
    pub(crate) fn release(&self, own: Own<'_>, slot: NonNull<Slot>) {
        match own {
            Some((magazine, tally)) => {
                let mut free = magazine.free.borrow_mut();
                free.push(slot);
                if free.len() >= 2 * CHUNK {
                    lock(&self.free).extend(free.drain(..CHUNK));
                }
                Tally::bump(&tally.closed);
            }
            None => {
                lock(&self.free).push(slot);
                self.closed.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    /// Takes a magazine's stock back: its thread works for somebody else now.
    pub(crate) fn reclaim(&self, magazine: &Magazine) {
        lock(&self.free).append(&mut magazine.free.borrow_mut());
    }

    /// How many tasks live; with workers at it, at least as many as there were at some moment.
    pub(crate) fn live<'a>(&self, tallies: impl Iterator<Item = &'a Tally> + Clone) -> usize {
        // Closed first: a task that is opened and closed between the two readings counts as alive.
        let closed = self.closed.load(Ordering::SeqCst);
        let closed = tallies
            .clone()
            .fold(closed, |sum, tally| sum.wrapping_add(tally.closed.load(Ordering::Acquire)));
        let opened = self.opened.load(Ordering::SeqCst);
        let opened = tallies
            .fold(opened, |sum, tally| sum.wrapping_add(tally.opened.load(Ordering::Acquire)));
        opened.wrapping_sub(closed)
    }

    /// How many were ever opened.
    pub(crate) fn opened<'a>(&self, tallies: impl Iterator<Item = &'a Tally>) -> usize {
        let opened = self.opened.load(Ordering::Relaxed);
        tallies.fold(opened, |sum, tally| sum.wrapping_add(tally.opened.load(Ordering::Relaxed)))
    }

    /// Calls `look` with each live slot and its id, in the order of the slab.
    pub(crate) fn for_each_live(&self, mut look: impl FnMut(NonNull<Slot>, u64)) {
        // The chunks' addresses are copied out: `look` may run anything, and chunks never go away.
        let chunks: Vec<NonNull<[Slot]>> =
            lock(&self.chunks).iter().map(|chunk| NonNull::from(&**chunk)).collect();
        for chunk in chunks {
            // SAFETY: a chunk lives and stays in place as long as the registry, which we borrow.
            for slot in unsafe { chunk.as_ref() } {
                let id = slot.record.id();
                if id != 0 {
                    look(NonNull::from(slot), id);
                }
            }
        }
    }

    /// A slot that no task is ever in.
    pub(crate) fn nobody(&self) -> NonNull<Slot> {
        NonNull::from(&*self.nobody)
    }

    /// Says that `rare` has an entry for the new task in `slot`.
    pub(crate) fn mark_rare(&self, slot: NonNull<Slot>) {
        // SAFETY: the caller got `slot` from this registry, which we borrow.
        unsafe { slot.as_ref() }.mark_rare();
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

impl Magazine {
    fn id(&self) -> u64 {
        let left = self.ids_left.get();
        if left == 0 {
            let first = take_ids(ID_BLOCK);
            self.next_id.set(first + 1);
            self.ids_left.set(ID_BLOCK - 1);
            return first;
        }
        self.ids_left.set(left - 1);
        self.next_id.replace(self.next_id.get() + 1)
    }
}
