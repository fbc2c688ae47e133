//! A scope and those below it: whether they are cancelled, why, by when, and who waits to hear it.
//!
//! A node knows its parent, and its parent knows it, until it goes. What holds for a node and all
//! below it, a cancel, is *pushed down*; what one of them must heed of those above, a deadline, is
//! *looked up*, whenever it was told that something moved.
//!
//! ```text
//!             1 cancel, 2 expire, 3 the parent was
//!   Open ───────────────────────────────────────────► Cancelled
//! ```
//!
//! ONE WAY: a cause is set once, under the node's lock, and never changed.
//! ALL BELOW: the lock of the node that is cancelled is held until all below it are; so who finds a
//! node cancelled finds all below it so.
//! DOWNWARDS: while a node's lock is held, only locks of nodes below it are taken.
//! WATCH, THEN LOOK: who waits leaves its waker first and looks at the deadlines above after that;
//! who moves a deadline moves it first and calls the wakers after that. One of the two sees the
//! other.

use std::collections::BTreeMap;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, PoisonError, Weak};
use std::task::Waker;
use std::time::Instant;

use evenkeel_context::{CancelSource, Cancelled};

use crate::clock::Clock;
use crate::loom::{Mutex, MutexGuard};

/// One scope.
pub(crate) struct Node {
    parent: Option<Arc<Node>>,
    /// Under which number the parent knows it.
    number: u64,
    /// What tells the time; `None`: the system.
    clock: Option<Arc<dyn Clock>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    cause: Option<Cancelled>,
    deadline: Option<Instant>,
    /// How often a deadline was moved, here or above.
    moves: u64,
    /// Those who wait, in the order in which they came; `None` when woken and not back yet.
    waiters: BTreeMap<u64, Option<Waker>>,
    /// In the order in which they were made.
    children: BTreeMap<u64, Weak<Node>>,
    next_number: u64,
}

/// What one who waits finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watched {
    Cancelled,
    /// Not cancelled; and how often a deadline was moved so far.
    Open(u64),
}

impl State {
    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// Cancels this node alone.
    fn end(&mut self, cause: Cancelled, told: &mut Told) {
        if self.cause.is_none() {
            self.cause = Some(cause);
            let waiters = mem::take(&mut self.waiters);
            told.wakers.extend(waiters.into_values().flatten());
            let children = mem::take(&mut self.children);
            told.nodes.extend(children.into_values().filter_map(|child| child.upgrade()));
        }
    }

    /// Says that a deadline was moved, here or above.
    fn moved(&mut self, told: &mut Told) {
        self.moves += 1;
        told.wakers.extend(self.waiters.values_mut().filter_map(Option::take));
        told.nodes.extend(self.children.values().filter_map(Weak::upgrade));
    }
}

/// Whom to tell, and the nodes below that are to be told in turn.
#[derive(Default)]
struct Told {
    wakers: Vec<Waker>,
    /// Kept until nothing is locked: the last to let go of a node takes its parent's lock.
    nodes: Vec<Arc<Node>>,
}

impl Told {
    /// Does `tell` to all nodes below, generation after generation.
    fn descend(&mut self, tell: impl Fn(&mut State, &mut Told)) {
        let mut next = 0;
        while let Some(node) = self.nodes.get(next).cloned() {
            tell(&mut node.lock(), self);
            next += 1;
        }
    }

    /// Wakes all, with nothing locked. Who cancels did nothing wrong, so a waker that panics keeps
    /// neither the others from being woken nor the caller from going on.
    fn wake(self) {
        for waker in self.wakers {
            if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(|| waker.wake())) {
                // Dropping what it threw may panic too; then that is let go of without dropping.
                mem::forget(panic::catch_unwind(AssertUnwindSafe(|| drop(payload))));
            }
        }
    }
}

impl Node {
    pub(crate) fn root(clock: Option<Arc<dyn Clock>>, deadline: Option<Instant>) -> Arc<Node> {
        let state = Mutex::new(State { deadline, ..State::default() });
        Arc::new(Node { parent: None, number: 0, clock, state })
    }

