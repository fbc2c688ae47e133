//! How long answers take: counts in buckets that grow with what they hold, 3 % wide.

use std::time::Duration;

/// Buckets to each power of two.
const FINE: u64 = 32;

#[derive(Debug)]
pub(super) struct Histogram {
    buckets: Vec<u64>,
}

impl Histogram {
    pub(super) fn new() -> Histogram {
        Histogram { buckets: vec![0; 64 * FINE as usize] }
    }

    pub(super) fn record(&mut self, time: Duration) {
        self.buckets[bucket(time.as_nanos() as u64)] += 1;
    }

    pub(super) fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// The least time, in ns, within which that part of all answers came.
    pub(super) fn quantile(&self, part: f64) -> u64 {
        let wanted = (self.count() as f64 * part).ceil() as u64;
        let mut seen = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            seen += count;
            if *count > 0 && seen >= wanted {
                return upper(bucket as u64);
            }
        }
        0
    }
}

/// Below twice `FINE` each number has its own; above, the highest bits choose.
fn bucket(ns: u64) -> usize {
    let shift = (ns / FINE).checked_ilog2().unwrap_or(0);
    (u64::from(shift) * FINE + (ns >> shift)) as usize
}

/// The largest number in a bucket.
fn upper(bucket: u64) -> u64 {
    let shift = (bucket / FINE).saturating_sub(1);
    (((bucket - shift * FINE) + 1) << shift) - 1
}
