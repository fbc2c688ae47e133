//! The page of `cargo xtask bench`, and its flags.

use std::time::Duration;

use lexopt::prelude::*;

use super::Chore;

pub(super) const HELP: &str = "\
cargo xtask bench [FILTER]..         cases whose GROUP/CASE holds FILTER; with * or ? it is a glob: 'io/*'
  what is measured
    --against tokio,smol             peers; also compio, monoio, asyncio, uvloop (the last two need python3)
    --threads 1,2                    flavours: one thread that polls tasks, several
    --mode cpu|wall|instr|alloc|syscalls
                                     per operation: processor time (default), wall time, instructions
                                     (valgrind), allocations, system calls (strace)
    --allocator system|mimalloc      what all runtimes allocate with
  how long
    --quick                          under 90 s; marked `not for claims`
    --rounds N  --time SECS          default 11 to 5 rounds of 0.1 s, or less time, as 20 minutes allow
  against an earlier evenkeel
    --save NAME                      keep this run, and the program, as the baseline NAME
    --baseline NAME                  one more column: evenkeel as it was then, measured again in turn
    --fail-above PCT                 exit 1 if a case got slower by more than PCT %, all of its interval
  what is shown
    --latency                        p50, p99 and p99.9 of the cases that report them
    --json FILE  --md FILE           the run, or its table; `-` is standard output
    --html FILE  --svg DIR           one page with pictures; the pictures alone
    --no-color  -v                   -v: every sample
  without measuring
    --list                           the cases, their meaning and asyncio's name for it
    --dry-run                        what would be run, and how long that would take
    --smoke                          each case once on each runtime, tiny: does it still work?
cargo xtask bench report [RUN.json]  show a saved run again (default: the last one)
cargo xtask bench diff A.json B.json evenkeel of run A beside evenkeel of run B

ratio = what the peer needs / what evenkeel needs, in the same round: above 1, evenkeel is ahead. A
difference is called only where its 95 % interval excludes 1.00 and lies beyond that of the control
(evenkeel against itself). Each run is saved under target/bench; target/bench/latest.html shows it.
exit: 0 well, 1 regression or failed case, 2 mistyped or a tool is missing, 3 the control failed,
130 interrupted. docs/BENCHMARKING.md says more.
";

/// What is to be done with a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Measure,
    List,
    DryRun,
    Smoke,
    /// A saved run again; the last one if none is named.
    Report(Option<String>),
    Diff(String, String),
}

/// Which quantity is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Processor time of the whole process, or of the server where there is one.
    Cpu,
    /// Time on the wall.
    Wall,
    /// Instructions, as callgrind counts them.
    Instr,
    /// Calls of the allocator.
    Alloc,
    /// System calls, as strace counts them.
    Syscalls,
}

impl Mode {
    pub(crate) const ALL: [Mode; 5] =
        [Mode::Cpu, Mode::Wall, Mode::Instr, Mode::Alloc, Mode::Syscalls];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Mode::Cpu => "cpu",
            Mode::Wall => "wall",
            Mode::Instr => "instr",
            Mode::Alloc => "alloc",
            Mode::Syscalls => "syscalls",
        }
    }

    /// Whether it counts, which needs no quiet machine.
    pub(crate) fn is_count(self) -> bool {
        !matches!(self, Mode::Cpu | Mode::Wall)
    }
}

/// What all runtimes allocate with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allocator {
    System,
    Mimalloc,
}

/// Where the answer goes besides the terminal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outputs {
    pub(crate) json: Option<String>,
    pub(crate) markdown: Option<String>,
    pub(crate) html: Option<String>,
    pub(crate) svg: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Bench {
    pub(crate) what: What,
    pub(crate) filters: Vec<String>,
    pub(crate) against: Vec<String>,
    pub(crate) threads: Vec<usize>,
    /// None: as the plan sees fit.
    pub(crate) rounds: Option<usize>,
    pub(crate) time: Option<Duration>,
    pub(crate) quick: bool,
    pub(crate) mode: Mode,
    pub(crate) allocator: Allocator,
    pub(crate) latency: bool,
    pub(crate) save: Option<String>,
    pub(crate) baseline: Option<String>,
    /// In percent.
    pub(crate) fail_above: Option<f64>,
    pub(crate) outputs: Outputs,
    pub(crate) color: bool,
    pub(crate) verbose: bool,
}

impl Default for Bench {
    fn default() -> Self {
        Bench {
            what: What::Measure,
            filters: Vec::new(),
            against: vec!["tokio".into(), "smol".into()],
            threads: vec![1, 2],
            rounds: None,
            time: None,
            quick: false,
            mode: Mode::Cpu,
            allocator: Allocator::System,
            latency: false,
            save: None,
            baseline: None,
            fail_above: None,
            outputs: Outputs::default(),
            color: true,
            verbose: false,
        }
    }
}

