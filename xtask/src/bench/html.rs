//! A run as one page: everything in one file, no script, readable by day and by night.

use std::fmt::Write;

use super::run::{LIMIT, Latency, OURS, Row, Run};
use super::stats::{self, Interval, Verdict};
use super::summary::{self, title};
use super::svg::{self, bars, escaped, lines};

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#5b6570;--rule:#d5dae0;--back:#fff;--card:#f5f7f9;
--good:#0b6fb8;--bad:#c2410c}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--soft:#9aa4af;--rule:#39414a;--back:#14181c;
--card:#1d2329;--good:#5aaef0;--bad:#fb8b4b}}
body{font:15px/1.5 system-ui,-apple-system,Segoe UI,sans-serif;color:var(--ink);background:var(--back);
max-width:980px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0 0 .3rem}h2{font-size:1.2rem;margin:2.4rem 0 .6rem}
p{margin:.4rem 0}.soft,figcaption{color:var(--soft);font-size:.9rem}
.cards{display:flex;flex-wrap:wrap;gap:.8rem;margin:1rem 0}
.card{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:.8rem 1rem;flex:1 1 240px}
.card b.big{font-size:1.7rem;display:block;line-height:1.2}
.good{color:var(--good);font-weight:600}.bad{color:var(--bad);font-weight:600}
.alarm{border:2px solid var(--bad);border-radius:8px;padding:.6rem 1rem;margin:1rem 0}
.wide{overflow-x:auto}svg{max-width:100%;height:auto}.pair{display:flex;flex-wrap:wrap;gap:.5rem}
.pair svg{flex:0 1 460px}
table{border-collapse:collapse;font-size:.85rem;margin:.6rem 0;white-space:nowrap}
th,td{padding:.2rem .55rem;text-align:left;border-bottom:1px solid var(--rule)}
td.num,th.num{text-align:right;font-variant-numeric:tabular-nums}
details{margin:.5rem 0}summary{cursor:pointer;color:var(--soft)}code{font-size:.92em}
";

pub(super) fn page(run: &Run) -> String {
    let mut page = String::new();
    let started = escaped(&run.machine.started);
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>evenkeel bench {started}</title><style>{STYLE}{}</style></head>\n<body>\n",
        svg::STYLE
    );
    page += &head(run);
    page += &standings(run);
    page += &means(run);
    page += &losses(run);
    page += &growths(run);
    for group in run.groups() {
        let rows: Vec<_> = run.rows.iter().filter(|row| row.case.group == group).collect();
        let name = if group.is_empty() { "cases" } else { group };
        let _ = write!(page, "<h2>{}</h2>\n{}", escaped(name), bars_of(run, name, &rows));
        page += &details("all figures of this group", &table(run, &rows));
    }
    page += &latencies(run);
    page + &method(run) + "</body></html>\n"
}

/// What this is, and how to read it.
fn head(run: &Run) -> String {
    let what = summary::quantity(run.setting.mode);
    let quick = if run.setting.quick { " <b>A quick run: not for claims.</b>" } else { "" };
    let mut text = format!(
        "<h1>evenkeel beside other async runtimes</h1>\n<p>The same work on each, in one process \
         after the other; compared is the <b>{what}</b> an operation needs. A ratio says how many \
         times as much the other one needs: <b>above 1, evenkeel is ahead</b>; below 1 it is \
         behind. The bracket behind it is where the true value lies with 95 % confidence.{quick}\
         </p>\n<p class=\"soft\">{}; {}; git {}; {}; {}, {} allocator; {}</p>\n",
        escaped(&run.machine.started),
        escaped(&run.machine.to_string()),
        escaped(&run.machine.commit()),
        escaped(&run.machine.rustc),
        escaped(&run.machine.profile),
        escaped(&run.setting.allocator),
        escaped(&run.machine.versions()),
    );
    if !run.is_sound() {
        let _ = writeln!(text, "<p class=\"alarm\">{}</p>", escaped(summary::UNSOUND));
    }
    if run.interrupted {
        text += "<p class=\"alarm\">Interrupted: only what was finished is shown.</p>\n";
    }
    for remark in &run.remarks {
        let _ = writeln!(text, "<p>Too slow: {}</p>", escaped(remark));
    }
    for fault in &run.faults {
        let _ = writeln!(text, "<p class=\"alarm\">failed: {}</p>", escaped(fault));
    }
    text
}

