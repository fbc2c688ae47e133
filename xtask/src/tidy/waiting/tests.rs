//! Which calls wait, and which sections will do.

use std::collections::BTreeSet;

use super::super::{Found, Text};
use super::faults;

fn check(source: &str) -> Vec<usize> {
    let futures = BTreeSet::from(["Sleep".to_owned(), "Acquire".to_owned()]);
    let documented = BTreeSet::from(["Sleep".to_owned()]);
    faults(source, &futures, &documented).into_iter().map(|fault| fault.line).collect()
}

#[test]
fn a_waiting_call_needs_the_section() {
    assert_eq!(check("/// Waits.\npub async fn wait() {}"), [2]);
    assert_eq!(check("pub fn wait() -> impl Future<Output = ()> {"), [1]);
    assert_eq!(check("pub fn acquire(&self) -> Acquire<'_> {"), [1]);
}

#[test]
fn a_graded_section_will_do() {
    let ends = "///\n/// # Cancellation\n///\n/// *Nothing lost*: it only looks.";
    assert_eq!(check(&format!("{ends}\n#[must_use]\npub async fn wait() {{}}")), [0; 0]);
    assert_eq!(check("/// # Cancellation\n/// Fine.\npub async fn wait() {}"), [3]);
}

#[test]
fn the_section_may_stand_on_the_type() {
    assert_eq!(check("pub fn sleep(d: Duration) -> Sleep {"), [0; 0]);
}

#[test]
fn a_setter_does_not_wait() {
    let setter = "pub fn limit(mut self, n: usize) -> Acquire<G> {";
    assert_eq!(check(&format!("\nimpl<G> Acquire<G> {{\n{setter}")), [0; 0]);
    assert_eq!(check(&format!("\nimpl Other {{\n{setter}")), [3]);
}

#[test]
fn what_does_not_wait_needs_none() {
    assert_eq!(check("pub fn len(&self) -> usize {"), [0; 0]);
    assert_eq!(check("pub(crate) async fn inner() {}"), [0; 0]);
    assert_eq!(check("#[doc(hidden)]\npub async fn hidden() {}"), [0; 0]);
}

#[test]
fn a_modules_own_type_of_that_name_is_another() {
    let text = |path: &str, text: &str| Text {
        path: format!("crates/sync/src/{path}").into(),
        text: text.to_owned(),
    };
    let call = "pub fn subscribe(&self) -> Receiver<T> {";
    let texts = [
        text("oneshot.rs", &format!("pub struct Receiver;\nimpl Future for Receiver {{}}\n{call}")),
        text("watch.rs", &format!("pub struct Receiver<T>;\n{call}")),
        text("watch/changes.rs", call),
        text("elsewhere.rs", call),
    ];
    let mut found = Found::default();
    super::check(&texts, &mut found);
    let faults: Vec<_> = found.faults.iter().map(|fault| fault.split(':').next()).collect();
    let expected = ["crates/sync/src/elsewhere.rs", "crates/sync/src/oneshot.rs"];
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(expected.iter().all(|path| faults.contains(&Some(path))), "{faults:?}");
}
