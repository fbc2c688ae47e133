//! What a piece of work must see to its end before it is done itself: cancelled children, clean-ups.
//!
//! A future cannot wait while it is dropped. So whoever cuts one short (a timeout, a scope, a group, the
//! task itself) owns what it leaves, and is done only when all of it is. Clean-ups registered with
//! [`defer`] run last in, first out, when the future is gone; endings are seen to as they come.

use std::any::Any;
use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::task::{Context, Poll};

use crate::cancelled::Cancelled;
use crate::current::enter_owned;
use crate::endings::{Ending, defer, leave_ending};

/// Endings kept before those that are over are looked for; from then on, whenever their number has
/// doubled. A long-lived owner whose children end keeps no more than twice those alive.
const SWEEP_FROM: usize = 16;

/// The work that a future of ours owns: one word, and nothing else until something is owned.
///
/// A future that may cut another one short keeps one, [enters](Owned::enter) it while it polls that other
/// one, and drives it ([`poll_done`](Owned::poll_done)) when that is gone, before it reports. Dropped
/// early, it leaves what it holds to the next owner outside.
///
/// ```
/// use evenkeel_context::{Owned, defer, ending};
/// use std::task::{Context, Waker};
///
/// let owned = Owned::new();
/// owned.enter(|| defer(ending(async { println!("the end") })).unwrap());
/// assert!(owned.poll_done(&mut Context::from_waker(Waker::noop())).is_ready());
/// ```
#[derive(Default)]
pub struct Owned {
    held: Cell<Option<Box<Held>>>,
}

#[derive(Default)]
struct Held {
    /// Already told to end; seen to in the order in which they came.
    endings: VecDeque<Ending>,
    /// The last one runs first.
    cleanups: Vec<Ending>,
    /// The last clean-up has been polled.
    begun: bool,
    sweep_at: usize,
    /// The first panic of what was driven; it goes on when all is done.
    panic: Option<Box<dyn Any + Send>>,
}

impl Owned {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Owned {
        Owned { held: Cell::new(None) }
    }

