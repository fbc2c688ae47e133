//! An allocator that counts: how often, and how many bytes are in use.
//!
//! Sizes are those asked for, not those malloc rounds up to: the same on every allocator.

// PASSED ON: every call goes to the system's allocator with the arguments it came with, and the
// answer comes back as it is; the counters are beside it and touch no memory of the caller.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// To be put behind `#[global_allocator]`.
#[derive(Debug)]
pub struct Counting;

// Relaxed, both: they are read when the counted work is over, by whoever waited for its end.
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicI64 = AtomicI64::new(0);

// SAFETY: PASSED ON.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: PASSED ON.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: PASSED ON.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size());
        // SAFETY: PASSED ON.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size() as i64, Ordering::Relaxed);
        // SAFETY: PASSED ON.
        unsafe { System.dealloc(pointer, layout) }
    }
}

fn count(more: usize, less: usize) {
    ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    BYTES.fetch_add(more as i64 - less as i64, Ordering::Relaxed);
}

/// How many allocations so far. Zero: this binary does not count.
pub(crate) fn allocations() -> u64 {
    ALLOCATIONS.load(Ordering::Relaxed)
}

/// How many bytes are in use.
pub(crate) fn bytes() -> i64 {
    BYTES.load(Ordering::Relaxed)
}
