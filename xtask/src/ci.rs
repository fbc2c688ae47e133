//! `cargo xtask ci`: all that must hold before a change lands, in order of cheapness.
//!
//! Compiling is what costs. So nothing but the models changes compiler flags, the release build is
//! one for examples and benches together, and the alone-checks share what clippy already checked.

use std::path::Path;
use std::time::Duration;

use crate::Exit;
use crate::bench;
use crate::counts;
use crate::doc;
use crate::flags;
use crate::loom;
use crate::step::{Failure, Line, Log, Steps};
use crate::test;
use crate::tidy;
use crate::workspace::{Workspace, cargo};

/// For whatever compiles: a cold build on two busy cores stays well below.
const BUILD: Duration = Duration::from_secs(900);

/// For one example: the longest sleeps some ten seconds.
const EXAMPLE: Duration = Duration::from_secs(60);

/// What is built optimised. Every step names all of it, since what is built together shares its features:
/// a step with fewer packages would compile some of them once more.
const RELEASED: &[&str] = &[
    "--examples",
    "--bins",
    "-p",
    "evenkeel-examples",
    "-p",
    bench::PACKAGE,
    "-p",
    counts::PACKAGE,
];

type Done = Result<String, Failure>;

/// A step's name, what it is for, and what it does.
type Entry = (&'static str, &'static str, fn(&Workspace, &Log) -> Done);

const STEPS: &[Entry] = &[
    ("fmt", "the source stands as rustfmt puts it", fmt),
    ("tidy", "arrows, heads, sizes, names, cancellation", tidy_up),
    ("lock", "Cargo.lock fits the manifests", lock),
    ("clippy", "no warning in any target", clippy),
    ("test", "unit, integration and documentation tests", tests),
    ("alone", "each crate by itself: with default features, none, all, each single one", alone),
    ("doc", "documentation without a warning", docs),
    ("loom", "every hand-written protocol, bounded", models),
    ("release", "examples and benches, optimised", release),
    ("examples", "each example runs to its end", examples),
    ("counts", "no operation takes more than the table says", counts),
    ("bench", "each workload on each runtime, once", smoke),
];

pub(crate) fn run(workspace: &Workspace, flags: &flags::Ci) -> Exit {
    if flags.list {
        for (title, meaning, _) in STEPS {
            println!("{title:<10} {meaning}");
        }
        return Ok(0);
    }
    let unknown = flags.only.iter().find(|name| !STEPS.iter().any(|step| step.0 == **name));
    if let Some(name) = unknown {
        return Err(format!("no step `{name}`; try `cargo xtask ci --list`"));
    }
    let mut steps = Steps::new(&workspace.target.join("xtask"));
    for (title, _, body) in STEPS {
        let wanted = flags.only.is_empty() || flags.only.iter().any(|name| name == title);
        if !wanted || (flags.fail_fast && steps.has_failed()) {
            continue;
        }
        steps.step(title, |log| body(workspace, log));
    }
    Ok(steps.end())
}

fn cargo_line<const N: usize>(workspace: &Workspace, args: [&str; N]) -> Line {
    Line::new(cargo(), &workspace.root, BUILD).args(args)
}

/// Runs a line that is its own repetition.
fn plain(line: &Line, log: &Log) -> Result<String, Failure> {
    line.run(log, &line.to_string())
}

fn fmt(workspace: &Workspace, log: &Log) -> Done {
    plain(&cargo_line(workspace, ["fmt", "--all", "--check"]), log).map(|_| String::new())
}

fn tidy_up(workspace: &Workspace, _: &Log) -> Done {
    let fail = |output| Failure { repeat: "cargo xtask tidy".into(), output };
    let found = tidy::look(workspace).map_err(fail)?;
    if found.faults.is_empty() { Ok(found.remark()) } else { Err(fail(found.faults.join("\n"))) }
}

fn lock(workspace: &Workspace, log: &Log) -> Done {
    let line = cargo_line(workspace, ["tree", "--workspace", "--locked", "--depth", "0"]);
    plain(&line, log).map(|_| String::new())
}

fn clippy(workspace: &Workspace, log: &Log) -> Done {
    let args = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
    plain(&cargo_line(workspace, args), log).map(|_| String::new())
}

fn tests(workspace: &Workspace, log: &Log) -> Done {
    let said = plain(&test::whole(workspace), log)?;
    Ok(format!("{} tests", test::passed(&said)))
}

/// Clippy rather than check: at the same price it also sees what is unused without the features.
fn alone(workspace: &Workspace, log: &Log) -> Done {
    let (mut crates, mut builds) = (0, 0);
    for package in workspace.crates() {
        let mut choices = vec![vec![]];
        if !package.features.is_empty() {
            choices.push(vec!["--no-default-features"]);
            choices.push(vec!["--all-features"]);
        }
        for feature in &package.features {
            choices.push(vec!["--no-default-features", "--features", feature]);
        }
        for features in &choices {
            let line = cargo_line(workspace, ["clippy", "-p", &package.name])
                .args(features.iter().copied())
                .args(["--", "-D", "warnings"]);
            plain(&line, log)?;
        }
        crates += 1;
        builds += choices.len();
    }
    Ok(format!("{crates} crates, {builds} choices of features"))
}

fn docs(workspace: &Workspace, log: &Log) -> Done {
    plain(&doc::line(workspace), log).map(|_| String::new())
}

fn models(workspace: &Workspace, log: &Log) -> Done {
    let packages = loom::modelled(workspace);
    if packages.is_empty() {
        return Ok("no models yet".into());
    }
    let said = plain(&loom::line(workspace, &packages, loom::BOUND), log)?;
    let (models, crates) = (test::passed(&said), packages.len());
    Ok(format!("{models} models in {crates} crates, {} preemptions", loom::BOUND))
}

/// One build for both, so that what they stand on is compiled once.
fn release(workspace: &Workspace, log: &Log) -> Done {
    let line = cargo_line(workspace, ["build", "--release"]).args(RELEASED.iter().copied());
    plain(&line, log).map(|_| String::new())
}

fn examples(workspace: &Workspace, log: &Log) -> Done {
    let fail = |output| Failure { repeat: "cargo xtask ci examples".into(), output };
    let package = workspace.package("examples").map_err(fail)?;
    release(workspace, log)?;
    for name in &package.examples {
        let path = workspace.target.join("release/examples").join(name);
        let line = Line::new(path.display().to_string(), Path::new(&workspace.root), EXAMPLE);
        line.run(log, &format!("cargo run --release --example {name}"))?;
    }
    Ok(format!("{} examples", package.examples.len()))
}

fn counts(workspace: &Workspace, log: &Log) -> Done {
    counts::step(workspace, log, RELEASED)
}

fn smoke(workspace: &Workspace, _: &Log) -> Done {
    bench::smoke(workspace, RELEASED)
        .map_err(|output| Failure { repeat: "cargo xtask bench --smoke".into(), output })
}
