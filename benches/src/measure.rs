//! How often a piece of work is done, and what that cost.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::heap;

/// A fifth of the measured time goes before it: caches fill, pools start their threads.
const WARM_UP: u32 = 5;

/// How long to work.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Length {
    /// One piece, nothing before it: does it work?
    Once,
    /// As many pieces as begin within this time, after a warm-up.
    Time(Duration),
}

/// What the work cost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) ops: u64,
    pub(crate) wall_ns: u64,
    /// Of every thread of this process, helper threads included.
    pub(crate) cpu_ns: u64,
    pub(crate) allocations: u64,
    /// Only the cases of memory fill this in.
    pub(crate) bytes: i64,
}

/// The clocks at one moment.
#[derive(Debug)]
pub(crate) struct Start {
    wall: Instant,
    cpu: Duration,
    allocations: u64,
}

impl Start {
    pub(crate) fn now() -> Start {
        Start { allocations: heap::allocations(), wall: Instant::now(), cpu: cpu() }
    }

    /// The cost of `ops` operations done since.
    pub(crate) fn cost(&self, ops: u64) -> Cost {
        let (cpu, wall) = (cpu(), self.wall.elapsed());
        Cost {
            ops,
            wall_ns: wall.as_nanos() as u64,
            cpu_ns: (cpu - self.cpu).as_nanos() as u64,
            allocations: heap::allocations() - self.allocations,
            bytes: 0,
        }
    }
}

/// Does a piece of work again and again; each answers how many operations it was.
///
/// One reading of the clock a piece: a piece is long against that.
pub(crate) async fn repeat<F>(length: Length, mut piece: impl FnMut() -> F) -> Cost
where
    F: Future<Output = u64>,
{
    let Length::Time(time) = length else {
        let start = Start::now();
        let ops = piece().await;
        return start.cost(ops);
    };
    let begin = Instant::now();
    while begin.elapsed() < time / WARM_UP {
        piece().await;
    }
    let start = Start::now();
    let mut ops = 0;
    loop {
        ops += piece().await;
        if start.wall.elapsed() >= time {
            return start.cost(ops);
        }
    }
}

/// Processor time of this process so far.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
