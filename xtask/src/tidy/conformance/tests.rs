//! What the table may say.

use super::super::Text;
use super::faults;

/// The lines at fault, given one file of tests.
fn lines(table: &str) -> Vec<usize> {
    let text = "#[test]\nfn gat_04_siblings() {}\n/// WAI-08 as well.\nfn other() {}\n";
    let tests = Text { path: "crates/task/tests/it/gather.rs".into(), text: text.to_owned() };
    faults(table, &[&tests]).into_iter().map(|(line, _)| line).collect()
}

#[test]
fn a_test_that_is_named_exists() {
    assert_eq!(lines("see `task/gather::gat_04_siblings`"), [0; 0]);
    assert_eq!(lines("see `task/gather::gat_04`"), [1], "the whole name");
    assert_eq!(lines("fine\nsee `task/wait::gat_04_siblings`"), [2]);
    assert_eq!(lines("`std::task` and `a/b` are no tests"), [0; 0]);
}

#[test]
fn a_case_has_a_test() {
    assert_eq!(lines("| GAT-04 | siblings |\n| WAI-08 | none |"), [0; 0]);
    assert_eq!(lines("| GAT-05 | cancelled |"), [1]);
    assert_eq!(lines("| case | what |"), [0; 0]);
}

#[test]
fn a_test_of_cpythons_has_a_verdict_and_unless_it_means_nothing_here_an_answer() {
    let answer = "`task/gather::gat_04_siblings`";
    assert_eq!(lines(&format!("| `test_a` | {answer} | same |")), [0; 0]);
    assert_eq!(lines(&format!("| `Class.test_a` | {answer} | adapted: so |")), [0; 0]);
    assert_eq!(lines("| `test_a` | | not applicable: types |"), [0; 0]);
    assert_eq!(lines("| `test_a` | | same |"), [1]);
    assert_eq!(lines(&format!("| `Class.test_a` | {answer} | soon |")), [1]);
}
