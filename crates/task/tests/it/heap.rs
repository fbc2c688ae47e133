//! An allocator that knows how many bytes each thread has asked for and not given back.
//!
// PASSED ON: every call goes to the system's allocator as it came, and so does the answer.
#![expect(unsafe_code, reason = "an allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

thread_local! {
    static BYTES: Cell<isize> = const { Cell::new(0) };
}

/// How many bytes this thread has in use; those that go from thread to thread confuse it.
pub(crate) fn bytes() -> isize {
    BYTES.get()
}

fn count(bytes: isize) {
    BYTES.set(BYTES.get() + bytes); // Nothing to drop, so it is there as long as the thread is.
}

// SAFETY: PASSED ON.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: PASSED ON.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: PASSED ON.
        unsafe { System.dealloc(pointer, layout) }
    }
}
