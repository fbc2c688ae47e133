//! A child of a group: the wrapper around its future, and the handle that reads its value.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use evenkeel_context::{Cancelled, current_id};
use pin_project_lite::pin_project;

use super::{Entry, Gate, GroupClosed, Outcome, Shared, Stage};
use crate::error::JoinError;
use crate::handle::Task;
use crate::info::Canceller;
use crate::loom::lock;
use crate::meta::TaskId;
use crate::spawn::{self, Named};

pin_project! {
    /// The future of a child: waits until the group lets it in, and gives errors and panics to the group.
    struct Member<F, E> {
        shared: Arc<Shared<E>>,
        #[pin]
        future: F,
        let_in: bool,
    }
}

impl<F, E> Future for Member<F, E>
where
    F: Future<Output: Outcome<E>>,
{
    /// `None`: the group has the error, or the panic.
    type Output = Option<<F::Output as Outcome<E>>::Value>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let id = current_id().map_or(0, std::num::NonZero::get);
        if !*this.let_in {
            ready!(this.shared.poll_let_in(id, cx));
            *this.let_in = true;
        }
        match catch_unwind(AssertUnwindSafe(|| this.future.poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(outcome)) => match outcome.into_result() {
                Ok(value) => Poll::Ready(Some(value)),
                Err(failure) => {
                    let node = failure.of_current();
                    this.shared.end(|state| state.failed.push(node));
                    Poll::Ready(None)
                }
            },
            // It ends as cancelled, which is no error.
            Err(payload) if payload.is::<Cancelled>() => resume_unwind(payload),
            Err(payload) => {
                this.shared.panicked(payload);
                Poll::Ready(None)
            }
        }
    }
}

/// Starts `future` as a child.
pub(super) fn create<F, E>(
    shared: &Arc<Shared<E>>,
    named: Named,
    future: F,
) -> Result<Child<<F::Output as Outcome<E>>::Value>, GroupClosed>
where
    F: Future<Output: Outcome<E, Value: Send>> + Send + 'static,
    E: Send + 'static,
{
    let mut state = lock(&shared.state);
    if state.stage != Stage::Open {
        drop(state);
        return Err(GroupClosed); // The future is dropped here, unpolled, with nothing locked.
    }
    state.coming += 1;
    drop(state);
    let home = shared.spawner.home();
    let member = Member { shared: Arc::clone(shared), future, let_in: false };
    let named = Named { on_end: Some(Arc::clone(shared) as _), ..named };
    let (task, queue) = spawn::send_later(home, member, named);
    let canceller = task.canceller();
    let entry = Entry { canceller: canceller.clone(), gate: Gate::New };
    let mut state = lock(&shared.state);
    state.coming -= 1;
    state.children.insert(task.id().get(), entry);
    let too_late = state.stage != Stage::Open;
    drop(state);
    if too_late {
        canceller.cancel_with("its group is ending");
    }
    queue();
    Ok(Child { id: task.id(), task: Some(task) })
}

/// A child of a [`TaskGroup`](crate::TaskGroup), which owns it: dropping this handle changes nothing.
///
/// Awaiting it gives the value; [`join`](Child::join) tells also that there is none. A child's error is the
/// group's: whoever awaits the child is cancelled with the rest of the body.
///
/// # Cancellation
/// Nothing lost: the child goes on, and can be awaited again.
pub struct Child<T> {
    id: TaskId,
    /// `None`: it never began.
    task: Option<Task<Option<T>>>,
}

impl<T> Child<T> {
    /// The child that a group which is ending would not start.
    pub(super) fn not_begun(_: GroupClosed) -> Child<T> {
        Child { id: TaskId(crate::registry::take_ids(1)), task: None }
    }

    /// Its number, unique in this process.
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// Whether it has ended, in whatever way. True of all children once the scope is over.
    pub fn is_finished(&self) -> bool {
        self.task.as_ref().is_none_or(Task::is_gone)
    }

    /// Asks it to end; the group and its other children go on. False if it has ended already.
    pub fn cancel(&self) -> bool {
        self.task.as_ref().is_some_and(Task::cancel)
    }

    /// A way to cancel it that can be kept elsewhere.
    pub fn canceller(&self) -> Canceller {
        match &self.task {
            Some(task) => task.canceller(),
            None => Canceller::nobody(self.id),
        }
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// It was cancelled, or it failed or panicked, which is the group's error or panic.
    ///
    /// # Cancellation
    /// Nothing lost: the child goes on, and can be joined again.
    pub async fn join(&mut self) -> Result<T, JoinError> {
        std::future::poll_fn(|cx| self.poll_outcome(cx)).await
    }

    /// Its value, if it has ended with one; `None` if it runs, or has none. Never waits. After the scope is
    /// over, no child runs.
    pub fn try_take(&mut self) -> Option<T> {
        let task = self.task.as_mut()?;
        while task.is_gone() && !task.is_finished() {
            // Its thread is between telling the group and leaving the value.
            crate::loom::thread::yield_now();
        }
        task.try_take()?.ok().flatten()
    }

    fn poll_outcome(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, JoinError>> {
        let Some(task) = &mut self.task else {
            return Poll::Ready(Err(JoinError::new(self.id, None, None)));
        };
        let outcome = ready!(task.poll_join(cx));
        Poll::Ready(match outcome {
            Ok(Some(value)) => Ok(value),
            Ok(None) => Err(JoinError::failed(self.id, task.given_name())),
            Err(error) => Err(error),
        })
    }
}

impl<T> Future for Child<T> {
    type Output = T;

    /// # Panics
    /// As cancelled, quietly, if the child has no value.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let outcome = ready!(self.get_mut().poll_outcome(cx));
        Poll::Ready(outcome.unwrap_or_else(|error| error.resume()))
    }
}

impl<T> Drop for Child<T> {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.detach();
        }
    }
}

impl<T> fmt::Debug for Child<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Child")
            .field("id", &self.id)
            .field("finished", &self.is_finished())
            .finish()
    }
}
