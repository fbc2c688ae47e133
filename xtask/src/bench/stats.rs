//! From samples to a verdict: medians, ratios within a round, intervals by resampling.
//!
//! Pure: numbers in, numbers out. Ratios are taken within a round, where the machine was in one
//! mood, and never between the medians of two runtimes.

use super::Row;
use super::run::Measure;

/// Resamplings per interval. The ends of a 95 % interval are then the 50th of 2000 from either
/// side, steady to the third digit; more changes nothing one can see.
const RESAMPLES: usize = 2000;

/// A median and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Interval {
    pub(super) median: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// What may be said of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// evenkeel needs less.
    Faster,
    /// evenkeel needs more.
    Slower,
    /// The samples do not tell.
    Same,
}

/// Zero for none.
pub(super) fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        length if length % 2 == 1 => sorted[middle],
        _ => (sorted[middle - 1] + sorted[middle]) / 2.0,
    }
}

/// `peer / ours`, round by round: above 1, ours needs less. Nothing against nothing is 1.
pub(super) fn ratios(peer: &[f64], ours: &[f64]) -> Vec<f64> {
    peer.iter().zip(ours).map(|(peer, ours)| if peer == ours { 1.0 } else { peer / ours }).collect()
}

/// The median, with the 95 % interval of a bootstrap. Seeded: the same samples, the same interval.
pub(super) fn interval(ratios: &[f64]) -> Interval {
    let middle = median(ratios);
    if ratios.len() < 2 {
        return Interval { median: middle, low: middle, high: middle };
    }
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut medians: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let resample: Vec<f64> =
                ratios.iter().map(|_| ratios[random.below(ratios.len())]).collect();
            median(&resample)
        })
        .collect();
    medians.sort_by(f64::total_cmp);
    let end = RESAMPLES / 40;
    Interval { median: middle, low: medians[end], high: medians[RESAMPLES - 1 - end] }
}

/// A difference is called only beyond 1 and beyond what evenkeel differs from itself.
pub(super) fn verdict(ratio: Interval, control: Interval) -> Verdict {
    if ratio.low > control.high.max(1.0) {
        Verdict::Faster
    } else if ratio.high < control.low.min(1.0) {
        Verdict::Slower
    } else {
        Verdict::Same
    }
}

/// One for none.
pub(super) fn geometric_mean(ratios: &[f64]) -> f64 {
    if ratios.is_empty() {
        return 1.0;
    }
    (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp()
}

/// The control over all timed rows: 1 on a quiet machine.
pub(super) fn noise(rows: &[Row]) -> f64 {
    let timed = rows.iter().filter(|row| row.case.measure == Measure::Time);
    geometric_mean(&timed.map(|row| row.control().median).collect::<Vec<_>>())
}

/// Xorshift: three shifts are random enough to draw samples with.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The high bits are the better ones; the bias of a remainder is far below one sample.
        (self.0 >> 33) as usize % bound
    }
}

#[cfg(test)]
mod tests;
