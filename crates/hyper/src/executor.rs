//! hyper's `Executor`: where HTTP/2 puts its streams, and a client its connections.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;

use evenkeel::{TaskGroup, create_task};
use hyper::rt::Executor;

use crate::contained::Contained;

/// Spawns what hyper hands it: on the loop of this thread, or as children of a group.
///
/// ```
/// use evenkeel_hyper::HyperExecutor;
/// use hyper::rt::Executor;
///
/// evenkeel::run(async {
///     HyperExecutor::new().execute(async { println!("a task of the loop") });
/// });
/// ```
///
/// # Panics
///
/// [`new`](HyperExecutor::new)'s `execute` panics outside a running loop: "no running event loop".
#[derive(Clone, Default)]
pub struct HyperExecutor {
    group: Option<TaskGroup<Infallible>>,
}

impl HyperExecutor {
    /// Tasks that belong to the loop: detached, and ended with it.
    #[must_use]
    pub fn new() -> HyperExecutor {
        HyperExecutor::default()
    }

    /// Children of `group`: they end before its scope does. A panic in one is reported, and no failure of
    /// the group; when the group is ending, what hyper hands over is dropped.
    #[must_use]
    pub fn in_group(group: &TaskGroup<Infallible>) -> HyperExecutor {
        HyperExecutor { group: Some(group.clone()) }
    }
}

impl<F> Executor<F> for HyperExecutor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        match &self.group {
            None => create_task(future).detach(),
            Some(group) => drop(group.create_task(Contained::new(future))),
        }
    }
}

impl fmt::Debug for HyperExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperExecutor").field("in_group", &self.group.is_some()).finish()
    }
}
