//! Lines of cost against size, both logarithmic: flat is what one wants.

use super::{Paper, Scale, Side, look};
use crate::bench::case::Unit;
use crate::bench::run::{BASELINE, CONTROL, LIMIT, OURS, Row, Run};
use crate::bench::summary::title;

const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 62.0;
/// Right of it stand the names.
const RIGHT: f64 = 352.0;
const TOP: f64 = 48.0;
const BOTTOM: f64 = 254.0;

/// All sizes of one case in one flavour.
pub(in crate::bench) struct Growth<'a> {
    pub(in crate::bench) family: &'a str,
    pub(in crate::bench) threads: usize,
    rows: Vec<&'a Row>,
}

/// One runtime's points.
struct Curve {
    runtime: String,
    points: Vec<(f64, f64)>,
}

/// The cases that have at least two sizes, in the order of the table.
pub(in crate::bench) fn growths(run: &Run) -> Vec<Growth<'_>> {
    let mut all: Vec<Growth<'_>> = Vec::new();
    for row in run.rows.iter().filter(|row| row.case.size.is_some()) {
        let (family, threads) = (row.case.family(), row.threads);
        match all.iter_mut().find(|it| it.family == family && it.threads == threads) {
            Some(growth) => growth.rows.push(row),
            None => all.push(Growth { family, threads, rows: vec![row] }),
        }
    }
    all.retain(|growth| growth.rows.len() > 1);
    all
}

impl Growth<'_> {
    pub(in crate::bench) fn label(&self) -> String {
        let plural = if self.threads == 1 { "" } else { "s" };
        format!("{}, {} thread{plural}", self.family, self.threads)
    }
}

pub(in crate::bench) fn picture(run: &Run, growth: &Growth<'_>) -> Paper {
    let mut paper = Paper::new(WIDTH, HEIGHT, &format!("{}: cost against size", growth.label()));
    let curves = curves(growth);
    let (unit, axis) = growth.rows.first().map_or((Unit::Ns, "size"), |row| {
        let axis = row.case.axis.as_str();
        (row.unit, if axis.is_empty() { "size" } else { axis })
    });
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let span = |of: fn(&(f64, f64)) -> f64| {
        let first = (f64::INFINITY, 0.0_f64);
        points().map(of).fold(first, |(low, high), value| (low.min(value), high.max(value)))
    };
    let (sizes, costs) = (span(|point| point.0), decades(span(|point| point.1)));
    let x = Scale::new(sizes, (LEFT + 10.0, RIGHT - 10.0));
    let y = Scale::new(costs, (BOTTOM, TOP));
    paper.text("", (8.0, 16.0), Side::Right, &growth.label());
    paper.text("soft", (8.0, 32.0), Side::Right, "cost per operation");
    for tick in ticks(costs) {
        paper.line("rule", (LEFT, y.at(tick)), (RIGHT, y.at(tick)));
        let label = unit.shown(tick).replace(".00", "").replace(".0 ", " ");
        paper.text("soft num", (LEFT - 6.0, y.at(tick) + 4.0), Side::Left, &label);
    }
    let mut seen: Vec<f64> = points().map(|point| point.0).collect();
    seen.sort_by(f64::total_cmp);
    seen.dedup();
    for size in seen {
        paper.line("rule", (x.at(size), BOTTOM), (x.at(size), BOTTOM + 4.0));
        paper.text("soft num", (x.at(size), BOTTOM + 17.0), Side::Middle, &short(size));
    }
    paper.text("soft", ((LEFT + RIGHT) / 2.0, HEIGHT - 10.0), Side::Middle, axis);
    for curve in &curves {
        draw(&mut paper, curve, x, y);
    }
    names(&mut paper, run, &curves, y);
    paper
}

