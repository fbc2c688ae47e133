//! `cargo xtask tidy`: what this project promises of its own text and no compiler checks.
//!
//! Also a test, so that `cargo test` in any folder finds the same.

use std::path::{Path, PathBuf};

use crate::Exit;
use crate::workspace::Workspace;

mod arrows; // which crate may stand on which
mod shape; // heads, sizes, names, paths of machines
mod code; // let-chains, atomics
mod waiting; // `# Cancellation`
mod conformance; // the table of asyncio's tests
mod source;

/// What a look at the workspace found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Each is one line, `file:line: what is wrong`, and fails the check.
    pub(crate) faults: Vec<String>,
    /// Worth knowing: files that grow.
    pub(crate) notes: Vec<String>,
    files: usize,
}

impl Found {
    fn fault(&mut self, place: impl std::fmt::Display, what: impl std::fmt::Display) {
        self.faults.push(format!("{place}: {what}"));
    }

    fn note(&mut self, place: impl std::fmt::Display, what: impl std::fmt::Display) {
        self.notes.push(format!("{place}: {what}"));
    }

    /// For the end of a line in `ci`.
    pub(crate) fn remark(&self) -> String {
        let grown = self.notes.len();
        format!("{} files, {grown} to watch (`cargo xtask tidy` lists them)", self.files)
    }
}

/// A file of the workspace that is text.
#[derive(Debug)]
struct Text {
    /// Relative to the root.
    path: PathBuf,
    text: String,
}

impl Text {
    fn is_rust(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension == "rs")
    }

    /// Source of a published crate, its tests excluded.
    fn is_crate_source(&self) -> bool {
        self.is_rust()
            && self.path.starts_with("crates")
            && self.path.components().nth(2).is_some_and(|part| part.as_os_str() == "src")
    }

    fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path.display())
    }
}

pub(crate) fn run(workspace: &Workspace) -> Exit {
    let found = look(workspace)?;
    for note in &found.notes {
        println!("watch  {note}");
    }
    for fault in &found.faults {
        println!("FAULT  {fault}");
    }
    println!("{} faults in {} files", found.faults.len(), found.files);
    Ok(u8::from(!found.faults.is_empty()))
}

/// Reads every file once and lets each check have its look.
pub(crate) fn look(workspace: &Workspace) -> Result<Found, String> {
    let texts = read(&workspace.root, &workspace.files()?);
    let mut found = Found { files: texts.len(), ..Found::default() };
    arrows::check(workspace, &mut found);
    shape::check(workspace, &texts, &mut found);
    for text in texts.iter().filter(|text| text.is_rust()) {
        code::check(text, &mut found);
    }
    waiting::check(&texts, &mut found);
    conformance::check(&texts, &mut found);
    Ok(found)
}

/// Files that are no text (an image, say) are passed over.
fn read(root: &Path, files: &[PathBuf]) -> Vec<Text> {
    let text = |path: &PathBuf| {
        let text = std::fs::read_to_string(root.join(path)).ok()?;
        Some(Text { path: path.clone(), text })
    };
    files.iter().filter_map(text).collect()
}

#[cfg(test)]
mod tests;
