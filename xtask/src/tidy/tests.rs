//! Tidy as a test.

use super::look;
use crate::workspace::Workspace;

#[test]
fn the_workspace_is_tidy() {
    let workspace = Workspace::read().unwrap();
    let found = look(&workspace).unwrap();
    assert!(found.faults.is_empty(), "\n{}\n", found.faults.join("\n"));
}
