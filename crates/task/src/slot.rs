//! One task's place in the slab: the record an observer reads, and the way to reach the task from outside.
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

use std::panic::Location;
use std::ptr::{self, NonNull};
use std::task::Waker;

use evenkeel_context::Record;

use crate::loom::{AtomicPtr, AtomicU32, Ordering, fence, thread};

const LOCKED: u32 = 1;
const CANCEL: u32 = 2;
/// Something about the task is in the registry's map of rare things.
const RARE: u32 = 4;
/// Whoever asks all tasks to end does not mean this one.
const SHIELDED: u32 = 8;

/// In `polls`: the slot has a count of the cell. Written by the poller, like the number in the bits above.
const HELD: u32 = 1;
const ONE_POLL: u32 = 2;

/// One task's place in the slab.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) record: Record,
    /// LENT CELL; FREE CHAIN, see `slab.rs`.
    cell: AtomicPtr<()>,
    polls: AtomicU32,
    state: AtomicU32,
    /// The record's, where loom sees it.
    #[cfg(loom)]
    id: crate::loom::AtomicU64,
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
            id: crate::loom::AtomicU64::new(0),
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

    /// The next in a chain of free slots, whose owner calls this. FREE CHAIN, see `slab.rs`.
    #[inline]
    pub(crate) fn next(&self) -> Option<NonNull<Slot>> {
        NonNull::new(self.cell.load(Ordering::Relaxed).cast())
    }

    #[inline]
    pub(crate) fn set_next(&self, next: Option<NonNull<Slot>>) {
        let next = next.map_or(ptr::null_mut(), NonNull::as_ptr);
        self.cell.store(next.cast(), Ordering::Relaxed);
    }

    /// A poll begins. ONE POLLER.
    #[inline]
    pub(crate) fn begin_poll(&self) {
        let polls = self.polls.load(Ordering::Relaxed);
        self.polls.store(polls.wrapping_add(ONE_POLL), Ordering::Relaxed);
        self.record.begin_poll();
    }

    /// How often the task was polled (modulo 2^31).
    pub(crate) fn polls(&self) -> u32 {
        self.polls.load(Ordering::Relaxed) / ONE_POLL
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
