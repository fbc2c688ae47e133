//! `cargo xtask clients`: servers on evenkeel, and the clients that other people wrote.
//!
//! A client that is not there is named and left out; `--install` asks apt for it. Each talk is had twice:
//! after the second the server must hold the descriptors that it held after the first, and may not be
//! larger by more than 4 MiB; no process may be left.

use std::time::Duration;

use crate::Exit;
use crate::flags;
use crate::step::{Failure, Line, Steps};
use crate::workspace::{Workspace, cargo};

mod install; // from apt, if asked
mod server; // one of ours, and what it holds
mod talks; // what is said over HTTP
mod redis; // and in Redis's protocol

use server::{Held, Server};
use talks::Talk;

/// A cold optimised build on two busy cores.
const BUILD: Duration = Duration::from_secs(900);

/// One client: seconds when all is well.
const LIMIT: Duration = Duration::from_secs(60);

/// What a server may grow by between a talk and the same talk again. An allocator keeps what it once had, and
/// where it keeps it varies.
const GROWTH_KIB: usize = 4096;

/// Descriptors that a server makes when it first needs them, and keeps: its timer.
const MADE_LATE: usize = 1;

/// What to type to see a failure again.
const REPEAT: &str = "cargo xtask clients";

pub(crate) fn run(workspace: &Workspace, flags: &flags::Clients) -> Exit {
    if flags.install {
        install::missing(workspace)?;
    }
    let wanted = |talk: &&Talk| {
        flags.filters.is_empty() || flags.filters.iter().any(|word| talk.title.contains(word))
    };
    let talks: Vec<_> = talks::TALKS.iter().chain(redis::TALKS).filter(wanted).collect();
    if talks.is_empty() {
        let all = talks::TALKS.iter().chain(redis::TALKS).map(|talk| talk.title);
        return Err(format!("no such talk; there are {}", all.collect::<Vec<_>>().join(", ")));
    }
    let build = [
        &["build", "--release", "-p", "evenkeel-ecosystem", "--bin", "strangers"][..],
        &["-p", "evenkeel-examples", "--example", "b12_mini_redis"],
    ];
    if Line::new(cargo(), &workspace.root, BUILD).args(build.concat()).show()? != 0 {
        return Ok(1);
    }
    let mut steps = Steps::new(&server::folder(workspace));
    let (http, redis) = (Server::http(workspace)?, Server::redis(workspace)?);
    for talk in talks {
        if !install::is_there(talk.program) {
            steps.skip(talk.title, &format!("there is no `{}`; see --install", talk.program));
            continue;
        }
        let server = if talk.over_http { &http } else { &redis };
        steps.step(talk.title, |log| {
            let before = server.held()?;
            (talk.body)(server, log)?;
            let once = server.settled(before.descriptors + MADE_LATE)?;
            let remark = (talk.body)(server, log)?;
            let twice = server.settled(once.descriptors)?;
            flat(&once, &twice)?;
            Ok(join(&remark, &format!("{} -> {} KiB", once.memory_kib, twice.memory_kib)))
        });
    }
    for server in [http, redis] {
        steps.step(&format!("{} end", server.name), |_| server.stop());
    }
    Ok(steps.end())
}

fn flat(once: &Held, twice: &Held) -> Result<(), Failure> {
    if twice.memory_kib <= once.memory_kib + GROWTH_KIB {
        return Ok(());
    }
    let (once, twice) = (once.memory_kib, twice.memory_kib);
    Err(failure(format!("it holds {once} KiB after the talk, {twice} KiB after the same again")))
}

fn join(remark: &str, more: &str) -> String {
    if remark.is_empty() { more.into() } else { format!("{remark}; {more}") }
}

fn failure(output: impl Into<String>) -> Failure {
    Failure { repeat: REPEAT.into(), output: output.into() }
}

fn failed(error: std::io::Error) -> Failure {
    failure(error.to_string())
}
