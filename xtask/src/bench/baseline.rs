//! An earlier evenkeel: its run and its programs, kept under a name.
//!
//! With its programs at hand it is measured again, in turn with the evenkeel of today: what the
//! machine's mood did since then is no difference.

use std::path::{Path, PathBuf};

use super::programs::Programs;
use super::run::{BASELINE, Run};
use super::stats::Verdict;
use super::{store, summary};

/// What is kept of the programs; not every build has all of them.
const PROGRAMS: [&str; 3] = ["workload", "workload-counted", "workload-mimalloc"];

fn place(folder: &Path, name: &str) -> PathBuf {
    folder.join("baselines").join(name)
}

/// Keeps a run and the programs that made it.
pub(super) fn save(
    folder: &Path,
    name: &str,
    programs: &Programs,
    run: &Run,
) -> Result<PathBuf, String> {
    let place = place(folder, name);
    std::fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    for program in PROGRAMS {
        let from = programs.folder.join(program);
        if from.is_file() {
            std::fs::copy(&from, place.join(program))
                .map_err(|error| format!("{}: {error}", from.display()))?;
        }
    }
    let path = place.with_file_name(format!("{name}.json"));
    super::write(&path.display().to_string(), &store::text(run))?;
    Ok(path)
}

/// Where the programs of a baseline lie.
pub(super) fn programs(folder: &Path, name: &str) -> Result<PathBuf, String> {
    let place = place(folder, name);
    if place.join(PROGRAMS[0]).is_file() {
        return Ok(place);
    }
    Err(format!("there is no baseline `{name}`; `cargo xtask bench --save {name}` makes one"))
}

/// A saved run: a file, or a baseline by its name.
pub(super) fn find(folder: &Path, name: &str) -> PathBuf {
    let named = folder.join("baselines").join(format!("{name}.json"));
    if !Path::new(name).exists() && named.exists() { named } else { name.into() }
}

/// The rows that need more than the baseline did, by more than so many per cent, their whole
/// interval.
pub(super) fn regressions(run: &Run, percent: f64) -> Vec<String> {
    let mut lines = Vec::new();
    for row in &run.rows {
        let Some(beside) = row.beside(BASELINE) else { continue };
        let ratio = beside.ratio.interval;
        if beside.verdict == Verdict::Worse && is_beyond(ratio.high, percent) {
            lines.push(format!("{}: ratio {}", row.label(), summary::shown(ratio)));
        }
    }
    lines
}

/// Whether then ÷ now, at its most favourable, is still a loss of more than so many per cent.
pub(super) fn is_beyond(high: f64, percent: f64) -> bool {
    high < 1.0 / (1.0 + percent / 100.0)
}

#[cfg(test)]
mod tests {
    //! Where per cent begin.

    use super::*;

    #[test]
    fn per_cent_are_of_the_baseline() {
        assert!(is_beyond(0.90, 10.0) && !is_beyond(0.92, 10.0));
        assert!(is_beyond(0.999, 0.0) && !is_beyond(1.0, 0.0));
    }
}
