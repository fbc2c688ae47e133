//! A group whose children are polled in place, inside the caller's task, and so may borrow from it.
//!
//! Each child has a waker of its own, so that a poll of the scope polls the body and the children that were
//! woken, and no others.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use crate::group::{GroupError, GroupNode, Outcome};
use crate::loom::{Mutex, lock};

mod child;
mod scope;

pub use child::LocalChild;

use child::Member;
use scope::{Scope, Woken};

/// A group for futures that need not be Send; its children are polled in the caller's task.
///
/// As in a [`TaskGroup`](crate::TaskGroup) the scope is over when the body and all children are, the first
/// error ends the others, and all errors come out. Unlike there, children are not tasks: they borrow what
/// outlives the scope, they run one at a time, and have no name nor locals of their own.
///
/// ```
/// use evenkeel_task::{LocalGroup, yield_now};
/// use std::cell::Cell;
/// use std::convert::Infallible;
///
/// # futures_lite::future::block_on(async {
/// let total = Cell::new(0);
/// let words = ["one", "three"];
/// let scope = LocalGroup::<Infallible>::scope(async |group| {
///     for word in &words {
///         group.create_task(async {
///             yield_now().await;
///             total.set(total.get() + word.len());
///         });
///     }
/// });
/// scope.await.unwrap();
/// assert_eq!(total.get(), 8);
/// # });
/// ```
///
/// A clone is the same group: give one to a child that starts siblings.
pub struct LocalGroup<'env, E> {
    shared: Arc<Shared<E>>,
    /// Children that wait to be let in, in order.
    coming: Rc<RefCell<VecDeque<Child<'env>>>>,
}

type Child<'env> = Pin<Box<dyn Future<Output = ()> + 'env>>;

impl<E> Clone for LocalGroup<'_, E> {
    fn clone(&self) -> Self {
        LocalGroup { shared: Arc::clone(&self.shared), coming: Rc::clone(&self.coming) }
    }
}

/// What children say.
struct Shared<E> {
    said: Mutex<Said<E>>,
    woken: Arc<Woken>,
}

struct Said<E> {
    failed: Vec<GroupNode<E>>,
    /// It takes no more children, and those it has are dropped.
    ending: bool,
    limit: usize,
    started: usize,
    alive: usize,
}

impl<E> Shared<E> {
    fn end(&self, failed: Option<GroupNode<E>>) -> bool {
        let mut said = lock(&self.said);
        said.failed.extend(failed);
        let first = !std::mem::replace(&mut said.ending, true);
        drop(said);
        self.woken.wake_scope();
        first
    }
}

impl<'env, E: fmt::Debug + 'env> LocalGroup<'env, E> {
    /// Runs `body` with a new group.
    ///
    /// # Errors
    /// What the children and the body returned as errors; empty if [`cancel`](LocalGroup::cancel) cut off a
    /// body that had no value.
    ///
    /// # Panics
    /// With the first panic of a child or the body, when all are gone.
    ///
    /// # Cancellation
    /// Data may be lost: dropping it drops the body and all children.
    pub async fn scope<R: Outcome<E>>(
        body: impl AsyncFnOnce(&LocalGroup<'env, E>) -> R,
    ) -> Result<R::Value, GroupError<E>> {
        let said =
            Said { failed: Vec::new(), ending: false, limit: usize::MAX, started: 0, alive: 0 };
        let shared = Arc::new(Shared { said: Mutex::new(said), woken: Arc::default() });
        let group = LocalGroup { shared, coming: Rc::default() };
        Scope::new(&group, body(&group)).await
    }

    /// Starts a child; if the group is ending, the future is dropped unpolled.
    #[track_caller]
    pub fn create_task<F>(&self, future: F) -> LocalChild<<F::Output as Outcome<E>>::Value>
    where
        F: Future<Output: Outcome<E>> + 'env,
    {
        let mut said = lock(&self.shared.said);
        if said.ending {
            drop(said);
            return LocalChild::gone(); // The future is dropped here, unpolled.
        }
        said.started += 1;
        said.alive += 1;
        let number = said.started;
        drop(said);
        let shared = Arc::clone(&self.shared);
        let (member, child) = Member::new(future, shared, number, Location::caller());
        self.coming.borrow_mut().push_back(Box::pin(member));
        self.shared.woken.wake_scope();
        child
    }

    /// Ends the group early and without an error: the body, if it is not over, and all children are dropped.
    /// False if it was ending already.
    pub fn cancel(&self) -> bool {
        self.shared.end(None)
    }

    /// Whether it takes no more children.
    pub fn is_closed(&self) -> bool {
        lock(&self.shared.said).ending
    }

    /// Lets at most `limit` children run at a time from now on; the others wait, in order.
    ///
    /// # Panics
    /// If `limit` is 0: nothing would ever begin.
    pub fn limit(&self, limit: usize) {
        assert!(limit > 0, "a group with a limit of 0 would never begin");
        lock(&self.shared.said).limit = limit;
        self.shared.woken.wake_scope();
    }

    /// How many children have not ended.
    pub fn len(&self) -> usize {
        lock(&self.shared.said).alive
    }

    /// Whether all children have ended.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<'env, E: fmt::Debug + 'env> fmt::Debug for LocalGroup<'env, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalGroup").field("children", &self.len()).finish_non_exhaustive()
    }
}
