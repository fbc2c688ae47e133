//! The scope of a group in place: it polls the body, and those children that were woken.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker, ready};

use evenkeel_context::{Owned, has_budget};
use pin_project_lite::pin_project;

use super::{Child, LocalGroup};
use crate::calls::discard;
use crate::group::{GroupError, Outcome, outcome_of};
use crate::loom::{AtomicBool, Mutex, Ordering, lock};

/// The children that were woken, and the scope to be woken for them.
#[derive(Default)]
pub(super) struct Woken {
    list: Mutex<(Vec<usize>, Option<Waker>)>,
}

impl Woken {
    pub(super) fn wake_scope(&self) {
        let waker = lock(&self.list).1.take();
        waker.into_iter().for_each(Waker::wake);
    }

    fn watch(&self, cx: &mut Context<'_>) {
        let waker = cx.waker().clone();
        let old = lock(&self.list).1.replace(waker);
        drop(old);
    }
}

/// The waker of one child.
struct ChildWaker {
    woken: Arc<Woken>,
    index: usize,
    /// It is on the list of the woken.
    listed: AtomicBool,
}

impl Wake for ChildWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // AcqRel: pairs with the swap before a child is polled: either that poll sees what this wake is
        // about, or the child is listed anew.
        if !self.listed.swap(true, Ordering::AcqRel) {
            lock(&self.woken.list).0.push(self.index);
            self.woken.wake_scope();
        }
    }
}

/// A child that was let in.
struct Running<'env> {
    child: Child<'env>,
    waker: Waker,
    listed: Arc<ChildWaker>,
}

pin_project! {
    /// The future of a scope in place.
    pub(super) struct Scope<'env, E, B, T> {
        group: LocalGroup<'env, E>,
        #[pin]
        body: Option<B>,
        value: Option<T>,
        running: Vec<Option<Running<'env>>>,
        free: Vec<usize>,
        // What body and children own: it is driven when they are gone.
        owned: Owned,
        panic: Option<Box<dyn Any + Send>>,
    }

    impl<E, B, T> PinnedDrop for Scope<'_, E, B, T> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.group.shared.end(None);
            this.body.set(None);
            // A child may hold the group that holds it.
            let coming = std::mem::take(&mut *this.group.coming.borrow_mut());
            this.running.clear();
            drop(coming);
        }
    }
}

