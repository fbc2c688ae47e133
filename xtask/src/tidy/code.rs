//! What may not stand in the code of a published crate, as plain text can tell.

use super::source::{code_of, line_of};
use super::{Found, Text};

pub(super) fn check(text: &Text, found: &mut Found) {
    if !text.path.starts_with("crates") {
        return;
    }
    let code = code_of(&text.text);
    for at in let_chains(&code) {
        let what = "a let-chain, which the oldest compiler promised does not have";
        found.fault(text.at(line_of(&code, at)), what);
    }
    let facade = text.path.file_name().is_some_and(|name| name == "loom.rs");
    if text.is_crate_source() && !facade {
        for name in ["std::sync::atomic", "core::sync::atomic"] {
            for (at, _) in code.match_indices(name) {
                found.fault(text.at(line_of(&code, at)), format!("{name} outside src/loom.rs"));
            }
        }
    }
}

/// Where `if let .. && ..` and its kin begin.
fn let_chains(code: &str) -> Vec<usize> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("&& let ") {
        found.push(at);
    }
    for keyword in ["if let ", "while let "] {
        for (at, _) in code.match_indices(keyword) {
            let alone = code[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
            if alone && has_and(&code[at + keyword.len()..]) {
                found.push(at);
            }
        }
    }
    found.sort_unstable();
    found
}

/// Whether a bare `&&` stands between here and the block. Inside brackets it is an ordinary "and";
/// right behind `=` or `(` it is a borrow of a borrow.
fn has_and(condition: &str) -> bool {
    let mut depth = 0;
    let mut before = ' ';
    let mut chars = condition.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '{' if depth == 0 => return false,
            ';' => return false,
            '&' if depth == 0 && condition[at..].starts_with("&&") => {
                if !matches!(before, '=' | ',' | '(') {
                    return true;
                }
                chars.next();
            }
            _ => {}
        }
        if !c.is_whitespace() {
            before = c;
        }
    }
    false
}

#[cfg(test)]
mod tests;
