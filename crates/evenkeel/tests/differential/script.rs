//! A script: where it is, what it says of itself, and its transcripts.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// A version of Python: (3, 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(u32, u32);

impl Version {
    /// From `3.11`.
    pub(crate) fn parse(text: &str) -> Option<Version> {
        let (major, minor) = text.trim().split_once('.')?;
        Some(Version(major.parse().ok()?, minor.parse().ok()?))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// What a script needs that does not say so: `TaskGroup` and `timeout` are of that version.
pub(crate) const OLDEST: Version = Version(3, 11);

/// `NN_name.py`.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) path: PathBuf,
    /// The oldest Python that it runs on.
    pub(crate) needs: Version,
    /// Whether its twin says something else, for the reason it gives.
    pub(crate) differs: bool,
}

/// Where they are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential")
}

/// All of them, in their order.
pub(crate) fn all() -> Vec<Script> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = entries
        .filter_map(|file| file.to_str()?.strip_suffix(".py").map(str::to_owned))
        .filter(|name| name.starts_with(|first: char| first.is_ascii_digit()))
        .collect();
    names.sort();
    names.iter().map(|name| Script::read(name)).collect()
}

impl Script {
    pub(crate) fn read(name: &str) -> Script {
        let path = folder().join(name).with_extension("py");
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}.py: {error}"));
        let header = |key: &str| {
            let mut comments = text.lines().take_while(|line| line.starts_with('#'));
            comments.find_map(|line| line.strip_prefix(key).map(|rest| rest.trim().to_owned()))
        };
        let needs = header("# needs ").map_or(OLDEST, |text| {
            Version::parse(&text).unwrap_or_else(|| panic!("{name}.py needs {text:?}?"))
        });
        let differs = header("# differs:");
        assert!(differs.as_deref() != Some(""), "{name}.py differs, and does not say why");
        Script { path, needs, differs: differs.is_some() }
    }

    /// `NN_name`.
    pub(crate) fn name(&self) -> &str {
        self.path.file_stem().and_then(|name| name.to_str()).unwrap()
    }

    /// What is recorded in the file beside it with this extension. What is blank at the ends of lines does
    /// not count.
    pub(crate) fn recorded(&self, extension: &str) -> Vec<String> {
        let path = self.path.with_extension(extension);
        let text = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}; see main.rs", path.display()));
        text.lines().map(|line| line.trim_end().to_owned()).collect()
    }
}
