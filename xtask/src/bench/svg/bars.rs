//! Bars of ratios: one a row and peer, from 1 to what was found, with the interval as whiskers.

use super::{Paper, Scale, Side};
use crate::bench::run::{Row, Run};
use crate::bench::stats::{Interval, Verdict};
use crate::bench::summary::{self, title};

const WIDTH: f64 = 940.0;
const LABELS: f64 = 270.0;
/// Where the bars end and the numbers begin.
const BARS: f64 = 690.0;
const TOP: f64 = 44.0;
const STEP: f64 = 17.0;
const GAP: f64 = 9.0;
const TICKS: [f64; 13] = [0.01, 0.1, 0.2, 0.5, 0.8, 1.0, 1.25, 2.0, 4.0, 10.0, 30.0, 100.0, 1000.0];

/// One line of the picture.
struct Line {
    label: String,
    /// What this line says beside the bar, in a word.
    word: String,
    class: &'static str,
    ratio: Interval,
    /// Whether it begins a row of its own.
    first: bool,
    peer: String,
}

/// A picture of these rows.
pub(in crate::bench) fn rows(run: &Run, name: &str, rows: &[&Row]) -> Paper {
    let mut lines = Vec::new();
    for row in rows {
        let mut first = true;
        for column in summary::columns(run) {
            let Some(beside) = row.beside(&column) else { continue };
            let (class, word) = said(run, row, beside.verdict);
            let threads = if row.threads == 1 { "1 thread" } else { "2 threads" };
            let threads = threads.replace('2', &row.threads.to_string());
            let label = if first { format!("{}, {threads}", row.case.id) } else { String::new() };
            let (ratio, peer) = (beside.ratio.interval, title(run, &column));
            lines.push(Line { label, word, class, ratio, first, peer });
            first = false;
        }
    }
    draw(&format!("{name}: what each peer needs, as a multiple of what evenkeel needs"), &lines)
}

/// A picture of the means, a line a peer.
pub(in crate::bench) fn standings(run: &Run) -> Paper {
    let lines: Vec<_> = summary::standings(run)
        .into_iter()
        .filter(|standing| standing.timed > 0)
        .map(|standing| {
            let (class, word) = match () {
                () if !run.is_sound() => ("even", "no verdict: noise"),
                () if standing.mean.low > 1.0 => ("good", "evenkeel ahead"),
                () if standing.mean.high < 1.0 => ("bad", "evenkeel BEHIND"),
                () => ("even", "no difference shown"),
            };
            let (peer, ratio) = (title(run, &standing.peer), standing.mean);
            Line {
                label: format!("geometric mean of {} rows", standing.timed),
                word: word.into(),
                class,
                ratio,
                first: true,
                peer,
            }
        })
        .collect();
    draw("All timed cases: what each peer needs, as a multiple of what evenkeel needs", &lines)
}

fn said(run: &Run, row: &Row, verdict: Verdict) -> (&'static str, String) {
    let (better, worse) = row.unit.words();
    match verdict {
        _ if !run.is_sound() => ("even", "no verdict: noise".into()),
        _ if row.is_short() => ("even", "too few rounds".into()),
        Verdict::Better => ("good", format!("evenkeel {better}")),
        Verdict::Worse => ("bad", format!("evenkeel {worse}")),
        Verdict::Undecided => ("even", "no difference shown".into()),
    }
}

fn draw(name: &str, lines: &[Line]) -> Paper {
    let gaps = lines.iter().filter(|line| line.first).count() as f64 * GAP;
    let height = TOP + gaps + lines.len() as f64 * STEP + 12.0;
    let mut paper = Paper::new(WIDTH, height, name);
    let scale = scale(lines);
    axis(&mut paper, scale, lines, height);
    let mut y = TOP;
    for line in lines {
        if line.first {
            y += GAP;
        }
        draw_line(&mut paper, scale, y, line);
        y += STEP;
    }
    let one = scale.at(1.0);
    paper.line("one", (one, TOP - 2.0), (one, height - 8.0));
    paper
}

fn draw_line(paper: &mut Paper, scale: Scale, y: f64, line: &Line) {
    let Line { label, word, class, ratio, peer, .. } = line;
    let base = y + 12.0;
    paper.text("", (8.0, base), Side::Right, label);
    paper.text("soft", (LABELS - 8.0, base), Side::Left, peer);
    paper.bar(class, (scale.at(1.0), y + 3.0), (scale.at(ratio.median), y + 14.0));
    let (low, high, middle) = (scale.at(ratio.low), scale.at(ratio.high), y + 8.5);
    paper.line("whisker", (low, middle), (high, middle));
    for end in [low, high] {
        paper.line("whisker", (end, middle - 3.5), (end, middle + 3.5));
    }
    paper.text("num", (BARS + 14.0, base), Side::Right, &summary::shown(*ratio));
    let text = if *class == "even" { "soft" } else { class };
    paper.text(text, (WIDTH - 4.0, base), Side::Left, word);
}

/// At least from half to double, and as far as there is something.
fn scale(lines: &[Line]) -> Scale {
    let ends = lines.iter().flat_map(|line| [line.ratio.low, line.ratio.high]);
    let ends = ends.filter(|end| end.is_finite() && *end > 0.0);
    let (low, high) =
        ends.fold((0.7_f64, 2.2_f64), |(low, high), end| (low.min(end), high.max(end)));
    Scale::new((low / 1.1, high * 1.1), (LABELS, BARS))
}

fn axis(paper: &mut Paper, scale: Scale, lines: &[Line], height: f64) {
    paper.text("soft", (LABELS, 14.0), Side::Right, "\u{2190} evenkeel needs more");
    paper.text("soft", (BARS, 14.0), Side::Left, "evenkeel needs less \u{2192}");
    paper.text("soft", (BARS + 14.0, 34.0), Side::Right, "ratio [95 %]");
    let (mut last, edge) = (f64::NEG_INFINITY, (LABELS, BARS));
    // 1 stands first in line for its place: it is what all others are read against.
    for tick in TICKS {
        let x = scale.at(tick);
        let near_one = tick != 1.0 && (x - scale.at(1.0)).abs() < 40.0;
        if x <= edge.0 || x >= edge.1 || x - last < 36.0 || near_one {
            continue;
        }
        last = x;
        let label = if tick == 1.0 { "equal".into() } else { format!("{tick}\u{d7}") };
        paper.text("soft", (x, 34.0), Side::Middle, &label);
        if !lines.is_empty() {
            paper.line("rule", (x, TOP - 4.0), (x, height - 8.0));
        }
    }
}
