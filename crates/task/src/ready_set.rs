//! Which children of a combinator were woken, in the order they were woken.
//!
//! A combinator of n children makes one [`ReadySet`]: one allocation that holds a node per child,
//! the list of woken children and the combinator's own waker. A child's waker is a pointer to its
//! node, so a wake is two atomic steps and never searches, and a poll of the combinator costs what
//! was woken, not n. The list keeps the order of the wakes, which is the order `as_completed`
//! promises; a bitmap would not.
//!
//! ```text
//!               1 wake (the first)              2 take all, turn round
//!     resting ---------------------> on the list ----------------------> in the batch
//!        ^                                                                    |
//!        +--------------------------------------------------------------------+
//!                             3 hand out, then poll
//! ```
//! 1 is `Block::wake`, 2 is `ReadySet::begin`, 3 is `ReadySet::next`. A wake between 1 and 3 is
//! absorbed: the poll that follows 3 sees what it was about. A wake after 3 is number 1 again.
//!
// COUNTED:      `refs` counts the `ReadySet` and every owned child waker. Whoever gives back the
//               last count frees the block, and nobody touches the block after giving back their
//               own.
// NODES FOLLOW: a block of `len` children is one allocation: the `Block`, then `len` nodes, child
//               i's with i in its mark. Every pointer to a part is reckoned from the allocation's
//               own pointer or from another such pointer, never from a reference.
// ONE WRITER:   a node's `next` is written by whoever marked it, until it is on the list, and then
//               by the owner of the `ReadySet`, until it is handed out.

#[cfg(loom)]
use ::loom::alloc;
#[cfg(not(loom))]
use std::alloc;
use std::alloc::Layout;
use std::fmt;
use std::mem::{ManuallyDrop, align_of};
use std::ptr::{self, NonNull};
use std::task::{Context, RawWaker, RawWakerVTable, Waker};

#[cfg(not(loom))]
use atomic_waker::AtomicWaker as Parent;

#[cfg(loom)]
use self::modelled::Parent;
use crate::loom::{AtomicU32, AtomicUsize, Ordering};

/// The end of a list. Child i is written as i + 1.
const NONE: u32 = 0;

/// In a mark: the child was woken and not handed out since. The other bits are the child's index.
const WOKEN: u32 = 1 << 31;

/// More owned wakers than this can only be leaked ones; the count must not wrap.
const MOST_REFS: usize = isize::MAX as usize;

/// The children that are to be polled, owned by the combinator that polls them.
pub(crate) struct ReadySet {
    block: NonNull<Block>,
    /// The first and the last child of the batch that is being handed out.
    first: u32,
    last: u32,
}

// SAFETY: COUNTED; what is in a block is atomic, or is not written once the block is shared.
unsafe impl Send for ReadySet {}
// SAFETY: as above, and the batch changes only by `&mut self`.
unsafe impl Sync for ReadySet {}

impl ReadySet {
    /// A set for `len` children, none of them woken.
    ///
    /// # Panics
    /// With 2^31 children or more.
    pub(crate) fn new(len: usize) -> ReadySet {
        assert!(len < WOKEN as usize, "a combinator takes fewer than 2^31 children");
        ReadySet { block: Block::allocate(len as u32), first: NONE, last: NONE }
    }

    /// Begins a poll of the combinator. The children woken until now are what [`next`](Self::next)
    /// hands out; a later wake of any other child wakes `waker`.
    pub(crate) fn begin(&mut self, waker: &Waker) {
        let block = self.block();
        // First the waker, then the list: a wake that comes too late for the list finds the waker.
        block.parent.register(waker);
        // Acquire: pairs with the Release in `wake`, so the links behind the head are seen.
        // Release: pairs with the Acquire in `wake`, so whoever finds the list empty finds the
        // waker.
        let taken = block.head.swap(NONE, Ordering::AcqRel);
        if taken == NONE {
            return;
        }
        // The list has the latest first; the batch begins with the earliest. ONE WRITER: us.
        let (mut turned, mut rest) = (NONE, taken);
        while rest != NONE {
            let link = &self.node(rest - 1).next;
            let next = link.load(Ordering::Relaxed);
            link.store(turned, Ordering::Relaxed);
            turned = rest;
            rest = next;
        }
        if self.first == NONE {
            self.first = turned;
        } else {
            // The last poll was left before its batch was empty: the new ones go behind.
            self.node(self.last - 1).next.store(turned, Ordering::Relaxed);
        }
        self.last = taken;
    }

    /// Whether [`next`](Self::next) has a child to hand out.
    pub(crate) fn has_next(&self) -> bool {
        self.first != NONE
    }

