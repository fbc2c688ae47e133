//! Files of the wrong shape.

use super::*;

fn faults(path: &str, text: &str) -> usize {
    let texts = [Text { path: path.into(), text: text.into() }];
    let workspace = Workspace { root: "".into(), target: "".into(), packages: Vec::new() };
    let mut found = Found::default();
    check(&workspace, &texts, &mut found);
    found.faults.len()
}

#[test]
fn a_file_opens_with_a_sentence() {
    assert_eq!(faults("crates/a/src/queue.rs", "//! A queue.\nfn f() {}\n"), 0);
    assert_eq!(faults("crates/a/src/loom.rs", "#![allow(x, reason = \"y\")]\n//! A facade.\n"), 0);
    assert_eq!(faults("crates/a/src/queue.rs", "use std::io;\n"), 1);
    assert_eq!(faults("crates/a/src/queue.rs", "//!\nuse std::io;\n"), 1);
}

#[test]
fn a_file_is_not_long() {
    let long = |lines| format!("//! Long.\n{}", "\n".repeat(lines - 1));
    assert_eq!(faults("src/a.rs", &long(LONGEST)), 0);
    assert_eq!(faults("src/a.rs", &long(LONGEST + 1)), 1);
}

#[test]
fn a_file_is_a_noun() {
    assert_eq!(faults("crates/a/src/util.rs", "//! Things."), 1);
    assert_eq!(faults("crates/a/src/common/queue.rs", "//! A queue."), 1);
    assert_eq!(faults("docs/common.md", "prose"), 0);
}

#[test]
fn a_file_gives_no_machine_away() {
    assert_eq!(faults("README.md", &format!("see {}me/x", concat!("/ho", "me/"))), 1);
    assert_eq!(faults("Cargo.lock", "source = \"registry+https://example.org/index\"\n"), 1);
}
