//! The record of the task this thread is polling.
//!
// BORROWED FOR THE CALL: the pointer in `CURRENT` was a `&Record` given to `enter`, and `enter` puts the
// old value back before that borrow ends, also when the call unwinds.
// ONLY FROM OPEN: a location pointer is null or came from a `&'static Location` in `Record::open`.

use std::cell::Cell;
use std::num::NonZeroU64;
use std::panic::Location;
use std::ptr;

use crate::record::{Record, Wait};

thread_local! {
    static CURRENT: Cell<*const Record> = const { Cell::new(ptr::null()) };
}

/// Puts the outer record back when the call ends or unwinds.
struct Restore(*const Record);

impl Drop for Restore {
    fn drop(&mut self) {
        let _ = CURRENT.try_with(|current| current.set(self.0));
    }
}

/// Runs `call` with `record` as the current task's. Calls nest.
#[inline]
pub fn enter<R>(record: &Record, call: impl FnOnce() -> R) -> R {
    let outer = CURRENT.try_with(|current| current.replace(record)).unwrap_or(ptr::null());
    let _restore = Restore(outer);
    call()
}

/// Runs `look` on the current task's record; `None` outside any of our tasks.
#[inline]
pub fn current_record<R>(look: impl FnOnce(&Record) -> R) -> Option<R> {
    // A thread that is being torn down has no current task.
    let current = CURRENT.try_with(Cell::get).unwrap_or(ptr::null());
    // SAFETY: BORROWED FOR THE CALL.
    unsafe { current.as_ref() }.map(look)
}

/// The id of the task this thread is polling; `None` outside any of our tasks.
#[inline]
pub fn current_id() -> Option<NonZeroU64> {
    current_record(Record::id).and_then(NonZeroU64::new)
}

/// Called by a leaf future just before it returns `Pending`: says why the current task will wait.
///
/// Two relaxed stores; nothing at all outside our tasks.
#[inline]
pub fn waiting_for(why: Wait, detail: u64) {
    current_record(|record| record.set_wait(why, detail));
}

pub(crate) fn location(pointer: *mut Location<'static>) -> Option<&'static Location<'static>> {
    // SAFETY: ONLY FROM OPEN.
    unsafe { pointer.as_ref() }
}
