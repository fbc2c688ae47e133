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
    let interval = super::interval(&ratios);
    assert_eq!(interval.median, 1.5);
    assert!(interval.low >= 1.1 && interval.low < 1.5, "{interval:?}");
    assert!(interval.high > 1.5 && interval.high <= 1.9, "one outlier of 9 tells: {interval:?}");
    assert_eq!(interval, super::interval(&ratios));
}

#[test]
fn equal_samples_leave_no_doubt() {
    assert_eq!(interval(&ratios(&[2.0; 5], &[1.0; 5])), at(2.0, 2.0, 2.0));
    assert_eq!(interval(&ratios(&[0.0; 5], &[0.0; 5])), at(1.0, 1.0, 1.0));
}

#[test]
fn a_verdict_needs_a_quiet_control() {
    let quiet = at(1.0, 0.99, 1.01);
    assert_eq!(verdict(at(1.2, 1.1, 1.3), quiet), Verdict::Faster);
    assert_eq!(verdict(at(0.8, 0.7, 0.9), quiet), Verdict::Slower);
    assert_eq!(verdict(at(1.2, 0.9, 1.5), quiet), Verdict::Same);
    assert_eq!(verdict(at(1.2, 1.1, 1.3), at(1.0, 0.8, 1.2)), Verdict::Same);
}

#[test]
fn geometric_means() {
    assert_eq!(geometric_mean(&[]), 1.0);
    assert!((geometric_mean(&[0.5, 2.0]) - 1.0).abs() < 1e-12);
    assert!((geometric_mean(&[4.0, 1.0]) - 2.0).abs() < 1e-12);
}
