//! The shape of files: how they open, how long they are, what they are called, what they give away.

use std::path::Path;

use super::source::is_inner_attribute;
use super::{Found, Text};
use crate::workspace::Workspace;

/// A file over this is several files.
const LONGEST: usize = 600;

/// A file over this is worth a look before it grows on.
const WANTED: usize = 400;

/// `lib.rs` is a table of contents.
const CONTENTS: usize = 120;

/// Drawers: a name that says nothing gathers everything.
const DRAWERS: &[&str] = &["util", "utils", "common", "types", "helper", "helpers", "misc"];

/// Beginnings of paths that exist on one machine only. Cut in two, or this file would hold them.
const MACHINES: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("/wo", "rk/"),
    concat!("C:\\", "Users"),
    concat!("/tm", "p/target"),
];

pub(super) fn check(workspace: &Workspace, texts: &[Text], found: &mut Found) {
    for text in texts {
        name(text, found);
        machine(text, found);
        if text.is_rust() {
            head(text, found);
            size(text, found);
        }
        if text.path == Path::new("Cargo.lock") {
            registries(text, found);
        }
    }
    let readme = texts.iter().find(|text| text.path == Path::new("README.md"));
    let readme = readme.map_or("", |text| text.text.as_str());
    for package in &workspace.packages {
        for example in &package.examples {
            if !readme.contains(example.as_str()) {
                found.fault("README.md", format!("does not list the example `{example}`"));
            }
        }
    }
}

fn name(text: &Text, found: &mut Found) {
    let stem = text.path.file_stem().unwrap_or_default().to_string_lossy();
    let folder = text.path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    if text.is_rust() && (DRAWERS.contains(&&*stem) || DRAWERS.contains(&&*folder)) {
        found.fault(text.path.display(), "is named after a drawer; a file is a noun");
    }
}

fn head(text: &Text, found: &mut Found) {
    let mut rest = text.text.trim_start();
    while is_inner_attribute(rest) {
        rest = rest.find(']').map_or("", |end| rest[end + 1..].trim_start());
    }
    match rest.strip_prefix("//!") {
        Some(sentence) if sentence.lines().next().is_some_and(|line| !line.trim().is_empty()) => {}
        _ => found.fault(text.at(1), "does not open with `//!` and a sentence"),
    }
}

fn size(text: &Text, found: &mut Found) {
    let lines = text.text.lines().count();
    let contents = text.is_crate_source() && text.path.ends_with("src/lib.rs");
    if lines > LONGEST {
        found.fault(text.path.display(), format!("{lines} lines, over {LONGEST}"));
    } else if lines > WANTED {
        found.note(text.path.display(), format!("{lines} lines, over {WANTED}"));
    } else if contents && lines > CONTENTS {
        found.note(text.path.display(), format!("{lines} lines of contents, over {CONTENTS}"));
    }
}

fn machine(text: &Text, found: &mut Found) {
    for (index, line) in text.text.lines().enumerate() {
        for path in MACHINES {
            if line.contains(path) {
                found.fault(text.at(index + 1), format!("a path of somebody's machine: {path}"));
            }
        }
    }
}

/// The lock file names the public registry by its public name, or nobody else can use it.
fn registries(text: &Text, found: &mut Found) {
    const PUBLIC: &str = "registry+https://github.com/rust-lang/crates.io-index";
    for (index, line) in text.text.lines().enumerate() {
        let Some(source) = line.strip_prefix("source = ") else { continue };
        if source.trim_matches('"') != PUBLIC {
            found.fault(text.at(index + 1), format!("not the public registry: {source}"));
        }
    }
}

#[cfg(test)]
mod tests;
