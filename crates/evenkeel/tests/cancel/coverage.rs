//! The list of waiting calls is read from the sources: a call that no case cancels fails, by its name.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::harness::Case;

/// Waiting calls that no case needs to try, and why.
const EXCUSED: &[(&str, &str)] = &[
    (
        "evenkeel/testing wait_all_blocked",
        "answered by a runner's loop, which is no step of a play; what it awaits is a oneshot, which is tried",
    ),
    ("evenkeel/net/serve serve", SERVER),
    ("evenkeel/net/serve Server::run", SERVER),
    ("evenkeel/net/serve ServerHandle::stopping", "an event, which is tried"),
    ("evenkeel/net/serve Connection::stopping", "an event, which is tried"),
    ("evenkeel/io/connection start_server", "`TcpListener::bind`, which is tried"),
    ("evenkeel/io/connection StreamServer::wait_closed", "a task, which is tried"),
    (
        "evenkeel/stdio Stdin",
        "a source, or a file: both are tried; a play cannot fill its own input",
    ),
    ("evenkeel/stdio/lines Lines::next_line", "the same; its own test feeds it lines in pieces"),
];

const SERVER: &str = "a group's scope around `Acceptor::accept`, which are tried; its own part needs a \
     runner's loop and has tests there";

/// Crates on top of this one: what they wait by is this one's, and their own tests drop their futures.
const ABOVE: &[&str] = &["hyper"];

/// Fails with the calls that are not covered, and the covered names that are no calls.
pub(crate) fn compare(cases: &[Case]) {
    let mut calls = BTreeSet::new();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for folder in children(&crates) {
        let name = folder.file_name().expect("a folder").to_string_lossy().into_owned();
        let source = folder.join("src");
        if source.is_dir() && !ABOVE.contains(&&*name) {
            collect(&source, &name, &mut calls);
        }
    }
    assert!(calls.len() > 100, "the sources are not where they were: {calls:?}");
    let tried: BTreeSet<&str> = cases.iter().flat_map(|case| case.covers).copied().collect();
    let excused: BTreeSet<&str> = EXCUSED.iter().map(|(name, _)| *name).collect();
    let named: BTreeSet<String> = tried.union(&excused).map(|name| (*name).to_owned()).collect();
    let missing: Vec<_> = calls.difference(&named).collect();
    let stale: Vec<_> = named.difference(&calls).collect();
    let twice: Vec<_> = tried.intersection(&excused).collect();
    assert!(missing.is_empty(), "waiting calls that no case cancels: {missing:#?}");
    assert!(stale.is_empty(), "named by a case, and no waiting call: {stale:#?}");
    assert!(twice.is_empty(), "excused, and tried all the same: {twice:#?}");
    println!("{} waiting calls: {} tried, {} excused", calls.len(), tried.len(), excused.len());
}

fn children(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of the workspace");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

/// The waiting calls below `folder`, as `crate/file Type::call`.
fn collect(folder: &Path, prefix: &str, calls: &mut BTreeSet<String>) {
    for path in children(folder) {
        let stem = path.file_stem().expect("a name").to_string_lossy();
        let name = format!("{prefix}/{stem}");
        if path.is_dir() {
            collect(&path, &name, calls);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source file");
            calls.extend(waiting(&text).into_iter().map(|item| format!("{name} {item}")));
        }
    }
}

/// The items of one file whose documentation has the section.
fn waiting(text: &str) -> Vec<String> {
    let (mut within, mut waits, mut items) = (String::new(), false, Vec::new());
    for line in text.lines() {
        let code = line.trim_start();
        if code.starts_with("/// # Cancellation") {
            waits = true;
        }
        if code.starts_with("//") || code.starts_with("#[") || code.is_empty() {
            continue;
        }
        if code.starts_with("impl") && code.ends_with('{') {
            within = header(code);
        }
        if std::mem::take(&mut waits) {
            let method = line.len() > code.len();
            items.push(item(code, if method { &within } else { "" }));
        }
    }
    items
}

/// The type of an `impl`, and the trait if there is one: `Lock`, `Receiver as Future`.
fn header(code: &str) -> String {
    let mut rest = code.strip_prefix("impl").expect("asked before").trim_end_matches('{').trim();
    if rest.starts_with('<') {
        let mut depth = 0;
        let end = rest.find(|c| {
            depth += i32::from(c == '<') - i32::from(c == '>');
            depth == 0
        });
        rest = rest[end.map_or(0, |end| end + 1)..].trim();
    }
    match rest.split_once(" for ") {
        Some((of, name)) => format!("{} as {of}", plain(name)),
        None => plain(rest).to_owned(),
    }
}

/// Without its parameters, but for a source, whose parameter says which socket it is.
fn plain(name: &str) -> &str {
    if name.starts_with("Source<") { name } else { name.split('<').next().unwrap_or(name) }
}

/// `pub async fn wait(&self)` within `Event`: `Event::wait`.
fn item(code: &str, within: &str) -> String {
    if code.starts_with("impl") {
        return header(code);
    }
    let words = ["pub ", "async ", "const ", "fn ", "struct ", "macro_rules! "];
    let (mut name, mut call) = (code, false);
    while let Some(word) = words.iter().find(|word| name.starts_with(**word)) {
        call |= *word == "fn ";
        name = &name[word.len()..];
    }
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
    let name = &name[..end];
    match (code.starts_with("macro_rules!"), call && !within.is_empty()) {
        (true, _) => format!("{name}!"),
        (_, true) => format!("{within}::{name}"),
        (_, false) => name.to_owned(),
    }
}