    /// The next woken child. The caller polls it now: from here on its wakes count anew.
    pub(crate) fn next(&mut self) -> Option<usize> {
        let child = self.first.checked_sub(1)?;
        let node = self.node(child);
        let next = node.next.load(Ordering::Relaxed);
        // Acquire: pairs with the Release of the mark in `wake`, so the poll sees what was written
        // before a wake, an absorbed one too. Release: pairs with the Acquire there: the link has
        // been read.
        node.mark.fetch_and(!WOKEN, Ordering::AcqRel);
        self.first = next;
        Some(child as usize)
    }

    /// Runs `poll` with a context whose waker wakes child `index`.
    pub(crate) fn with_context<R>(
        &self,
        index: usize,
        poll: impl FnOnce(&mut Context<'_>) -> R,
    ) -> R {
        let node = self.node_pointer(index as u32);
        // SAFETY: COUNTED: this waker is not counted, but is only lent, for less long than `self`
        //         is; it is never dropped. The functions of the table do as a waker must.
        let waker = ManuallyDrop::new(unsafe { Waker::new(node.cast(), &TABLE) });
        poll(&mut Context::from_waker(&waker))
    }

    fn block(&self) -> &Block {
        // SAFETY: COUNTED; a block is never borrowed mutably before it is freed.
        unsafe { self.block.as_ref() }
    }

    fn node_pointer(&self, index: u32) -> *const Node {
        assert!(index < self.block().len, "no such child");
        // SAFETY: NODES FOLLOW, and the index is one of theirs.
        unsafe { first_node(self.block.as_ptr()).add(index as usize) }
    }

    fn node(&self, index: u32) -> &Node {
        // SAFETY: NODES FOLLOW; a node is as alive as its block.
        unsafe { &*self.node_pointer(index) }
    }
}

impl Drop for ReadySet {
    fn drop(&mut self) {
        // Wakers that outlive us have nobody left to wake, and must not keep the parent's task.
        let parent = self.block().parent.take();
        // SAFETY: COUNTED: this is the set's own count.
        unsafe { Block::release(self.block.as_ptr()) };
        drop(parent);
    }
}

impl fmt::Debug for ReadySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadySet").field("len", &self.block().len).finish_non_exhaustive()
    }
}

/// What the combinator and the wakers of its children share.
struct Block {
    refs: AtomicUsize,
    /// The child woken last of those on the list.
    head: AtomicU32,
    len: u32,
    parent: Parent,
    #[cfg(loom)]
    used: modelled::Used,
}

/// One child: whether it was woken, and which child was woken before it.
struct Node {
    mark: AtomicU32,
    next: AtomicU32,
}

// NODES FOLLOW without a gap.
const _: () = assert!(align_of::<Block>() >= align_of::<Node>());

fn first_node(block: *const Block) -> *const Node {
    // SAFETY: NODES FOLLOW: one block further is still inside the allocation, or its end.
    unsafe { block.add(1).cast() }
}

impl Block {
    fn layout(len: u32) -> Layout {
        let nodes = Layout::array::<Node>(len as usize);
        let both = nodes.and_then(|nodes| Layout::new::<Block>().extend(nodes));
        both.expect("fewer than 2^31 nodes").0.pad_to_align()
    }

    fn allocate(len: u32) -> NonNull<Block> {
        let layout = Block::layout(len);
        // SAFETY: a block is not of size zero.
        let memory = unsafe { alloc::alloc(layout) };
        let Some(block) = NonNull::new(memory.cast::<Block>()) else {
            std::alloc::handle_alloc_error(layout)
        };
        let made = Block {
            refs: AtomicUsize::new(1),
            head: AtomicU32::new(NONE),
            len,
            parent: Parent::new(),
            #[cfg(loom)]
            used: modelled::Used::new(),
        };
        // SAFETY: freshly allocated by the layout of a block and `len` nodes behind it: NODES
        //         FOLLOW.
        unsafe {
            block.write(made);
            let first = first_node(block.as_ptr()).cast_mut();
            for index in 0..len {
                let node = Node { mark: AtomicU32::new(index), next: AtomicU32::new(NONE) };
                first.add(index as usize).write(node);
            }
        }
        block
    }

