//! Children that end before their scope does: asyncio's `TaskGroup`, with Trio's guarantees.
//!
//! ```text
//!            1 the first failure, or cancel()
//!     open ------------------------------------> ending
//!       |                                           |
//!       |  2 the body is over, no child is left     | 3 the same
//!       +----------------> closed <-----------------+
//! ```
//! 1 is `Shared::end`; 2 and 3 are `Shared::poll_closed`. A group that is ending takes no more children.
//! Those it has are cancelled when its scope is polled next, as in asyncio: children that are ready to fail
//! in the same pass still do, and their errors come out as well.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::task::Waker;

use crate::builder::{Builder, Spawner};
use crate::info::TaskInfo;
use crate::loom::lock;

mod child;
mod error;
mod scope;
mod shared;
mod start;

pub use child::Child;
pub use error::{GroupError, GroupNode, Nested, Outcome};
pub(crate) use scope::outcome_of;
use shared::{Entry, Gate, Shared, Stage, wake};
pub use start::{NotStarted, Started};

/// Tasks that end before the scope they were started in.
///
/// [`scope`](TaskGroup::scope) runs a body that may start children, and is ready only when the body and all
/// children have ended. If one fails, the others are cancelled *and joined*, and all errors come out in one
/// [`GroupError`]. Nothing outlives the scope, and no error is lost.
///
/// | | |
/// |---|---|
/// | a child returns `Err` | the others and the body are cancelled; the error is in the [`GroupError`] |
/// | a child panics | the same; when all have ended the panic goes on in the caller |
/// | a child is cancelled, by whomever | no error; the others go on |
/// | the body returns `Err` | the children are cancelled; the error is the last in the [`GroupError`] |
/// | the scope is dropped | children and body are cancelled; the task that dropped it waits for them |
/// | [`cancel`](TaskGroup::cancel) | the group ends early, without an error |
///
/// A clone is the same group: give one to a child that starts siblings. What the body [defers](crate::defer)
/// runs when all children have ended.
///
/// ```
/// use evenkeel_task::{LocalExecutor, TaskGroup, block_on};
///
/// # let executor = LocalExecutor::new();
/// # block_on(executor.run(executor.spawn(async {
/// async fn length(word: &str) -> Result<usize, std::num::ParseIntError> {
///     word.parse()
/// }
/// let sum = TaskGroup::scope(async |group| {
///     let one = group.create_task(length("1"));
///     let two = group.create_task(length("2"));
///     Ok(one.await + two.await)
/// });
/// assert_eq!(sum.await, Ok(3));
///
/// let failed = TaskGroup::scope(async |group| {
///     group.create_task(length("three"));
///     Ok(())
/// });
/// assert_eq!(failed.await.unwrap_err().len(), 1);
/// # })));
/// ```
#[doc(alias = "JoinSet")]
#[doc(alias = "TaskTracker")]
pub struct TaskGroup<E> {
    shared: Arc<Shared<E>>,
}

impl<E> Clone for TaskGroup<E> {
    fn clone(&self) -> TaskGroup<E> {
        TaskGroup { shared: Arc::clone(&self.shared) }
    }
}

