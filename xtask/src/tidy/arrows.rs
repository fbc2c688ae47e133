//! The arrows between crates, as the manifests have them against as the design promises them.
//!
//! An arrow that is absent here is a promise: a leaf works under any executor because it cannot
//! know one.

use super::Found;
use crate::workspace::Workspace;

/// Each crate, and which of ours it may depend on. A new crate is added here first.
const ARROWS: &[(&str, &[&str])] = &[
    ("evenkeel-context", &[]),
    ("evenkeel-task", &["evenkeel-context"]),
    ("evenkeel-timer", &["evenkeel-context"]),
    ("evenkeel-reactor", &["evenkeel-context"]),
    ("evenkeel-sync", &["evenkeel-context"]),
    ("evenkeel-blocking", &["evenkeel-task"]),
    ("evenkeel-macros", &[]),
    (
        "evenkeel",
        &[
            "evenkeel-context",
            "evenkeel-task",
            "evenkeel-timer",
            "evenkeel-reactor",
            "evenkeel-sync",
            "evenkeel-blocking",
            "evenkeel-macros",
        ],
    ),
    ("evenkeel-hyper", &["evenkeel"]),
];

/// Runtimes, and crates that bring one along: a second reactor in every program.
const FOREIGN: &[&str] = &[
    "async-global-executor",
    "async-io",
    "async-net",
    "async-process",
    "async-signal",
    "async-std",
    "mio",
    "smol",
    "tokio",
];

/// Foreign crates that are allowed for their traits alone: a dependency that is optional and takes no feature,
/// so that nothing of them can run.
const TRAITS: &[(&str, &str)] = &[("evenkeel", "tokio")];

pub(super) fn check(workspace: &Workspace, found: &mut Found) {
    for package in workspace.crates() {
        let Some((name, allowed)) = ARROWS.iter().find(|(name, _)| *name == package.name) else {
            found.fault(package, "a crate without a place in xtask/src/tidy/arrows.rs");
            continue;
        };
        for dependency in &package.dependencies {
            let target = dependency.name.as_str();
            // An arrow for tests only is an arrow all the same: the test could not be built
            // without the other crate. Foreign runtimes are welcome in tests, as hosts.
            let ours = ARROWS.iter().any(|(other, _)| *other == target);
            if ours && target != *name && !allowed.contains(&target) {
                found.fault(name, format!("depends on {target}, which the design does not have"));
            }
            let traits = TRAITS.contains(&(*name, target)) && dependency.is_bare;
            if !dependency.dev && FOREIGN.contains(&target) && !traits {
                found.fault(name, format!("brings in {target}, a runtime of its own"));
            }
        }
    }
}

#[cfg(test)]
mod tests;
