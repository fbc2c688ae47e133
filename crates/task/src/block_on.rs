//! One future on this thread, which sleeps while the future waits.

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use evenkeel_context::without_budget;

use crate::parker::Parker;
use crate::thread_state;

struct Unpark(Parker);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

fn make() -> (Parker, Waker) {
    let parker = Parker::new();
    (parker.clone(), Waker::from(Arc::new(Unpark(parker))))
}

thread_local! {
    /// This thread's sleeper and its waker, kept from call to call.
    static CACHED: RefCell<(Parker, Waker)> = RefCell::new(make());
}

/// Blocks this thread until `future` is ready, and answers its value.
///
/// It runs no tasks: with a [`LocalExecutor`](crate::LocalExecutor) or an
/// [`Executor`](crate::Executor), block on its `run`. Called inside a task, it holds up the thread the
/// task runs on; tasks queued there are handed to other workers first.
///
/// ```
/// assert_eq!(evenkeel_task::block_on(async { 1 + 2 }), 3);
/// ```
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    CACHED.with(|cached| {
        // A future that blocks on another one while it is polled finds the pair taken.
        let made;
        let cached = cached.try_borrow_mut();
        let (parker, waker) = match &cached {
            Ok(pair) => (&pair.0, &pair.1),
            Err(_) => {
                made = make();
                (&made.0, &made.1)
            }
        };
        let mut cx = Context::from_waker(waker);
        loop {
            // It does not come back to whoever polls the task that this thread may be in.
            let polled = without_budget(|| future.as_mut().poll(&mut cx));
            if let Poll::Ready(output) = polled {
                return output;
            }
            thread_state::worker(|worker| worker.map(|worker| worker.hand_over()));
            parker.park();
        }
    })
}
