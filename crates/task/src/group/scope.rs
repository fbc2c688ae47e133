//! The scope of a group: it polls the body in place, and is done when body, children and clean-ups are.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use evenkeel_context::{Cancelled, Owned, ending, leave_ending};
use pin_project_lite::pin_project;

use super::{GroupError, GroupNode, Outcome, Shared};
use crate::error::{FailureKind, panic_text};
use crate::info::report_failure;
use crate::loom::lock;

pin_project! {
    /// The future of `TaskGroup::scope`.
    pub(super) struct Scope<E, B, T>
    where
        E: fmt::Debug,
        E: Send,
        E: 'static,
    {
        shared: Arc<Shared<E>>,
        #[pin]
        body: Option<B>,
        value: Option<T>,
        // What the body owns: it is driven when the children have ended.
        owned: Owned,
        done: bool,
    }

    impl<E, B, T> PinnedDrop for Scope<E, B, T>
    where
        E: fmt::Debug,
        E: Send,
        E: 'static,
    {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if *this.done {
                return;
            }
            // From outside: the scope was cancelled.
            this.shared.end(|_| ());
            this.shared.cancel_children();
            let shared = Arc::clone(this.shared);
            let _ = this.owned.enter(|| leave_ending(ending(last_words(shared))));
            this.owned.enter(|| this.body.set(None));
        }
    }
}

/// What is left to wait for when the scope is gone; and errors that nobody will get are told.
async fn last_words<E: fmt::Debug>(shared: Arc<Shared<E>>) {
    std::future::poll_fn(|cx| shared.poll_closed(cx)).await;
    let mut state = lock(&shared.state);
    let (failed, panic) = (std::mem::take(&mut state.failed), state.panic.take());
    drop(state);
    report_lost(failed, "in a group that was cancelled");
    if let Some(payload) = panic.filter(|payload| !payload.is::<Cancelled>()) {
        let text = panic_text(&*payload);
        report_failure(FailureKind::Panicked, format!("in a group that was cancelled: {text}"));
    }
}

impl<E, B, T> Scope<E, B, T>
where
    E: fmt::Debug + Send + 'static,
    B: Future<Output: Outcome<E, Value = T>>,
{
    pub(super) fn new(shared: &Arc<Shared<E>>, body: B) -> Scope<E, B, T> {
        let shared = Arc::clone(shared);
        Scope { shared, body: Some(body), value: None, owned: Owned::new(), done: false }
    }
}

impl<E, B, T> Future for Scope<E, B, T>
where
    E: fmt::Debug + Send + 'static,
    B: Future<Output: Outcome<E, Value = T>>,
{
    type Output = Result<T, GroupError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(body) = this.body.as_mut().as_pin_mut() {
            // Before the body is polled: a child that fails meanwhile wakes us.
            this.shared.watch(cx);
            if !this.shared.is_ending() {
                let polled = this.owned.enter(|| catch_unwind(AssertUnwindSafe(|| body.poll(cx))));
                match polled {
                    Ok(Poll::Pending) if !this.shared.is_ending() => return Poll::Pending,
                    Ok(Poll::Pending) => {}
                    Ok(Poll::Ready(outcome)) => match outcome.into_result() {
                        Ok(value) => *this.value = Some(value),
                        Err(failure) => {
                            let node = failure.of_body();
                            this.shared.end(|state| state.failed.push(node));
                        }
                    },
                    Err(payload) => this.shared.panicked(payload),
                }
            }
            let gone = || catch_unwind(AssertUnwindSafe(|| this.body.set(None)));
            if let Err(payload) = this.owned.enter(gone) {
                this.shared.panicked(payload);
            }
        }
        if this.shared.is_ending() {
            this.shared.cancel_children(); // A child has failed since the body was over.
        }
        ready!(this.shared.poll_closed(cx));
        match catch_unwind(AssertUnwindSafe(|| this.owned.poll_done(cx))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(())) => {}
            Err(payload) => this.shared.panicked(payload),
        }
        *this.done = true;
        let mut state = lock(&this.shared.state);
        let (failed, panic) = (std::mem::take(&mut state.failed), state.panic.take());
        drop(state);
        Poll::Ready(outcome_of(failed, panic, this.value.take()))
    }
}

/// Errors that nobody will get are told.
fn report_lost<E: fmt::Debug>(failed: Vec<GroupNode<E>>, how: &str) {
    for node in failed {
        let name = node.name();
        for error in node.errors() {
            report_failure(FailureKind::Failed, format!("{name}, {how}: {error:?}"));
        }
    }
}

/// What comes out: a panic before errors, errors before the value.
///
/// # Panics
/// With `panic`; errors that came beside it are reported.
pub(crate) fn outcome_of<E: fmt::Debug, T>(
    mut failed: Vec<GroupNode<E>>,
    panic: Option<Box<dyn Any + Send>>,
    value: Option<T>,
) -> Result<T, GroupError<E>> {
    // The body's error last: what interrupted it came before.
    failed.sort_by_key(GroupNode::is_body);
    match (panic, value) {
        // A body that awaited a cancelled task is cancelled with it; errors are heard first.
        (Some(payload), _) if failed.is_empty() || !payload.is::<Cancelled>() => {
            report_lost(failed, "beside a panic in its group");
            resume_unwind(payload)
        }
        (None, Some(value)) if failed.is_empty() => Ok(value),
        _ => Err(GroupError::new(failed)),
    }
}
