//! Which calls wait, and which sections will do.

use std::collections::BTreeSet;

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
