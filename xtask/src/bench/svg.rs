//! Pictures of a run, by hand: bars of ratios, and lines of cost against size.
//!
//! Each picture is a whole SVG document, which also stands inside a page. Colours come from classes
//! (`STYLE`), light and dark; and no colour stands alone: there is always a word or a mark as well.

use std::fmt::Write;

use super::run::{LIMIT, OURS};

pub(super) mod bars; // how many times as much each peer needs
pub(super) mod lines; // how the cost grows

/// For every picture and the page around it. The hues are told apart by people who see red and
/// green as one; `prefers-color-scheme` chooses between day and night.
pub(super) const STYLE: &str = "\
svg{--ink:#1b1f24;--soft:#5b6570;--rule:#d5dae0;--back:#fff;--good:#0b6fb8;--bad:#c2410c;--even:#8a929b;
--c0:#0b6fb8;--c1:#c2410c;--c2:#7a5195;--c3:#2f855a;--c4:#b7791f;--c5:#0e7c86;--c6:#97266d;--c7:#8a929b;
font:12px system-ui,-apple-system,Segoe UI,sans-serif}
@media(prefers-color-scheme:dark){svg{--ink:#e6e9ec;--soft:#9aa4af;--rule:#39414a;--back:#14181c;
--good:#5aaef0;--bad:#fb8b4b;--even:#8a929b;--c0:#5aaef0;--c1:#fb8b4b;--c2:#b794d6;--c3:#68c793;
--c4:#e0b252;--c5:#4fc3cf;--c6:#e88ac0;--c7:#8a929b}}
svg text{fill:var(--ink)}svg .soft{fill:var(--soft);font-size:12px}svg .rule{stroke:var(--rule);fill:none}
svg .one{stroke:var(--ink);fill:none}svg .good{fill:var(--good)}svg .bad{fill:var(--bad);font-weight:600}
svg .even{fill:var(--even)}svg .whisker{stroke:var(--ink);fill:none;stroke-width:1.2}
svg .num{font-variant-numeric:tabular-nums}
";

/// A drawing that grows.
pub(super) struct Paper {
    width: f64,
    height: f64,
    title: String,
    drawn: String,
}

/// To which side of its point a text stands.
#[derive(Clone, Copy)]
pub(super) enum Side {
    Right,
    Left,
    Middle,
}

impl Paper {
    pub(super) fn new(width: f64, height: f64, title: &str) -> Paper {
        Paper { width, height, title: escaped(title), drawn: String::new() }
    }

    pub(super) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let _ = writeln!(
            self.drawn,
            r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#
        );
    }

    /// Between two corners, whichever is the left one.
    pub(super) fn bar(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let (x, width) = (x1.min(x2), (x2 - x1).abs().max(1.0));
        let height = y2 - y1;
        let _ = writeln!(
            self.drawn,
            r#"<rect class="{class}" x="{x:.1}" y="{y1:.1}" width="{width:.1}" height="{height:.1}" rx="2"/>"#
        );
    }

    pub(super) fn text(&mut self, class: &str, (x, y): (f64, f64), side: Side, text: &str) {
        let anchor = match side {
            Side::Right => "start",
            Side::Left => "end",
            Side::Middle => "middle",
        };
        let text = escaped(text);
        let _ = writeln!(
            self.drawn,
            r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{text}</text>"#
        );
    }

    pub(super) fn raw(&mut self, text: &str) {
        self.drawn.push_str(text);
        self.drawn.push('\n');
    }

    /// As part of a page, which holds the style itself.
    pub(super) fn inline(&self) -> String {
        self.with("")
    }

    /// As a file of its own.
    pub(super) fn file(&self) -> String {
        self.with(&format!(
            "<style>{STYLE}</style><rect width=\"100%\" height=\"100%\" fill=\"var(--back)\"/>\n"
        ))
    }

    fn with(&self, before: &str) -> String {
        let Paper { width, height, title, drawn } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
             width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" aria-label=\"{title}\">\n\
             {before}<title>{title}</title>\n{drawn}</svg>\n"
        )
    }
}

/// A scale on which equal ratios are equal distances.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

impl Scale {
    pub(super) fn new((from, to): (f64, f64), (start, end): (f64, f64)) -> Scale {
        Scale { from: from.ln(), to: to.ln(), start, end }
    }

    /// What lies outside is put on the edge.
    pub(super) fn at(self, value: f64) -> f64 {
        let share = (value.ln() - self.from) / (self.to - self.from).max(1e-9);
        self.start + (self.end - self.start) * share.clamp(0.0, 1.0)
    }
}

/// The line of a runtime in every picture: its colour, its dashes and its mark. By name, so that it
/// looks the same in each.
pub(super) fn look(runtime: &str) -> (usize, &'static str, &'static str) {
    match runtime {
        OURS => (0, "", "circle"),
        "tokio" => (1, "6 3", "square"),
        "smol" => (2, "2 3", "triangle"),
        "compio" => (3, "8 3 2 3", "diamond"),
        "monoio" => (4, "4 2", "cross"),
        "asyncio" => (5, "1 3", "square"),
        "uvloop" => (6, "10 4", "diamond"),
        LIMIT => (7, "3 3", "none"),
        _ => (7, "5 5", "circle"),
    }
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests;
