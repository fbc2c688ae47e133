//! Where slots lie: in blocks that know whose they are, and free in chains that go from hand to hand whole.
//!
//! ```text
//!   Slab:  region of 1 block, of 2, of 4, .. ; free chains
//!   Block: [home][slot][slot]...[slot]         a kilobyte, at a multiple of a kilobyte
//! ```
//!
// AT A MULTIPLE: a block lies at a multiple of its size, so the address of a slot leads to its block. The pointer
//                to a slot may reach all of the block: it is made from the region's.
// STAYS: a block stays where it is, and its slots are slots, until the slab is dropped.
// FREE CHAIN: a free slot leads to the next one of its chain; whoever has the chain owns those in it.

use std::cell::Cell;
use std::fmt;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::NonNull;

use crate::counted::Counted;
use crate::home::Home;
use crate::slot::Slot;

/// Bytes of a block. The alignment below says the same.
const BLOCK: usize = if cfg!(any(loom, evenkeel_count)) { 16384 } else { 1024 };

/// Slots of a block: 21 of 48 bytes.
const SLOTS: usize = if cfg!(loom) { 2 } else { (BLOCK - size_of::<usize>()) / size_of::<Slot>() };

/// Slots of a chain that is put away; that of a new block is as short as the block.
const CHAIN: usize = if cfg!(loom) { SLOTS } else { 4 * SLOTS };

/// Blocks of a region at most; the first is one block, each later one twice the one before.
const LARGEST: usize = 64;

/// Chains a magazine keeps besides the one in use: as many slots as a batch of tasks may well need, 48 kilobytes.
const KEPT: usize = 12;

#[repr(C)]
#[cfg_attr(any(loom, evenkeel_count), repr(align(16384)))]
#[cfg_attr(not(any(loom, evenkeel_count)), repr(align(1024)))]
struct Block {
    /// Lent: the slab is a part of it.
    home: ManuallyDrop<Counted<Home>>,
    slots: [Slot; SLOTS],
}

const _: () = assert!(size_of::<Block>() == BLOCK);

/// The home of the task in `slot`.
///
/// # Safety
/// The slot is of a slab (AT A MULTIPLE) whose home is kept for `'h`.
#[inline]
pub(crate) unsafe fn home_of<'h>(slot: NonNull<Slot>) -> &'h Counted<Home> {
    let block = slot.as_ptr().map_addr(|address| address & !(BLOCK - 1)).cast::<Block>();
    // SAFETY: AT A MULTIPLE, STAYS.
    unsafe { &(*block).home }
}

/// Free slots. FREE CHAIN.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Chain {
    first: Option<NonNull<Slot>>,
    len: usize,
}

impl Chain {
    #[inline]
    fn push(&mut self, slot: NonNull<Slot>) {
        // SAFETY: FREE CHAIN: the slot is ours now; STAYS.
        unsafe { slot.as_ref() }.set_next(self.first.replace(slot));
        self.len += 1;
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<NonNull<Slot>> {
        let slot = self.first?;
        // SAFETY: as in `push`.
        self.first = unsafe { slot.as_ref() }.next();
        self.len -= 1;
        Some(slot)
    }
}

/// All slots of one home.
#[derive(Debug, Default)]
pub(crate) struct Slab {
    /// From boxes, which come back in `drop`.
    regions: Vec<NonNull<[MaybeUninit<Block>]>>,
    /// Blocks of the last region that are in use.
    begun: usize,
    free: Vec<Chain>,
    /// A slot that no task is ever in, when somebody has asked for it.
    nobody: Option<NonNull<Slot>>,
}

// SAFETY: the pointers lead into the regions, whose slots are Sync.
unsafe impl Send for Slab {}

impl Slab {
    /// A chain of free slots, of `home`, whose slab this is.
    pub(crate) fn take(&mut self, home: &Counted<Home>) -> Chain {
        self.free.pop().unwrap_or_else(|| self.begin_block(home))
    }

    pub(crate) fn give(&mut self, chain: Chain) {
        if chain.len > 0 {
            self.free.push(chain);
        }
    }

