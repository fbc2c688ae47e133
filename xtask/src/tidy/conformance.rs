//! The table of asyncio's tests tells the truth: what it names is there.
//!
//! In `docs/CONFORMANCE.md` a test is named `crate/file::name`, which is `fn name` in
//! `crates/<crate>/tests/it/<file>.rs`; and a case, `GAT-04`, has tests whose names begin with its id, or
//! that name it in a comment. A row that begins with a test of CPython's says how it is answered.

use std::path::Path;

use super::{Found, Text};

const TABLE: &str = "docs/CONFORMANCE.md";

/// How a row about one of CPython's tests may answer. The first two must name a test of ours.
const VERDICTS: [&str; 3] = ["same", "adapted", "not applicable"];

pub(super) fn check(texts: &[Text], found: &mut Found) {
    let Some(table) = texts.iter().find(|text| text.path == Path::new(TABLE)) else {
        return found.fault(TABLE, "is not there");
    };
    let tests: Vec<&Text> = texts.iter().filter(|text| is_test(text)).collect();
    for (line, what) in faults(&table.text, &tests) {
        found.fault(table.at(line), what);
    }
}

fn is_test(text: &Text) -> bool {
    let mut parts = text.path.components().map(|part| part.as_os_str());
    text.is_rust() && parts.any(|part| part == "tests")
}

/// Each with its line, counted from one.
fn faults(table: &str, tests: &[&Text]) -> Vec<(usize, String)> {
    let mut faults = Vec::new();
    for (index, line) in table.lines().enumerate() {
        let mut fault = |what: String| faults.push((index + 1, what));
        let named: Vec<&str> = names(line).collect();
        for name in named.iter().filter(|name| !exists(name, tests)) {
            fault(format!("there is no test `{name}`"));
        }
        let Some(cells) = cells(line) else { continue };
        if is_case(cells[0]) && !has_test(cells[0], tests) {
            fault(format!("no test has the case {}", cells[0]));
        }
        if !cells[0].starts_with("`test_") && !cells[0].contains(".test_") {
            continue;
        }
        match VERDICTS
            .iter()
            .position(|verdict| cells.last().is_some_and(|c| c.starts_with(verdict)))
        {
            None => fault(format!("{} has no verdict: {}", cells[0], VERDICTS.join(", "))),
            Some(0 | 1) if named.is_empty() => fault(format!("{} names no test", cells[0])),
            Some(_) => {}
        }
    }
    faults
}

/// The words in backticks that name a test: `crate/file::name`.
fn names(line: &str) -> impl Iterator<Item = &str> {
    let quoted = line.split('`').skip(1).step_by(2);
    quoted.filter(|word| parts(word).is_some())
}

/// Crate, file and name.
fn parts(word: &str) -> Option<(&str, &str, &str)> {
    let (path, name) = word.split_once("::")?;
    let (krate, file) = path.split_once('/')?;
    let plain =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    (plain(krate) && plain(file) && plain(name)).then_some((krate, file, name))
}

fn exists(word: &str, tests: &[&Text]) -> bool {
    let Some((krate, file, name)) = parts(word) else { return false };
    let path = format!("crates/{krate}/tests/it/{file}.rs");
    let file = tests.iter().find(|text| text.path == Path::new(&path));
    file.is_some_and(|text| text.text.contains(&format!("fn {name}(")))
}

/// A row of a table.
fn cells(line: &str) -> Option<Vec<&str>> {
    let row = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(row.split('|').map(str::trim).collect())
}

/// `GAT-04`.
fn is_case(cell: &str) -> bool {
    let mut chars = cell.chars();
    cell.len() == 6
        && chars.by_ref().take(3).all(|c| c.is_ascii_uppercase())
        && chars.next() == Some('-')
        && chars.all(|c| c.is_ascii_digit())
}

fn has_test(case: &str, tests: &[&Text]) -> bool {
    let prefix = format!("fn {}_", case.to_lowercase().replace('-', "_"));
    tests.iter().any(|text| text.text.contains(&prefix) || text.text.contains(case))
}

#[cfg(test)]
mod tests;
