//! `cargo xtask bench`: the same work on every runtime, side by side.
//!
//! This module decides what happens with which flags. What a workload does is the business of the
//! package `evenkeel-benches`, which is asked for its list: no case is named here.

use std::path::{Path, PathBuf};

use crate::Exit;
use crate::flags::{Allocator, Bench, USAGE, What};
use crate::workspace::Workspace;

mod case; // what the workloads offer
mod filter; // which of it is meant
mod plan; // who runs, how often, how long
mod programs; // the binaries, and what one of them says
mod process; // one of them, run
mod count; // instructions, allocations, system calls
mod measure; // rounds in rotated order
mod progress; // for whoever waits
mod stats; // from samples to a verdict
mod run; // all of it together, and what follows
mod machine; // where it was
mod store; // kept, and read again
mod baseline; // an earlier evenkeel
mod diff; // two saved runs
mod summary; // in sentences
mod table; // in columns
mod markdown; // for a document
mod svg; // in pictures
mod html; // all of it on one page
mod paint;
#[cfg(test)]
mod specimen; // a run made by hand, for the tests

use case::Case;
use programs::{Length, Profile, Programs};
use run::{OURS, Run, Setting};

/// The package that holds the workloads.
pub(crate) const PACKAGE: &str = "evenkeel-benches";

/// What is built to measure.
const BINS: &[&str] = &["-p", PACKAGE, "--bins"];

/// How the measured workloads are built, for the machine's line.
const PROFILE: &str = "release, fat LTO, one unit";

/// The machine was too noisy.
const NOISY: u8 = 3;

/// As a shell says it of SIGINT.
const INTERRUPTED: u8 = 130;

pub(crate) fn run(workspace: &Workspace, flags: &Bench) -> Exit {
    match &flags.what {
        What::Smoke => {
            println!("{}", smoke(workspace, BINS)?);
            Ok(0)
        }
        What::List => list(workspace, flags),
        What::Report(path) => report(workspace, flags, path.as_deref()),
        What::Diff(a, b) => diff::run(&folder(workspace), flags, a, b),
        What::Measure | What::DryRun => measure(workspace, flags),
    }
}

/// Every case once on every runtime, in its smallest size: the workloads check their own results.
///
/// `built` says what is built with the workloads, for who has that built already.
pub(crate) fn smoke(workspace: &Workspace, built: &[&str]) -> Result<String, String> {
    let programs = Programs::build(workspace, Profile::Release, Allocator::System, built)?;
    let mut cases = programs.cases(false)?;
    // The sizes of a case share its source, and the largest take their time.
    let mut seen = Vec::new();
    cases.sort_by_key(|case| case.size);
    cases.retain(|case| {
        let first = !seen.iter().any(|family| family == case.family());
        seen.push(case.family().to_owned());
        first
    });
    let flags = Bench::default();
    let against: Vec<_> = ["tokio", "smol", "compio", "monoio"].map(String::from).into();
    let mut runs = 0;
    for job in plan::Plan::new(&cases, &against, &flags).jobs {
        // Without the control, which is evenkeel again.
        for column in &job.columns[..job.columns.len() - 1] {
            let counted = job.case.measure != case::Measure::Time;
            let of = (column.as_str(), job.threads);
            let words = programs.command(&job.case, of, counted, Length::Once);
            programs.ask(&words, Length::Once)?;
            runs += 1;
        }
    }
    Ok(format!("{} workloads, {runs} runs", cases.len()))
}

/// Where runs are kept.
fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("bench")
}

fn build(workspace: &Workspace, allocator: Allocator) -> Result<Programs, String> {
    eprintln!("building the workloads; the first time takes some minutes ..");
    Programs::build(workspace, Profile::Measured, allocator, BINS)
}

fn list(workspace: &Workspace, flags: &Bench) -> Exit {
    let programs = build(workspace, Allocator::System)?;
    let cases = chosen(programs.cases(true)?, &flags.filters)?;
    let widest = |of: fn(&Case) -> &str| cases.iter().map(|case| of(case).len()).max().unwrap_or(0);
    let (id, asyncio) = (widest(|case| &case.id), widest(|case| &case.asyncio));
    for case in &cases {
        let who: Vec<_> = case.on.iter().map(|it| it.0.as_str()).filter(|it| *it != OURS).collect();
        println!("{:<id$}  {:<asyncio$}  {}", case.id, case.asyncio, case.meaning);
        if flags.verbose {
            println!(
                "{:<id$}  {:<asyncio$}  measures {}; also on {}",
                "",
                "",
                case.measure.name(),
                who.join(", ")
            );
        }
    }
    Ok(0)
}

