//! How often a piece of work is done, and what that cost.

use std::time::{Duration, Instant};

use crate::clock::cpu;
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
    /// So many pieces, nothing before them: two such runs differ by what the pieces cost.
    Pieces(u64),
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
    /// Only the cases of lateness fill this in: the one number that they compare.
    pub(crate) late_ns: Option<u64>,
    pub(crate) latency: Option<Latency>,
}

/// How long single operations took, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Latency {
    pub(crate) p50: u64,
    pub(crate) p99: u64,
    pub(crate) p999: u64,
}

impl Latency {
    /// Of all of these; there is at least one.
    pub(crate) fn of(mut samples: Vec<u64>) -> Latency {
        samples.sort_unstable();
        let at = |share: f64| samples[((samples.len() - 1) as f64 * share).round() as usize];
        Latency { p50: at(0.5), p99: at(0.99), p999: at(0.999) }
    }
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

    /// Time on the wall since.
    pub(crate) fn wall(&self) -> Duration {
        self.wall.elapsed()
    }

    /// The cost of `ops` operations done since.
    pub(crate) fn cost(&self, ops: u64) -> Cost {
        let (cpu, wall) = (cpu(), self.wall.elapsed());
        Cost {
            ops,
            wall_ns: wall.as_nanos() as u64,
            cpu_ns: (cpu - self.cpu).as_nanos() as u64,
            allocations: heap::allocations() - self.allocations,
            ..Cost::default()
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
    if let Length::Time(time) = length {
        let begin = Instant::now();
        while begin.elapsed() < time / WARM_UP {
            piece().await;
        }
    }
    repeat_cold(length, piece).await
}

/// The same without a warm-up: where one piece may take a second, it warms itself.
pub(crate) async fn repeat_cold<F>(length: Length, mut piece: impl FnMut() -> F) -> Cost
where
    F: Future<Output = u64>,
{
    let start = Start::now();
    let (mut ops, mut pieces) = (0, 0);
    loop {
        ops += piece().await;
        pieces += 1;
        let enough = match length {
            Length::Once => true,
            Length::Time(time) => start.wall() >= time,
            Length::Pieces(wanted) => pieces >= wanted,
        };
        if enough {
            return start.cost(ops);
        }
    }
}
