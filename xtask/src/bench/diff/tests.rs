//! A run beside one that was slower, on the same machine and on a slower one.

use super::*;
use crate::bench::specimen;

/// The run made by hand, with these runtimes' costs times `factor` in its first row.
fn changed(factor: f64, whose: &[&str]) -> Run {
    let mut run = specimen::run();
    for row in &mut run.rows[..1] {
        for (_, values) in row.samples.iter_mut().filter(|it| whose.contains(&it.0.as_str())) {
            values.iter_mut().for_each(|value| *value *= factor);
        }
    }
    run
}

#[test]
fn a_regression_is_called() {
    let (text, regressions) =
        table(&specimen::run(), &changed(1.3, &["evenkeel"]), Paint::new(false), Some(20.0));
    assert_eq!(regressions, 1, "{text}");
    assert!(text.contains("B SLOWER; REGRESSED") && text.contains("no difference shown"), "{text}");
    let (_, regressions) =
        table(&specimen::run(), &changed(1.3, &["evenkeel"]), Paint::new(false), Some(40.0));
    assert_eq!(regressions, 0);
}

#[test]
fn a_slower_machine_is_no_regression() {
    let mut now = specimen::run();
    for row in &mut now.rows {
        row.samples.iter_mut().flat_map(|it| &mut it.1).for_each(|value| *value *= 1.3);
    }
    let (text, regressions) = table(&specimen::run(), &now, Paint::new(false), Some(5.0));
    assert!(text.contains("drift     the same peers needed 0.77"), "{text}");
    assert!(regressions <= 1, "bytes do not drift, so their row alone may be called\n{text}");
}
