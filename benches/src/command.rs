//! What the binaries understand, and the one line they answer with.
//!
//! - `list`: the cases, as JSON;
//! - `run ID RUNTIME THREADS [SECS | --pieces N]`: the cost, as JSON; with neither, the smallest
//!   piece of work; so many pieces are done without a warm-up, to be counted;
//! - `load KIND CONNECTIONS IDLE TARGET [SECS | --pieces N]`: the load on a server, started by the
//!   case itself.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use crate::cases::{self, Case, GROUPS, LIMIT};
use crate::load::{self, Plan};
use crate::measure::{Cost, Length};

/// Does what the command line says.
#[must_use]
pub fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match dispatch(&args) {
        Ok(answer) => {
            if let Some(line) = answer {
                println!("{line}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[&str]) -> io::Result<Option<String>> {
    match args {
        ["list"] => Ok(Some(list())),
        ["run", id, runtime, threads, length_args @ ..] => {
            let threads = threads.parse().map_err(io::Error::other)?;
            let cost = cases::run(id, runtime, threads, length(length_args)?)?;
            Ok(Some(shown(&cost)))
        }
        [load::COMMAND, kind, connections, idle, target, length_args @ ..] => {
            let plan = Plan::parse([kind, connections, idle, target])?;
            load::run(&plan, length(length_args)?)?;
            Ok(None)
        }
        _ => Err(io::Error::other("list | run ID RUNTIME THREADS [SECS | --pieces N]")),
    }
}

fn length(args: &[&str]) -> io::Result<Length> {
    match args {
        [] => Ok(Length::Once),
        ["--pieces", pieces] => Ok(Length::Pieces(pieces.parse().map_err(io::Error::other)?)),
        [secs] => {
            let secs = secs.parse().map_err(io::Error::other)?;
            Ok(Length::Time(Duration::try_from_secs_f64(secs).map_err(io::Error::other)?))
        }
        _ => Err(io::Error::other("a time, or --pieces and their number")),
    }
}

/// Larger sizes take too long to set up for a quick look.
const QUICK: usize = 1_000;

fn list() -> String {
    let mut rows = Vec::new();
    for case in GROUPS.iter().copied().flatten() {
        if case.sizes.is_empty() {
            rows.push(row(case, None));
        }
        rows.extend(case.sizes.iter().map(|size| row(case, Some(*size))));
    }
    format!("[{}]", rows.join(","))
}

// Names and meanings hold no character that JSON would escape.
fn row(case: &Case, size: Option<usize>) -> String {
    let mut runtimes: Vec<String> = Vec::new();
    let mut flavours: Vec<String> = Vec::new();
    for on in case.on {
        let name = quoted(on.runtime);
        if runtimes.contains(&name) {
            continue;
        }
        let threads = case.threads.iter().filter(|n| case.find(on.runtime, **n).is_some());
        let threads: Vec<String> = threads.map(usize::to_string).collect();
        if threads.is_empty() {
            continue;
        }
        flavours.push(format!("{name}:[{}]", threads.join(",")));
        runtimes.push(name);
    }
    let threads: Vec<String> = case.threads.iter().map(usize::to_string).collect();
    if case.limit.is_some() {
        runtimes.push(quoted(LIMIT));
        flavours.push(format!("{}:[{}]", quoted(LIMIT), threads.join(",")));
    }
    let fields = [
        ("group", quoted(case.group)),
        ("name", quoted(case.name)),
        ("size", size.map_or("null".into(), |size| size.to_string())),
        ("axis", case.axis.map_or("null".into(), quoted)),
        ("asyncio", quoted(case.asyncio)),
        ("measure", quoted(case.measure.name())),
        ("meaning", quoted(case.meaning)),
        ("runtimes", format!("[{}]", runtimes.join(","))),
        ("threads", format!("[{}]", threads.join(","))),
        ("flavours", format!("{{{}}}", flavours.join(","))),
        ("quick", (case.quick && size.is_none_or(|size| size <= QUICK)).to_string()),
    ];
    let fields = fields.map(|(name, value)| format!("{}:{value}", quoted(name)));
    format!("{{{}}}", fields.join(","))
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn shown(cost: &Cost) -> String {
    let late = cost.late_ns.map_or("null".into(), |late| late.to_string());
    let latency = cost.latency.map_or("null".into(), |latency| {
        let (p50, p99, p999) = (latency.p50, latency.p99, latency.p999);
        format!(r#"{{"p50":{p50},"p99":{p99},"p999":{p999}}}"#)
    });
    format!(
        r#"{{"ops":{},"wall_ns":{},"cpu_ns":{},"allocations":{},"bytes":{},"late_ns":{late},"latency":{latency}}}"#,
        cost.ops, cost.wall_ns, cost.cpu_ns, cost.allocations, cost.bytes
    )
}
