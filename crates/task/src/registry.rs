//! The live tasks of one executor: a slab of slots, each with the record an observer reads and the way
//! to reach the task from outside.
//!
//! A slot is taken before a task's cell is made, opened when the cell is there, and closed when the future
//! is gone. It outlives every task that used it (the slab is freed with the executor's home), so an observer
//! that kept a pointer to it finds either the same task, by its id, or learns that the task is gone.
//!
//! ```text
//!   free --1 take--> taken --2 open--> open --3 close--> closed --4 release--> free
//! ```
//!
// LOCKED MEANS OPEN: who has set `LOCKED` and then finds the id it looks for keeps that task from closing:
//                    its cell is alive until the lock is given up.
// ONE POLLER: `open` and `close` are called by whoever holds the task's Runnable, and nobody else.
// LENT CELL: `cell` leads to the cell of the task whose id the record has, which is alive: until the first
//            poll that is `Pending` the Runnable is, and from then on the slot has a count of its own (`HELD`),
//            or a task that nobody has a handle or a waker of would be gone, unseen.
// FREE LIST: `cell` of a free slot leads to the next free one; whoever owns the list owns those in it.

use std::cell::Cell;
use std::collections::HashMap;
use std::panic::Location;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::task::Waker;

use evenkeel_context::Record;

use crate::loom::{
    AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Mutex, Ordering, fence, lock, thread,
};

const LOCKED: u32 = 1;
const CANCEL: u32 = 2;
/// Something about the task is in the registry's map of rare things.
const RARE: u32 = 4;
/// Whoever asks all tasks to end does not mean this one.
const SHIELDED: u32 = 8;

/// In `polls`: the slot has a count of the cell. Written by the poller, like the number in the other bits.
const HELD: u32 = 1 << 31;

/// Ids a worker takes at a time, so that the global counter is touched once per so many spawns.
const ID_BLOCK: u64 = 1024;
/// Slots per allocation (64 of 48 bytes: three kilobytes), and per trip between a magazine and the slab.
const CHUNK: usize = if cfg!(loom) { 2 } else { 64 };

/// Free slots a worker keeps at most: as many as a batch of tasks may well have, 48 kilobytes. Those above
/// go back to the slab one by one, at some ten instructions each way.
const STOCK: usize = 1024;

static NEXT_ID: std::sync::OnceLock<AtomicU64> = std::sync::OnceLock::new();

/// Takes `count` ids that nobody else will get; 0 is no id.
pub(crate) fn take_ids(count: u64) -> u64 {
    NEXT_ID.get_or_init(|| AtomicU64::new(1)).fetch_add(count, Ordering::Relaxed)
}

/// One task's place in the slab.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) record: Record,
    /// LENT CELL, FREE LIST.
    cell: AtomicPtr<()>,
    polls: AtomicU32,
    state: AtomicU32,
    /// The record's, where loom sees it.
    #[cfg(loom)]
    id: AtomicU64,
}

