//! `cargo xtask doc`: the documentation, where a broken link is an error.

use std::time::Duration;

use crate::Exit;
use crate::flags;
use crate::step::Line;
use crate::workspace::{Workspace, cargo};

/// Documenting the crates takes seconds, checking what they stand on a minute or two.
const LIMIT: Duration = Duration::from_secs(600);

pub(crate) fn run(workspace: &Workspace, flags: &flags::Doc) -> Exit {
    line(workspace).args(flags.open.then_some("--open")).show()
}

/// The crates only: chores, benches and examples are read as source.
pub(crate) fn line(workspace: &Workspace) -> Line {
    let crates = workspace.crates().flat_map(|package| ["-p".to_owned(), package.name.clone()]);
    Line::new(cargo(), &workspace.root, LIMIT)
        .env("RUSTDOCFLAGS", "-D warnings")
        .args(["doc", "--no-deps"])
        .args(crates)
}
