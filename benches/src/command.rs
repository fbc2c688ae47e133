//! What the binaries understand, and the one line they answer with.
//!
//! - `list`: the cases, as JSON;
//! - `run CASE RUNTIME THREADS [SECS]`: the cost, as JSON; without a time, one piece of work;
//! - `client ADDRESS [SECS]`: the load on an echo server, started by the case itself.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use crate::cases::{self, CASES};
use crate::client;
use crate::measure::{Cost, Length};
use crate::rt::{Evenkeel, SmolLocal, SmolStatic, THREADS, Tokio};

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
        ["run", case, runtime, threads, time @ ..] => {
            let threads = threads.parse().map_err(io::Error::other)?;
            let cost = on(runtime, case, threads, length(time)?)?;
            Ok(Some(shown(&cost)))
        }
        ["client", address, time @ ..] => {
            client::run(address.parse().map_err(io::Error::other)?, length(time)?)?;
            Ok(None)
        }
        _ => Err(io::Error::other("list | run CASE RUNTIME THREADS [SECS]")),
    }
}

fn on(runtime: &str, case: &str, threads: usize, length: Length) -> io::Result<Cost> {
    if !THREADS.contains(&threads) {
        return Err(io::Error::other(format!("flavours are of {THREADS:?} threads")));
    }
    match (runtime, threads) {
        ("evenkeel", _) => cases::run::<Evenkeel>(case, threads, length),
        ("tokio", _) => cases::run::<Tokio>(case, threads, length),
        ("smol", 1) => cases::run::<SmolLocal>(case, threads, length),
        ("smol", _) => cases::run::<SmolStatic>(case, threads, length),
        (other, _) => Err(io::Error::other(format!("there is no runtime `{other}` here"))),
    }
}

fn length(time: &[&str]) -> io::Result<Length> {
    match time {
        [] => Ok(Length::Once),
        [secs] => {
            let secs = secs.parse().map_err(io::Error::other)?;
            Ok(Length::Time(Duration::try_from_secs_f64(secs).map_err(io::Error::other)?))
        }
        _ => Err(io::Error::other("one time")),
    }
}

// Names and meanings hold no character that JSON would escape.
fn list() -> String {
    let cases: Vec<_> = CASES
        .iter()
        .map(|case| {
            format!(
                r#"{{"name":"{}","asyncio":"{}","measure":"{}","meaning":"{}"}}"#,
                case.name, case.asyncio, case.measure, case.meaning
            )
        })
        .collect();
    format!("[{}]", cases.join(","))
}

fn shown(cost: &Cost) -> String {
    format!(
        r#"{{"ops":{},"wall_ns":{},"cpu_ns":{},"allocations":{},"bytes":{}}}"#,
        cost.ops, cost.wall_ns, cost.cpu_ns, cost.allocations, cost.bytes
    )
}
