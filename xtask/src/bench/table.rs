//! What a person reads on a terminal: losses first, then group by group, then all in short.

use super::case::Unit;
use super::paint::Paint;
use super::run::{CONTROL, LIMIT, Latency, OURS, Row, Run};
use super::stats::{self, Verdict};
use super::summary::{self, title};

/// What is shown, beyond what always is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) paint: Paint,
    pub(super) latency: bool,
    pub(super) verbose: bool,
}

/// Where, with what and how: known before anything is measured.
pub(super) fn head(run: &Run, plan: &str) -> String {
    let machine = &run.machine;
    let setting = &run.setting;
    let (git, started) = (machine.commit(), &machine.started);
    let mut text = format!("evenkeel bench  {started}  git {git}  {}\n", machine.rustc);
    text += &format!("machine   {machine}\n");
    text += &format!("built     {}, {} allocator\n", machine.profile, setting.allocator);
    text += &format!("peers     {}\n", machine.versions());
    let what = summary::quantity(setting.mode);
    let quick = if setting.quick { "; quick: not for claims" } else { "" };
    text += &format!("method    {what} per operation, {plan}{quick}\n");
    text
}

/// The table and what follows from it.
pub(super) fn body(run: &Run, look: Look) -> String {
    let layout = Layout::of(run);
    let mut text = String::from("\n");
    text += &layout.heading(run);
    let sound = run.is_sound();
    let losses = if sound { summary::losses(run) } else { Vec::new() };
    if !losses.is_empty() {
        let count = losses.len();
        let line = format!("LOSSES: {count} of {} rows, the worst first", run.rows.len());
        text += &look.paint.bad(&layout.rule(&line));
        text.push('\n');
        for row in &losses {
            text += &layout.row(run, row, look, sound);
        }
    }
    for group in run.groups() {
        let rows = run.rows.iter().filter(|row| row.case.group == group);
        let rows: Vec<_> = rows.filter(|row| !sound || !row.is_loss()).collect();
        if rows.is_empty() {
            continue;
        }
        text += &layout.rule(group);
        text.push('\n');
        for row in rows {
            text += &layout.row(run, row, look, sound);
        }
    }
    text += &layout.rule("");
    text.push('\n');
    text += &end(run, look.paint);
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// A row for somebody who waits for the table.
pub(super) fn line(row: &Row) -> String {
    let ours = row.unit.shown(row.cost(OURS).unwrap_or(0.0));
    let mut line = format!("{} {}  evenkeel {ours}", row.case.id, row.threads);
    for beside in row.beside.iter().filter(|it| it.runtime != LIMIT) {
        line += &format!("  {} {}", beside.runtime, summary::shown(beside.ratio.interval));
    }
    line
}

/// The control, the means, and the whole in short.
fn end(run: &Run, paint: Paint) -> String {
    let mut text = format!("control   {}\n", summary::control(run));
    if let Some(legend) = summary::legend(run) {
        text += &format!("units     {legend}\n");
    }
    for (index, line) in summary::key(run).iter().enumerate() {
        text += &format!("{:<10}{line}\n", if index == 0 { "key" } else { "" });
    }
    let columns = summary::columns(run);
    let means = summary::means(run);
    if means.len() > 1 {
        text += &format!("\n{:<10}{:>7}", "geometric", "threads");
        for column in &columns {
            text += &format!("   {:<20}", title(run, column));
        }
        text += "\n";
        for line in means {
            text += &format!("{:<10}{:>7}", line.group, line.threads);
            for mean in line.means {
                let shown = mean.map_or("-".into(), summary::shown);
                text += &format!("   {shown:<20}");
            }
            text = text.trim_end().to_owned() + "\n";
        }
    }
    text += "\nin short\n";
    if !run.is_sound() {
        text += &format!("  {}\n", paint.bad(summary::UNSOUND));
    }
    for standing in summary::standings(run) {
        text += &format!("  {}\n", standing.sentence(run));
        if run.is_sound() {
            text += &format!("      {}\n", standing.tally());
        }
    }
    for remark in &run.remarks {
        text += &format!("TOO SLOW  {remark}\n");
    }
    for fault in &run.faults {
        text += &paint.bad(&format!("FAILED    {fault}"));
        text.push('\n');
    }
    if run.interrupted {
        text += "interrupted: the table holds what was finished\n";
    }
    text
}

/// Where the columns stand.
struct Layout {
    asyncio: usize,
    case: usize,
    columns: Vec<String>,
    titles: Vec<usize>,
    limit: bool,
}

impl Layout {
    fn of(run: &Run) -> Layout {
        let widest = |of: fn(&Row) -> &str, least: usize| {
            run.rows.iter().map(|row| of(row).len()).max().unwrap_or(0).max(least) + 2
        };
        let columns = summary::columns(run);
        let titles = columns.iter().map(|it| title(run, it).len().max(18)).collect();
        Layout {
            asyncio: widest(|row| &row.case.asyncio, 12),
            case: widest(|row| &row.case.id, 4),
            columns,
            titles,
            limit: run.has(LIMIT),
        }
    }

    fn heading(&self, run: &Run) -> String {
        let Layout { asyncio, case, .. } = self;
        let mut first = format!("{:<asyncio$}{:<case$}{:>3}{:>11}", "", "", "", "evenkeel");
        let mut second =
            format!("{:<asyncio$}{:<case$}{:>3}{:>11}", "asyncio call", "case", "thr", "median");
        for (column, &width) in self.columns.iter().zip(&self.titles) {
            first += &format!("   {:<width$}", title(run, column));
            second += &format!("   {:<width$}", "ratio [95 %]");
        }
        if self.limit {
            first += &format!("{:>11}", "limit");
            second += &format!("{:>11}", "median");
        }
        first += "   verdict";
        second += "   (ratio > 1: evenkeel needs less)";
        format!("{first}\n{second}\n")
    }

    fn rule(&self, name: &str) -> String {
        let cells: usize = self.titles.iter().map(|width| width + 3).sum();
        let limit = if self.limit { 11 } else { 0 };
        let width = self.asyncio + self.case + 14 + cells + limit + 35;
        let lead = if name.is_empty() { String::new() } else { format!("-- {name} ") };
        format!("{lead}{}", "-".repeat(width.saturating_sub(lead.len())))
    }

    fn row(&self, run: &Run, row: &Row, look: Look, sound: bool) -> String {
        let Layout { asyncio, case, .. } = self;
        let ours = row.unit.shown(row.cost(OURS).unwrap_or(0.0));
        let mut line = format!(
            "{:<asyncio$}{:<case$}{:>3}{ours:>11}",
            row.case.asyncio, row.case.id, row.threads
        );
        for (column, &width) in self.columns.iter().zip(&self.titles) {
            let beside = row.beside(column);
            let shown = beside.map_or("-".into(), |it| summary::shown(it.ratio.interval));
            let cell = format!("{shown:<width$}");
            let verdict = beside.map_or(Verdict::Undecided, |it| it.verdict);
            line += "   ";
            line += &if sound { look.paint.verdict(verdict, &cell) } else { cell };
        }
        if self.limit {
            let limit = row.cost(LIMIT).map_or("-".into(), |cost| row.unit.shown(cost));
            line += &format!("{limit:>11}");
        }
        let verdict = if sound { summary::verdict(row) } else { "none: noise".into() };
        line += &format!("   {verdict}");
        let mut text = if sound { line } else { look.paint.grey(&line) };
        text.push('\n');
        if look.latency {
            text += &latency(run, row);
        }
        if look.verbose {
            text += &samples(row);
        }
        text
    }
}

/// Three lines, for the rows that have any.
fn latency(run: &Run, row: &Row) -> String {
    let mut text = String::new();
    type Pick = fn(&Latency) -> &[f64];
    let picks: [(&str, Pick); 3] =
        [("p50", |it| &it.p50), ("p99", |it| &it.p99), ("p99.9", |it| &it.p999)];
    let ours = row.latency.iter().find(|it| it.0 == OURS).map(|it| &it.1);
    let Some(ours) = ours else { return text };
    for (name, pick) in picks {
        let median = stats::median(pick(ours));
        text += &format!("    latency {name:<7} evenkeel {}", Unit::Ns.shown(median));
        for (runtime, theirs) in row.latency.iter().filter(|it| it.0 != OURS) {
            let median = Unit::Ns.shown(stats::median(pick(theirs)));
            let ratio = stats::estimate(&stats::ratios(pick(theirs), pick(ours)), 0).interval;
            let title = title(run, runtime);
            text += &format!("  |  {title} {median}, ratio {}", summary::shown(ratio));
        }
        text.push('\n');
    }
    text
}

fn samples(row: &Row) -> String {
    let mut text = String::new();
    for (name, values) in &row.samples {
        let values: Vec<_> = values.iter().map(|value| row.unit.shown(*value)).collect();
        let name = if name == CONTROL { "evenkeel again" } else { name };
        text += &format!("    {name:<16}{}\n", values.join("  "));
    }
    text
}

#[cfg(test)]
mod tests;
