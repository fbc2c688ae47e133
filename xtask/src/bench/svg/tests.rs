//! Pictures of the run made by hand: not their looks, but what must be in them.

use super::*;
use crate::bench::run::Run;
use crate::bench::specimen;

/// Tags open and close, attributes are quoted: enough to catch a slip of the pen.
fn is_well_formed(svg: &str) -> bool {
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let Some((tag, text)) = tag.split_once('>') else { return false };
        if text.contains('>') || tag.matches('"').count() % 2 == 1 {
            return false;
        }
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        if tag.starts_with('/') {
            if open.pop() != Some(name) {
                return false;
            }
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    open.is_empty()
}

fn bars_of(run: &Run) -> String {
    let rows: Vec<_> = run.rows.iter().collect();
    bars::rows(run, "all", &rows).file()
}

#[test]
fn bars_say_in_words_what_they_say_in_colour() {
    let svg = bars_of(&specimen::run());
    assert!(is_well_formed(&svg), "{svg}");
    for word in
        ["evenkeel SLOWER", "evenkeel faster", "no difference shown", "evenkeel MORE", ">equal<"]
    {
        assert!(svg.contains(word), "{word}");
    }
    assert_eq!(svg.matches("class=\"whisker\"").count(), 14 * 3, "seven rows, two peers");
    let noisy = bars_of(&specimen::noisy());
    assert!(noisy.contains("no verdict: noise") && !noisy.contains("SLOWER"));
    assert!(is_well_formed(&bars::standings(&specimen::run()).inline()));
}

#[test]
fn lines_for_cases_with_sizes() {
    let run = specimen::run();
    let growths = lines::growths(&run);
    let labels: Vec<_> = growths.iter().map(lines::Growth::label).collect();
    assert_eq!(labels, ["task/live, 1 thread"]);
    let svg = lines::picture(&run, &growths[0]).file();
    assert!(is_well_formed(&svg), "{svg}");
    assert_eq!(svg.matches("<polyline").count(), 3);
    for word in ["live tasks", ">100<", ">10k<", ">1M<", ">tokio<"] {
        assert!(svg.contains(word), "{word}");
    }
}

#[test]
fn ratios_are_distances() {
    let scale = Scale::new((0.1, 10.0), (0.0, 100.0));
    assert!((scale.at(1.0) - 50.0).abs() < 1e-9);
    assert_eq!((scale.at(0.01), scale.at(f64::INFINITY)), (0.0, 100.0));
    assert_eq!(escaped("a<b & \"c\""), "a&lt;b &amp; &quot;c&quot;");
}