fn curves(growth: &Growth<'_>) -> Vec<Curve> {
    let mut curves: Vec<Curve> = Vec::new();
    for row in &growth.rows {
        for (runtime, _) in row.samples.iter().filter(|it| it.0 != CONTROL && it.0 != BASELINE) {
            let point = (row.case.size.unwrap_or(1) as f64, row.cost(runtime).unwrap_or(0.0));
            if point.0 < 1.0 || point.1 <= 0.0 {
                continue;
            }
            match curves.iter_mut().find(|curve| curve.runtime == *runtime) {
                Some(curve) => curve.points.push(point),
                None => curves.push(Curve { runtime: runtime.clone(), points: vec![point] }),
            }
        }
    }
    for curve in &mut curves {
        curve.points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    // Ours last, so that it lies on top.
    curves.sort_by_key(|curve| (curve.runtime == OURS, curve.runtime != LIMIT));
    curves
}

fn draw(paper: &mut Paper, curve: &Curve, x: Scale, y: Scale) {
    let (color, dashes, mark) = look(&curve.runtime);
    let at: Vec<_> = curve.points.iter().map(|point| (x.at(point.0), y.at(point.1))).collect();
    let path: Vec<_> = at.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let width = if curve.runtime == OURS { 2.6 } else { 1.6 };
    let paint = format!("stroke:var(--c{color});stroke-width:{width};fill:none");
    let path = path.join(" ");
    paper.raw(&format!(
        r#"<polyline points="{path}" style="{paint}" stroke-dasharray="{dashes}"/>"#
    ));
    for (x, y) in at {
        paper.raw(&shape(mark, (x, y), color));
    }
}

fn shape(mark: &str, (x, y): (f64, f64), color: usize) -> String {
    let fill = format!("style=\"fill:var(--c{color});stroke:var(--c{color})\"");
    let polygon = |points: &[(f64, f64)]| {
        let points = points.iter().map(|(dx, dy)| format!("{:.1},{:.1}", x + dx, y + dy));
        format!("<polygon points=\"{}\" {fill}/>", points.collect::<Vec<_>>().join(" "))
    };
    match mark {
        "circle" => format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.4\" {fill}/>"),
        "square" => polygon(&[(-3.0, -3.0), (3.0, -3.0), (3.0, 3.0), (-3.0, 3.0)]),
        "triangle" => polygon(&[(0.0, -4.0), (3.8, 3.0), (-3.8, 3.0)]),
        "diamond" => polygon(&[(0.0, -4.2), (4.2, 0.0), (0.0, 4.2), (-4.2, 0.0)]),
        "cross" => polygon(&[(-4.0, -1.0), (4.0, -1.0), (4.0, 1.0), (-4.0, 1.0)]),
        _ => String::new(),
    }
}

/// At the end of each line its name; where two ends meet, one gives way.
fn names(paper: &mut Paper, run: &Run, curves: &[Curve], y: Scale) {
    const APART: f64 = 14.0;
    let mut ends: Vec<_> = curves
        .iter()
        .filter_map(|curve| curve.points.last().map(|end| (y.at(end.1) + 4.0, &curve.runtime)))
        .collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    for index in 1..ends.len() {
        ends[index].0 = ends[index].0.max(ends[index - 1].0 + APART);
    }
    let over = ends.last().map_or(0.0, |end| (end.0 - BOTTOM - 8.0).max(0.0));
    for (place, runtime) in ends {
        let (color, ..) = look(runtime);
        let weight = if runtime == OURS { ";font-weight:600" } else { "" };
        let (x, y) = (RIGHT + 6.0, place - over);
        let name = super::escaped(&title(run, runtime));
        paper.raw(&format!(
            r#"<text x="{x:.1}" y="{y:.1}" style="fill:var(--c{color}){weight}">{name}</text>"#
        ));
    }
}

/// At least one whole power of ten, so that noise does not look like growth.
fn decades((low, high): (f64, f64)) -> (f64, f64) {
    if !(low > 0.0 && low.is_finite() && high > 0.0) {
        return (1.0, 10.0);
    }
    let (low, high) = (low / 1.15, high * 1.15);
    if high / low >= 10.0 {
        return (low, high);
    }
    let widen = (10.0 / (high / low)).sqrt();
    (low / widen, high * widen)
}

/// 1, 2, 5, 10 ..; only the tens where there are many.
fn ticks((low, high): (f64, f64)) -> Vec<f64> {
    let steps: &[f64] = if high / low > 200.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let powers = (low.log10().floor() as i32)..=(high.log10().ceil() as i32);
    let all = powers.flat_map(|power| steps.iter().map(move |step| step * 10_f64.powi(power)));
    all.filter(|tick| *tick > low && *tick < high).collect()
}

/// 1000 is 10^3 is 1k.
fn short(size: f64) -> String {
    match size {
        size if size >= 1e6 => format!("{}M", size / 1e6),
        size if size >= 1e3 => format!("{}k", size / 1e3),
        size => format!("{size}"),
    }
}
