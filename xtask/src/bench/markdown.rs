//! A run as a page of Markdown: for a document, an issue, or the summary of a build.

use super::run::{LIMIT, OURS, Row, Run};
use super::stats::Verdict;
use super::summary::{self, title};

pub(super) fn page(run: &Run) -> String {
    let machine = &run.machine;
    let setting = &run.setting;
    let mut text = format!("# evenkeel bench, {}\n\n", machine.started);
    let what = summary::quantity(setting.mode);
    let quick = if setting.quick { " **quick: not for claims.**" } else { "" };
    text += &format!(
        "{machine}; git {}; {}; {}, {} allocator; {}.\n\nCost: {what} per operation. Ratio: what \
         the peer needs ÷ what evenkeel needs, so **above 1 evenkeel is ahead**; the median over \
         the rounds with its 95 % interval.{quick}\n\n",
        machine.commit(),
        machine.rustc,
        machine.profile,
        setting.allocator,
        machine.versions()
    );
    if !run.is_sound() {
        text += &format!("**{}**\n\n", summary::UNSOUND);
    }
    for standing in summary::standings(run) {
        text += &format!("- {}", standing.sentence(run));
        text += &if run.is_sound() { format!("; {}\n", standing.tally()) } else { "\n".into() };
    }
    text += &format!("- control: {}\n", summary::control(run));
    let losses = if run.is_sound() { summary::losses(run) } else { Vec::new() };
    if !losses.is_empty() {
        text += "\n## Where evenkeel is behind\n\n";
        text += &table(run, &losses);
    }
    for group in run.groups() {
        let rows: Vec<_> = run.rows.iter().filter(|row| row.case.group == group).collect();
        text += &format!("\n## {}\n\n", if group.is_empty() { "all" } else { group });
        text += &table(run, &rows);
    }
    for remark in &run.remarks {
        text += &format!("\nToo slow: {remark}\n");
    }
    for fault in &run.faults {
        text += &format!("\nFAILED: {fault}\n");
    }
    text
}

fn table(run: &Run, rows: &[&Row]) -> String {
    let columns = summary::columns(run);
    let limit = rows.iter().any(|row| row.beside(LIMIT).is_some());
    let mut head = String::from("| case | asyncio | threads | evenkeel |");
    let mut rule = String::from("|---|---|--:|--:|");
    for column in &columns {
        head += &format!(" {} |", title(run, column));
        rule += "---|";
    }
    if limit {
        head += " limit |";
        rule += "--:|";
    }
    let mut text = format!("{head} verdict |\n{rule}---|\n");
    for row in rows {
        let cost = |runtime| row.cost(runtime).map_or("-".into(), |cost| row.unit.shown(cost));
        text += &format!(
            "| `{}` | {} | {} | {} |",
            row.case.id,
            row.case.asyncio,
            row.threads,
            cost(OURS)
        );
        for column in &columns {
            let beside = row.beside(column);
            let shown = beside.map_or("-".into(), |it| summary::shown(it.ratio.interval));
            let loss = beside.is_some_and(|it| it.verdict == Verdict::Worse) && run.is_sound();
            text += &if loss { format!(" **{shown}** |") } else { format!(" {shown} |") };
        }
        if limit {
            text += &format!(" {} |", cost(LIMIT));
        }
        let verdict = if run.is_sound() { summary::verdict(row) } else { "none: noise".into() };
        text += &format!(" {verdict} |\n");
    }
    text
}

#[cfg(test)]
mod tests;
