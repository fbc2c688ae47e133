//! Waiting until so many have arrived: the same few lines for every runtime.

use std::future::poll_fn;
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
