//! What this workspace holds: its packages as cargo sees them, and its files as git does.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The workspace, read once.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// Where cargo builds; whoever sets `CARGO_TARGET_DIR` is obeyed.
    pub(crate) target: PathBuf,
    pub(crate) packages: Vec<Package>,
}

/// One member of the workspace.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    /// Dependencies in every build but that of tests: (name, kind).
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) examples: Vec<String>,
    /// What its users may turn on, `default` not counted.
    pub(crate) features: Vec<String>,
}

/// One line of a manifest.
#[derive(Debug)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Needed by tests, models and examples only.
    pub(crate) dev: bool,
    /// Optional, and without any of its features.
    pub(crate) is_bare: bool,
}

impl Workspace {
    /// Asks `cargo metadata`, which reads manifests and compiles nothing.
    pub(crate) fn read() -> Result<Workspace, String> {
        // The manifest of this tool lies one folder below the root, wherever it is called from.
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.parent().ok_or("xtask lies in no workspace")?;
        let output = Command::new(cargo())
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .current_dir(root)
            .output()
            .map_err(|error| format!("cargo does not start: {error}"))?;
        if !output.status.success() {
            return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr)));
        }
        let json: Value = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("cargo metadata is no JSON: {error}"))?;
        let mut packages: Vec<_> = array(&json["packages"]).iter().map(package).collect();
        packages.sort_by(|a, b| a.folder.cmp(&b.folder));
        Ok(Workspace {
            root: root.into(),
            target: text(&json["target_directory"]).into(),
            packages,
        })
    }

    /// The packages under `crates/`, which promise things to people outside.
    pub(crate) fn crates(&self) -> impl Iterator<Item = &Package> {
        let folder = self.root.join("crates");
        self.packages.iter().filter(move |package| package.folder.starts_with(&folder))
    }

    /// A member by its name, its folder's name, or its name without `evenkeel-`.
    pub(crate) fn package(&self, name: &str) -> Result<&Package, String> {
        self.packages
            .iter()
            .find(|package| package.name == name || package.folder.ends_with(name))
            .ok_or_else(|| {
                let names: Vec<_> = self.packages.iter().map(|p| p.name.as_str()).collect();
                format!("no package `{name}`; there are {}", names.join(", "))
            })
    }

    /// Every file git tracks or would track, relative to the root, in order.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>, String> {
        let output = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(&self.root)
            .output()
            .map_err(|error| format!("git does not start: {error}"))?;
        if !output.status.success() {
            return Err(format!("git ls-files: {}", String::from_utf8_lossy(&output.stderr)));
        }
        let listed = String::from_utf8_lossy(&output.stdout);
        let mut files: Vec<_> =
            listed.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect();
        files.retain(|file| self.root.join(file).is_file());
        files.sort();
        files.dedup();
        Ok(files)
    }
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The cargo that started us, so that `cargo +toolchain xtask` stays on its toolchain.
pub(crate) fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".into())
}

fn package(json: &Value) -> Package {
    let manifest = PathBuf::from(text(&json["manifest_path"]));
    let dependency = |json: &Value| Dependency {
        name: text(&json["name"]).into(),
        dev: json["kind"].as_str() == Some("dev"),
        is_bare: json["optional"] == true && array(&json["features"]).is_empty(),
    };
    let is_example = |target: &&Value| array(&target["kind"]).iter().any(|kind| kind == "example");
    Package {
        name: text(&json["name"]).into(),
        folder: manifest.parent().unwrap_or(Path::new("")).into(),
        dependencies: array(&json["dependencies"]).iter().map(dependency).collect(),
        examples: array(&json["targets"])
            .iter()
            .filter(is_example)
            .map(|target| text(&target["name"]).into())
            .collect(),
        features: json["features"]
            .as_object()
            .map(|features| features.keys().filter(|name| *name != "default").cloned().collect())
            .unwrap_or_default(),
    }
}

fn array(json: &Value) -> &[Value] {
    json.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(json: &Value) -> &str {
    json.as_str().unwrap_or_default()
}