/// A card a peer, and their picture.
fn standings(run: &Run) -> String {
    let mut text = String::from("<div class=\"cards\">\n");
    for standing in summary::standings(run) {
        let peer = escaped(&title(run, &standing.peer));
        let Interval { median, low, high } = standing.mean;
        let what = summary::quantity(run.setting.mode);
        let _ = write!(text, "<div class=\"card\">");
        if standing.timed > 0 {
            let _ = write!(
                text,
                "{peer} needs <b class=\"big\">{median:.2}\u{d7}</b> evenkeel's {what} \
                 <span class=\"soft\">(95 % sure: {low:.2} to {high:.2}; geometric mean of {} \
                 rows)</span>",
                standing.timed
            );
        } else {
            let _ = write!(text, "<b class=\"big\">{peer}</b>");
        }
        if run.is_sound() {
            let worse = if standing.worse > 0 { "bad" } else { "soft" };
            let _ = write!(
                text,
                "<p><span class=\"good\">better in {}</span>, <span class=\"{worse}\">worse in \
                 {}</span>, no difference shown in {}</p>",
                standing.better, standing.worse, standing.undecided
            );
        }
        text += "</div>\n";
    }
    text += "</div>\n";
    let _ = write!(text, "<div class=\"wide\">{}</div>", bars::standings(run).inline());
    let _ = writeln!(text, "<p class=\"soft\">Control: {}.</p>", summary::control(run));
    text
}

fn means(run: &Run) -> String {
    let means = summary::means(run);
    if means.len() < 2 {
        return String::new();
    }
    let mut text = String::from("<h2>By kind of work</h2>\n<div class=\"wide\"><table><tr><th>");
    text += "geometric mean</th><th class=\"num\">threads</th>";
    for column in summary::columns(run) {
        let _ = write!(text, "<th class=\"num\">{}</th>", escaped(&title(run, &column)));
    }
    text += "</tr>\n";
    for line in means {
        let name = escaped(&line.group);
        let _ = write!(text, "<tr><td>{name}</td><td class=\"num\">{}</td>", line.threads);
        for mean in line.means {
            let class = match mean {
                Some(mean) if run.is_sound() && mean.low > 1.0 => "num good",
                Some(mean) if run.is_sound() && mean.high < 1.0 => "num bad",
                _ => "num",
            };
            let shown = mean.map_or("\u{2013}".into(), summary::shown);
            let _ = write!(text, "<td class=\"{class}\">{shown}</td>");
        }
        text += "</tr>\n";
    }
    text + "</table></div>\n"
}

fn losses(run: &Run) -> String {
    if !run.is_sound() {
        return String::new();
    }
    let losses = summary::losses(run);
    if losses.is_empty() {
        return "<h2>Where evenkeel is behind</h2>\n<p>In no row of this run.</p>\n".into();
    }
    let count = losses.len();
    let of = run.rows.len();
    format!(
        "<h2 class=\"bad\">Where evenkeel is behind: {count} of {of} rows</h2>\n{}",
        bars_of(run, "losses", &losses)
    )
}

fn growths(run: &Run) -> String {
    let growths = lines::growths(run);
    if growths.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "<h2>How the cost grows</h2>\n<p class=\"soft\">One operation's cost against how much there \
         is of something; both axes are logarithmic. Flat is best, lower is better.</p>\n\
         <div class=\"pair\">\n",
    );
    for growth in growths {
        text += &lines::picture(run, &growth).inline();
    }
    text + "</div>\n"
}

fn bars_of(run: &Run, name: &str, rows: &[&Row]) -> String {
    format!("<div class=\"wide\">{}</div>\n", bars::rows(run, name, rows).inline())
}

fn details(title: &str, inner: &str) -> String {
    format!("<details><summary>{title}</summary>\n<div class=\"wide\">{inner}</div></details>\n")
}

