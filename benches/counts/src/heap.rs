//! An allocator that counts how often it is asked.

// PASSED ON: every call goes to the system's allocator with the arguments it came with, and the
// answer comes back as it is; the counter is beside it and touches no memory of the caller.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

struct Counting;

#[global_allocator]
static HEAP: Counting = Counting;

// Relaxed: read when the counted work is over, by whoever waited for its end.
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: PASSED ON.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: PASSED ON.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: PASSED ON.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: PASSED ON.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: PASSED ON.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// How many allocations so far.
pub(crate) fn allocations() -> u64 {
    ALLOCATIONS.load(Ordering::Relaxed)
}
