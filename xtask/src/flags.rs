//! The manual, and the flags it speaks of.
//!
//! Each chore has one help text and one struct. A flag that is not in the text does not exist.

use std::ffi::OsString;

use lexopt::prelude::*;

mod bench; // the longest page

pub(crate) use bench::{Allocator, Bench, Mode, What};

/// The exit code of a mistyped command.
pub(crate) const USAGE: u8 = 2;

const HELP: &str = "\
cargo xtask CHORE [FLAG]..

  ci       everything that must hold before a change lands, cheapest first
  test     the tests and doctests of the workspace or of one crate
  loom     the models of every hand-written protocol
  soak     programs drawn from seeds, a million schedules of them, and threads that contend
  tidy     what no compiler checks: arrows between crates, file heads, sizes, names
  doc      the documentation, warnings being errors
  python   the bridge to Python's asyncio: built by maturin, tested by pytest
  counts   what one operation takes: instructions, locked instructions, calls, allocations
  clients  our servers, and clients that others wrote: curl, wrk, h2load, openssl, nginx, Python, Redis
  bench    evenkeel beside tokio, smol and others, on the same work

`cargo xtask help CHORE` tells more. No chore installs anything outside target/ unless it is asked to.
exit: 0 well, 1 a check failed, 2 mistyped, 3 (bench) the machine was too noisy to say anything
";

const CI: &str = "\
cargo xtask ci [STEP]..          only these steps; a step is named by its first word
    --fail-fast                  stop at the first failure instead of trying the rest
    --list                       name the steps and end

One line and one time per step, then the total. Output is shown only where a step fails: its last
lines, the log's place, and at the very end the one command that repeats the first failure.
";

const TEST: &str = "\
cargo xtask test [CRATE [FILTER]]    doctests included; the crate is named by its folder or name
";

const LOOM: &str = "\
cargo xtask loom [CRATE [MODEL]]     the models in tests/loom.rs of each crate, or of one
    --preemptions N                  2 finds most; 3 is the figure to reach before a release

Loom has its own target folder (target/loom), so that its flags rebuild nothing else.
";

const SOAK: &str = "\
cargo xtask soak [FILTER]            the programs in crates/evenkeel/tests/soak whose names hold FILTER
    --seeds N                        of each program; default: so many that all make 10^6 schedules
    --operations N                   of each thread in the family `threads`; default 100000

Optimised, family by family: a table of schedules, seconds and failures, and for each failure the
line that replays it. The last figures stand in docs/TESTING.md.
";

const TIDY: &str = "\
cargo xtask tidy

Fails on: an arrow between crates that the design does not have; a file that does not open with
`//!`, is over 600 lines, or is named after a drawer (util, common, types, helpers); a waiting call
whose documentation lacks a graded `# Cancellation` section; a let-chain or an atomic where it may
not stand; a path of somebody's machine; an example that the README does not list.
";

const DOC: &str = "\
cargo xtask doc [--open]             the crates' documentation; warnings are errors
";

const PYTHON: &str = "\
cargo xtask python [PYTEST ARG]..    builds the module in python/ and runs its tests

In a virtual environment under target/python, which is made the first time (python3 with its headers,
and the network for maturin and pytest, are needed). What follows is pytest's: -k cancel, -v.
";

const COUNTS: &str = "\
cargo xtask counts [FILTER]..        operations whose name holds FILTER
    --against tokio,smol             peers as well, by callgrind and strace
    --check                          fail if something is dearer than in the committed table
    --write                          write benches/counts/table.json and TABLE.md anew
    -v                               also whose the locked instructions are, and which words

Counts and not times: the machine may be busy. Needs valgrind, strace and binutils; what is missing
is said and left out.
";

const CLIENTS: &str = "\
cargo xtask clients [FILTER]..       talks whose name holds FILTER; wrk, redis, ..
    --install                        first asks apt for the clients that are missing (it needs root)

curl (HTTP/1.1, HTTP/2, TLS, large bodies), openssl s_client, wrk, h2load, nginx as a proxy in front, and
500 connections of Python's asyncio against a server of evenkeel-hyper's; redis-cli and redis-benchmark
against the example b12_mini_redis. A client that is missing is SKIPPED, and counted.
Each talk is had twice: no client may report an error, no descriptor and no process be left, and the second
talk may not make the server larger by more than 4 MiB; its memory after either is shown. --install prints
what it runs, starts no daemon, and leaves them installed.
";

/// What to do.
pub(crate) enum Chore {
    Help(&'static str),
    Ci(Ci),
    Test(Test),
    Loom(Loom),
    Soak(Soak),
    Tidy,
    Doc(Doc),
    Python(Python),
    Counts(Counts),
    Clients(Clients),
    Bench(Box<Bench>),
}

#[derive(Default)]
pub(crate) struct Ci {
    pub(crate) only: Vec<String>,
    pub(crate) fail_fast: bool,
    pub(crate) list: bool,
}

#[derive(Default)]
pub(crate) struct Test {
    pub(crate) package: Option<String>,
    pub(crate) filter: Option<String>,
}

pub(crate) struct Loom {
    pub(crate) package: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) preemptions: u32,
}

pub(crate) struct Soak {
    pub(crate) filter: Option<String>,
    pub(crate) seeds: Option<u64>,
    pub(crate) operations: u64,
}

#[derive(Default)]
pub(crate) struct Doc {
    pub(crate) open: bool,
}

#[derive(Default)]
pub(crate) struct Python {
    pub(crate) pytest: Vec<String>,
}

