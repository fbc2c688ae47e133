//! What is known of a task without its future's type: its slot, by that its home, and what few tasks have.
//!
//! `Meta` is two words in the task's cell and lives as long as the cell, that is until the last handle
//! and waker are gone. `Extra` is what hangs off the second word once somebody needs it: a name, inherited
//! task-locals, callbacks and waiters for the task's end.
//!
// EXTRA ONCE: the pointer goes from null, or from the mark of an `Ended`, to an `Arc` exactly once and is given
//             back by `Meta::drop`. A mark is an address below 4, where nothing lies.
// KEPT SLOT: a Meta stands for a count of the home that its slot belongs to; the slab lives as long.
// END SEEN: whoever makes the Extra looks at the slot afterwards (in one order with `Slot::close`), so the end
//           of the task is told either by the closing poller, which sees the Extra, or by its maker.

use std::fmt;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use async_task::Runnable;
use evenkeel_context::Owned;

use crate::calls::{discard, quietly};
use crate::home::HomeRef;
use crate::locals::Locals;
use crate::loom::{AtomicBool, AtomicPtr, Mutex, Ordering, lock};
use crate::slab::home_of;
use crate::slot::Slot;
use crate::thread_state;

/// A task's process-wide unique number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub(crate) u64);

impl TaskId {
    /// The number; never 0.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// What the cell of every task carries.
pub(crate) struct Meta {
    /// Stands for a count of its home. KEPT SLOT.
    pub(crate) slot: NonNull<Slot>,
    extra: AtomicPtr<Extra>,
}

// SAFETY: KEPT SLOT; slots are Sync.
unsafe impl Send for Meta {}
// SAFETY: as above; `extra` is an atomic pointer to a Sync value.
unsafe impl Sync for Meta {}

impl Meta {
    /// With the count that came with the slot.
    pub(crate) fn new(slot: NonNull<Slot>, extra: Option<Extra>) -> Meta {
        let extra =
            extra.map_or(ptr::null_mut(), |extra| Arc::into_raw(Arc::new(extra)).cast_mut());
        Meta { slot, extra: AtomicPtr::new(extra) }
    }

    #[inline]
    pub(crate) fn home(&self) -> &HomeRef {
        // SAFETY: KEPT SLOT.
        unsafe { home_of(self.slot) }
    }

    #[inline]
    pub(crate) fn slot(&self) -> &Slot {
        // SAFETY: KEPT SLOT.
        unsafe { self.slot.as_ref() }
    }

    /// The Extra, if there is one.
    #[inline]
    pub(crate) fn extra(&self) -> Option<&Extra> {
        // Acquire: pairs with the Release in `extra_or_make`.
        let pointer = self.extra.load(Ordering::Acquire);
        if pointer.addr() < MARKS {
            return None;
        }
        // SAFETY: EXTRA ONCE: it is neither null nor a mark.
        unsafe { pointer.as_ref() }
    }

    /// What the task owns, for the length of a poll; nothing, if it had nothing after the one before.
    #[inline]
    pub(crate) fn take_owned(&self) -> Owned {
        self.extra()
            .filter(|extra| extra.owns.load(Ordering::Relaxed))
            .map_or_else(Owned::new, Extra::take_owned)
    }

    /// Keeps what it owns until the next poll.
    #[cold]
    pub(crate) fn keep_owned(&self, owned: Owned) {
        let extra = self.extra_or_make(self.slot().record.id());
        lock(&extra.inner).owned = owned;
        extra.owns.store(true, Ordering::Relaxed); // Only its poller looks.
    }

