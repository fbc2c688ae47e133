//! The table of the run made by hand, to the letter.

use super::*;
use crate::bench::specimen;

fn plain() -> Look {
    Look { paint: Paint::new(false), latency: false, verbose: false }
}

#[test]
fn the_whole_table() {
    let run = specimen::run();
    let shown = body(&run, plain());
    assert_eq!(shown, include_str!("golden.txt"), "{shown}");
}

#[test]
fn noise_takes_the_verdicts_away() {
    let text = body(&specimen::noisy(), plain());
    assert!(text.contains("the control failed") && text.contains("none: noise"));
    assert!(!text.contains("LOSSES") && !text.contains("SLOWER") && !text.contains("WORSE"));
}

#[test]
fn the_head_tells_where_and_how() {
    let mut run = specimen::run();
    run.setting.quick = true;
    let text = head(&run, "7 rows");
    for word in [
        "git 1a2b3c4 (clean)",
        "2 cores (Abacus 2), linux 6.1, governor n/a, load 0.25 -> 0.50",
        "smol 2.0.2, tokio 1.54.1",
        "processor time per operation, 7 rows; quick: not for claims",
    ] {
        assert!(text.contains(word), "{word} is not in\n{text}");
    }
}

#[test]
fn more_is_shown_on_demand() {
    let text = body(&specimen::run(), Look { latency: true, verbose: true, ..plain() });
    assert!(
        text.contains("latency p99.9   evenkeel 360 us  |  tokio 390 us, ratio 1.08"),
        "{text}"
    );
    assert!(text.contains("    evenkeel again  "), "{text}");
}