    /// Whether nothing was ever left here, or all of it was driven to its end.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let held = self.held.take();
        let empty = held.is_none();
        self.held.set(held);
        empty
    }

    /// Runs `call` with this as the innermost owner on this thread.
    #[inline]
    pub fn enter<R>(&self, call: impl FnOnce() -> R) -> R {
        enter_owned(self, call)
    }

    /// Takes `cleanup`, to be run when this is driven, before all those it holds already.
    pub fn defer(&self, cleanup: Ending) {
        self.with(|held| {
            // One that has begun goes on first: it is lower in the stack, but under way.
            let at = held.cleanups.len() - usize::from(held.begun);
            held.cleanups.insert(at, cleanup);
        });
    }

    /// Takes the end of something that was told to end.
    pub fn leave(&self, ending: Ending) {
        let mut held = self.held.take().unwrap_or_default();
        held.endings.push_back(ending);
        let mut over = VecDeque::new();
        if held.endings.len() >= held.sweep_at.max(SWEEP_FROM) {
            let all = std::mem::take(&mut held.endings);
            (over, held.endings) = all.into_iter().partition(|ending| ending.is_over());
            held.sweep_at = 2 * held.endings.len();
        }
        self.put_back(held);
        drop(over); // With nothing taken: dropping one may leave another.
    }

    /// `change` runs nothing of the user's: what is held is taken out meanwhile.
    fn with<R>(&self, change: impl FnOnce(&mut Held) -> R) -> R {
        let mut held = self.held.take().unwrap_or_default();
        let result = change(&mut held);
        self.held.set(Some(held));
        result
    }

    /// Puts `held` back, before what was left meanwhile.
    fn put_back(&self, mut held: Box<Held>) {
        if let Some(mut newer) = self.held.take() {
            held.endings.append(&mut newer.endings);
            held.cleanups.append(&mut newer.cleanups);
        }
        self.held.set(Some(held));
    }

    /// Drives all of it, and what it leaves in turn, to the end.
    ///
    /// # Panics
    /// If something it drove panicked, with the first such panic, when all the rest is done.
    pub fn poll_done(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_empty() {
            return Poll::Ready(());
        }
        loop {
            let is_blocked = self.poll_endings(cx).is_pending();
            // A clean-up that is under way may be what an ending waits for; a new one waits for them.
            let Some(mut cleanup) = self.take_cleanup(is_blocked) else {
                if is_blocked {
                    return Poll::Pending;
                }
                break;
            };
            if self.poll_one(&mut cleanup, cx).is_pending() {
                self.with(|held| {
                    held.cleanups.push(cleanup);
                    held.begun = true;
                });
                return Poll::Pending;
            }
            self.let_go(cleanup);
        }
        let mut held = self.held.take();
        if let Some(payload) = held.as_mut().and_then(|held| held.panic.take()) {
            resume_unwind(payload);
        }
        Poll::Ready(())
    }

    /// One after the other: all were told to end before, so waiting in order costs no time, and each is
    /// polled about once.
    fn poll_endings(&self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(mut ending) = self.take_ending() {
            if self.poll_one(&mut ending, cx).is_pending() {
                self.with(|held| held.endings.push_front(ending));
                return Poll::Pending;
            }
            self.let_go(ending);
        }
        Poll::Ready(())
    }

    fn take_ending(&self) -> Option<Ending> {
        self.with(|held| held.endings.pop_front())
    }

    fn take_cleanup(&self, is_blocked: bool) -> Option<Ending> {
        self.with(|held| {
            if is_blocked && !held.begun {
                return None;
            }
            held.begun = false;
            held.cleanups.pop()
        })
    }

    /// Polls with this entered; a panic counts as the end of what panicked.
    fn poll_one(&self, ending: &mut Ending, cx: &mut Context<'_>) -> Poll<()> {
        self.enter(|| catch_unwind(AssertUnwindSafe(|| ending.as_mut().poll(cx)))).unwrap_or_else(
            |payload| {
                self.keep(payload);
                Poll::Ready(())
            },
        )
    }

    fn let_go(&self, ending: Ending) {
        let dropped = self.enter(|| catch_unwind(AssertUnwindSafe(|| drop(ending))));
        dropped.unwrap_or_else(|payload| self.keep(payload));
    }

    /// Keeps the first panic; a later one was told by the panic hook and ends here. A clean-up that awaited a
    /// cancelled task unwinds quietly: it is over, and no more than that.
    fn keep(&self, payload: Box<dyn Any + Send>) {
        let mut payload = Some(payload).filter(|payload| !payload.is::<Cancelled>());
        self.with(|held| {
            if held.panic.is_none() {
                held.panic = payload.take();
            }
        });
        discard(payload);
    }

    /// Gives up what it holds, undone: nobody is left to drive it. How many clean-ups did not run to
    /// their end.
    pub fn abandon(&self) -> usize {
        let Some(held) = self.held.take() else { return 0 };
        let undone = held.cleanups.len();
        // One by one: two that panic in one drop would abort the process.
        held.endings.into_iter().chain(held.cleanups).for_each(discard);
        discard(held.panic);
        undone
    }
}

impl Drop for Owned {
    #[inline]
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            leave_all(*held);
        }
    }
}

/// Drops what is the user's where a panic must not get out. What one was raised with may panic in its turn when it
/// is dropped; what that one was raised with is leaked: there has to be an end.
fn discard<T>(what: T) {
    let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(what))) else { return };
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(another);
    }
}

/// Whoever is outside owns us, and so what we own.
#[cold]
fn leave_all(held: Held) {
    for ending in held.endings {
        let _ = leave_ending(ending);
    }
    for cleanup in held.cleanups {
        let _ = defer(cleanup);
    }
}

impl fmt::Debug for Owned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Owned").field("is_empty", &self.is_empty()).finish()
    }
}
