//! A script, its transcript and its twin, held against each other.

use std::fs;
use std::path::{Path, PathBuf};

use crate::python::{Python, Running, Version, lines};
use crate::stage;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential")
}

/// What a script says of itself in the comments it begins with.
#[derive(Debug)]
struct Script {
    path: PathBuf,
    needs: Version,
    differs: bool,
}

impl Script {
    fn read(name: &str) -> Script {
        let path = folder().join(name).with_extension("py");
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}.py: {error}"));
        let header = |key: &str| {
            let mut comments = text.lines().take_while(|line| line.starts_with('#'));
            comments.find_map(|line| line.strip_prefix(key).map(|rest| rest.trim().to_owned()))
        };
        let needs = header("# needs ").map_or(Version(3, 11), |text| {
            Version::parse(&text).unwrap_or_else(|| panic!("{name}.py needs {text:?}?"))
        });
        let differs = header("# differs:");
        assert!(differs.as_deref() != Some(""), "{name}.py differs, and does not say why");
        Script { path, needs, differs: differs.is_some() }
    }

    fn transcript(&self, extension: &str) -> Vec<String> {
        let path = self.path.with_extension(extension);
        let text = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}; see main.rs", path.display()));
        lines(&text)
    }
}

/// The test of one program: `t07_gather` is `07_gather.py` and its twin.
pub(crate) fn both(test: &str, twin: fn()) {
    let script = Script::read(&test[1..]);
    let live = Live::start(&script);
    let recorded = script.transcript("out");
    let said = stage::watch(twin);
    if script.differs {
        assert_ne!(said, recorded, "{test} differs no longer: take the header away");
        same(&said, "the twin", &script.transcript("evenkeel.out"), "its transcript");
    } else {
        same(&said, "the twin", &recorded, "CPython's transcript");
    }
    live.check(&recorded);
}

/// The test of a script that has no twin yet.
#[allow(dead_code, reason = "unless there is one")]
pub(crate) fn alone(test: &str) {
    let script = Script::read(&test[1..]);
    Live::start(&script).check(&script.transcript("out"));
}

/// A script that runs, unless there is nobody to run it.
#[derive(Debug)]
struct Live(Option<Running>);

impl Live {
    fn start(script: &Script) -> Live {
        Live(Python::at_least(script.needs).map(|python| python.start(&script.path)))
    }

    fn check(self, recorded: &[String]) {
        if let Some(running) = self.0 {
            same(&running.lines(), "CPython", recorded, "its transcript");
        }
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
