//! strace's record: which system calls lie between two marks.

use std::collections::BTreeMap;
use std::path::Path;

/// How often each call was made, by operation.
pub(super) type Calls = BTreeMap<String, BTreeMap<String, f64>>;

/// Made by the thread outside that sets the pace, not by the runtime.
const NOT_OURS: &[&str] = &["clock_nanosleep", "nanosleep"];

/// What is written before the driver's name.
pub(super) fn line(out: &Path) -> Vec<String> {
    ["strace", "-f", "-o", &out.to_string_lossy()].into_iter().map(String::from).collect()
}

pub(super) fn read(out: &Path) -> Result<Calls, String> {
    let text = std::fs::read(out).map_err(|error| format!("{}: {error}", out.display()))?;
    Ok(parse(&String::from_utf8_lossy(&text)))
}

/// A line is a thread's number and a call; the second half of one that was interrupted begins with
/// `<...` and is no call of its own.
pub(super) fn parse(text: &str) -> Calls {
    let mut calls = Calls::new();
    let mut op = None;
    for line in text.lines() {
        if let Some((_, mark)) = line.split_once("\"counts:") {
            let mark = mark.split('"').next().unwrap_or_default();
            op = mark.strip_prefix("begin:").map(String::from);
            if let Some(op) = &op {
                calls.entry(op.clone()).or_default();
            }
            continue;
        }
        let Some(op) = &op else { continue };
        let call = line.split_whitespace().nth(1).and_then(|call| call.split_once('('));
        let Some((call, _)) = call else { continue };
        let named = call.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if named && !call.is_empty() && !NOT_OURS.contains(&call) {
            *calls.entry(op.clone()).or_default().entry(call.into()).or_default() += 1.0;
        }
    }
    calls
}