impl<E: fmt::Debug + Send + 'static> TaskGroup<E> {
    /// Runs `body` with a new group, whose children run where this thread spawns.
    ///
    /// The body runs in place, in the caller's task, and may borrow; children are tasks of their own. Body
    /// and children give a `Result<_, E>` or nothing, or an inner scope's result ([`Nested`]); if nothing
    /// says what `E` is, write `TaskGroup::<Infallible>::scope`. (An `E` that holds a reference, `&'static
    /// str` say, makes the compiler fail with "not general enough" where a scope is nested in a task.)
    ///
    /// # Errors
    /// What the children and the body returned as errors. Empty, and
    /// [`is_cancelled`](GroupError::is_cancelled), if [`cancel`](TaskGroup::cancel) cut off a body that had
    /// not returned a value.
    ///
    /// # Panics
    /// With the first panic of a child or the body, when all have ended. Outside any executor of this
    /// crate: use [`scope_on`](TaskGroup::scope_on) there.
    ///
    /// # Cancellation
    /// Data may be lost: dropping it cancels the body and all children, and their values are dropped. Errors
    /// and panics that had come already are reported. Whoever drops it inside a task waits for the children.
    pub async fn scope<R: Outcome<E>>(
        body: impl AsyncFnOnce(&TaskGroup<E>) -> R,
    ) -> Result<R::Value, GroupError<E>> {
        let spawner = Spawner::current().expect(
            "no executor on this thread to run a group's children: use TaskGroup::scope_on",
        );
        TaskGroup::scope_on(&spawner, body).await
    }

    /// [`scope`](TaskGroup::scope), with the children running where `spawner` says: for groups under a
    /// foreign executor.
    ///
    /// # Errors
    /// As [`scope`](TaskGroup::scope).
    ///
    /// # Panics
    /// With the first panic of a child or the body, when all have ended.
    ///
    /// # Cancellation
    /// Data may be lost: as [`scope`](TaskGroup::scope).
    pub async fn scope_on<R: Outcome<E>>(
        spawner: &Spawner,
        body: impl AsyncFnOnce(&TaskGroup<E>) -> R,
    ) -> Result<R::Value, GroupError<E>> {
        let group = TaskGroup { shared: Arc::new(Shared::new(spawner.clone())) };
        scope::Scope::new(&group.shared, body(&group)).await
    }

    /// Starts a child. If the group is ending, the child ends as cancelled, unpolled.
    ///
    /// The group owns the child: dropping the handle changes nothing, awaiting it gives the child's value.
    #[track_caller]
    pub fn create_task<F>(&self, future: F) -> Child<<F::Output as Outcome<E>>::Value>
    where
        F: Future<Output: Outcome<E, Value: Send>> + Send + 'static,
    {
        self.create_task_as(Builder::new(), future)
    }

    /// [`create_task`](TaskGroup::create_task), with a name or task-locals.
    #[track_caller]
    pub fn create_task_as<F>(
        &self,
        builder: impl Into<Builder>,
        future: F,
    ) -> Child<<F::Output as Outcome<E>>::Value>
    where
        F: Future<Output: Outcome<E, Value: Send>> + Send + 'static,
    {
        child::create(&self.shared, builder.into().named(), future).unwrap_or_else(Child::not_begun)
    }

    /// Starts a child, unless the group is ending.
    ///
    /// # Errors
    /// [`GroupClosed`] if it is; the future is dropped unpolled.
    #[track_caller]
    pub fn try_create_task<F>(
        &self,
        future: F,
    ) -> Result<Child<<F::Output as Outcome<E>>::Value>, GroupClosed>
    where
        F: Future<Output: Outcome<E, Value: Send>> + Send + 'static,
    {
        child::create(&self.shared, Builder::new().named(), future)
    }

    /// Ends the group early and without an error: the body, if it is not over, and all children are
    /// cancelled. False if it was ending already.
    pub fn cancel(&self) -> bool {
        let Some(scope) = self.shared.begin_end(|_| ()) else { return false };
        // The children first, as in asyncio: on one thread they are gone before the body is.
        self.shared.cancel_children();
        scope.into_iter().for_each(wake);
        true
    }

    /// Lets at most `limit` children run at a time from now on; the others wait their turn, in the order in
    /// which they were started. Those that run already go on.
    ///
    /// # Panics
    /// If `limit` is 0: nothing would ever begin.
    pub fn limit(&self, limit: usize) {
        assert!(limit > 0, "a group with a limit of 0 would never begin");
        let mut state = lock(&self.shared.state);
        state.limit = limit;
        let next = state.let_in();
        drop(state);
        next.into_iter().for_each(Waker::wake);
    }

    /// Whether it takes no more children: it was cancelled, something failed, or it is over.
    pub fn is_closed(&self) -> bool {
        lock(&self.shared.state).stage != Stage::Open
    }

    /// The children that have not ended, in the order of their ids.
    pub fn tasks(&self) -> Vec<TaskInfo> {
        self.shared.cancellers().into_iter().filter_map(TaskInfo::of).collect()
    }

    /// How many children have not ended.
    pub fn len(&self) -> usize {
        lock(&self.shared.state).children.len()
    }

    /// Whether all children have ended.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<E> fmt::Debug for TaskGroup<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = lock(&self.shared.state);
        f.debug_struct("TaskGroup")
            .field("children", &state.children.len())
            .field("stage", &state.stage)
            .finish_non_exhaustive()
    }
}

/// The group is ending, or over: it takes no more children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupClosed;

impl fmt::Display for GroupClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the task group is ending and takes no more children")
    }
}

impl std::error::Error for GroupClosed {}
