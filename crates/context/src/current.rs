//! What this thread is polling: the record of the task, and the innermost piece of work that owns things.
//!
// BORROWED FOR THE CALL: `CURRENT` leads to a `Here` on the stack of `with`, whose pointers came from
// references given to `enter`, `enter_task` or `enter_owned`; what was there before is put back before those
// borrows end, also when the call unwinds.
// ONLY FROM OPEN: a location pointer is null or came from a `&'static Location` in `Record::open`.

use std::cell::Cell;
use std::num::NonZeroU64;
use std::panic::Location;
use std::ptr;

use crate::budget::{with_units, without_budget};
use crate::owned::Owned;
use crate::record::{Record, Wait};

/// One call's surroundings, on the stack of whoever entered it: a thread-local holds no more than the
/// pointer, so entering is one swap.
struct Here {
    record: *const Record,
    /// The innermost owner.
    owned: *const Owned,
    /// The task's own.
    task: *const Owned,
}

static NOWHERE: Nowhere =
    Nowhere(Here { record: ptr::null(), owned: ptr::null(), task: ptr::null() });

struct Nowhere(Here);

// SAFETY: its pointers are null, for ever.
unsafe impl Sync for Nowhere {}

thread_local! {
    static CURRENT: Cell<*const Here> = const { Cell::new(&raw const NOWHERE.0) };
}

/// Puts what was there before back when the call ends or unwinds.
struct Restore(*const Here);

impl Drop for Restore {
    #[inline]
    fn drop(&mut self) {
        let _ = CURRENT.try_with(|current| current.set(self.0));
    }
}

/// Looks at the surroundings of the call this thread is in.
#[inline]
fn here<R>(look: impl FnOnce(&Here) -> R) -> R {
    // A thread that is being torn down polls nothing.
    let here = CURRENT.try_with(Cell::get).unwrap_or(&raw const NOWHERE.0);
    // SAFETY: BORROWED FOR THE CALL, or the static.
    look(unsafe { &*here })
}

#[inline]
fn with<R>(inner: Here, call: impl FnOnce() -> R) -> R {
    let outer = CURRENT.try_with(|current| current.replace(&raw const inner));
    let _restore = Restore(outer.unwrap_or(&raw const NOWHERE.0));
    call()
}

/// Runs `call` with `record` as the current task's, which owns nothing. Calls nest.
#[inline]
pub fn enter<R>(record: &Record, call: impl FnOnce() -> R) -> R {
    with(Here { record, owned: ptr::null(), task: ptr::null() }, call)
}

/// Runs `call`, a poll of a task, with `record` as that task's, `owned` as what it owns, and a new budget.
#[inline]
pub fn enter_task<R>(record: &Record, owned: &Owned, call: impl FnOnce() -> R) -> R {
    with(Here { record, owned, task: owned }, || with_units(call))
}

/// Runs `call` with no owner and no budget: a call that nobody will poll again cannot own anything, nor be
/// made to come back.
#[inline]
pub fn owning_nothing<R>(call: impl FnOnce() -> R) -> R {
    let record = here(|here| here.record);
    let inner = Here { record, owned: ptr::null(), task: ptr::null() };
    with(inner, || without_budget(call))
}

/// Runs `call` with `owned` as the innermost owner.
#[inline]
pub(crate) fn enter_owned<R>(owned: &Owned, call: impl FnOnce() -> R) -> R {
    let inner = here(|here| Here { owned, record: here.record, task: here.task });
    with(inner, call)
}

/// Runs `look` on the innermost owner on this thread; `None` if there is none.
pub(crate) fn current_owned<R>(look: impl FnOnce(&Owned) -> R) -> Option<R> {
    // SAFETY: BORROWED FOR THE CALL.
    unsafe { here(|here| here.owned).as_ref() }.map(look)
}

/// Runs `look` on what the current task itself owns; `None` outside any task.
pub(crate) fn current_task_owned<R>(look: impl FnOnce(&Owned) -> R) -> Option<R> {
    // SAFETY: BORROWED FOR THE CALL.
    unsafe { here(|here| here.task).as_ref() }.map(look)
}

/// Runs `look` on the current task's record; `None` outside any of our tasks.
#[inline]
pub fn current_record<R>(look: impl FnOnce(&Record) -> R) -> Option<R> {
    // SAFETY: BORROWED FOR THE CALL.
    unsafe { here(|here| here.record).as_ref() }.map(look)
}

/// The id of the task this thread is polling; `None` outside any of our tasks.
#[inline]
pub fn current_id() -> Option<NonZeroU64> {
    current_record(Record::id).and_then(NonZeroU64::new)
}

/// Whether this thread may be blocked without stopping a loop of ours: it polls none of our tasks,
/// or one that is a call made for blocking.
pub fn may_block() -> bool {
    current_record(|record| record.id() == 0 || record.may_block()).unwrap_or(true)
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
