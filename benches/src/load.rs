//! The load on a server under test: plain sockets and epoll, in a process of its own.
//!
//! Of its own, so that the server's process is charged for the server only. No runtime under test
//! takes part. Each connection has one request under way at a time; each answer is checked. It is
//! one thread, as busy as a server of one thread, and on a machine of two cores leaves it the other.
//!
//! The server and its load talk over pipes: the load says `ready` when it is connected and warm,
//! waits for a line, works, says what it has seen, and closes its connections when its input ends:
//! neither their beginning nor their end is part of what is measured.

mod plan; // what is asked of whom
mod crew; // the connections
mod histogram; // how long answers take

use std::io;
use std::time::Instant;

use rustix::process::{Resource, getrlimit, setrlimit};

pub(crate) use plan::{HELLO, Kind, Plan, Target};

use crate::measure::Length;
use crew::{Crew, Until};
use histogram::Histogram;

/// What a process does to be a load: `COMMAND KIND CONNECTIONS IDLE TARGET [SECS | --pieces N]`.
pub(crate) const COMMAND: &str = "load";

/// What the load says when it is connected and warm.
pub(crate) const READY: &str = "ready";

/// What the load has seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) requests: u64,
    /// From the sending of a request to its whole answer, in ns: the median, 99 %, 99.9 %.
    pub(crate) latency_ns: [u64; 3],
}

/// The whole life of a load.
pub(crate) fn run(plan: &Plan, length: Length) -> io::Result<()> {
    allow_many_files()?;
    // A name, so that they stay open until the end.
    let _idle = Crew::connect(plan, plan.idle)?;
    let mut crew = Crew::connect(plan, plan.connections)?;
    crew.go(warm_up(length), &mut Histogram::new())?;
    println!("{READY}");
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let mut times = Histogram::new();
    crew.go(until(length), &mut times)?;
    let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|part| times.quantile(part));
    println!("{} {p50} {p99} {p999}", times.count());
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

impl Seen {
    /// The line with which a load ends its work.
    pub(crate) fn parse(line: &str) -> Option<Seen> {
        let mut numbers = line.split(' ').map(|number| number.parse().ok());
        let mut number = || numbers.next().flatten();
        Some(Seen { requests: number()?, latency_ns: [number()?, number()?, number()?] })
    }
}

/// A descriptor per connection: as many as the system lets us have.
pub(crate) fn allow_many_files() -> io::Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    Ok(setrlimit(Resource::Nofile, limit)?)
}

fn warm_up(length: Length) -> Until {
    match length {
        Length::Once | Length::Pieces(_) => Until::Rounds(0),
        Length::Time(time) => Until::Deadline(Instant::now() + time / 5),
    }
}

/// A piece is one request on each connection.
fn until(length: Length) -> Until {
    match length {
        Length::Once => Until::Rounds(1),
        Length::Pieces(pieces) => Until::Rounds(pieces),
        Length::Time(time) => Until::Deadline(Instant::now() + time),
    }
}
