//! The table: as a program keeps it, and as a person reads it.

use std::fmt::Write;

use serde_json::{Value, json};

use super::OURS;
use super::gather::Gathered;
use super::row::{Row, figure, sum};
use super::words::{Names, Whose};
use crate::workspace::Workspace;

const KEPT: &str = "benches/counts/table.json";
const SHOWN: &str = "benches/counts/TABLE.md";

/// What was committed.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) rustc: String,
    pub(super) rows: Vec<Row>,
}

pub(super) fn read(workspace: &Workspace) -> Result<Table, String> {
    let path = workspace.root.join(KEPT);
    let text = std::fs::read_to_string(&path)
        .map_err(|error| format!("{KEPT}: {error}; `cargo xtask counts --write` makes one"))?;
    let json: Value = serde_json::from_str(&text).map_err(|error| format!("{KEPT}: {error}"))?;
    let rows = json["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(Table {
        rustc: json["rustc"].as_str().unwrap_or_default().into(),
        rows: rows.iter().map(Row::from_json).collect(),
    })
}

/// Writes both. Rows of peers that were not counted this time stay as they are.
pub(super) fn write(workspace: &Workspace, gathered: &Gathered) -> Result<(), String> {
    let mut rows = gathered.rows.clone();
    if let Ok(old) = read(workspace) {
        let counted: Vec<_> = rows.iter().map(|row| row.runtime.clone()).collect();
        rows.extend(old.rows.into_iter().filter(|row| !counted.contains(&row.runtime)));
    }
    // One row a line, so that a change of one is a change of one line.
    let lines: Vec<_> = rows.iter().map(|row| format!("  {}", row.to_json())).collect();
    let rustc = json!(gathered.rustc);
    let kept = format!("{{\"rustc\":{rustc},\"rows\":[\n{}\n]}}\n", lines.join(",\n"));
    let put = |name: &str, text: String| {
        std::fs::write(workspace.root.join(name), text).map_err(|error| format!("{name}: {error}"))
    };
    put(KEPT, kept)?;
    put(SHOWN, page(&rows, gathered))
}

const HEAD: &str = "\
# What one operation takes

Counted, not timed: `cargo xtask counts --against tokio,smol --write` has written this, and
`cargo xtask ci` fails when a figure of evenkeel's becomes dearer. Figures are per operation.

- *instructions* and *locked*: all that the process executes, under callgrind. *Locked* are the
  instructions that take a cache line for themselves (read-modify-writes and full fences), whoever
  wrote them: our words, `Arc`'s counts, async-task's state. It is the figure to hold beside a peer's.
- *calls*: system calls, by strace. *allocations*: how often the allocator is asked.
- *all, worker, task, object*: read-modify-writes of words in our own crates, by whose the word is: one
  that all workers share, one of a worker, of a task, of a lock, channel or socket. A lock is two: it
  is taken and let go. What all share is what many cores would queue for; `words.txt` names each.
- *1*: one worker. *2*: two, the other being busy, so nobody has to be woken and nobody steals: what
  an operation costs where every core has work. *2-free*: two, the other being free to sleep and
  steal; never the same twice, so the best of three runs.
";

fn page(rows: &[Row], gathered: &Gathered) -> String {
    let mut page = String::from(HEAD);
    let _ = writeln!(page, "\nCompiler: {}.", gathered.rustc);
    page += "\n## The operations\n\n";
    for op in &gathered.ops {
        let _ = writeln!(page, "- `{}`: {}", op.name, op.meaning);
    }
    for workers in ["1", "2", "2-free"] {
        let ours: Vec<_> =
            rows.iter().filter(|row| row.workers == workers && row.runtime == OURS).collect();
        let _ = writeln!(page, "\n## evenkeel, workers: {workers}\n");
        page += "| operation | instructions | locked | calls | allocations | all | worker | task | object |\n";
        page += "|---|--:|--:|--:|--:|--:|--:|--:|--:|\n";
        for row in ours {
            let _ = writeln!(page, "| {} |", cells(row, &gathered.names).join(" | "));
        }
    }
    page +=
        "\n## Beside the peers\n\nInstructions, locked instructions and system calls of each.\n";
    for workers in ["1", "2"] {
        let _ = writeln!(page, "\nWorkers: {workers}.\n");
        page += &beside(rows, workers);
    }
    page += "\n## Whose locked instructions, and which words\n";
    for row in rows.iter().filter(|row| row.workers == "2" && row.runtime == OURS) {
        page += &detail(row, &gathered.names);
    }
    page
}