fn table(run: &Run, rows: &[&Row]) -> String {
    let columns = summary::columns(run);
    let limit = rows.iter().any(|row| row.beside(LIMIT).is_some());
    let mut text = String::from("<table><tr><th>case</th><th>threads</th><th>evenkeel</th>");
    for column in &columns {
        let name = escaped(&title(run, column));
        let _ = write!(text, "<th class=\"num\">{name}</th><th>ratio [95 %]</th>");
    }
    text += if limit { "<th class=\"num\">limit</th>" } else { "" };
    text += "<th>verdict</th><th>asyncio</th><th>one operation</th></tr>\n";
    for row in rows {
        let cost = |it| row.cost(it).map_or("\u{2013}".into(), |cost| row.unit.shown(cost));
        let id = escaped(&row.case.id);
        let _ =
            write!(text, "<tr><td><code>{id}</code></td><td class=\"num\">{}</td>", row.threads);
        let _ = write!(text, "<td class=\"num\">{}</td>", cost(OURS));
        for column in &columns {
            let beside = row.beside(column);
            let class = match beside.map(|it| it.verdict) {
                Some(Verdict::Better) if run.is_sound() => "good",
                Some(Verdict::Worse) if run.is_sound() => "bad",
                _ => "",
            };
            let shown = beside.map_or("\u{2013}".into(), |it| summary::shown(it.ratio.interval));
            let _ = write!(
                text,
                "<td class=\"num\">{}</td><td class=\"{class}\">{shown}</td>",
                cost(column)
            );
        }
        if limit {
            let _ = write!(text, "<td class=\"num\">{}</td>", cost(LIMIT));
        }
        let verdict = if run.is_sound() { summary::verdict(row) } else { "none: noise".into() };
        let (asyncio, meaning) = (escaped(&row.case.asyncio), escaped(&row.case.meaning));
        let _ = writeln!(text, "<td>{verdict}</td><td>{asyncio}</td><td>{meaning}</td></tr>");
    }
    text + "</table>\n"
}

/// Of the rows that report any.
fn latencies(run: &Run) -> String {
    let rows: Vec<_> = run.rows.iter().filter(|row| !row.latency.is_empty()).collect();
    if rows.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "<h2>Latency</h2>\n<div class=\"wide\"><table><tr><th>case</th><th>threads</th>\
         <th>runtime</th><th class=\"num\">p50</th><th class=\"num\">p99</th>\
         <th class=\"num\">p99.9</th></tr>\n",
    );
    for row in rows {
        for (runtime, Latency { p50, p99, p999 }) in &row.latency {
            let (id, name) = (escaped(&row.case.id), escaped(&title(run, runtime)));
            let threads = row.threads;
            let _ = write!(text, "<tr><td><code>{id}</code></td><td>{threads}</td><td>{name}</td>");
            for values in [p50, p99, p999] {
                let shown = super::case::Unit::Ns.shown(stats::median(values));
                let _ = write!(text, "<td class=\"num\">{shown}</td>");
            }
            text += "</tr>\n";
        }
    }
    text + "</table></div>\n"
}

fn method(run: &Run) -> String {
    let setting = &run.setting;
    let legend = summary::legend(run).map_or(String::new(), |text| format!(" Units: {text}."));
    let many = match setting.mode.is_count() {
        true => format!("{} rounds, counted", setting.rounds),
        false => format!("{} rounds of {} s", setting.rounds, setting.seconds),
    };
    format!(
        "<h2>How this was measured</h2>\n<p class=\"soft\">{many}; fewer for cases with a size. A \
         fresh process for each case, runtime and round, the runtimes in rotated order, so that \
         nobody is always first and all share the machine's moods. Each round gives one ratio per \
         peer; shown is their median with the 95 % interval of a bootstrap. evenkeel also runs \
         against itself (the control): a difference is called only where its interval lies beyond \
         1 and beyond the control's. <i>limit</i> is the work done by hand, with no runtime: a \
         floor, not a peer.{legend} Repeat it with <code>cargo xtask bench</code>; \
         docs/BENCHMARKING.md says more.</p>\n"
    )
}

#[cfg(test)]
mod tests;
