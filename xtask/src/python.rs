//! `cargo xtask python`: the bridge to asyncio, built into a virtual environment and tested from Python.
//!
//! What it tests is said in `python/tests`.

use std::path::Path;
use std::time::Duration;

use crate::Exit;
use crate::flags;
use crate::step::Line;
use crate::workspace::Workspace;

/// No step is limited: a person watches.
const LIMIT: Duration = Duration::MAX;

/// What the environment holds besides Python.
const TOOLS: [&str; 2] = ["maturin>=1.8,<2", "pytest>=8"];

pub(crate) fn run(workspace: &Workspace, flags: &flags::Python) -> Exit {
    let folder = workspace.root.join("python");
    let environment = workspace.target.join("python");
    let bin = environment.join("bin");
    let own = |name: &str| bin.join(name).display().to_string();
    if !bin.join("pytest").exists() || !bin.join("maturin").exists() {
        let place = environment.display().to_string();
        show(&Line::new("python3", &folder, LIMIT).args(["-m", "venv", &place]))?;
        let install = Line::new(own("python"), &folder, LIMIT).args(["-m", "pip", "install", "-q"]);
        show(&install.args(TOOLS))?;
    }
    let build = Line::new(own("maturin"), &folder, LIMIT)
        .env("VIRTUAL_ENV", environment.display().to_string())
        .env("CARGO_TARGET_DIR", target(workspace, &environment))
        .args(["develop", "-q", "--features", "testing"]);
    show(&build)?;
    Line::new(own("pytest"), &folder, LIMIT).args(["-q"]).args(flags.pytest.clone()).show()
}

/// Inside the environment, so that one folder holds all of it.
fn target(workspace: &Workspace, environment: &Path) -> String {
    debug_assert!(environment.starts_with(&workspace.target));
    environment.join("cargo").display().to_string()
}

fn show(line: &Line) -> Result<(), String> {
    match line.show()? {
        0 => Ok(()),
        _ => Err(format!("failed: {line}")),
    }
}
