//! Every waiting call says what is lost when it is dropped half-way.
//!
//! A waiting call is a public `async fn`, a public function that returns `impl Future`, or one that
//! returns a type which is a future by an `impl` in the same crate. The section may stand on the
//! function or on that type. A module's own type of that name, no future there, is another. Told by
//! text: what a macro writes is not seen.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::source::{code_of, line_of};
use super::{Found, Text};

const HEADING: &str = "# Cancellation";

/// How the section begins.
const GRADES: &[&str] = &["Nothing lost", "Place lost", "Data may be lost"];

pub(super) fn check(texts: &[Text], found: &mut Found) {
    let mut crates: BTreeMap<&Path, Vec<&Text>> = BTreeMap::new();
    for text in texts.iter().filter(|text| text.is_crate_source()) {
        let folder = text.path.ancestors().find(|path| path.ends_with("src"));
        crates.entry(folder.unwrap_or(&text.path)).or_default().push(text);
    }
    for texts in crates.values() {
        let futures = futures_of(texts);
        let documented = documented_types(texts, &futures);
        for text in texts {
            let here: Vec<&Text> = texts.iter().copied().filter(|of| contains(of, text)).collect();
            let mut futures = futures.clone();
            futures.retain(|name| !is_shadowed(name, &here));
            for fault in faults(&text.text, &futures, &documented) {
                found.fault(text.at(fault.line), fault.what);
            }
        }
    }
}

/// Whether `outer` is the file of a module around that of `inner`, or the same.
fn contains(outer: &Text, inner: &Text) -> bool {
    inner.path.starts_with(outer.path.with_extension("")) || outer.path == inner.path
}

/// Whether a type of this name is defined here, and is no future here.
fn is_shadowed(name: &str, here: &[&Text]) -> bool {
    let defined = here.iter().any(|text| {
        let mut words = text.text.match_indices("pub struct ").map(|(at, word)| at + word.len());
        words.any(|at| {
            let end = text.text[at..].find(|c: char| !c.is_alphanumeric()).unwrap_or_default();
            &text.text[at..at + end] == name
        })
    });
    defined && !futures_of(here).contains(name)
}

#[derive(Debug)]
struct Fault {
    line: usize,
    what: String,
}

fn faults(source: &str, futures: &BTreeSet<String>, documented: &BTreeSet<String>) -> Vec<Fault> {
    let code = code_of(source);
    let lines: Vec<&str> = source.lines().collect();
    let mut faults = Vec::new();
    for at in public_functions(&code) {
        let line = line_of(&code, at);
        let Some(waits) = waits(&code[at..], futures) else { continue };
        if waits.type_name.as_ref().is_some_and(|name| is_setter(&code, at, name)) {
            continue;
        }
        let docs = docs_above(&lines, line);
        if docs.iter().any(|doc| doc.contains("doc(hidden)")) {
            continue;
        }
        match grade(&docs) {
            Some(true) => {}
            Some(false) => faults.push(Fault { line, what: bad_grade(&waits.name) }),
            None if waits.type_name.is_some_and(|name| documented.contains(&name)) => {}
            None => {
                let what = format!("`{}` waits, and has no `{HEADING}`", waits.name);
                faults.push(Fault { line, what });
            }
        }
    }
    faults
}

fn bad_grade(name: &str) -> String {
    format!("the `{HEADING}` of `{name}` does not begin with {}", GRADES.join(" or "))
}

/// A function that may wait.
struct Waits {
    name: String,
    /// The future it returns, where that has a name.
    type_name: Option<String>,
}

/// Where each `pub fn` begins; `pub(crate)` and below are nobody's promise.
fn public_functions(code: &str) -> impl Iterator<Item = usize> {
    code.match_indices("pub ").map(|(at, _)| at).filter(|at| {
        let rest = code[at + 4..].trim_start();
        let mut words = rest.split_whitespace();
        let qualifiers = ["async", "const", "unsafe"];
        words.find(|word| !qualifiers.contains(word)) == Some("fn")
    })
}

/// What the signature that begins here waits for.
fn waits(code: &str, futures: &BTreeSet<String>) -> Option<Waits> {
    let end = code.find(['{', ';']).unwrap_or(code.len());
    let signature = &code[..end];
    let after = &signature[signature.find("fn ")? + 3..];
    let name: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    if signature[..signature.find("fn ")?].contains("async ") {
        return Some(Waits { name, type_name: None });
    }
    let arrow = after.rfind("->")?;
    let result = after[arrow + 2..].split(" where").next()?.trim();
    if result.starts_with("impl Future") || result.contains("dyn Future") {
        return Some(Waits { name, type_name: None });
    }
    let type_name = result.split(['<', ' ', '\n']).next()?.rsplit("::").next()?;
    // `Self` of `new` and `default` makes a value; its type documents itself.
    futures.contains(type_name).then(|| Waits { name, type_name: Some(type_name.into()) })
}

/// Whether a function takes a future by value and gives it back, altered: `gather(..).limit(3)`.
fn is_setter(code: &str, at: usize, type_name: &str) -> bool {
    let end = code[at..].find(['{', ';']).map_or(code.len(), |end| at + end);
    let signature: String = code[at..end].split_whitespace().collect();
    let by_value = ["(self)", "(self,", "(mutself)", "(mutself,"];
    let by_value = by_value.iter().any(|parameter| signature.contains(parameter));
    let owner = code[..at].rfind("\nimpl").map(|from| &code[from..at]);
    let owner = owner.and_then(|text| text.split('{').next()).unwrap_or_default();
    by_value && owner.split(|c: char| !c.is_alphanumeric()).any(|word| word == type_name)
}

/// The names of types for which this crate says `impl Future for`.
fn futures_of(texts: &[&Text]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for text in texts {
        let code = code_of(&text.text);
        for (at, trait_name) in code.match_indices("Future for ") {
            let rest = &code[at + trait_name.len()..];
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
            names.insert(name);
        }
    }
    names
}

/// Those of them whose own documentation has the section.
fn documented_types(texts: &[&Text], futures: &BTreeSet<String>) -> BTreeSet<String> {
    let mut documented = BTreeSet::new();
    for text in texts {
        let lines: Vec<&str> = text.text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let Some(rest) = line.trim_start().strip_prefix("pub struct ") else { continue };
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
            if futures.contains(&name) && grade(&docs_above(&lines, index + 1)) == Some(true) {
                documented.insert(name);
            }
        }
    }
    documented
}

/// The doc comment and attributes directly above a line (counted from one), top first.
fn docs_above<'a>(lines: &[&'a str], line: usize) -> Vec<&'a str> {
    let above = lines[..line - 1].iter().rev().map(|line| line.trim());
    // An attribute over several lines ends in `)]`; its middle is whatever is no blank and no code.
    let mut docs: Vec<&str> = above
        .take_while(|line| {
            !line.is_empty() && !line.ends_with(['{', '}', ';']) || line.starts_with("///")
        })
        .collect();
    docs.reverse();
    docs
}

/// Whether the section is there, and if so whether it begins with a grade.
fn grade(docs: &[&str]) -> Option<bool> {
    let heading = docs.iter().position(|doc| doc.trim_start_matches('/').trim() == HEADING)?;
    let first = docs[heading + 1..]
        .iter()
        .map(|doc| doc.trim_start_matches('/').trim())
        .find(|doc| !doc.is_empty())
        .unwrap_or_default();
    let first = first.trim_start_matches(['*', '_']);
    Some(GRADES.iter().any(|grade| first.starts_with(grade)))
}

#[cfg(test)]
mod tests;
