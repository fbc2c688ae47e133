//! `cargo xtask loom`: the models, with the flags people forget.

use std::time::Duration;

use crate::Exit;
use crate::flags;
use crate::step::Line;
use crate::workspace::{Package, Workspace, cargo};

/// Models end in seconds when bounded; the rest is a cold build.
const LIMIT: Duration = Duration::from_secs(600);

/// Preemptions in `ci`: most known bugs need one or two, each more multiplies the time by about ten.
pub(crate) const BOUND: u32 = 2;

pub(crate) fn run(workspace: &Workspace, flags: &flags::Loom) -> Exit {
    let packages = match &flags.package {
        Some(name) => vec![workspace.package(name)?],
        None => modelled(workspace),
    };
    if packages.is_empty() {
        return Err("no crate has tests/loom.rs".into());
    }
    let mut line = line(workspace, &packages, flags.preemptions);
    if let Some(model) = &flags.model {
        line = line.args([model]);
    }
    line.args(["--", "--nocapture"]).show()
}

/// The crates that have models.
pub(crate) fn modelled(workspace: &Workspace) -> Vec<&Package> {
    workspace.crates().filter(|package| package.folder.join("tests/loom.rs").exists()).collect()
}

/// One build for all of them: each crate's models are seconds, the build is what costs.
pub(crate) fn line(workspace: &Workspace, packages: &[&Package], preemptions: u32) -> Line {
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    let target = workspace.target.join("loom");
    let target = target.strip_prefix(&workspace.root).unwrap_or(&target);
    Line::new(cargo(), &workspace.root, LIMIT)
        .env("RUSTFLAGS", format!("{flags} --cfg loom").trim_start())
        .env("LOOM_MAX_PREEMPTIONS", preemptions.to_string())
        .args(["test", "--release", "--target-dir"])
        .args([target.display().to_string()])
        .args(packages.iter().flat_map(|package| ["-p".to_owned(), package.name.clone()]))
        // Features only add modules around other people's crates, some of which do not build under
        // this flag; our protocols are all there without.
        .args(["--no-default-features", "--test", "loom"])
}
