//! From samples to a verdict: medians, ratios within a round, intervals by resampling.
//!
//! Pure: numbers in, numbers out. Ratios are taken within a round, where the machine was in one
//! mood, and never between the medians of two runtimes; only two separate runs, which have no
//! rounds in common, are compared by their medians.

/// Resamplings per interval. The ends of a 95 % interval are then the 50th of 2000 from either
/// side, steady to the third digit; more changes nothing one can see.
const RESAMPLES: usize = 2000;

/// Of fewer rounds no resampling makes 95 %: five lie on one side of the truth once in 16 times.
pub(super) const ENOUGH: usize = 5;

/// A median and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Interval {
    pub(super) median: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Interval {
    /// The larger of the two sides, as a share: 0.02 is two per cent.
    pub(super) fn reach(self) -> f64 {
        (self.high - 1.0).max(1.0 - self.low)
    }
}

/// An interval, and the resampled medians it was read from, in the order they were drawn.
#[derive(Clone, Debug)]
pub(super) struct Estimate {
    pub(super) interval: Interval,
    draws: Vec<f64>,
}

/// What may be said of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// evenkeel needs less.
    Better,
    /// evenkeel needs more.
    Worse,
    /// The samples do not tell.
    Undecided,
}

/// Zero for none.
pub(super) fn median(samples: &[f64]) -> f64 {
    median_of(&mut samples.to_vec())
}

/// `peer / ours`, round by round: above 1, ours needs less. Nothing against nothing is 1.
pub(super) fn ratios(peer: &[f64], ours: &[f64]) -> Vec<f64> {
    peer.iter().zip(ours).map(|(peer, ours)| ratio(*peer, *ours)).collect()
}

/// The median, with the 95 % interval of a bootstrap. Seeded: the same samples and seed, the same
/// interval. Rows take seeds of their own, or pooling them would move all of them in step.
pub(super) fn estimate(ratios: &[f64], seed: u64) -> Estimate {
    let mut random = Random::new(seed);
    let mut resample = ratios.to_vec();
    let draw = |_| {
        resample.fill_with(|| ratios[random.below(ratios.len())]);
        median_of(&mut resample)
    };
    let draws = if ratios.len() < 2 { Vec::new() } else { (0..RESAMPLES).map(draw).collect() };
    Estimate::new(median(ratios), draws)
}

/// The ratio of two medians that were taken at different times.
pub(super) fn estimate_apart(peer: &[f64], ours: &[f64], seed: u64) -> Estimate {
    let (peer, ours) = (estimate(peer, seed), estimate(ours, !seed));
    let both = peer.draws.iter().zip(&ours.draws).map(|(peer, ours)| ratio(*peer, *ours));
    Estimate::new(ratio(peer.interval.median, ours.interval.median), both.collect())
}

/// The geometric mean of several ratios: each resampled by itself. One for none.
///
/// What is no number on a logarithmic scale (nothing, against something) is left out.
pub(super) fn pooled<'a>(estimates: impl Iterator<Item = &'a Estimate>) -> Estimate {
    let estimates: Vec<_> = estimates.filter(|it| it.can_be_pooled()).collect();
    let middle: Vec<_> = estimates.iter().map(|it| it.interval.median).collect();
    let draw = |index: usize| {
        let of = |it: &&Estimate| it.draws.get(index).copied().unwrap_or(it.interval.median);
        geometric_mean(&estimates.iter().map(of).collect::<Vec<_>>())
    };
    let draws = if estimates.is_empty() { 0 } else { RESAMPLES };
    Estimate::new(geometric_mean(&middle), (0..draws).map(draw).collect())
}

/// A difference is called only beyond 1 and beyond what evenkeel differs from itself.
pub(super) fn verdict(ratio: Interval, control: Interval) -> Verdict {
    if ratio.low > control.high.max(1.0) {
        Verdict::Better
    } else if ratio.high < control.low.min(1.0) {
        Verdict::Worse
    } else {
        Verdict::Undecided
    }
}

/// One for none.
pub(super) fn geometric_mean(ratios: &[f64]) -> f64 {
    if ratios.is_empty() {
        return 1.0;
    }
    (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp()
}

impl Estimate {
    pub(super) fn can_be_pooled(&self) -> bool {
        self.interval.low > 0.0 && self.interval.high.is_finite()
    }

    fn new(median: f64, draws: Vec<f64>) -> Estimate {
        let mut sorted = draws.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let end = sorted.len() / 40;
        let interval = match sorted.len() {
            0 => Interval { median, low: median, high: median },
            length => Interval { median, low: sorted[end], high: sorted[length - 1 - end] },
        };
        Estimate { interval, draws }
    }
}

fn ratio(peer: f64, ours: f64) -> f64 {
    if peer == ours { 1.0 } else { peer / ours }
}

/// Leaves the samples in another order.
fn median_of(samples: &mut [f64]) -> f64 {
    let (length, middle) = (samples.len(), samples.len() / 2);
    if length == 0 {
        return 0.0;
    }
    let (below, upper, _) = samples.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    if length % 2 == 1 {
        return upper;
    }
    let lower = below.iter().copied().max_by(f64::total_cmp).unwrap_or(upper);
    (lower + upper) / 2.0
}

/// Xorshift: three shifts are random enough to draw samples with.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Random {
        // Never zero, and small seeds far apart.
        Random((seed ^ 0x9E37_79B9_7F4A_7C15).wrapping_mul(0xD134_2543_DE82_EF95) | 1)
    }

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
