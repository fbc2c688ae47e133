//! `cargo xtask soak`: the drawn programs of the umbrella under as many schedules as one has patience for,
//! and threads that contend; a table, and the line that replays what failed.
//!
//! The programs are tests, in `crates/evenkeel/tests/soak`; what they check is said there.

use std::time::{Duration, Instant};

use crate::Exit;
use crate::flags;
use crate::step::{Line, Log};
use crate::workspace::{Workspace, cargo};

/// A family is done in minutes, also on a loaded machine; this long is a hang.
const LIMIT: Duration = Duration::from_secs(3600);

/// What all programs together are given at least, unless told otherwise.
const SCHEDULES: u64 = 1_000_000;

/// Each seed is a schedule on one worker and another on two.
const SCHEDULES_PER_SEED: u64 = 2;

/// Those that no seed decides: threads, counted in operations.
const THREADS: &str = "threads";

/// How many take part in each of those: eight threads and four tasks.
const ACTORS: u64 = 12;

/// The variables the tests read.
const SEEDS: &str = "EVENKEEL_SEEDS";
const OPERATIONS: &str = "EVENKEEL_OPERATIONS";
const SEED: &str = "EVENKEEL_SEED=";

/// The programs about one thing.
struct Family {
    name: String,
    programs: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, flags: &flags::Soak) -> Exit {
    let log = Log::fresh(&workspace.target.join("soak"), "soak")?;
    let binary = build(workspace, &log)?;
    let families = families(workspace, &binary, &log, flags.filter.as_deref())?;
    let drawn: usize =
        families.iter().filter(|it| it.name != THREADS).map(|it| it.programs.len()).sum();
    let each = SCHEDULES.div_ceil(SCHEDULES_PER_SEED * (drawn.max(1) as u64));
    let seeds = flags.seeds.unwrap_or(each);
    println!(
        "{:<12} {:>8} {:>22} {:>9} {:>8}",
        "family", "programs", "schedules", "seconds", "failures"
    );
    let (begun, mut schedules, mut failures, mut replay) = (Instant::now(), 0, 0, Vec::new());
    for family in &families {
        let programs = family.programs.len() as u64;
        let did = if family.name == THREADS {
            format!("{} operations", programs * ACTORS * flags.operations)
        } else {
            schedules += programs * SCHEDULES_PER_SEED * seeds;
            (programs * SCHEDULES_PER_SEED * seeds).to_string()
        };
        let started = Instant::now();
        let result = Line::new(&binary, &workspace.root, LIMIT)
            .env(SEEDS, seeds.to_string())
            .env(OPERATIONS, flags.operations.to_string())
            .args(["--exact"])
            .args(family.programs.clone())
            .run(&log, &format!("cargo xtask soak {}", family.name));
        let secs = started.elapsed().as_secs_f64();
        let failed = result.as_ref().err().map_or(0, |failure| failed(&failure.output));
        failures += failed;
        println!("{:<12} {programs:>8} {did:>22} {secs:>9.1} {failed:>8}", family.name);
        if let Err(failure) = result {
            replay.extend(replays(&failure.output));
            replay.push(failure.repeat);
        }
    }
    let secs = begun.elapsed().as_secs_f64();
    println!("{:<12} {:>8} {schedules:>22} {secs:>9.1} {failures:>8}", "total", "");
    if failures == 0 {
        return Ok(0);
    }
    println!("\nto have it again:");
    replay.iter().for_each(|line| println!("    {line}"));
    println!("all that was said: {}", workspace.target.join("soak/soak.log").display());
    Ok(1)
}

/// Builds the test binary, optimised (what is looked for are orders, not overflows), and says where it is.
/// It is run from there: who edits a program meanwhile does not change what the later families run.
fn build(workspace: &Workspace, log: &Log) -> Result<String, String> {
    const SHOWN: &str = "cargo test --release -p evenkeel --test soak --no-run";
    let line = Line::new(cargo(), &workspace.root, LIMIT).args(SHOWN.split(' ').skip(1));
    let said = line.run(log, SHOWN).map_err(|failure| failure.output)?;
    let path = executable(&said).ok_or("cargo does not say where the test binary is")?;
    Ok(workspace.root.join(path).display().to_string())
}

/// From `Executable tests/soak/main.rs (target/release/deps/soak-0123)`.
fn executable(said: &str) -> Option<&str> {
    let line = said.lines().find(|line| line.trim_start().starts_with("Executable "))?;
    Some(line.split_once('(')?.1.trim_end().trim_end_matches(')'))
}

/// Asks the binary.
fn families(
    workspace: &Workspace,
    binary: &str,
    log: &Log,
    filter: Option<&str>,
) -> Result<Vec<Family>, String> {
    let listed = Line::new(binary, &workspace.root, LIMIT).args(["--list"]).run(log, binary);
    let listed = listed.map_err(|failure| failure.output)?;
    let families = grouped(&listed, filter.unwrap_or_default());
    if families.is_empty() {
        return Err(format!("no program's name holds `{}`", filter.unwrap_or_default()));
    }
    Ok(families)
}

/// The programs whose names hold `filter`, by the file they stand in.
fn grouped(listed: &str, filter: &str) -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    let names = listed.lines().filter_map(|line| line.strip_suffix(": test"));
    for name in names.filter(|name| name.contains(filter)) {
        let family = name.split("::").next().unwrap_or(name);
        match families.last_mut() {
            Some(last) if last.name == family => last.programs.push(name.into()),
            _ => families.push(Family { name: family.into(), programs: vec![name.into()] }),
        }
    }
    families
}

/// How many programs failed; one, if the run ended before it could count.
fn failed(said: &str) -> u64 {
    let count = said.lines().find_map(|line| {
        let rest = line.strip_prefix("test result: FAILED. ")?;
        rest.split("; ").nth(1)?.split(' ').next()?.parse().ok()
    });
    count.unwrap_or(1)
}

/// The lines that a failing test printed to be typed again.
fn replays(said: &str) -> Vec<String> {
    let mut lines: Vec<_> = said
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with(SEED))
        .map(String::from)
        .collect();
    lines.dedup();
    lines
}

#[cfg(test)]
mod tests {
    //! What the test binary says, and what is made of it.

    use super::*;

    #[test]
    fn programs_are_grouped_by_their_file() {
        let listed = "barrier::a: test\nlock::a: test\nlock::b: test\nrwlock::a: test\n\n3 tests, 0 benchmarks\n";
        let named = |filter| {
            let families = grouped(listed, filter).into_iter();
            families.map(|it| (it.name, it.programs.len())).collect::<Vec<_>>()
        };
        let all =
            [("barrier", 1), ("lock", 2), ("rwlock", 1)].map(|(name, n)| (name.to_owned(), n));
        assert_eq!(named(""), all);
        assert_eq!(named("lock::a"), [("lock".to_owned(), 1), ("rwlock".to_owned(), 1)]);
        assert!(named("nothing").is_empty());
    }

    #[test]
    fn the_binary_is_where_cargo_says() {
        let said = "    Finished `release`\n  Executable tests/soak/main.rs (target/release/deps/soak-1)\n";
        assert_eq!(executable(said), Some("target/release/deps/soak-1"));
    }

    #[test]
    fn failures_are_counted_and_their_lines_kept() {
        let said = "x\n    EVENKEEL_SEED=0x3@1:0 cargo test a::b\ntest result: FAILED. 33 passed; 2 failed; 0 ignored;";
        assert_eq!((failed(said), failed("[killed: no end within 3600s]")), (2, 1));
        assert_eq!(replays(said), ["EVENKEEL_SEED=0x3@1:0 cargo test a::b"]);
    }
}
