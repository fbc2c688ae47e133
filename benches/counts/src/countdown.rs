//! Waiting for the last of many tasks, at the cost of a plain store for each of them.

use std::future::poll_fn;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Poll, Waker};

/// How many are still to come. Leaked, so that a task's reference to it costs nothing.
#[derive(Debug)]
pub(crate) struct Countdown {
    left: AtomicUsize,
    /// One thread runs all of them, so nothing has to be done in one piece.
    alone: bool,
    waiter: Mutex<Option<Waker>>,
}

impl Countdown {
    pub(crate) fn new(alone: bool) -> &'static Countdown {
        Box::leak(Box::new(Countdown {
            left: AtomicUsize::new(usize::MAX),
            alone,
            waiter: Mutex::new(None),
        }))
    }

    /// So many are to come now. Until it is called first, there is no end to them.
    pub(crate) fn expect(&self, count: usize) {
        self.left.store(count, Ordering::Relaxed);
    }

    /// One has come.
    pub(crate) fn hit(&self) {
        let before = if self.alone {
            // Relaxed, both: no other thread is there.
            let before = self.left.load(Ordering::Relaxed);
            self.left.store(before - 1, Ordering::Relaxed);
            before
        } else {
            // Release: pairs with the Acquire in `wait`.
            self.left.fetch_sub(1, Ordering::Release)
        };
        if before == 1 {
            let waiter = self.waiter.lock().expect("nobody panics here").take();
            waiter.inspect(Waker::wake_by_ref);
        }
    }

    /// How many are still to come.
    pub(crate) fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
    }

    /// Until all have come.
    pub(crate) async fn wait(&self) {
        poll_fn(|cx| {
            let mut waiter = self.waiter.lock().expect("nobody panics here");
            if self.left.load(Ordering::Acquire) == 0 {
                return Poll::Ready(());
            }
            *waiter = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}
