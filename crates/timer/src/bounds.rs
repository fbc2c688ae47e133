//! What bounds the code that runs on this thread: the deadlines and the scopes around it.
//!
//! A timeout says so while it polls its future, and so does a scope. Two questions are answered with
//! that: when the code at hand will be cut short ([`effective_deadline`]), and who reports it. *The
//! outermost that is due reports*: one that is due within another that is due as well leaves it to
//! that one, so that no code between the two runs on a cancel that was meant for all of it.
//!
//! Who leaves it makes a mark, which the other acts on in the same poll; wakes itself, in case that
//! poll ends otherwise (with a value); and leaves it once only, in case it comes to nothing. So
//! nobody waits for somebody who does not come.
//!
//! Only what encloses the code in its own task counts: a task may be polled within another's poll.

use std::cell::{Cell, RefCell};
use std::mem;
use std::sync::Arc;
use std::task::Context;
use std::time::Instant;

use evenkeel_context::current_id;

use crate::current::now;
use crate::family::Node;
use crate::loom::thread_local;

/// What timeouts there are around the code at hand.
struct Deadlines {
    /// The earliest.
    at: Cell<Option<Instant>>,
    /// Whose: the id of the task in which they are, 0 outside any.
    task: Cell<u64>,
    /// How often something on this thread was left to those around it. One who finds it changed by
    /// what it polled has a mark.
    marks: Cell<u32>,
}

thread_local! {
    static DEADLINES: Deadlines =
        const { Deadlines { at: Cell::new(None), task: Cell::new(0), marks: Cell::new(0) } };
    /// The scopes, outermost first, each with the task in which it is. A scope's deadline may be
    /// moved while it is polled, so it is asked, not copied.
    static SCOPES: RefCell<Vec<(u64, Arc<Node>)>> = const { RefCell::new(Vec::new()) };
}

#[inline]
fn this_task() -> u64 {
    current_id().map_or(0, u64::from)
}

/// The earlier of two deadlines, either of which may be "never".
#[inline]
fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Puts what was there before back, also when the call unwinds.
struct Restore {
    at: Option<Instant>,
    task: u64,
}

impl Restore {
    #[inline]
    fn after(at: Option<Instant>, task: u64) -> Restore {
        DEADLINES.with(|here| Restore { at: here.at.replace(at), task: here.task.replace(task) })
    }
}

impl Drop for Restore {
    #[inline]
    fn drop(&mut self) {
        DEADLINES.with(|here| {
            here.at.set(self.at);
            here.task.set(self.task);
        });
    }
}

/// Runs `call` with a deadline around it, and says whether something within left it to us or to
/// those around us.
#[inline]
pub(crate) fn within<R>(at: Option<Instant>, call: impl FnOnce() -> R) -> (R, bool) {
    let task = this_task();
    let before = marks();
    let _restore = Restore::after(earlier(deadline(task), at), task);
    let result = call();
    (result, marks() != before)
}

/// The earliest of the timeouts around the code at hand, if that is of `task`.
#[inline]
fn deadline(task: u64) -> Option<Instant> {
    DEADLINES.with(|here| here.at.get().filter(|_| here.task.get() == task))
}

#[inline]
fn marks() -> u32 {
    DEADLINES.with(|here| here.marks.get())
}

/// Runs `call` with a scope around it, and says whether something within left it to us.
pub(crate) fn within_scope<R>(scope: &Arc<Node>, call: impl FnOnce() -> R) -> (R, bool) {
    /// Takes it off again, also when the call unwinds.
    struct Off;
    impl Drop for Off {
        fn drop(&mut self) {
            let off = SCOPES.try_with(|scopes| scopes.borrow_mut().pop());
            drop(off); // After the borrow.
        }
    }
    let on = (this_task(), scope.clone());
    let _off = SCOPES.try_with(|scopes| scopes.borrow_mut().push(on)).ok().map(|()| Off);
    within(None, call)
}

/// Runs `call` with nothing around it: a clean-up is not cut short by what cut its owner short.
pub(crate) fn shielded<R>(call: impl FnOnce() -> R) -> R {
    struct PutBack(Vec<(u64, Arc<Node>)>);
    impl Drop for PutBack {
        fn drop(&mut self) {
            let _ = SCOPES.try_with(|scopes| scopes.replace(mem::take(&mut self.0)));
        }
    }
    let _deadlines = Restore::after(None, 0);
    let _scopes = PutBack(SCOPES.try_with(RefCell::take).unwrap_or_default());
    call()
}

/// For one that is due: whether one around it is due as well and will report in its place. Then
/// this has marked it, and has woken the waker.
pub(crate) fn leave_to_encloser(cx: &Context<'_>) -> bool {
    if !encloser_is_due() {
        return false;
    }
    DEADLINES.with(|here| here.marks.set(here.marks.get().wrapping_add(1)));
    cx.waker().wake_by_ref();
    true
}

fn encloser_is_due() -> bool {
    let task = this_task();
    deadline(task).is_some_and(|at| at <= now()) || scopes(task).any(|scope| scope.is_due())
}

/// The scopes around the code at hand. Nothing is borrowed between two of them.
fn scopes(task: u64) -> impl Iterator<Item = Arc<Node>> {
    let nth = |n| SCOPES.try_with(|scopes| scopes.borrow().get(n).cloned()).ok().flatten();
    (0..).map_while(nth).filter(move |(of, _)| *of == task).map(|(_, scope)| scope)
}

/// When the code that asks will be cut short: the earliest deadline of all timeouts and
/// [scopes](crate::CancelScope) around it in its task; `None` if none of them has one.
///
/// A deadline that comes from a scope may be moved after this was asked. Clean-ups are shielded:
/// what bounds them is only what is within.
///
/// # Examples
///
/// ```
/// use evenkeel_timer::{effective_deadline, now, timeout_at};
/// use std::time::Duration;
///
/// # futures_lite::future::block_on(async {
/// let soon = now() + Duration::from_secs(5);
/// let late = now() + Duration::from_secs(60);
/// let deadline = timeout_at(soon, timeout_at(late, async { effective_deadline() })).await;
/// assert_eq!(deadline, Ok(Ok(Some(soon))));
/// assert_eq!(effective_deadline(), None);
/// # });
/// ```
#[doc(alias = "current_effective_deadline")]
#[must_use]
pub fn effective_deadline() -> Option<Instant> {
    let task = this_task();
    let below = |earliest, scope: Arc<Node>| earlier(earliest, scope.effective_deadline());
    scopes(task).fold(deadline(task), below)
}
