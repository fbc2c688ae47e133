//! What counts as a let-chain.

use super::let_chains;
use crate::tidy::source::code_of;

fn chains(source: &str) -> usize {
    let_chains(&code_of(source)).len()
}

#[test]
fn a_chain_is_seen() {
    assert_eq!(chains("if let Some(x) = a && x > 1 {"), 1);
    assert_eq!(chains("while let Some(x) = a.next()\n    && x > 1\n{"), 1);
    assert_eq!(chains("if ready && let Some(x) = a {"), 1);
}

#[test]
fn what_only_looks_like_one_is_not() {
    assert_eq!(chains("if let Some(x) = (a && b).then(f) {"), 0);
    assert_eq!(chains("if let Some(x) = a { if b && c {} }"), 0);
    assert_eq!(chains("if let Foo(&&x) = y {"), 0);
    assert_eq!(chains("// if let Some(x) = a && b {"), 0);
    assert_eq!(chains("let s = \"if let Some(x) = a && b {\";"), 0);
    assert_eq!(chains("let s = r#\"\" && let \"#; let c = '\"'; if a && b {}"), 0);
}