    /// Gives back one count.
    ///
    /// # Safety
    /// The count is the caller's (COUNTED).
    unsafe fn release(block: *mut Block) {
        // SAFETY: COUNTED: the caller's count keeps the block until this very step.
        let refs = unsafe { &(*block).refs };
        // Release: pairs with the Acquire below, so the block is freed after everybody's last use.
        if refs.fetch_sub(1, Ordering::Release) != 1 {
            return;
        }
        // A load and not a fence, which tools that look for races do not understand.
        let _ = refs.load(Ordering::Acquire);
        // SAFETY: COUNTED: that was the last count, so the block is ours alone. NODES FOLLOW.
        unsafe {
            #[cfg(loom)]
            (*block).used.freed();
            let len = (*block).len;
            let nodes = first_node(block).cast_mut();
            ptr::drop_in_place(ptr::slice_from_raw_parts_mut(nodes, len as usize));
            ptr::drop_in_place(block);
            alloc::dealloc(block.cast(), Block::layout(len));
        }
    }

    /// A child's waker was used.
    fn wake(&self, node: &Node) {
        #[cfg(loom)]
        self.used.used();
        // Release: pairs with the Acquire in `next`, so the poll sees what was written before this
        // wake, also when it is absorbed here. Acquire: pairs with the Release there, so the link
        // is ours to write.
        let mark = node.mark.fetch_or(WOKEN, Ordering::AcqRel);
        if mark & WOKEN != 0 {
            return;
        }
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            node.next.store(head, Ordering::Relaxed);
            // Release and Acquire: both pair with the swap in `begin`; see there. Nobody takes a
            // single node off the list, so a head that is the same again is as good as the same.
            let pushed = self.head.compare_exchange_weak(
                head,
                mark + 1,
                Ordering::AcqRel,
                Ordering::Relaxed,
            );
            match pushed {
                Ok(_) => break,
                Err(now) => head = now,
            }
        }
        if head == NONE {
            // The others found a list that somebody had told the parent about, or was about to.
            self.parent.wake();
        }
    }
}

static TABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, release);

/// The block of the node a waker points to.
///
/// # Safety
/// The waker is counted, or lent by a `ReadySet` (COUNTED).
unsafe fn block_of(node: *const Node) -> *mut Block {
    // SAFETY: NODES FOLLOW: child i's node has i nodes and the block before it.
    unsafe {
        let index = (*node).mark.load(Ordering::Relaxed) & !WOKEN;
        node.sub(index as usize).cast::<Block>().sub(1).cast_mut()
    }
}

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: COUNTED: the waker that is cloned keeps the block.
    let refs = unsafe { &(*block_of(data.cast())).refs };
    // Relaxed: made from one that exists, it is handed on by the caller's own means.
    if refs.fetch_add(1, Ordering::Relaxed) > MOST_REFS {
        std::process::abort();
    }
    RawWaker::new(data, &TABLE)
}

unsafe fn wake(data: *const ()) {
    /// The count goes back also when the parent's waker panics.
    struct Release(*const ());
    impl Drop for Release {
        fn drop(&mut self) {
            // SAFETY: COUNTED: `wake` was given the waker with its count.
            unsafe { release(self.0) };
        }
    }
    let _release = Release(data);
    // SAFETY: COUNTED: the count is given back after this.
    unsafe { wake_by_ref(data) };
}

unsafe fn wake_by_ref(data: *const ()) {
    let node = data.cast::<Node>();
    // SAFETY: COUNTED: the waker keeps the block, and the node with it.
    unsafe { (*block_of(node)).wake(&*node) };
}

unsafe fn release(data: *const ()) {
    // SAFETY: COUNTED: the waker is dropped, so its count is ours to give back.
    unsafe { Block::release(block_of(data.cast())) };
}

/// What the model needs: a parent slot that loom sees, and a witness that a freed block is not
/// used.
#[cfg(loom)]
mod modelled {
    use std::task::Waker;

    use ::loom::cell::UnsafeCell;

    use crate::loom::{Mutex, lock};

    /// Promises what `AtomicWaker` does: a wake that comes after a register finds its waker.
    pub(super) struct Parent(Mutex<Option<Waker>>);

    impl Parent {
        pub(super) fn new() -> Parent {
            Parent(Mutex::new(None))
        }

        pub(super) fn register(&self, waker: &Waker) {
            *lock(&self.0) = Some(waker.clone());
        }

        pub(super) fn take(&self) -> Option<Waker> {
            lock(&self.0).take()
        }

        pub(super) fn wake(&self) {
            if let Some(waker) = self.take() {
                waker.wake();
            }
        }
    }

    /// Loom fails the model if a use and the freeing are not ordered.
    pub(super) struct Used(UnsafeCell<()>);

    impl Used {
        pub(super) fn new() -> Used {
            Used(UnsafeCell::new(()))
        }

        pub(super) fn used(&self) {
            self.0.with(|_| ());
        }

        pub(super) fn freed(&self) {
            self.0.with_mut(|_| ());
        }
    }
}
