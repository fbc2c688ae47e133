//! Arrows that are there and should not be.

use super::*;
use crate::workspace::{Dependency, Package};

fn faults(name: &str, dependencies: &[(&str, bool)]) -> usize {
    let dependency =
        |&(name, dev): &(&str, bool)| Dependency { name: name.into(), dev, is_bare: false };
    faults_of(name, dependencies.iter().map(dependency).collect())
}

fn faults_of(name: &str, dependencies: Vec<Dependency>) -> usize {
    let package = Package {
        name: name.into(),
        folder: "crates/one".into(),
        dependencies,
        examples: Vec::new(),
        features: Vec::new(),
    };
    let workspace = Workspace { root: "".into(), target: "".into(), packages: vec![package] };
    let mut found = Found::default();
    check(&workspace, &mut found);
    found.faults.len()
}

#[test]
fn the_design_is_allowed() {
    assert_eq!(faults("evenkeel-blocking", &[("evenkeel-task", false), ("blocking", false)]), 0);
    assert_eq!(faults("evenkeel-timer", &[("evenkeel-context", false), ("tokio", true)]), 0);
}

#[test]
fn another_arrow_is_not() {
    assert_eq!(faults("evenkeel-timer", &[("evenkeel-task", false)]), 1);
    assert_eq!(faults("evenkeel-sync", &[("evenkeel-task", true)]), 1);
    assert_eq!(faults("evenkeel-context", &[("evenkeel-sync", false)]), 1);
}

#[test]
fn a_foreign_runtime_and_an_unknown_crate_are_not() {
    assert_eq!(faults("evenkeel", &[("async-io", false)]), 1);
    assert_eq!(faults("evenkeel-drawer", &[]), 1);
}

#[test]
fn traits_alone_are() {
    let tokio = |is_bare| vec![Dependency { name: "tokio".into(), dev: false, is_bare }];
    assert_eq!(faults_of("evenkeel", tokio(true)), 0);
    assert_eq!(faults_of("evenkeel", tokio(false)), 1);
    assert_eq!(faults_of("evenkeel-timer", tokio(true)), 1);
}
