//! What all handles of a group, its scope and its children share: who is there, what failed, and who may run.
//!
//! Its stages, and what leads from one to the next, are drawn in `group.rs`.

use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::task::{Context, Poll, Waker};

use super::GroupNode;
use crate::builder::Spawner;
use crate::calls::{discard, quietly};
use crate::info::Canceller;
use crate::loom::{Mutex, lock};
use crate::meta::{Ended, OnEnd};

/// One group's.
pub(super) struct Shared<E> {
    pub(super) spawner: Spawner,
    pub(super) state: Mutex<State<E>>,
}

pub(super) struct State<E> {
    pub(super) stage: Stage,
    /// Those that have not ended, by id, and so nearly in the order in which they were started.
    pub(super) children: BTreeMap<u64, Entry>,
    /// Children that are being made and are not among `children` yet.
    pub(super) coming: usize,
    /// The children have been asked to end.
    pub(super) cancelled: bool,
    /// In the order in which they came; the body's last.
    pub(super) failed: Vec<GroupNode<E>>,
    pub(super) panic: Option<Box<dyn Any + Send>>,
    /// The scope, while it waits.
    pub(super) waker: Option<Waker>,
    pub(super) limit: usize,
    /// Children that were let in and have not ended.
    pub(super) running: usize,
    /// Children that wait to be let in; some may be gone.
    pub(super) line: VecDeque<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Open,
    Ending,
    Closed,
}

pub(super) struct Entry {
    pub(super) canceller: Canceller,
    pub(super) gate: Gate,
}

/// Where a child stands before the limit.
pub(super) enum Gate {
    New,
    Waiting(Waker),
    LetIn,
}

impl<E> State<E> {
    /// Lets the first in line in, as far as the limit goes; answers their wakers.
    pub(super) fn let_in(&mut self) -> Vec<Waker> {
        let mut wakers = Vec::new();
        while self.running < self.limit {
            let Some(id) = self.line.pop_front() else { break };
            let Some(entry) = self.children.get_mut(&id) else { continue };
            if let Gate::Waiting(waker) = std::mem::replace(&mut entry.gate, Gate::LetIn) {
                self.running += 1;
                wakers.push(waker);
            }
        }
        wakers
    }

    pub(super) fn is_empty(&self) -> bool {
        self.children.is_empty() && self.coming == 0
    }
}

impl<E> Shared<E> {
    pub(super) fn new(spawner: Spawner) -> Shared<E> {
        Shared {
            spawner,
            state: Mutex::new(State {
                stage: Stage::Open,
                children: BTreeMap::new(),
                coming: 0,
                cancelled: false,
                failed: Vec::new(),
                panic: None,
                waker: None,
                limit: usize::MAX,
                running: 0,
                line: VecDeque::new(),
            }),
        }
    }

    /// Writes `why` down, and wakes the scope, which will cancel the children. False if it was ending before.
    pub(super) fn end(&self, why: impl FnOnce(&mut State<E>)) -> bool {
        let scope = self.begin_end(why);
        scope.map(|scope| scope.into_iter().for_each(wake)).is_some()
    }

    /// Writes `why` down. The scope's waker, if it waits; `None` if it was ending before.
    pub(super) fn begin_end(&self, why: impl FnOnce(&mut State<E>)) -> Option<Option<Waker>> {
        let mut state = lock(&self.state);
        why(&mut state);
        if state.stage != Stage::Open {
            return None;
        }
        state.stage = Stage::Ending;
        Some(state.waker.take())
    }

    /// Asks all children to end, in the order in which they were started. Once: those that come later are
    /// not taken in.
    pub(super) fn cancel_children(&self) {
        if std::mem::replace(&mut lock(&self.state).cancelled, true) {
            return;
        }
        for canceller in self.cancellers() {
            canceller.cancel_with("its group is ending");
        }
    }

    pub(super) fn is_ending(&self) -> bool {
        lock(&self.state).stage != Stage::Open
    }

    pub(super) fn cancellers(&self) -> Vec<Canceller> {
        let state = lock(&self.state);
        state.children.values().map(|entry| entry.canceller.clone()).collect()
    }

    /// Keeps the first panic; the panic hook has told of a later one.
    pub(super) fn panicked(&self, payload: Box<dyn Any + Send>) {
        let mut payload = Some(payload);
        self.end(|state| {
            if state.panic.is_none() {
                state.panic = payload.take();
            }
        });
        discard(payload);
    }

    /// Whether child `id` may run; if not, it is woken when it may.
    pub(super) fn poll_let_in(&self, id: u64, cx: &mut Context<'_>) -> Poll<()> {
        let waker = cx.waker().clone();
        let mut locked = lock(&self.state);
        let state = &mut *locked;
        let Some(entry) = state.children.get_mut(&id) else { return Poll::Ready(()) };
        let old = match &entry.gate {
            Gate::LetIn => return Poll::Ready(()),
            Gate::New if state.running < state.limit => {
                state.running += 1;
                entry.gate = Gate::LetIn;
                return Poll::Ready(());
            }
            Gate::New => {
                state.line.push_back(id);
                std::mem::replace(&mut entry.gate, Gate::Waiting(waker))
            }
            Gate::Waiting(_) => std::mem::replace(&mut entry.gate, Gate::Waiting(waker)),
        };
        drop(locked);
        drop(old); // Outside the lock: dropping a waker may run anything.
        Poll::Pending
    }

    /// Keeps the waker of the scope, for the group's end.
    pub(super) fn watch(&self, cx: &mut Context<'_>) {
        let waker = cx.waker().clone();
        let old = lock(&self.state).waker.replace(waker);
        drop(old); // Outside the lock, as the waker of a foreign executor may run anything.
    }

    /// Ready when no child is left; then the group takes no more.
    pub(super) fn poll_closed(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.watch(cx);
        let mut state = lock(&self.state);
        if !state.is_empty() {
            return Poll::Pending;
        }
        state.stage = Stage::Closed;
        let waker = state.waker.take();
        drop(state);
        drop(waker);
        Poll::Ready(())
    }
}

impl<E: Send> OnEnd for Shared<E> {
    fn ended(&self, id: u64, _: Ended) {
        let mut state = lock(&self.state);
        let entry = state.children.remove(&id);
        if matches!(&entry, Some(Entry { gate: Gate::LetIn, .. })) {
            state.running -= 1;
        }
        let next = state.let_in();
        let waker = if state.is_empty() { state.waker.take() } else { None };
        drop(state);
        drop(entry);
        next.into_iter().chain(waker).for_each(wake);
    }
}

/// Wakes; a foreign waker that panics costs the others nothing.
pub(super) fn wake(waker: Waker) {
    quietly(|| waker.wake());
}