#[derive(Default)]
pub(crate) struct Clients {
    pub(crate) filters: Vec<String>,
    pub(crate) install: bool,
}

#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) filters: Vec<String>,
    pub(crate) against: Vec<String>,
    pub(crate) check: bool,
    pub(crate) write: bool,
    pub(crate) verbose: bool,
}

/// Reads a command line; the error is one line for the person who typed it.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Chore, String> {
    parse_chore(lexopt::Parser::from_args(args)).map_err(|error| error.to_string())
}

fn parse_chore(mut parser: lexopt::Parser) -> Result<Chore, lexopt::Error> {
    let name = match parser.next()? {
        None | Some(Short('h') | Long("help")) => return Ok(Chore::Help(HELP)),
        Some(Value(name)) => name.string()?,
        Some(other) => return Err(other.unexpected()),
    };
    match name.as_str() {
        "help" => match parser.next()? {
            Some(Value(chore)) => Ok(Chore::Help(help_of(&chore.string()?)?)),
            Some(other) => Err(other.unexpected()),
            None => Ok(Chore::Help(HELP)),
        },
        "ci" => parse_ci(parser),
        "test" => parse_test(parser),
        "loom" => parse_loom(parser),
        "soak" => parse_soak(parser),
        "tidy" => match parser.next()? {
            None => Ok(Chore::Tidy),
            Some(Short('h') | Long("help")) => Ok(Chore::Help(TIDY)),
            Some(other) => Err(other.unexpected()),
        },
        "doc" => parse_doc(parser),
        "python" => parse_python(parser),
        "counts" => parse_counts(parser),
        "clients" => parse_clients(parser),
        "bench" => bench::parse(parser),
        unknown => Err(format!("there is no chore `{unknown}`").into()),
    }
}

fn help_of(chore: &str) -> Result<&'static str, lexopt::Error> {
    Ok(match chore {
        "ci" => CI,
        "test" => TEST,
        "loom" => LOOM,
        "soak" => SOAK,
        "tidy" => TIDY,
        "doc" => DOC,
        "python" => PYTHON,
        "counts" => COUNTS,
        "clients" => CLIENTS,
        "bench" => bench::HELP,
        unknown => return Err(format!("there is no chore `{unknown}`").into()),
    })
}

fn parse_ci(mut parser: lexopt::Parser) -> Result<Chore, lexopt::Error> {
    let mut flags = Ci::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Chore::Help(CI)),
            Long("fail-fast") => flags.fail_fast = true,
            Long("list") => flags.list = true,
            Value(step) => flags.only.push(step.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Chore::Ci(flags))
}

fn parse_test(mut parser: lexopt::Parser) -> Result<Chore, lexopt::Error> {
    let mut flags = Test::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Chore::Help(TEST)),
            Value(package) if flags.package.is_none() => flags.package = Some(package.string()?),
            Value(filter) if flags.filter.is_none() => flags.filter = Some(filter.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Chore::Test(flags))
}

fn parse_loom(mut parser: lexopt::Parser) -> Result<Chore, lexopt::Error> {
    let mut flags = Loom { package: None, model: None, preemptions: 2 };
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Chore::Help(LOOM)),
            Long("preemptions") => flags.preemptions = parser.value()?.parse()?,
            Value(package) if flags.package.is_none() => flags.package = Some(package.string()?),
            Value(model) if flags.model.is_none() => flags.model = Some(model.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Chore::Loom(flags))
}

fn parse_soak(mut parser: lexopt::Parser) -> Result<Chore, lexopt::Error> {
    let mut flags = Soak { filter: None, seeds: None, operations: 100_000 };
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Chore::Help(SOAK)),
            Long("seeds") => flags.seeds = Some(parser.value()?.parse()?),
            Long("operations") => flags.operations = parser.value()?.parse()?,
            Value(filter) if flags.filter.is_none() => flags.filter = Some(filter.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Chore::Soak(flags))
}

fn parse_doc(mut parser: lexopt::Parser) -> Result<Chore, lexopt::Error> {
    let mut flags = Doc::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Chore::Help(DOC)),
            Long("open") => flags.open = true,
            other => return Err(other.unexpected()),
        }
    }
    Ok(Chore::Doc(flags))
}

fn parse_python(mut parser: lexopt::Parser) -> Result<Chore, lexopt::Error> {
    let mut flags = Python::default();
    for arg in parser.raw_args()? {
        match arg.string()?.as_str() {
            "-h" | "--help" => return Ok(Chore::Help(PYTHON)),
            pytest => flags.pytest.push(pytest.into()),
        }
    }
    Ok(Chore::Python(flags))
}

fn parse_clients(mut parser: lexopt::Parser) -> Result<Chore, lexopt::Error> {
    let mut flags = Clients::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Chore::Help(CLIENTS)),
            Long("install") => flags.install = true,
            Value(word) => flags.filters.push(word.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Chore::Clients(flags))
}

fn parse_counts(mut parser: lexopt::Parser) -> Result<Chore, lexopt::Error> {
    let mut flags = Counts::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Chore::Help(COUNTS)),
            Long("against") => {
                let peers = parser.value()?.string()?;
                flags.against = peers.split(',').map(|peer| peer.trim().into()).collect();
            }
            Long("check") => flags.check = true,
            Long("write") => flags.write = true,
            Short('v') => flags.verbose = true,
            Value(filter) => flags.filters.push(filter.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Chore::Counts(flags))
}

#[cfg(test)]
mod tests;