    #[cold]
    fn begin_block(&mut self, home: &Counted<Home>) -> Chain {
        if self.regions.last().is_none_or(|region| region.len() == self.begun) {
            let blocks = self.regions.last().map_or(1, |region| (2 * region.len()).min(LARGEST));
            let region = Box::leak(Box::<[Block]>::new_uninit_slice(blocks));
            self.regions.push(NonNull::from(region));
            self.begun = 0;
        }
        let region = *self.regions.last().expect("there is one");
        // A pointer that reaches all of the region: AT A MULTIPLE.
        let block = region.as_ptr().cast::<Block>().wrapping_add(self.begun);
        let mut chain = Chain::default();
        // SAFETY: within the region, as `begun` is less than its length; nobody else has this block.
        unsafe {
            (&raw mut (*block).home).write(home.lend());
            for index in (0..SLOTS).rev() {
                let slot = (&raw mut (*block).slots).cast::<Slot>().add(index);
                slot.write(Slot::new());
                chain.push(NonNull::new_unchecked(slot));
            }
        }
        self.begun += 1;
        chain
    }

    /// A slot that no task is ever in.
    pub(crate) fn nobody(&mut self, home: &Counted<Home>) -> NonNull<Slot> {
        if let Some(nobody) = self.nobody {
            return nobody;
        }
        let mut chain = self.take(home);
        let slot = chain.pop().expect("a chain is not empty");
        self.give(chain);
        *self.nobody.insert(slot)
    }

    /// The blocks in use.
    pub(crate) fn blocks(&self) -> Blocks {
        let last = self.regions.len().saturating_sub(1);
        let in_use = |(index, region): (usize, &NonNull<[MaybeUninit<Block>]>)| {
            let count = if index == last { self.begun } else { region.len() };
            (region.as_ptr().cast::<Block>(), count)
        };
        Blocks(self.regions.iter().enumerate().map(in_use).collect())
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        for region in self.regions.drain(..) {
            // SAFETY: STAYS, until now; it came from a box. Slots own nothing.
            drop(unsafe { Box::from_raw(region.as_ptr()) });
        }
    }
}

/// The blocks that a slab had in use at some moment.
pub(crate) struct Blocks(Vec<(*mut Block, usize)>);

impl Blocks {
    /// Their slots, in order.
    ///
    /// # Safety
    /// The slab is kept as long as the slots are used. STAYS.
    pub(crate) unsafe fn slots(&self) -> impl Iterator<Item = NonNull<Slot>> {
        let blocks = self.0.iter().flat_map(|(first, count)| {
            // SAFETY: within the region.
            (0..*count).map(move |index| unsafe { first.add(index) })
        });
        blocks.flat_map(|block| {
            (0..SLOTS).filter_map(move |index| {
                // SAFETY: a block in use, by the caller's promise.
                NonNull::new(unsafe { (&raw mut (*block).slots).cast::<Slot>().add(index) })
            })
        })
    }
}

/// One thread's stock of free slots. FREE CHAIN.
#[derive(Default)]
pub(crate) struct Magazine {
    current: Cell<Chain>,
    /// Whole chains.
    kept: Cell<Vec<Chain>>,
}

impl Magazine {
    #[inline]
    fn with<R>(&self, change: impl FnOnce(&mut Chain) -> R) -> R {
        let mut chain = self.current.get();
        let result = change(&mut chain);
        self.current.set(chain);
        result
    }

    /// A free slot. If there is none here, `take` is asked for a chain.
    #[inline]
    pub(crate) fn pop(&self, take: impl FnOnce() -> Chain) -> NonNull<Slot> {
        self.with(Chain::pop).unwrap_or_else(|| self.refill(take))
    }

    #[cold]
    fn refill(&self, take: impl FnOnce() -> Chain) -> NonNull<Slot> {
        let mut kept = self.kept.take();
        let chain = kept.pop();
        self.kept.set(kept);
        self.current.set(chain.unwrap_or_else(take));
        self.with(Chain::pop).expect("a chain is not empty")
    }

    /// Takes a slot back. If there are too many here, `give` is given a chain.
    #[inline]
    pub(crate) fn push(&self, slot: NonNull<Slot>, give: impl FnOnce(Chain)) {
        let len = self.with(|chain| {
            chain.push(slot);
            chain.len
        });
        if len >= CHAIN {
            self.put_away(give);
        }
    }

    #[cold]
    fn put_away(&self, give: impl FnOnce(Chain)) {
        let chain = self.current.take();
        let mut kept = self.kept.take();
        let is_full = kept.len() >= KEPT;
        if !is_full {
            kept.push(chain);
        }
        self.kept.set(kept);
        if is_full {
            give(chain);
        }
    }

    /// Gives all back.
    pub(crate) fn reclaim(&self, slab: &mut Slab) {
        slab.give(self.current.take());
        self.kept.take().into_iter().for_each(|chain| slab.give(chain));
    }
}

impl fmt::Debug for Magazine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Magazine").field("current", &self.current).finish_non_exhaustive()
    }
}
