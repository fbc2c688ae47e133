//! The manual, and the flags it speaks of.
//!
//! Each chore has one help text and one struct. A flag that is not in the text does not exist.

use std::ffi::OsString;
use std::time::Duration;

use lexopt::prelude::*;

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
  bench    evenkeel beside tokio and smol, on the same work

`cargo xtask help CHORE` tells more. No chore installs anything.
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

const BENCH: &str = "\
cargo xtask bench [FILTER]..         cases whose name holds FILTER (`*` matches anything)
    --against tokio,smol             peers
    --threads 1,2                    flavours: one thread, several
    --rounds N                       default 11, one process per case, runtime and round
    --time SECS                      default 0.1, measured time of one such process
    --quick                          5 rounds of 0.05 s; marked `not for claims`
    --smoke                          each case once on each runtime, tiny: does it still work?
    --mode cpu|wall                  what is compared; default cpu, of the whole process
    --json FILE                      also save the run there; `-` is standard output
    --list                           name the cases and end
    -v                               show every sample

ratio = peer / evenkeel of the same round, so more than 1 is evenkeel faster. A difference is called
only where its 95 % interval excludes 1.00 and lies outside the interval of the control (evenkeel
against itself). docs/BENCHMARKING.md says more. Each run is saved under target/bench.
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
    Bench(Bench),
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

/// Which quantity of a timed case is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Processor time of the whole process, or of the server where there is one.
    Cpu,
    /// Time on the wall.
    Wall,
}

pub(crate) struct Bench {
    pub(crate) filters: Vec<String>,
    pub(crate) against: Vec<String>,
    pub(crate) threads: Vec<usize>,
    pub(crate) rounds: usize,
    pub(crate) time: Duration,
    pub(crate) quick: bool,
    pub(crate) smoke: bool,
    pub(crate) mode: Mode,
    pub(crate) json: Option<String>,
    pub(crate) list: bool,
    pub(crate) verbose: bool,
}

impl Default for Bench {
    fn default() -> Self {
        Bench {
            filters: Vec::new(),
            against: vec!["tokio".into(), "smol".into()],
            threads: vec![1, 2],
            // An odd number has a median that was measured; 11 give an interval of about a tenth
            // of the spread in a minute or two for all cases. More rounds narrow it, more time
            // does so less.
            rounds: 11,
            time: Duration::from_millis(100),
            quick: false,
            smoke: false,
            mode: Mode::Cpu,
            json: None,
            list: false,
            verbose: false,
        }
    }
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
        "bench" => parse_bench(parser),
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
        "bench" => BENCH,
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

fn parse_bench(mut parser: lexopt::Parser) -> Result<Chore, lexopt::Error> {
    let mut flags = Bench::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Chore::Help(BENCH)),
            Long("against") => flags.against = list(&parser.value()?.string()?),
            Long("threads") => {
                let counts = list(&parser.value()?.string()?);
                flags.threads = counts.iter().map(|n| threads(n)).collect::<Result<_, _>>()?;
            }
            Long("rounds") => flags.rounds = parser.value()?.parse::<usize>()?.max(1),
            Long("time") => flags.time = seconds(parser.value()?.parse()?)?,
            Long("quick") => {
                flags.quick = true;
                flags.rounds = 5;
                flags.time = Duration::from_millis(50);
            }
            Long("smoke") => flags.smoke = true,
            Long("mode") => {
                flags.mode = match parser.value()?.string()?.as_str() {
                    "cpu" => Mode::Cpu,
                    "wall" => Mode::Wall,
                    other => return Err(format!("no mode `{other}`: cpu or wall").into()),
                }
            }
            Long("json") => flags.json = Some(parser.value()?.string()?),
            Long("list") => flags.list = true,
            Short('v') => flags.verbose = true,
            Value(filter) => flags.filters.push(filter.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Chore::Bench(flags))
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(String::from).collect()
}

fn threads(text: &str) -> Result<usize, lexopt::Error> {
    match text.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(format!("`{text}` is no number of threads").into()),
    }
}

fn seconds(secs: f64) -> Result<Duration, lexopt::Error> {
    match Duration::try_from_secs_f64(secs) {
        Ok(time) if !time.is_zero() => Ok(time),
        _ => Err(format!("`{secs}` is no length of time").into()),
    }
}

#[cfg(test)]
mod tests;
