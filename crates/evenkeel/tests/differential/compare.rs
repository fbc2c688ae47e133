//! A script, its transcript and its twin, held against each other.

use crate::python;
use crate::script::Script;
use crate::stage;

/// The test of one program: `t07_gather` is `07_gather.py` and its twin.
pub(crate) fn both(test: &str, twin: fn()) {
    python::begin();
    let script = Script::read(&test[1..]);
    let recorded = script.recorded("out");
    let said = stage::watch(twin);
    if script.differs {
        assert_ne!(said, recorded, "{test} differs no longer: take the header away");
        same(&said, "the twin", &script.recorded("evenkeel.out"), "its transcript");
    } else {
        same(&said, "the twin", &recorded, "CPython's transcript");
    }
    if let Some(live) = python::transcript(&script) {
        same(live, "CPython", &recorded, "its transcript");
    }
}

/// Both transcripts beside each other, if they are not the same.
fn same(left: &[String], left_name: &str, right: &[String], right_name: &str) {
    if left == right {
        return;
    }
    let width = left.iter().map(String::len).max().unwrap_or(0).max(left_name.len());
    let mut table = format!("  {left_name:<width$}   {right_name}\n");
    for row in 0..left.len().max(right.len()) {
        let (left, right) = (left.get(row), right.get(row));
        let mark = if left == right { ' ' } else { '!' };
        let text = |line: Option<&String>| line.map_or("(nothing)", String::as_str).to_owned();
        table += &format!("{mark} {:<width$} | {}\n", text(left), text(right));
    }
    panic!("they do not say the same:\n{table}");
}
