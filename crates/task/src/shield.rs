//! Work that goes on when its awaiter leaves.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use evenkeel_context::{End, current_id, leave_to_task};

use crate::error::FailureKind;
use crate::handle::EndOf;
use crate::info::{Canceller, TaskInfo};
use crate::spawn::{self, Named};
use crate::thread_state;

/// Protects `future` from the cancellation of whoever awaits it: asyncio's `shield`.
///
/// As long as it is awaited, it is polled in place and costs a box. If it is dropped unfinished, because
/// its awaiter is cancelled or a timeout expires, it goes on as a task of its own, and the task that
/// dropped it owns that one: it is not done before the shielded work is. So nothing is lost and nothing is
/// orphaned. One that was never polled has not begun, and is dropped. Its value, if nobody is left to get
/// it, is dropped too, and a panic reported.
///
/// A child that is itself a [`Task`](crate::Task) is protected by `&mut task` as well, if somebody keeps the handle.
///
/// ```
/// use evenkeel_task::{LocalExecutor, block_on, shield, yield_now};
/// use std::sync::atomic::{AtomicBool, Ordering};
///
/// static SAVED: AtomicBool = AtomicBool::new(false);
/// async fn save() {
///     yield_now().await;
///     SAVED.store(true, Ordering::Relaxed);
/// }
///
/// let executor = LocalExecutor::new();
/// let task = executor.spawn(shield(save()));
/// let joined = block_on(executor.run(async {
///     yield_now().await; // it has begun
///     task.cancel();
///     task.join().await
/// }));
/// assert!(joined.is_err_and(|error| error.is_cancelled()));
/// assert!(SAVED.load(Ordering::Relaxed));
/// ```
///
/// # Cancellation
/// Nothing lost: what has begun goes on. Outside any task of this crate there is nobody to go on for it,
/// and the future is dropped.
///
/// # Panics
/// With the future's panic.
#[track_caller]
pub fn shield<F>(future: F) -> Shield<F::Output>
where
    F: IntoFuture<IntoFuture: Send + 'static>,
    F::Output: Send + 'static,
{
    let future = Some(Box::pin(future.into_future()) as Pin<Box<_>>);
    Shield { future, begun: false, patience: None, at: Location::caller() }
}

/// Makes the future that says when a shield's owner has waited long enough.
type Patience = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// The future made by [`shield`].
#[must_use = "futures do nothing unless awaited"]
pub struct Shield<T: Send + 'static> {
    future: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
    begun: bool,
    patience: Option<Patience>,
    at: &'static Location<'static>,
}

impl<T: Send + 'static> Shield<T> {
    /// Bounds how long the shielded work may keep its owner waiting: when `patience` is ready, counted
    /// from when the owner has nothing else left to do, the work is cancelled.
    pub fn patience<P>(mut self, patience: impl FnOnce() -> P + Send + 'static) -> Shield<T>
    where
        P: Future<Output = ()> + Send + 'static,
    {
        self.patience = Some(Box::new(move || Box::pin(patience())));
        self
    }
}

impl<T: Send + 'static> Future for Shield<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let this = &mut *self;
        this.begun = true;
        let future = this.future.as_mut().expect("a shield was polled after it was ready");
        let value = std::task::ready!(future.as_mut().poll(cx));
        this.future = None;
        Poll::Ready(value)
    }
}

impl<T: Send + 'static> Drop for Shield<T> {
    fn drop(&mut self) {
        let Some(future) = self.future.take().filter(|_| self.begun) else { return };
        if std::thread::panicking() {
            return; // It may be this very future that panicked.
        }
        let home = thread_state::task(|meta| {
            let meta = meta.filter(|meta| meta.home().is_async() && !meta.home().is_closed())?;
            Some(meta.home().clone())
        });
        let Some(home) = home.filter(|_| current_id().is_some()) else { return };
        let named = Named {
            name: Some("shielded".into()),
            spawned_at: self.at,
            is_shielded: true,
            ..Named::nothing()
        };
        let task = spawn::send(&home, future, named);
        let ending = Shielded {
            canceller: task.canceller(),
            end: task.end_of(),
            patience: self.patience.take(),
            limit: None,
        };
        task.detach();
        // Outside a task's poll nobody takes it; it is the executor's then.
        let _ = leave_to_task(Box::pin(ending));
    }
}

impl<T: Send + 'static> fmt::Debug for Shield<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shield")
            .field("begun", &self.begun)
            .field("done", &self.future.is_none())
            .finish()
    }
}

/// What the owner of shielded work waits for when it has nothing else left to do.
struct Shielded {
    canceller: Canceller,
    end: EndOf,
    patience: Option<Patience>,
    limit: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Future for Shielded {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if Pin::new(&mut this.end).poll(cx).is_ready() {
            return Poll::Ready(());
        }
        if let Some(patience) = this.patience.take() {
            this.limit = Some(patience());
        }
        if let Some(limit) = &mut this.limit {
            if limit.as_mut().poll(cx).is_ready() {
                this.limit = None;
                let why = "its owner would wait no longer";
                if let Some(task) = TaskInfo::of(this.canceller.clone()) {
                    task.report_failure(FailureKind::Overran, why);
                }
                this.canceller.cancel_with(why);
            }
        }
        Poll::Pending
    }
}

impl End for Shielded {
    fn is_over(&self) -> bool {
        self.end.is_over()
    }
}