impl<'env, E: fmt::Debug + 'env, B, T> Scope<'env, E, B, T>
where
    B: Future<Output: Outcome<E, Value = T>>,
{
    pub(super) fn new(group: &LocalGroup<'env, E>, body: B) -> Scope<'env, E, B, T> {
        Scope {
            group: group.clone(),
            body: Some(body),
            value: None,
            running: Vec::new(),
            free: Vec::new(),
            owned: Owned::new(),
            panic: None,
        }
    }

    /// Calls `call` as something the scope owns; a panic ends the group.
    fn guarded<R>(
        group: &LocalGroup<'env, E>,
        owned: &Owned,
        panic: &mut Option<Box<dyn Any + Send>>,
        call: impl FnOnce() -> R,
    ) -> Option<R> {
        match owned.enter(|| catch_unwind(AssertUnwindSafe(call))) {
            Ok(value) => Some(value),
            Err(payload) => {
                group.shared.end(None);
                // The first goes on; the panic hook has told of a later one.
                let later = if panic.is_none() { panic.replace(payload) } else { Some(payload) };
                discard(later);
                None
            }
        }
    }

    fn poll_body(self: Pin<&mut Self>, cx: &mut Context<'_>) {
        let mut this = self.project();
        let Some(body) = this.body.as_mut().as_pin_mut() else { return };
        match Self::guarded(this.group, this.owned, this.panic, || body.poll(cx)) {
            Some(Poll::Pending) => return,
            Some(Poll::Ready(outcome)) => match outcome.into_result() {
                Ok(value) => *this.value = Some(value),
                Err(fault) => drop(this.group.shared.end(Some(fault.of_body()))),
            },
            None => {}
        }
        Self::guarded(this.group, this.owned, this.panic, || this.body.set(None));
    }

    /// Lets in those whose turn it is; they count as woken. Whether there was one.
    fn let_in(self: Pin<&mut Self>) -> bool {
        let this = self.project();
        let mut any = false;
        let limit = lock(&this.group.shared.said).limit;
        while this.running.len() - this.free.len() < limit {
            let next = this.group.coming.borrow_mut().pop_front();
            let Some(child) = next else { break };
            any = true;
            let index = this.free.pop().unwrap_or(this.running.len());
            let woken = Arc::clone(&this.group.shared.woken);
            lock(&woken.list).0.push(index);
            let listed = Arc::new(ChildWaker { woken, index, listed: AtomicBool::new(true) });
            let waker = Waker::from(Arc::clone(&listed));
            let entry = Some(Running { child, waker, listed });
            if index == this.running.len() {
                this.running.push(entry);
            } else {
                this.running[index] = entry;
            }
        }
        any
    }

    /// Polls each child that was woken, once, in the order of the wakes, as far as the task's budget goes.
    fn poll_children(self: Pin<&mut Self>, cx: &Context<'_>) {
        let this = self.project();
        let woken = std::mem::take(&mut lock(&this.group.shared.woken.list).0);
        let mut woken = woken.into_iter();
        while woken.len() > 0 {
            if !has_budget() {
                // The rest would be refused one by one. They were woken before all others.
                lock(&this.group.shared.woken.list).0.splice(..0, woken);
                return cx.waker().wake_by_ref();
            }
            let Some(index) = woken.next() else { break };
            // One that is over may have been woken since.
            let Some(running) = &mut this.running[index] else { continue };
            // AcqRel: pairs with the swap in `wake_by_ref`.
            running.listed.listed.swap(false, Ordering::AcqRel);
            let poll =
                || Pin::new(&mut running.child).poll(&mut Context::from_waker(&running.waker));
            if let Some(Poll::Pending) = Self::guarded(this.group, this.owned, this.panic, poll) {
                continue;
            }
            let over = this.running[index].take();
            this.free.push(index);
            lock(&this.group.shared.said).alive -= 1;
            Self::guarded(this.group, this.owned, this.panic, || drop(over));
        }
    }

    /// Drops what is left of body and children, in order.
    fn drop_all(self: Pin<&mut Self>) {
        let mut this = self.project();
        Self::guarded(this.group, this.owned, this.panic, || this.body.set(None));
        let coming = std::mem::take(&mut *this.group.coming.borrow_mut());
        let running = std::mem::take(this.running).into_iter().flatten();
        for child in running.map(|running| running.child).chain(coming) {
            Self::guarded(this.group, this.owned, this.panic, || drop(child));
        }
        lock(&this.group.shared.said).alive = 0;
    }
}

impl<'env, E: fmt::Debug + 'env, B, T> Future for Scope<'env, E, B, T>
where
    B: Future<Output: Outcome<E, Value = T>>,
{
    type Output = Result<T, GroupError<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Before anything is polled: whatever is woken from here on wakes us.
        self.group.shared.woken.watch(cx);
        if !self.group.is_closed() {
            self.as_mut().poll_body(cx);
            self.as_mut().let_in();
            self.as_mut().poll_children(cx);
            if self.as_mut().let_in() {
                cx.waker().wake_by_ref(); // In the places of those that are over.
            }
        }
        if !self.group.is_closed() {
            if self.body.is_some() || !self.group.is_empty() {
                return Poll::Pending;
            }
            self.group.shared.end(None);
        }
        self.as_mut().drop_all();
        let this = self.project();
        let done = Self::guarded(this.group, this.owned, this.panic, || this.owned.poll_done(cx));
        if let Some(done) = done {
            ready!(done);
        }
        let failed = std::mem::take(&mut lock(&this.group.shared.said).failed);
        Poll::Ready(outcome_of(failed, this.panic.take(), this.value.take()))
    }
}
