//! A scope: work that can be cancelled as one, from anywhere, by a handle.
//!
//! It promises that whoever is told "cancelled" sees the future gone and all it owned done, and that
//! a cancelled scope stays so. The list of those who wait, and what is above and below a scope, it
//! leaves to `family`; one run, to `run`.

use std::fmt;
use std::future::{IntoFuture, poll_fn};
use std::sync::Arc;
use std::time::{Duration, Instant};

use evenkeel_context::{CancelSource, Cancelled};

use crate::current::now;
use crate::family::Node;
use crate::run::{Run, Watch};
use crate::timers::Timers;

/// Work that can be cancelled as one: by this handle, by its deadline, or with its parent. Clones
/// are the same scope.
///
/// [`run`](CancelScope::run) is the place where `except CancelledError` stands in Python, and the
/// body of Trio's `with CancelScope()`: within, a future, or as many runs of the scope as you like;
/// outside, how it ended. The handle goes wherever somebody may want to cancel.
///
/// - **It stays cancelled.** Every later run of it, and of its [children](CancelScope::child), ends
///   at once, its future unpolled. Make a new one for new work.
/// - **A value that is there wins** over a cancel or a deadline that has come as well.
/// - **Ended means gone.** [`Cancelled`] is reported when the future is dropped and what it owned
///   has ended: tasks whose handles it held, clean-ups that it registered with `defer`.
/// - **The outermost reports.** If a run is to end, and a run or a timeout around it is to end as
///   well, then that one reports, and no code between the two goes on meanwhile.
/// - **Dropping the handles cancels nothing.** Their going says nothing about the work.
///
/// # Shielding
///
/// A future that is dropped cannot go on, so within a cancelled scope nothing is shielded in place.
/// What must go on is *owned* instead: register it with `evenkeel_task::defer`, for which the scope
/// waits, or shield it with `evenkeel_task::shield`, for which the task waits. Put a [`timeout`](crate::timeout) around
/// its body, and the shield has a deadline of its own: `defer(async { let _ =
/// timeout(grace, goodbye).await; })`.
///
/// # Examples
///
/// ```
/// use evenkeel_timer::{CancelScope, sleep};
/// use std::time::Duration;
///
/// # futures_lite::future::block_on(async {
/// let scope = CancelScope::within(Duration::from_secs(60));
/// let remote = scope.clone();
/// std::thread::spawn(move || remote.cancel_with("the client has left"));
///
/// let ended = scope.run(sleep(Duration::from_secs(3600))).await;
/// assert_eq!(ended.unwrap_err().reason.as_deref(), Some("the client has left"));
/// assert!(scope.run(async { unreachable!() }).await.is_err());
/// # });
/// ```
#[doc(alias = "CancellationToken")]
#[derive(Clone)]
pub struct CancelScope {
    node: Arc<Node>,
}

impl CancelScope {
    /// One without a deadline.
    ///
    /// It tells the time by the clock of the timers entered on this thread, or else by the
    /// system's; make it and run it under the same.
    #[must_use]
    pub fn new() -> CancelScope {
        CancelScope::with(None)
    }

    /// One that is cancelled when `limit`, counted from this call, has passed.
    ///
    /// # Examples
    ///
    /// ```
    /// use evenkeel_timer::{CancelScope, sleep};
    /// use std::time::Duration;
    ///
    /// # futures_lite::future::block_on(async {
    /// let scope = CancelScope::within(Duration::from_millis(5));
    /// let ended = scope.run(sleep(Duration::from_secs(3600))).await;
    /// assert_eq!(ended.unwrap_err().to_string(), "cancelled by a deadline");
    /// # });
    /// ```
    #[must_use]
    pub fn within(limit: Duration) -> CancelScope {
        CancelScope::with(now().checked_add(limit))
    }

    /// One that is cancelled at `deadline`.
    #[must_use]
    pub fn until(deadline: Instant) -> CancelScope {
        CancelScope::with(Some(deadline))
    }

    fn with(deadline: Option<Instant>) -> CancelScope {
        let clock = Timers::current().map(|timers| timers.clock().clone());
        CancelScope { node: Node::root(clock, deadline) }
    }

    /// A scope below this one: it is cancelled with this one, from the
    /// [source](CancelScope::source) `Parent` and with the same reason. To cancel the child leaves
    /// the parent and its other children alone.
    ///
    /// # Examples
    ///
    /// ```
    /// use evenkeel_timer::CancelScope;
    ///
    /// let connections = CancelScope::new();
    /// let (one, other) = (connections.child(), connections.child());
    /// one.cancel();
    /// assert!(!connections.is_cancelled() && !other.is_cancelled());
    /// connections.cancel_with("closing");
    /// assert_eq!(other.reason().as_deref(), Some("closing"));
    /// ```
    #[must_use]
    pub fn child(&self) -> CancelScope {
        CancelScope { node: self.node.child() }
    }