fn chosen(cases: Vec<Case>, filters: &[String]) -> Result<Vec<Case>, String> {
    // A name in full means this case alone, also where longer names begin with it.
    let full: Vec<_> = cases.iter().map(|case| case.id.clone()).collect();
    let is_meant = |case: &Case, word: &String| match full.contains(word) {
        true => case.id == *word,
        false => filter::matches(&case.id, word),
    };
    let wanted =
        |case: &Case| filters.is_empty() || filters.iter().any(|word| is_meant(case, word));
    let chosen: Vec<_> = cases.into_iter().filter(wanted).collect();
    if chosen.is_empty() {
        return Err(format!("no case matches {}; see --list", filters.join(" ")));
    }
    Ok(chosen)
}

/// A run, or with `--dry-run` all but the run.
fn measure(workspace: &Workspace, flags: &Bench) -> Exit {
    if let Err(why) = usable(workspace, flags) {
        eprintln!("xtask: {why}");
        return Ok(USAGE);
    }
    let (peers, skipped) = programs::present(workspace, &flags.against, flags.mode);
    let names: Vec<_> = peers.iter().map(|it| it.0.clone()).collect();
    let mut programs = build(workspace, flags.allocator)?;
    if let Some(name) = &flags.baseline {
        programs.baseline = Some(baseline::programs(&folder(workspace), name)?);
    }
    let python = names.iter().any(|name| programs::is_python(name));
    let cases = chosen(programs.cases(python)?, &flags.filters)?;
    let plan = plan::Plan::new(&cases, &names, flags);
    if plan.jobs.is_empty() {
        return Err("nothing to measure in this mode with these flags; see --list".into());
    }
    let mut machine = machine::Machine::read(&workspace.root, PROFILE);
    machine.peers = peers;
    let setting = setting(flags, &plan);
    let empty = Run {
        machine,
        setting,
        peers: names,
        rows: Vec::new(),
        faults: Vec::new(),
        remarks: Vec::new(),
        interrupted: false,
    };
    print!("{}", table::head(&empty, &said(&plan, flags)));
    for line in &skipped {
        println!("{line}");
    }
    if flags.what == What::DryRun {
        dry(&plan);
        return Ok(0);
    }
    process::heed_interrupts()?;
    let scratch = folder(workspace);
    std::fs::create_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
    let measured = measure::rows(&programs, &plan, flags, scratch.join("counts.out"));
    let measure::Measured { rows, faults, remarks } = measured;
    let Run { mut machine, setting, peers, .. } = empty;
    machine.ended();
    let interrupted = process::is_interrupted();
    let run = Run { machine, setting, peers, rows, faults, remarks, interrupted };
    finish(workspace, flags, &programs, &run)
}

/// Shows and keeps a run; answers with the exit code.
fn finish(workspace: &Workspace, flags: &Bench, programs: &Programs, run: &Run) -> Exit {
    print!("{}", table::body(run, look(flags)));
    let load: Vec<_> = run.machine.load.iter().map(|load| format!("{load:.2}")).collect();
    println!("\nload      {}", load.join(" -> "));
    let folder = folder(workspace);
    let path = store::path(&folder, run);
    write(&path.display().to_string(), &store::text(run))?;
    println!("saved     {}", path.display());
    outputs(flags, run, &folder)?;
    if let Some(name) = &flags.save {
        println!("baseline  {}", baseline::save(&folder, name, programs, run)?.display());
    }
    let regressed = flags.fail_above.is_some_and(|percent| {
        let found = baseline::regressions(run, percent);
        for line in &found {
            println!("REGRESSED {line}");
        }
        !found.is_empty()
    });
    Ok(code(run, regressed))
}

/// The exit code of a run: a peer too slow for a row is a result like any other.
fn code(run: &Run, regressed: bool) -> u8 {
    match () {
        () if run.interrupted => INTERRUPTED,
        () if !run.faults.is_empty() => 1,
        () if !run.is_sound() => NOISY,
        () if regressed => 1,
        () => 0,
    }
}

fn report(workspace: &Workspace, flags: &Bench, path: Option<&str>) -> Exit {
    let folder = folder(workspace);
    let path = match path {
        Some(path) => baseline::find(&folder, path),
        None => store::last(&folder).ok_or("no run is saved yet; `cargo xtask bench` makes one")?,
    };
    let run = store::read(&path)?;
    print!(
        "{}",
        table::head(&run, &format!("{} rounds of {} s", run.setting.rounds, run.setting.seconds))
    );
    print!("{}", table::body(&run, look(flags)));
    outputs(flags, &run, &folder)?;
    Ok(if run.is_sound() { 0 } else { NOISY })
}