fn cells(row: &Row, names: &Names) -> Vec<String> {
    let show = |figure_of: Option<f64>| figure_of.map_or("–".into(), figure);
    let name = if row.loose { format!("{} (about)", row.op) } else { row.op.clone() };
    let mut cells = vec![
        name,
        show(row.instructions),
        show(row.locked.as_ref().map(sum)),
        show(row.calls.as_ref().map(sum)),
        show(row.allocations),
    ];
    for whose in [Whose::All, Whose::Worker, Whose::Task, Whose::Object] {
        let words = row.words.as_ref().map(|words| {
            let of = words.iter().filter(|(name, _)| names.whose(name) == whose);
            of.map(|(_, acts)| acts.locked()).sum()
        });
        cells.push(show(words));
    }
    cells
}

fn beside(rows: &[Row], workers: &str) -> String {
    let here: Vec<_> = rows.iter().filter(|row| row.workers == workers).collect();
    let mut runtimes: Vec<&str> = Vec::new();
    for row in &here {
        if !runtimes.contains(&row.runtime.as_str()) {
            runtimes.push(&row.runtime);
        }
    }
    let mut table = format!("| operation | {} |\n|---|", runtimes.join(" | "));
    table += &"--:|".repeat(runtimes.len());
    table.push('\n');
    for ours in here.iter().filter(|row| row.runtime == OURS) {
        let mut line = vec![ours.op.clone()];
        for runtime in &runtimes {
            let row = here.iter().find(|row| row.runtime == *runtime && row.op == ours.op);
            let show = |figure_of: Option<f64>| figure_of.map_or("–".into(), figure);
            line.push(row.map_or("–".into(), |row| {
                let locked = show(row.locked.as_ref().map(sum));
                let calls = show(row.calls.as_ref().map(sum));
                format!("{} · {locked} · {calls}", show(row.instructions))
            }));
        }
        let _ = writeln!(table, "| {} |", line.join(" | "));
    }
    table
}

fn detail(row: &Row, names: &Names) -> String {
    let mut text = format!("\n**{}**", row.op);
    if let Some(locked) = &row.locked {
        let all: Vec<_> = locked.iter().map(|(who, n)| format!("{who} {}", figure(*n))).collect();
        let _ = write!(text, ": {}", if all.is_empty() { "none".into() } else { all.join(", ") });
    }
    text.push('\n');
    for whose in Whose::ALL {
        for (name, acts) in
            row.words.iter().flatten().filter(|(name, _)| names.whose(name) == whose)
        {
            // A store to a word of one's own is a store like any other.
            let quiet = acts.changes + acts.locks < 0.005 && whose != Whose::All;
            if !quiet {
                let _ = writeln!(text, "- {}: `{name}` {}", whose.name(), acts.told().join(", "));
            }
        }
    }
    text
}

/// For a terminal.
pub(super) fn text(rows: &[Row], names: &Names, verbose: bool) -> String {
    let mut text = String::new();
    let heads = ["", "instr", "locked", "calls", "alloc", "all", "worker", "task", "object"];
    let mut last = String::new();
    for row in rows {
        let title = format!("{}, workers: {}", row.runtime, row.workers);
        if title != last {
            let _ = write!(text, "\n{title}\n{:<24}", "");
            heads[1..].iter().for_each(|head| {
                let _ = write!(text, "{head:>9}");
            });
            text.push('\n');
            last = title;
        }
        let cells = cells(row, names);
        let _ = write!(text, "{:<24}", cells[0]);
        cells[1..].iter().for_each(|cell| {
            let _ = write!(text, "{cell:>9}");
        });
        text.push('\n');
        if verbose {
            let detail = detail(row, names);
            detail.lines().skip(1).for_each(|line| {
                let _ = writeln!(text, "    {line}");
            });
        }
    }
    text.push('\n');
    text
}