    /// Runs `future` until it is ready or this scope is cancelled. Any number of runs may be under
    /// way at a time, on any threads; a run may hold runs of this scope or of others.
    ///
    /// If the scope is cancelled before the run is first polled (a deadline that has come counts),
    /// the future is dropped unpolled. From then on each poll asks the future first.
    ///
    /// # Errors
    ///
    /// [`Cancelled`], with the source and the reason, if the scope was cancelled first.
    ///
    /// # Cancellation
    ///
    /// Nothing lost by the scope; the future is dropped with the run, so what it loses then is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use evenkeel_timer::CancelScope;
    ///
    /// # futures_lite::future::block_on(async {
    /// let scope = CancelScope::new();
    /// assert_eq!(scope.run(async { 7 }).await, Ok(7));
    /// scope.cancel();
    /// assert!(scope.run(async { 7 }).await.is_err());
    /// # });
    /// ```
    pub fn run<F: IntoFuture>(&self, future: F) -> Run<F::IntoFuture> {
        Run::new(self.node.clone(), future.into_future())
    }

    /// As [`run`](CancelScope::run), for a body that uses the scope.
    ///
    /// # Errors
    ///
    /// [`Cancelled`], with the source and the reason, if the scope was cancelled first.
    ///
    /// # Cancellation
    ///
    /// Nothing lost by the scope; the body is dropped with this, so what it loses then is lost.
    ///
    /// # Examples
    ///
    /// Whoever makes progress may go on:
    ///
    /// ```
    /// use evenkeel_timer::{CancelScope, now, sleep};
    /// use std::time::Duration;
    ///
    /// # futures_lite::future::block_on(async {
    /// let patience = Duration::from_millis(200);
    /// let scope = CancelScope::within(patience);
    /// let copied = scope.enter(async |scope| {
    ///     for _block in 0..3 {
    ///         sleep(Duration::from_millis(1)).await;
    ///         scope.set_deadline(Some(now() + patience));
    ///     }
    ///     "all of it"
    /// });
    /// assert_eq!(copied.await, Ok("all of it"));
    /// # });
    /// ```
    pub async fn enter<T>(
        &self,
        body: impl AsyncFnOnce(&CancelScope) -> T,
    ) -> Result<T, Cancelled> {
        self.run(body(self)).await
    }

    /// Cancels it, and every scope below it. Whether that is news.
    pub fn cancel(&self) -> bool {
        self.node.cancel(Cancelled::default())
    }

    /// As [`cancel`](CancelScope::cancel), saying why.
    pub fn cancel_with(&self, reason: impl Into<String>) -> bool {
        self.node.cancel(Cancelled::new(Some(reason.into().into())))
    }

    /// Whether it is cancelled. A deadline that has come counts, whether or not anybody runs.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.node.is_cancelled()
    }

    /// Waits until it is cancelled, and says why it was.
    ///
    /// # Cancellation
    ///
    /// Nothing lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use evenkeel_timer::CancelScope;
    /// use std::time::Duration;
    ///
    /// # futures_lite::future::block_on(async {
    /// let scope = CancelScope::within(Duration::from_millis(1));
    /// assert_eq!(Some(scope.cancelled().await), scope.cause());
    /// # });
    /// ```
    pub async fn cancelled(&self) -> Cancelled {
        let mut watch = Watch::new(self.node.clone());
        poll_fn(|cx| watch.poll(cx)).await;
        self.node.cause().unwrap_or_default()
    }

    /// Why it was cancelled; `None` if it is not.
    #[must_use]
    pub fn cause(&self) -> Option<Cancelled> {
        self.node.is_cancelled();
        self.node.cause()
    }

    /// The reason that was given, here or above; `None` if none was, or if it is not cancelled.
    #[must_use]
    pub fn reason(&self) -> Option<Arc<str>> {
        self.cause()?.reason
    }

    /// What cancelled it: a request, its deadline, or its parent; `None` if it is not cancelled.
    #[must_use]
    pub fn source(&self) -> Option<CancelSource> {
        Some(self.cause()?.source)
    }

    /// Its own deadline, whether to come or passed. It is also cancelled by those of the scopes above
    /// it.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.node.deadline()
    }

    /// Moves its own deadline, forth or back; `None` takes it away. It holds at once for the runs
    /// that are under way, here and below. A scope that is cancelled stays so, and one whose
    /// deadline has come is.
    pub fn set_deadline(&self, deadline: Option<Instant>) {
        self.node.set_deadline(deadline);
    }

    /// How it is used at present.
    #[must_use]
    pub fn statistics(&self) -> ScopeStatistics {
        let (waiting, children) = self.node.count();
        ScopeStatistics { waiting, children }
    }
}

impl Default for CancelScope {
    fn default() -> CancelScope {
        CancelScope::new()
    }
}

impl fmt::Debug for CancelScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelScope")
            .field("cause", &self.node.cause())
            .field("deadline", &self.node.deadline())
            .finish_non_exhaustive()
    }
}

/// How a scope is used; see [`CancelScope::statistics`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScopeStatistics {
    /// Runs under way, and calls of [`CancelScope::cancelled`] that wait.
    pub waiting: usize,
    /// Scopes right below it that are alive. A cancelled scope has let go of its own.
    pub children: usize,
}
