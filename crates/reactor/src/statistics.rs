//! What a reactor has done so far: counts that cost next to nothing to keep.

use crate::loom::{AtomicU64, Ordering};

/// Written by the thread that waits, one at a time, except where noted: loads and stores, no exchanges.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    waits: AtomicU64,
    news: AtomicU64,
    stale: AtomicU64,
    woken: AtomicU64,
    /// Added to by any thread.
    rings: AtomicU64,
}

/// What a [`Reactor`](crate::Reactor) has done so far; see [`Reactor::statistics`](crate::Reactor::statistics).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReactorStatistics {
    /// Sources registered now.
    pub sources: usize,
    /// Times somebody waited (or looked) for news.
    pub waits: u64,
    /// Pieces of news the kernel gave.
    pub news: u64,
    /// Of those, for sources that were gone by then.
    pub stale: u64,
    /// Wakers woken.
    pub woken: u64,
    /// Times [`Reactor::notify`](crate::Reactor::notify) had to make a system call.
    pub rings: u64,
}

impl Counters {
    /// Relaxed, here and below: counts order nothing.
    pub(crate) fn add_turn(&self, news: u64, stale: u64, woken: u64) {
        let add = |counter: &AtomicU64, more: u64| {
            counter.store(counter.load(Ordering::Relaxed).wrapping_add(more), Ordering::Relaxed);
        };
        add(&self.waits, 1);
        add(&self.news, news);
        add(&self.stale, stale);
        add(&self.woken, woken);
    }

    pub(crate) fn add_ring(&self) {
        self.rings.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self, sources: usize) -> ReactorStatistics {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ReactorStatistics {
            sources,
            waits: read(&self.waits),
            news: read(&self.news),
            stale: read(&self.stale),
            woken: read(&self.woken),
            rings: read(&self.rings),
        }
    }
}