    /// A node below this one; born cancelled if this one is.
    pub(crate) fn child(self: &Arc<Node>) -> Arc<Node> {
        let mut state = self.lock();
        let number = state.number();
        let cause = state.cause.as_ref().map(from_parent);
        let child = Arc::new(Node {
            parent: Some(self.clone()),
            number,
            clock: self.clock.clone(),
            state: Mutex::new(State { cause, ..State::default() }),
        });
        if state.cause.is_none() {
            state.children.insert(number, Arc::downgrade(&child));
        }
        child
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time by this family's clock.
    pub(crate) fn now(&self) -> Instant {
        self.clock.as_ref().map_or_else(Instant::now, |clock| clock.now())
    }

    /// Cancels it and all below, unless it is. Whether it did.
    pub(crate) fn cancel(&self, cause: Cancelled) -> bool {
        self.end_if(cause, |_| true)
    }

    fn end_if(&self, cause: Cancelled, due: impl FnOnce(&State) -> bool) -> bool {
        let mut told = Told::default();
        let mut state = self.lock();
        if state.cause.is_some() || !due(&state) {
            return false;
        }
        let below = from_parent(&cause);
        state.end(cause, &mut told);
        // ALL BELOW: with `state` locked.
        told.descend(|node, told| node.end(below.clone(), told));
        drop(state);
        told.wake();
        true
    }

    /// Cancels what is due at `at` of this node and those above, earliest deadline first, until
    /// this one is cancelled or nothing is due.
    pub(crate) fn expire(&self, at: Instant) {
        while let Some((node, deadline)) = self.earliest() {
            if deadline > at || self.is_marked() {
                return;
            }
            let is_due = |state: &State| state.deadline.is_some_and(|deadline| deadline <= at);
            node.end_if(Cancelled::default().from_source(CancelSource::Deadline), is_due);
        }
    }

    /// Whether it is cancelled. A deadline that has come counts, seen by anybody or not; and now it
    /// is seen.
    pub(crate) fn is_cancelled(&self) -> bool {
        if self.is_marked() {
            return true;
        }
        if self.effective_deadline().is_some() {
            self.expire(self.now());
        }
        self.is_marked()
    }

    /// As `is_cancelled`, changing nothing and so waking nobody.
    pub(crate) fn is_due(&self) -> bool {
        self.is_marked() || self.effective_deadline().is_some_and(|at| at <= self.now())
    }

    fn is_marked(&self) -> bool {
        self.lock().cause.is_some()
    }

    pub(crate) fn cause(&self) -> Option<Cancelled> {
        self.lock().cause.clone()
    }

    /// Its own.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.lock().deadline
    }

    /// The earliest of its own and those above it.
    pub(crate) fn effective_deadline(&self) -> Option<Instant> {
        self.earliest().map(|(_, deadline)| deadline)
    }

    /// The node with the earliest deadline among this one and those above; the highest of equals.
    fn earliest(&self) -> Option<(&Node, Instant)> {
        let mut found: Option<(&Node, Instant)> = None;
        let mut node = Some(self);
        while let Some(here) = node {
            if let Some(deadline) = here.deadline() {
                if found.is_none_or(|(_, earliest)| deadline <= earliest) {
                    found = Some((here, deadline));
                }
            }
            node = here.parent.as_deref();
        }
        found
    }

    /// Moves its own deadline, unless it is cancelled.
    pub(crate) fn set_deadline(&self, deadline: Option<Instant>) {
        let now = self.now();
        self.expire(now); // What has come has come.
        let mut told = Told::default();
        let mut state = self.lock();
        if state.cause.is_some() {
            return;
        }
        state.deadline = deadline;
        // WATCH, THEN LOOK: moved first; called below.
        state.moved(&mut told);
        drop(state);
        told.descend(State::moved);
        if deadline.is_some_and(|deadline| deadline <= now) {
            self.expire(now);
        }
        told.wake();
    }

    /// Leaves `waker` to be woken when it is cancelled or a deadline moves, here or above.
    /// `number` is where: none yet, or that of the last time.
    pub(crate) fn watch(&self, number: &mut Option<u64>, waker: &Waker) -> Watched {
        let mut spare = None;
        loop {
            let mut state = self.lock();
            if state.cause.is_some() {
                return Watched::Cancelled;
            }
            let open = Watched::Open(state.moves);
            let place = number.and_then(|number| state.waiters.get_mut(&number));
            if place
                .as_ref()
                .is_some_and(|place| place.as_ref().is_some_and(|waiting| waiting.will_wake(waker)))
            {
                return open;
            }
            let Some(waker) = spare.take() else {
                // Cloned outside the lock: cloning a waker may run anything.
                drop(state);
                spare = Some(waker.clone());
                continue;
            };
            let old = match place {
                Some(place) => place.replace(waker),
                None => {
                    let new = *number.insert(state.number());
                    state.waiters.insert(new, Some(waker));
                    None
                }
            };
            drop(state);
            drop(old);
            return open;
        }
    }

    /// Takes one who waits off the list.
    pub(crate) fn leave(&self, number: &mut Option<u64>) {
        if let Some(number) = number.take() {
            let left = self.lock().waiters.remove(&number);
            drop(left); // After the lock.
        }
    }

    /// How many wait, and how many nodes are right below.
    pub(crate) fn count(&self) -> (usize, usize) {
        let state = self.lock();
        (state.waiters.len(), state.children.len())
    }

    /// Takes it off its parent's list, and lets go of the parent.
    fn unlink(&mut self) -> Option<Arc<Node>> {
        let parent = self.parent.take()?;
        parent.lock().children.remove(&self.number);
        Some(parent)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // One after the other: a long row of parents is not to be dropped by recursion.
        let mut parent = self.unlink();
        while let Some(mut last) = parent.and_then(Arc::into_inner) {
            parent = last.unlink();
        }
    }
}

fn from_parent(cause: &Cancelled) -> Cancelled {
    cause.clone().from_source(CancelSource::Parent)
}
