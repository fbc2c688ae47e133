//! Blocking calls that wait for a task of their own loop: while they do, they hold no clock that jumps.
//!
//! A call that runs holds it, because it may wake somebody at any moment. One that waits in
//! [`Handle::block_on`](crate::Handle::block_on) goes on only when its task has ended, and that task may
//! well wait for the clock.

use std::cell::OnceCell;
use std::future::Future;
use std::sync::Arc;

use evenkeel_blocking::StartThread;

use crate::loom::{AtomicUsize, Ordering};

/// How many calls of one runner wait.
pub(crate) type Waiting = Arc<AtomicUsize>;

thread_local! {
    /// On a thread for blocking calls: the count of its runner.
    static WAITING: OnceCell<Waiting> = const { OnceCell::new() };
}

/// Threads started by the answer know whose calls they run.
pub(crate) fn known_by(waiting: &Waiting, start: StartThread) -> StartThread {
    let waiting = Arc::clone(waiting);
    StartThread::new(move |builder, work| {
        let waiting = Arc::clone(&waiting);
        let work = move || {
            let _ = WAITING.try_with(|mine| mine.set(waiting)); // The thread is new: nobody has set it.
            work();
        };
        start.call(builder, Box::new(work))
    })
}

/// Whether this thread runs calls of the runner with that count.
pub(crate) fn is_one_of(waiting: &Waiting) -> bool {
    WAITING.try_with(|mine| mine.get().is_some_and(|mine| Arc::ptr_eq(mine, waiting))) == Ok(true)
}

/// `future`, for which a call waits. Counted from its first poll, before which it is in a queue, to its
/// end: in both moments a worker is awake, so whoever finds all at rest finds the count right.
pub(crate) async fn waited_for<F: Future>(waiting: Waiting, future: F) -> F::Output {
    struct Waits(Waiting);
    impl Drop for Waits {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }
    waiting.fetch_add(1, Ordering::SeqCst);
    let _waits = Waits(waiting);
    future.await
}