/// The page is always made; the rest where the flags say.
fn outputs(flags: &Bench, run: &Run, folder: &Path) -> Result<(), String> {
    let (page, latest) = (html::page(run), folder.join("latest.html"));
    write(&latest.display().to_string(), &page)?;
    println!("html      {}", latest.display());
    let wanted = &flags.outputs;
    if let Some(path) = &wanted.html {
        write(path, &page)?;
    }
    if let Some(path) = &wanted.json {
        write(path, &store::text(run))?;
    }
    if let Some(path) = &wanted.markdown {
        write(path, &markdown::page(run))?;
    }
    if let Some(folder) = &wanted.svg {
        for (name, picture) in pictures(run) {
            write(&format!("{folder}/{name}.svg"), &picture.file())?;
        }
    }
    Ok(())
}

/// Each picture of the page, and a file's name for it.
fn pictures(run: &Run) -> Vec<(String, svg::Paper)> {
    let mut pictures = vec![("summary".to_owned(), svg::bars::standings(run))];
    for group in run.groups() {
        let rows: Vec<_> = run.rows.iter().filter(|row| row.case.group == group).collect();
        pictures.push((format!("bars-{group}"), svg::bars::rows(run, group, &rows)));
    }
    for growth in svg::lines::growths(run) {
        let name = format!("size-{}-{}", growth.family.replace('/', "-"), growth.threads);
        pictures.push((name, svg::lines::picture(run, &growth)));
    }
    pictures
}

/// `-` is standard output.
fn write(path: &str, text: &str) -> Result<(), String> {
    if path == "-" {
        print!("{text}");
        return Ok(());
    }
    let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty());
    folder
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|error| format!("{path}: {error}"))
}

/// Whether what these flags need is there, before minutes go into a build.
fn usable(workspace: &Workspace, flags: &Bench) -> Result<(), String> {
    let tool = count::Tool::needed(flags.mode);
    tool.map_or(Ok(()), |tool| tool.check(&workspace.root))?;
    let name = flags.baseline.as_deref();
    name.map_or(Ok(()), |name| baseline::programs(&folder(workspace), name).map(drop))
}

/// The plan in one line.
fn said(plan: &plan::Plan, flags: &Bench) -> String {
    let (rows, rounds, seconds) = (plan.jobs.len(), plan.rounds, plan.time.as_secs_f64());
    let clock = progress::clock(plan.seconds);
    if flags.mode.is_count() {
        return format!("{rows} rows, {rounds} rounds, counted; about {clock} (m:s)");
    }
    let sized = plan.jobs.iter().find(|job| job.case.size.is_some()).map(|job| job.rounds);
    let sized = sized.map_or(String::new(), |rounds| format!(" ({rounds} for cases with a size)"));
    format!("{rows} rows, {rounds} rounds{sized} of {seconds:.3} s; about {clock} (m:s)")
}

fn dry(plan: &plan::Plan) {
    println!();
    let width = plan.jobs.iter().map(|job| job.case.id.len()).max().unwrap_or(0);
    for job in &plan.jobs {
        let (id, rounds, who) = (&job.case.id, job.rounds, job.columns.join(" "));
        println!("{id:<width$}  {:>2} threads  {rounds:>2} rounds  {who}", job.threads);
    }
    let processes: usize = plan.jobs.iter().map(|job| job.rounds * job.columns.len()).sum();
    println!(
        "{} rows, {processes} samples, about {}",
        plan.jobs.len(),
        progress::clock(plan.seconds)
    );
}

fn setting(flags: &Bench, plan: &plan::Plan) -> Setting {
    Setting {
        mode: flags.mode,
        allocator: match flags.allocator {
            Allocator::System => "system".into(),
            Allocator::Mimalloc => "mimalloc".into(),
        },
        rounds: plan.rounds,
        seconds: plan.time.as_secs_f64(),
        quick: flags.quick,
        baseline: flags.baseline.clone(),
    }
}

fn look(flags: &Bench) -> table::Look {
    let paint = paint::Paint::new(flags.color);
    table::Look { paint, latency: flags.latency, verbose: flags.verbose }
}

#[cfg(test)]
mod tests {
    //! What a run ends with.

    use super::*;

    #[test]
    fn a_slow_peer_fails_no_run() {
        let mut run = specimen::run();
        assert!(!run.faults.is_empty() && !run.remarks.is_empty());
        assert_eq!(code(&run, false), 1);
        run.faults.clear();
        assert_eq!((code(&run, false), code(&run, true)), (0, 1));
        run.interrupted = true;
        assert_eq!(code(&run, false), INTERRUPTED);
    }
}