    /// Keeps how the task ended for an Extra that is made later; without a mark it completed.
    pub(crate) fn mark_end(&self, how: Ended) {
        let mark = ptr::without_provenance_mut(how as usize);
        let _ =
            self.extra.compare_exchange(ptr::null_mut(), mark, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// The Extra of task `id`, made if there was none. END SEEN.
    pub(crate) fn extra_or_make(&self, id: u64) -> Arc<Extra> {
        let mut pointer = self.extra.load(Ordering::Acquire);
        let mut how = None;
        while pointer.addr() < MARKS {
            how = Ended::of_mark(pointer.addr());
            let made = Arc::into_raw(Arc::new(Extra::default())).cast_mut();
            let won =
                self.extra.compare_exchange(pointer, made, Ordering::AcqRel, Ordering::Acquire);
            pointer = match won {
                Ok(_) => made,
                Err(other) => {
                    // SAFETY: we made it and nobody else saw it.
                    drop(unsafe { Arc::from_raw(made) });
                    other
                }
            };
        }
        // SAFETY: EXTRA ONCE: the pointer came from `Arc::into_raw` and stays counted until our drop.
        let extra = unsafe {
            Arc::increment_strong_count(pointer);
            Arc::from_raw(pointer)
        };
        if !self.slot().is_alive(id) {
            extra.end(how);
        }
        extra
    }
}

impl Drop for Meta {
    fn drop(&mut self) {
        let pointer = self.extra.load(Ordering::Acquire);
        if pointer.addr() >= MARKS {
            // SAFETY: EXTRA ONCE: this is the count the pointer stood for.
            let extra = unsafe { Arc::from_raw(pointer) };
            // Values of task-locals are in it, and where a cell goes a panic would abort the process.
            discard(extra);
        }
        // SAFETY: KEPT SLOT, until now.
        unsafe { HomeRef::uncount(self.home().lend()) };
    }
}

/// Gives `push` a task that is ready, and its home, which stays until the call is over, though the task may run
/// to its end meanwhile: its cell is kept, and with that the count its [`Meta`] stands for. So whoever wakes a
/// task from outside changes the task's word, and not one that all tasks share.
pub(crate) fn keeping(runnable: Runnable<Meta>, push: impl FnOnce(&HomeRef, Runnable<Meta>)) {
    let cell = runnable.waker();
    // SAFETY: KEPT SLOT: `cell` keeps the Meta until `push` is over.
    let home = unsafe { home_of(runnable.metadata().slot) };
    keep_for(cell, || push(home, runnable));
}

/// Calls `push`, and gives up then only what keeps all it touches. The model is
/// `a_push_from_outside_against_the_end_of_the_home`.
#[inline]
pub(crate) fn keep_for<K>(kept: K, push: impl FnOnce()) {
    push();
    drop(kept);
}

/// How a task ended, as its done callbacks are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[repr(u8)]
pub enum Ended {
    /// Its future returned a value.
    Completed = 1,
    /// It was cancelled.
    Cancelled = 2,
    /// Its future panicked, or a value dropped while it was being cancelled did.
    Panicked = 3,
}

/// Addresses below this are null and the marks of [`Ended`].
const MARKS: usize = 4;

impl Ended {
    fn of_mark(mark: usize) -> Option<Ended> {
        [Ended::Completed, Ended::Cancelled, Ended::Panicked]
            .into_iter()
            .find(|how| *how as usize == mark)
    }
}

/// Runs `call` as part of no task, with these task-locals; asyncio's `context.run`.
pub(crate) fn in_context<R>(home: &HomeRef, locals: Locals, call: impl FnOnce() -> R) -> R {
    let extra = locals.map(|locals| Extra::with(None, Some(locals)));
    let nobody = Meta::new(home.nobody(), extra);
    thread_state::in_task(&nobody, call)
}

pub(crate) type Callback = Box<dyn FnOnce(Ended) + Send>;

/// Somebody who hears of a task's end at once, on its thread, before its handle does.
pub(crate) trait OnEnd: Send + Sync {
    /// Task `id` has ended, and all it owned. Called with nothing locked; it must not panic.
    fn ended(&self, id: u64, how: Ended);
}

/// The callbacks of a task that has ended, if it has any.
pub(crate) type Due = Option<(Ended, Vec<Callback>)>;

/// What few tasks have.
#[derive(Default)]
pub(crate) struct Extra {
    pub(crate) name: Option<Arc<str>>,
    #[cfg(feature = "tracing")]
    pub(crate) span: crate::span::Place,
    /// Something is in `owned`.
    owns: AtomicBool,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    locals: Locals,
    callbacks: Vec<Callback>,
    /// Who waits by the handle, of which there is one.
    awaiter: Option<Waker>,
    /// Who waits without it.
    waiters: Vec<Waker>,
    /// The group it is a child of, with its id.
    on_end: Option<(u64, Arc<dyn OnEnd>)>,
    /// Between two polls.
    owned: Owned,
    ended: bool,
    how: Option<Ended>,
}

impl Extra {
    pub(crate) fn with(name: Option<Arc<str>>, locals: Locals) -> Extra {
        let inner = Mutex::new(Inner { locals, ..Inner::default() });
        Extra {
            name,
            #[cfg(feature = "tracing")]
            span: crate::span::Place::default(),
            owns: AtomicBool::new(false),
            inner,
        }
    }

    /// The same, with somebody who is told of the end of task `id`.
    pub(crate) fn on_end(self, id: u64, on_end: Arc<dyn OnEnd>) -> Extra {
        lock(&self.inner).on_end = Some((id, on_end));
        self
    }

    #[cold]
    fn take_owned(&self) -> Owned {
        self.owns.store(false, Ordering::Relaxed);
        std::mem::take(&mut lock(&self.inner).owned)
    }

    pub(crate) fn locals(&self) -> Locals {
        lock(&self.inner).locals.clone()
    }

    pub(crate) fn set_locals(&self, locals: Locals) {
        let old = std::mem::replace(&mut lock(&self.inner).locals, locals);
        drop(old); // Outside the lock: the values are the user's.
    }

    /// Keeps `callback` for the end, or gives it back if that is past.
    pub(crate) fn add_callback(&self, callback: Callback) -> Option<(Callback, Option<Ended>)> {
        let mut inner = lock(&self.inner);
        if inner.ended {
            return Some((callback, inner.how));
        }
        inner.callbacks.push(callback);
        None
    }

    /// Ready when the task has ended, for whoever has the handle: the last who asked is woken.
    pub(crate) fn poll_ended_by_handle(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_with(cx, |inner, waker| inner.awaiter.replace(waker))
    }

    /// Ready when the task has ended, for those who do not: all who asked are woken.
    pub(crate) fn poll_ended(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_with(cx, |inner, waker| {
            if inner.waiters.iter().any(|kept| kept.will_wake(&waker)) {
                return Some(waker);
            }
            inner.waiters.push(waker);
            None
        })
    }

    /// `keep` answers what is not kept.
    fn poll_with(
        &self,
        cx: &mut Context<'_>,
        keep: impl FnOnce(&mut Inner, Waker) -> Option<Waker>,
    ) -> Poll<()> {
        let waker = cx.waker().clone(); // Before the lock, as what is not kept goes after it: it may run anything.
        let mut inner = lock(&self.inner);
        if inner.ended {
            return Poll::Ready(());
        }
        let left = keep(&mut inner, waker);
        drop(inner);
        drop(left);
        Poll::Pending
    }

    /// Whether the task has ended.
    pub(crate) fn has_ended(&self) -> bool {
        lock(&self.inner).ended
    }

    /// The task has ended: wakes who waits for it and answers the callbacks to run. Once; later calls
    /// answer nothing.
    pub(crate) fn end(&self, how: Option<Ended>) -> Vec<Callback> {
        let mut inner = lock(&self.inner);
        if inner.ended {
            inner.how = inner.how.or(how);
            return Vec::new();
        }
        inner.ended = true;
        inner.how = how;
        let waiters = std::mem::take(&mut inner.waiters);
        let awaiter = inner.awaiter.take();
        let callbacks = std::mem::take(&mut inner.callbacks);
        let on_end = inner.on_end.take();
        drop(inner);
        if let Some((id, on_end)) = on_end {
            on_end.ended(id, how.unwrap_or(Ended::Completed));
        }
        for waiter in waiters.into_iter().chain(awaiter) {
            // Foreign ones may be among them: one that panics costs neither the others nor the task.
            quietly(|| waiter.wake());
        }
        callbacks
    }
}
