//! The page of the run made by hand.

use super::*;
use crate::bench::specimen;

#[test]
fn the_page_stands_alone_and_says_it_in_words() {
    let page = page(&specimen::run());
    for word in [
        "above 1, evenkeel is ahead",
        "Where evenkeel is behind: 2 of 7 rows",
        "How the cost grows",
        "SLOWER than tokio",
        "<h2>Latency</h2>",
        "failed: workload run task/x smol 1",
        "prefers-color-scheme:dark",
    ] {
        assert!(page.contains(word), "{word}");
    }
    let outside = page.replace("http://www.w3.org/2000/svg", "");
    for lure in ["http:", "https:", "<script", "src="] {
        assert!(!outside.contains(lure), "the page needs nothing else: {lure}");
    }
}

#[test]
fn noise_is_told_and_no_verdict_is() {
    let page = page(&specimen::noisy());
    assert!(page.contains("the control failed") && !page.contains("SLOWER"));
}
