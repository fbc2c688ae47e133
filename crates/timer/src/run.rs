//! One run in a scope: a future, until it is ready or the scope is cancelled; and who waits for that.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use evenkeel_context::{Cancelled, poll_budget};
use pin_project_lite::pin_project;

use crate::body::Body;
use crate::bounds::{leave_to_encloser, within_scope};
use crate::family::{Node, Watched};
use crate::sleep::{Sleep, sleep_until};

pin_project! {
    /// The future of [`CancelScope::run`](crate::CancelScope::run).
    ///
    /// # Cancellation
    ///
    /// Nothing lost by the scope; the future is dropped with the run, so what it loses then is lost.
    #[must_use = "futures do nothing unless awaited"]
    #[project = RunProjection]
    pub struct Run<F: Future> {
        #[pin]
        body: Body<F>,
        watch: Watch,
        begun: bool,
        // It was to end, but so was what encloses it, which was to report. Once only.
        left: bool,
    }
}

impl<F: Future> Run<F> {
    pub(crate) fn new(node: Arc<Node>, future: F) -> Run<F> {
        Run { body: Body::new(future), watch: Watch::new(node), begun: false, left: false }
    }
}

impl<F: Future> RunProjection<'_, F> {
    /// Polls the future, unless it is not begun and the scope is cancelled already.
    fn poll_future(&mut self, cx: &mut Context<'_>) -> Step<F::Output> {
        if !*self.begun && self.watch.node.is_cancelled() {
            return self.end(cx);
        }
        *self.begun = true;
        let poll = || self.body.as_mut().poll_future(cx);
        let (polled, left) = within_scope(&self.watch.node, poll);
        if let Poll::Ready(value) = polled {
            return Step::Finished(value);
        }
        // If something was left to us, a deadline that has come is seen now, not when its timer
        // fires.
        if (left && self.watch.node.is_cancelled()) || self.watch.poll(cx).is_ready() {
            return self.end(cx);
        }
        Step::Pending
    }

    fn end(&mut self, cx: &Context<'_>) -> Step<F::Output> {
        if !*self.left && leave_to_encloser(cx) {
            *self.left = true;
            return Step::Pending;
        }
        Step::Cut
    }
}

/// What one poll came to.
enum Step<T> {
    Pending,
    Finished(T),
    Cut,
}

impl<F: Future> Future for Run<F> {
    type Output = Result<F::Output, Cancelled>;

    /// # Panics
    ///
    /// If polled again after it was ready; and if a clean-up panicked, when the others are done.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if this.body.is_running() {
            // As in a timeout: what would be ready is not lost to the scope for want of budget.
            ready!(poll_budget(cx));
            match this.poll_future(cx) {
                Step::Pending => return Poll::Pending,
                Step::Finished(value) => {
                    this.watch.leave();
                    if this.body.owns_nothing() {
                        return Poll::Ready(Ok(value));
                    }
                    this.body.as_mut().keep(value);
                }
                Step::Cut => {
                    this.watch.leave();
                    this.body.as_mut().cut();
                }
            }
        }
        let node = &this.watch.node;
        let cause = || node.cause().unwrap_or_default();
        this.body.poll_end(cx).map(|value| value.ok_or_else(cause))
    }
}

impl<F: Future> fmt::Debug for Run<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("stage", &self.body.stage()).finish_non_exhaustive()
    }
}

/// Waits for the end of a scope: a place on its list, and a timer for its deadline.
pub(crate) struct Watch {
    node: Arc<Node>,
    /// The place, once it was polled.
    number: Option<u64>,
    /// Up to which move of a deadline the timer is right.
    seen: Option<u64>,
    sleep: Option<Sleep>,
}

impl Watch {
    pub(crate) fn new(node: Arc<Node>) -> Watch {
        Watch { node, number: None, seen: None, sleep: None }
    }

    /// Ready once the scope is cancelled.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            // WATCH, THEN LOOK (see `family`): the waker is there before the deadlines are read.
            let Watched::Open(moves) = self.node.watch(&mut self.number, cx.waker()) else {
                return Poll::Ready(());
            };
            if self.seen != Some(moves) {
                self.seen = Some(moves);
                self.aim_at(self.node.effective_deadline());
            }
            let Some(sleep) = &mut self.sleep else { return Poll::Pending };
            if sleep.poll_over(cx).is_pending() {
                return Poll::Pending;
            }
            // What the timer says counts, should the scope's clock be behind. It may be that the
            // deadline was moved meanwhile: then look again.
            let now = self.node.now();
            self.node.expire(sleep.deadline().map_or(now, |deadline| deadline.max(now)));
            (self.sleep, self.seen) = (None, None);
        }
    }

    fn aim_at(&mut self, deadline: Option<Instant>) {
        match (&mut self.sleep, deadline) {
            (Some(sleep), Some(at)) if sleep.deadline() == Some(at) => {}
            (Some(sleep), Some(at)) => sleep.reset(at),
            (sleep, deadline) => *sleep = deadline.map(sleep_until),
        }
    }

    /// Gives the place and the timer up.
    fn leave(&mut self) {
        self.node.leave(&mut self.number);
        self.sleep = None;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.node.leave(&mut self.number);
    }
}
