//! Numbers whose answer is known.

use super::*;

fn at(median: f64, low: f64, high: f64) -> Interval {
    Interval { median, low, high }
}

#[test]
fn medians() {
    assert_eq!(median(&[]), 0.0);
    assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
    assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
}

#[test]
fn an_interval_holds_its_median_and_is_repeatable() {
    let ratios = [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 9.0];
    let interval = estimate(&ratios, 7).interval;
    assert_eq!(interval.median, 1.5);
    assert!(interval.low >= 1.1 && interval.low < 1.5, "{interval:?}");
    assert!(interval.high > 1.5 && interval.high <= 1.9, "one outlier of 9 tells: {interval:?}");
    assert_eq!(interval, estimate(&ratios, 7).interval);
}

#[test]
fn equal_samples_leave_no_doubt() {
    assert_eq!(estimate(&ratios(&[2.0; 5], &[1.0; 5]), 0).interval, at(2.0, 2.0, 2.0));
    assert_eq!(estimate(&ratios(&[0.0; 5], &[0.0; 5]), 0).interval, at(1.0, 1.0, 1.0));
    assert_eq!(estimate(&[3.0], 0).interval, at(3.0, 3.0, 3.0));
}

#[test]
fn five_rounds_reach_from_the_least_to_the_greatest() {
    let interval = estimate(&[1.3, 0.9, 1.1, 1.2, 1.0], 3).interval;
    assert_eq!(interval, at(1.1, 0.9, 1.3));
}

#[test]
fn a_verdict_needs_a_quiet_control() {
    let quiet = at(1.0, 0.99, 1.01);
    assert_eq!(verdict(at(1.2, 1.1, 1.3), quiet), Verdict::Better);
    assert_eq!(verdict(at(0.8, 0.7, 0.9), quiet), Verdict::Worse);
    assert_eq!(verdict(at(1.2, 0.9, 1.5), quiet), Verdict::Undecided);
    assert_eq!(verdict(at(1.2, 1.1, 1.3), at(1.0, 0.8, 1.2)), Verdict::Undecided);
}

#[test]
fn geometric_means() {
    assert_eq!(geometric_mean(&[]), 1.0);
    assert!((geometric_mean(&[0.5, 2.0]) - 1.0).abs() < 1e-12);
    assert!((geometric_mean(&[4.0, 1.0]) - 2.0).abs() < 1e-12);
}

#[test]
fn a_pool_is_surer_than_its_rows() {
    let rows: Vec<_> = (0..16).map(|seed| estimate(&[0.8, 0.9, 1.0, 1.1, 1.25], seed)).collect();
    let pooled = pooled(rows.iter()).interval;
    assert!((pooled.median - 1.0).abs() < 1e-12);
    assert!(pooled.reach() < rows[0].interval.reach() / 2.0, "{pooled:?}");
    assert_eq!(super::pooled([].iter()).interval, at(1.0, 1.0, 1.0));
}

#[test]
fn runs_apart_are_compared_by_their_medians() {
    let then = [2.0, 2.1, 1.9, 2.0, 2.0];
    let now = [1.0, 1.05, 0.95, 1.0, 1.0];
    let interval = estimate_apart(&then, &now, 1).interval;
    assert_eq!(interval.median, 2.0);
    assert!(interval.low > 1.7 && interval.high < 2.3, "{interval:?}");
}
