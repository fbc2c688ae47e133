//! What a set of timers has done so far.

use std::time::Duration;

use crate::loom::{AtomicU64, Ordering};
use crate::shard::Shard;

/// Counts that belong to no shard.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) interruptions: AtomicU64,
    pub(crate) panics: AtomicU64,
    pub(crate) worst_lateness_ns: AtomicU64,
}

/// What a set of timers has done so far; see [`Timers::statistics`](crate::Timers::statistics).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimerStatistics {
    /// Timers armed at present.
    pub registered: usize,
    /// Timers for which memory is held, 40 bytes each on 64-bit machines.
    pub capacity: usize,
    /// Timers armed since the beginning.
    pub armed: u64,
    /// Timers that came due and were woken.
    pub fired: u64,
    /// Times the sleeping driver was called for an earlier deadline.
    pub interruptions: u64,
    /// Wakers that panicked when they were called.
    pub panicked_wakers: u64,
    /// The longest time between a deadline and the call of [`Timers::fire`](crate::Timers::fire)
    /// that saw it (a deadline that had passed when it was armed counts too).
    pub worst_lateness: Duration,
}

impl Counters {
    /// With what the shards have counted; takes their locks in turn.
    pub(crate) fn read(&self, shards: &[Shard]) -> TimerStatistics {
        // Relaxed: numbers to look at, nothing is decided by them.
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut statistics = TimerStatistics {
            registered: 0,
            capacity: 0,
            armed: 0,
            fired: 0,
            interruptions: read(&self.interruptions),
            panicked_wakers: read(&self.panics),
            worst_lateness: Duration::from_nanos(read(&self.worst_lateness_ns)),
        };
        for shard in shards {
            let state = shard.lock();
            statistics.registered += state.wheel.len();
            statistics.capacity += state.wheel.capacity();
            statistics.armed += state.armed;
            statistics.fired += state.fired;
        }
        statistics
    }
}
