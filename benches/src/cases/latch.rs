//! Waiting until so many have arrived: the same few lines for every runtime.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use atomic_waker::AtomicWaker;

/// Counts arrivals, and wakes one task when they are all there.
#[derive(Debug)]
pub(super) struct Latch {
    missing: AtomicU64,
    waiter: AtomicWaker,
}

impl Latch {
    pub(super) fn new(count: u64) -> Latch {
        Latch { missing: AtomicU64::new(count), waiter: AtomicWaker::new() }
    }

    /// For the next round, once it is open.
    pub(super) fn reset(&self, count: u64) {
        self.missing.store(count, Ordering::Release);
    }

    /// Polls `future`, and arrives after the first poll: what waits stands in its line by then.
    pub(super) async fn arrive_in<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let mut arrived = false;
        poll_fn(|cx| {
            let polled = future.as_mut().poll(cx);
            if !std::mem::replace(&mut arrived, true) {
                self.arrive();
            }
            polled
        })
        .await
    }

    /// Polls `future`, and arrives when it waits. Whether it did: what is ready at once never
    /// stood in a line.
    pub(super) async fn arrive_waiting<F: Future>(&self, future: F) -> bool {
        let mut future = pin!(future);
        let mut arrived = false;
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(_) => Poll::Ready(arrived),
            Poll::Pending => {
                if !std::mem::replace(&mut arrived, true) {
                    self.arrive();
                }
                Poll::Pending
            }
        })
        .await
    }

    pub(super) fn arrive(&self) {
        // AcqRel, with the Acquire of `is_open`: who passes sees what was done before each arrival.
        if self.missing.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.waiter.wake();
        }
    }

    /// For one task at a time.
    pub(super) async fn opened(&self) {
        poll_fn(|cx| {
            if self.is_open() {
                return Poll::Ready(());
            }
            self.waiter.register(cx.waker());
            if self.is_open() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn is_open(&self) -> bool {
        self.missing.load(Ordering::Acquire) == 0
    }
}
