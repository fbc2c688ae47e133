//! A thread that waits in one of our lines: it sleeps until its future is ready.
//!
//! The futures here need nothing but a waker; this one wakes a thread. So a thread queues with
//! the tasks, in the same line and the same order.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use crate::loom::{Condvar, Mutex, lock};

/// Waits for `future` on this thread.
///
/// # Panics
///
/// Within a task: see [`assert_may_block`].
#[track_caller]
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    assert_may_block();
    let mut future = pin!(future);
    let bell = Arc::new(Bell { rung: Mutex::new(false), sleeper: Condvar::new() });
    let waker = Waker::from(bell.clone());
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        bell.sleep();
    }
}

/// Refuses to go on where blocking would stop a loop. Calls that may be done at once ask too, so
/// that a mistake shows the first time and not the first time somebody else has the lock.
///
/// # Panics
///
/// On a thread that is polling a task of ours, unless that is a call made for blocking.
#[track_caller]
pub(crate) fn assert_may_block() {
    assert!(
        evenkeel_context::may_block(),
        "a blocking call within a task would stop the loop: await the call of the same name \
         without `_blocking`, or make this one in `to_thread`"
    );
}

/// Wakes one thread; a wake that comes before the sleep is remembered.
struct Bell {
    rung: Mutex<bool>,
    sleeper: Condvar,
}

impl Bell {
    fn sleep(&self) {
        let mut rung = lock(&self.rung);
        while !*rung {
            rung = self.sleeper.wait(rung).unwrap_or_else(PoisonError::into_inner);
        }
        *rung = false;
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        *lock(&self.rung) = true;
        self.sleeper.notify_one();
    }
}