// There is one for every live task.
#[cfg(all(target_pointer_width = "64", not(loom), not(evenkeel_count)))]
const _: () = assert!(size_of::<Slot>() == 48);

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
        Slot {
            record: Record::new(),
            cell: AtomicPtr::new(ptr::null_mut()),
            polls: AtomicU32::new(0),
            state: AtomicU32::new(0),
            #[cfg(loom)]
            id: AtomicU64::new(0),
        }
    }

    /// Whose it is, 0 if nobody's.
    #[inline]
    pub(crate) fn id(&self) -> u64 {
        #[cfg(loom)]
        return self.id.load(Ordering::Relaxed);
        #[cfg(not(loom))]
        self.record.id()
    }

    /// Gives the slot to the task in `cell`. ONE POLLER, once; from here on the task can be reached.
    #[inline]
    pub(crate) fn open(&self, cell: NonNull<()>, opening: &Opening) {
        self.cell.store(cell.as_ptr(), Ordering::Relaxed);
        self.polls.store(0, Ordering::Relaxed);
        if opening.said != 0 {
            self.say(opening.said);
        }
        // Release: pairs with the Acquire in `for_each_live`: who has seen the id sees the cell and what was said.
        fence(Ordering::Release);
        self.record.open(opening.id, opening.parent, opening.spawned_at);
        #[cfg(loom)]
        self.id.store(opening.id, Ordering::Relaxed);
    }

    /// Before anybody can see the id; whoever looks for an earlier task may hold the lock meanwhile.
    #[cold]
    fn say(&self, said: u32) {
        // Relaxed: the Release in `open`, which comes next, is for this, too.
        self.state.fetch_or(said, Ordering::Relaxed);
    }

    /// A poll begins. ONE POLLER.
    #[inline]
    pub(crate) fn begin_poll(&self) {
        let polls = self.polls.load(Ordering::Relaxed);
        self.polls.store(polls & HELD | polls.wrapping_add(1) & !HELD, Ordering::Relaxed);
        self.record.begin_poll();
    }

    /// How often the task was polled (modulo 2^31).
    pub(crate) fn polls(&self) -> u32 {
        self.polls.load(Ordering::Relaxed) & !HELD
    }

    #[inline]
    pub(crate) fn is_held(&self) -> bool {
        self.polls.load(Ordering::Relaxed) & HELD != 0
    }

    /// Keeps the cell alive, by a clone of its own waker, until the slot is closed. LENT CELL, ONE POLLER.
    #[inline]
    pub(crate) fn hold(&self, waker: &Waker) {
        std::mem::forget(waker.clone());
        self.polls.store(self.polls.load(Ordering::Relaxed) | HELD, Ordering::Relaxed);
    }

    /// Gives the count back that [`hold`](Slot::hold) took, if it did. By whoever closes, whose own count
    /// keeps the cell alive, and after that. `waker` is the cell's; without it one is made.
    #[inline]
    fn let_go(&self, waker: Option<&Waker>) {
        if !self.is_held() {
            return;
        }
        match waker {
            // SAFETY: HELD: one count without a waker is about; it goes with this copy.
            Some(waker) => drop(unsafe { ptr::read(waker) }),
            None => {
                let cell = NonNull::new(self.cell.load(Ordering::Relaxed));
                // SAFETY: LENT CELL; ONE POLLER: the slot is ours to close.
                let made = cell.map(|cell| unsafe { waker_of(cell) });
                // SAFETY: as above.
                drop(made.as_ref().map(|made| unsafe { ptr::read(made) }));
            }
        }
    }

    fn lock(&self) -> u32 {
        let mut state = self.state.load(Ordering::Relaxed) & !LOCKED;
        let mut spins = 0_u32;
        loop {
            // Acquire: pairs with the Release of whoever unlocked last.
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
                // Held for a few instructions (making a waker at most); if its holder lost its
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

    pub(crate) fn is_shielded(&self) -> bool {
        self.state.load(Ordering::Relaxed) & SHIELDED != 0
    }

    /// Sets `set` if this is still task `id`; otherwise answers `None`. What `look` makes of the cell, and of
    /// what was set before, is answered, too; it wakes nothing and drops nothing.
    fn reach<R>(&self, id: u64, set: u32, look: impl FnOnce(NonNull<()>, u32) -> R) -> Option<R> {
        let before = self.lock();
        let mine = self.id() == id;
        let cell = NonNull::new(self.cell.load(Ordering::Relaxed)).filter(|_| mine);
        let looked = cell.map(|cell| look(cell, before));
        if looked.is_some() && set != 0 {
            self.state.fetch_or(set, Ordering::Relaxed);
        }
        // Release: pairs with the Acquire in `lock` and in `is_cancelling`. Not a store: whoever opens the
        // slot for another task says things of that one meanwhile.
        self.state.fetch_and(!LOCKED, Ordering::Release);
        looked
    }

    /// Asks task `id` to end, and wakes it. False if it is gone.
    pub(crate) fn cancel(&self, id: u64, rare: bool) -> bool {
        let set = if rare { CANCEL | RARE } else { CANCEL };
        // SAFETY: LOCKED MEANS OPEN, LENT CELL.
        match self.reach(id, set, |cell, _| unsafe { waker_of(cell) }) {
            None => false,
            Some(waker) => {
                waker.wake(); // Outside the lock: a waker may run anything.
                true
            }
        }
    }

    /// The same, unless it was asked before: then it is left alone, and the answer is false.
    pub(crate) fn cancel_anew(&self, id: u64) -> bool {
        let waker = self.reach(id, CANCEL, |cell, before| {
            // SAFETY: LOCKED MEANS OPEN, LENT CELL.
            (before & CANCEL == 0).then(|| unsafe { waker_of(cell) })
        });
        match waker.flatten() {
            None => false,
            Some(waker) => {
                waker.wake(); // Outside the lock, as above.
                true
            }
        }
    }

    /// Whether task `id` is still alive. In one order with `close`: see `Extra`.
    pub(crate) fn is_alive(&self, id: u64) -> bool {
        self.reach(id, 0, |_, _| ()).is_some()
    }

    /// The task's future is gone. ONE POLLER, once; afterwards the slot may serve another.
    pub(crate) fn close(&self) -> Closed {
        let state = self.lock();
        self.unlock_closed();
        self.let_go(None); // Outside the lock.
        Closed { cancelled: state & CANCEL != 0, rare: state & RARE != 0 }
    }

    /// [`close`](Slot::close), if nobody has said anything of the task, or looks at it right now. `waker` is
    /// the task's own.
    #[inline]
    pub(crate) fn try_close_plain(&self, waker: &Waker) -> bool {
        // As in `lock`.
        let locked = self.state.compare_exchange(0, LOCKED, Ordering::AcqRel, Ordering::Relaxed);
        if locked.is_ok() {
            self.unlock_closed();
            self.let_go(Some(waker));
        }
        locked.is_ok()
    }

    #[inline]
    fn unlock_closed(&self) {
        self.record.close();
        #[cfg(loom)]
        self.id.store(0, Ordering::Relaxed);
        // Release: pairs with the Acquire in `lock`: the next to look sees that the id is gone.
        self.state.store(0, Ordering::Release);
    }
}

/// The waker of the task in `cell`.
///
/// # Safety
/// LENT CELL, and the cell is alive.
unsafe fn waker_of(cell: NonNull<()>) -> Waker {
    #[cfg(loom)]
    // SAFETY: a model's cell is a waker.
    return unsafe { cell.cast::<Waker>().as_ref() }.clone();
    #[cfg(not(loom))]
    {
        // SAFETY: the pointer is a Runnable's; a second one is made for the length of this call, neither
        // run nor dropped: asking a Runnable for a waker adds to the cell's count, and no more.
        let lent = std::mem::ManuallyDrop::new(unsafe {
            async_task::Runnable::<crate::meta::Meta>::from_raw(cell)
        });
        lent.waker()
    }
}

/// What is said of a new task when its slot is opened.
pub(crate) struct Opening {
    pub(crate) id: u64,
    parent: u64,
    spawned_at: &'static Location<'static>,
    said: u32,
}

impl Opening {
    #[inline]
    pub(crate) fn new(id: u64, parent: u64, spawned_at: &'static Location<'static>) -> Opening {
        Opening { id, parent, spawned_at, said: 0 }
    }

    /// The registry's map of rare things has an entry for it.
    pub(crate) fn rare(&mut self) {
        self.said |= RARE;
    }

    /// Whoever asks all tasks to end does not mean it.
    pub(crate) fn shielded(&mut self) {
        self.said |= SHIELDED;
    }
}

/// Slots that are free. FREE LIST.
#[derive(Debug, Default)]
struct FreeList {
    first: Cell<Option<NonNull<Slot>>>,
    len: Cell<usize>,
}

impl FreeList {
    #[inline]
    fn push(&self, slot: NonNull<Slot>) {
        let next = self.first.replace(Some(slot)).map_or(ptr::null_mut(), NonNull::as_ptr);
        // SAFETY: FREE LIST: the slot is ours now, in a slab that outlives the list's use.
        unsafe { slot.as_ref() }.cell.store(next.cast(), Ordering::Relaxed);
        self.len.set(self.len.get() + 1);
    }

    #[inline]
    fn pop(&self) -> Option<NonNull<Slot>> {
        let slot = self.first.get()?;
        // SAFETY: as in `push`.
        let next = unsafe { slot.as_ref() }.cell.load(Ordering::Relaxed);
        self.first.set(NonNull::new(next.cast()));
        self.len.set(self.len.get() - 1);
        Some(slot)
    }

    /// Moves `count` of them, or all.
    fn give(&self, to: &FreeList, count: usize) {
        for _ in 0..count {
            let Some(slot) = self.pop() else { break };
            to.push(slot);
        }
    }
}

/// One thread's stock of free slots and ids, and its part of the count.
#[derive(Debug, Default)]
pub(crate) struct Magazine {
    free: FreeList,
    next_id: Cell<u64>,
    ids_end: Cell<u64>,
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
    free: Mutex<FreeList>,
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
            free: Mutex::new(FreeList::default()),
            opened: AtomicUsize::new(0),
            closed: AtomicUsize::new(0),
            rare: Mutex::new(HashMap::new()),
            nobody: Box::new(Slot::new()),
        }
    }

    /// Takes a slot for a new task and answers it with the task's id. It is to be opened, and counts as
    /// open from now on.
    #[inline]
    pub(crate) fn take(&self, own: Own<'_>) -> (NonNull<Slot>, u64) {
        match own {
            Some((magazine, tally)) => {
                let slot = magazine.free.pop().unwrap_or_else(|| self.fill(magazine));
                Tally::bump(&tally.opened);
                (slot, magazine.id())
            }
            None => {
                let slot = self.take_one();
                // SeqCst: in one order with the closing executor's reading of the count.
                self.opened.fetch_add(1, Ordering::SeqCst);
                (slot, take_ids(1))
            }
        }
    }

    #[cold]
    fn fill(&self, magazine: &Magazine) -> NonNull<Slot> {
        lock(&self.free).give(&magazine.free, CHUNK - 1);
        self.take_one()
    }

    pub(crate) fn take_one(&self) -> NonNull<Slot> {
        let free = lock(&self.free);
        loop {
            if let Some(slot) = free.pop() {
                return slot;
            }
            let chunk: Box<[Slot]> = (0..CHUNK).map(|_| Slot::new()).collect();
            chunk.iter().rev().for_each(|slot| free.push(NonNull::from(slot)));
            lock(&self.chunks).push(chunk);
        }
    }

    /// Takes back a slot that its task has closed.
    #[inline]
    pub(crate) fn release(&self, own: Own<'_>, slot: NonNull<Slot>) {
        match own {
            Some((magazine, tally)) => {
                magazine.free.push(slot);
                if magazine.free.len.get() >= STOCK {
                    self.empty(magazine);
                }
                Tally::bump(&tally.closed);
            }
            None => {
                lock(&self.free).push(slot);
                self.closed.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    #[cold]
    fn empty(&self, magazine: &Magazine) {
        magazine.free.give(&lock(&self.free), CHUNK);
    }

    /// Takes a magazine's stock back: its thread works for somebody else now.
    pub(crate) fn reclaim(&self, magazine: &Magazine) {
        magazine.free.give(&lock(&self.free), usize::MAX);
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
                let id = slot.id();
                if id != 0 {
                    // Acquire: pairs with the Release in `Slot::open`.
                    fence(Ordering::Acquire);
                    look(NonNull::from(slot), id);
                }
            }
        }
    }

    /// A slot that no task is ever in.
    pub(crate) fn nobody(&self) -> NonNull<Slot> {
        NonNull::from(&*self.nobody)
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

impl Magazine {
    #[inline]
    fn id(&self) -> u64 {
        let id = self.next_id.get();
        if id == self.ids_end.get() {
            return self.more_ids();
        }
        self.next_id.set(id + 1);
        id
    }

    #[cold]
    fn more_ids(&self) -> u64 {
        let first = take_ids(ID_BLOCK);
        self.next_id.set(first + 1);
        self.ids_end.set(first + ID_BLOCK);
        first
    }
}