/// The peers one may name.
const PEERS: [&str; 6] = ["tokio", "smol", "compio", "monoio", "asyncio", "uvloop"];

pub(super) fn parse(mut parser: lexopt::Parser) -> Result<Chore, lexopt::Error> {
    let mut flags = Bench::default();
    let mut words = Vec::new();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Chore::Help(HELP)),
            Long("against") => flags.against = peers(&parser.value()?.string()?)?,
            Long("threads") => {
                let counts = list(&parser.value()?.string()?);
                flags.threads = counts.iter().map(|n| threads(n)).collect::<Result<_, _>>()?;
            }
            Long("mode") => {
                flags.mode = one_of(&parser.value()?.string()?, "mode", &Mode::ALL, Mode::name)?;
            }
            Long("allocator") => {
                let both = [Allocator::System, Allocator::Mimalloc];
                let name = |it| if it == Allocator::System { "system" } else { "mimalloc" };
                flags.allocator = one_of(&parser.value()?.string()?, "allocator", &both, name)?;
            }
            Long("quick") => flags.quick = true,
            Long("rounds") => flags.rounds = Some(parser.value()?.parse::<usize>()?.max(1)),
            Long("time") => flags.time = Some(seconds(parser.value()?.parse()?)?),
            Long("save") => flags.save = Some(name(parser.value()?.string()?)?),
            Long("baseline") => flags.baseline = Some(name(parser.value()?.string()?)?),
            Long("fail-above") => flags.fail_above = Some(percent(parser.value()?.parse()?)?),
            Long("latency") => flags.latency = true,
            Long("json") => flags.outputs.json = Some(parser.value()?.string()?),
            Long("md") => flags.outputs.markdown = Some(parser.value()?.string()?),
            Long("html") => flags.outputs.html = Some(parser.value()?.string()?),
            Long("svg") => flags.outputs.svg = Some(parser.value()?.string()?),
            Long("list") => flags.what = What::List,
            Long("dry-run") => flags.what = What::DryRun,
            Long("smoke") => flags.what = What::Smoke,
            Long("no-color") => flags.color = false,
            Short('v') | Long("verbose") => flags.verbose = true,
            Value(word) => words.push(word.string()?),
            other => return Err(other.unexpected()),
        }
    }
    subcommand(&mut flags, words)?;
    let compares = flags.baseline.is_some() || matches!(flags.what, What::Diff(..));
    if flags.fail_above.is_some() && !compares {
        return Err("--fail-above needs a --baseline to compare with".into());
    }
    Ok(Chore::Bench(Box::new(flags)))
}

/// `report` and `diff` are named by the first word; all other words are filters.
fn subcommand(flags: &mut Bench, words: Vec<String>) -> Result<(), lexopt::Error> {
    match words.first().map(String::as_str) {
        Some("report") => {
            if words.len() > 2 {
                return Err("report shows one run".into());
            }
            flags.what = What::Report(words.get(1).cloned());
        }
        Some("diff") => match words.as_slice() {
            [_, a, b] => flags.what = What::Diff(a.clone(), b.clone()),
            _ => return Err("diff compares two runs: diff A.json B.json".into()),
        },
        _ => flags.filters = words,
    }
    Ok(())
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(String::from).collect()
}

fn peers(text: &str) -> Result<Vec<String>, lexopt::Error> {
    let mut peers = Vec::new();
    for peer in list(text) {
        if !PEERS.contains(&peer.as_str()) {
            return Err(format!("no peer `{peer}`: {}", PEERS.join(", ")).into());
        }
        if !peers.contains(&peer) {
            peers.push(peer);
        }
    }
    Ok(peers)
}

fn one_of<T: Copy>(
    text: &str,
    what: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, lexopt::Error> {
    all.iter().copied().find(|it| name(*it) == text).ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|it| name(*it)).collect();
        format!("no {what} `{text}`: {}", names.join(", ")).into()
    })
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

fn percent(value: f64) -> Result<f64, lexopt::Error> {
    if value.is_finite() && value >= 0.0 {
        Ok(value)
    } else {
        Err(format!("`{value}` is no percentage").into())
    }
}

/// A baseline is a folder's name, and nothing that leads out of its folder.
fn name(text: String) -> Result<String, lexopt::Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(plain) {
        Ok(text)
    } else {
        Err(format!("`{text}` is no name: letters, digits, - _ .").into())
    }
}
