//! The cases: what each is called, what it counts, and where its work is written.
//!
//! A group is a module with a table; the work is in the modules below it.

use std::io::{Error, Result};

use crate::measure::{Cost, Length};

mod task; // spawn, yield, wake, gather
mod time; // timeouts and sleeps
mod sync; // locks, events, channels
mod thread; // calls on threads
mod io; // a server on loopback
mod memory; // bytes and allocations
mod whole; // a runtime as a whole
mod limit; // the least that some of it can cost, written by hand
mod latch; // until all are there
mod chance; // random lengths

pub(crate) use io::hello;

/// What a case is asked to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    pub(crate) threads: usize,
    /// How many live tasks, timers, waiters or connections: only rows by size read it.
    pub(crate) size: usize,
    pub(crate) length: Length,
}

/// What one number of a case is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    Time,
    Bytes,
    Allocations,
    /// Nanoseconds too late: no cost, so it never goes into a mean of costs.
    Late,
}

impl Measure {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Measure::Time => "time",
            Measure::Bytes => "bytes",
            Measure::Allocations => "allocations",
            Measure::Late => "late",
        }
    }
}

/// A case as the tables have it; one with sizes is a row for each of them.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) group: &'static str,
    pub(crate) name: &'static str,
    pub(crate) sizes: &'static [usize],
    /// What the sizes count.
    pub(crate) axis: Option<&'static str>,
    /// The call of asyncio whose price this is.
    pub(crate) asyncio: &'static str,
    pub(crate) measure: Measure,
    /// What one operation is.
    pub(crate) meaning: &'static str,
    /// Part of a quick look.
    pub(crate) quick: bool,
    /// The flavours in which it says anything.
    pub(crate) threads: &'static [usize],
    pub(crate) on: &'static [On],
    /// The least that such an operation can cost, written by hand.
    pub(crate) limit: Option<fn(Work) -> Cost>,
}

impl Case {
    /// What a table's entry leaves out.
    pub(crate) const DEFAULT: Case = Case {
        group: "",
        name: "",
        sizes: &[],
        axis: None,
        asyncio: "",
        measure: Measure::Time,
        meaning: "",
        quick: false,
        threads: &crate::rt::THREADS,
        on: &[],
        limit: None,
    };

    /// Whether it can be run so.
    pub(crate) fn find(&self, runtime: &str, threads: usize) -> Option<fn(Work) -> Result<Cost>> {
        let fits = |on: &&On| on.runtime == runtime && on.threads.contains(&threads);
        let on = self.on.iter().find(fits).filter(|_| self.threads.contains(&threads));
        on.map(|on| on.run)
    }
}

/// A case on one runtime.
#[derive(Debug)]
pub(crate) struct On {
    pub(crate) runtime: &'static str,
    pub(crate) threads: &'static [usize],
    pub(crate) run: fn(Work) -> Result<Cost>,
}

/// The hand-written minimum, as the list calls it.
pub(crate) const LIMIT: &str = "limit";

/// In the order of the table.
pub(crate) const GROUPS: &[&[Case]] =
    &[task::CASES, time::CASES, sync::CASES, thread::CASES, io::CASES, memory::CASES, whole::CASES];

/// Sizes from a few to a million: what grows with them is seen.
pub(crate) const SIZES: &[usize] = &[100, 1_000, 10_000, 100_000, 1_000_000];

/// Does the work of `group/case` or `group/case@SIZE` on a runtime.
pub(crate) fn run(id: &str, runtime: &str, threads: usize, length: Length) -> Result<Cost> {
    let (path, size) = match id.split_once('@') {
        None => (id, None),
        Some((path, size)) => (path, Some(size.parse().map_err(Error::other)?)),
    };
    let fits = |case: &&Case| {
        path.split_once('/') == Some((case.group, case.name))
            && size.map_or(case.sizes.is_empty(), |size| case.sizes.contains(&size))
    };
    let case = GROUPS.iter().copied().flatten().find(fits);
    let case = case.ok_or_else(|| Error::other(format!("there is no case `{id}`")))?;
    let size = match length {
        // Does it work? A few will tell.
        Length::Once => size.unwrap_or(0).min(SIZES[0]),
        _ => size.unwrap_or(0),
    };
    let work = Work { threads, size, length };
    if let (LIMIT, Some(limit)) = (runtime, case.limit) {
        return Ok(limit(work));
    }
    let no = || format!("`{id}` does not run on `{runtime}` with {threads} threads");
    let run = case.find(runtime, threads).ok_or_else(|| Error::other(no()))?;
    run(work)
}

/// Work may fail where the kernel takes part.
pub(crate) trait Answer {
    fn answer(self) -> Result<Cost>;
}

impl Answer for Cost {
    fn answer(self) -> Result<Cost> {
        Ok(self)
    }
}

impl Answer for Result<Cost> {
    fn answer(self) -> Result<Cost> {
        self
    }
}

/// The work on each runtime that has the named trait: `on!(Mutexes, locks::free)` runs it as a
/// task; `main` before it as the main future; `beside`, outside of any runtime; `coarse`, as a task of a
/// runtime whose timers may be a millisecond late.
macro_rules! on {
    ($trait:ident, main $($work:ident)::+) => { crate::rt::able!($trait, on_each, main [$($work)::+]) };
    ($trait:ident, beside $($work:ident)::+) => {
        crate::rt::able!($trait, on_each, beside [$($work)::+])
    };
    ($trait:ident, coarse $($work:ident)::+) => {
        crate::rt::able!($trait, on_each, coarse [$($work)::+])
    };
    ($trait:ident, $($work:ident)::+) => { crate::rt::able!($trait, on_each, task [$($work)::+]) };
}
use on;

macro_rules! on_each {
    ([$($rt:ident),*], $how:ident $work:tt) => {
        &[$(crate::cases::On {
            runtime: <crate::rt::$rt as crate::rt::Rt>::NAME,
            threads: <crate::rt::$rt as crate::rt::Rt>::THREADS,
            run: |work| {
                crate::cases::Answer::answer(crate::cases::run_as!($how, $rt, work, $work))
            },
        }),*]
    };
}
use on_each;

macro_rules! run_as {
    (task, $rt:ident, $at:ident, [$($work:ident)::+]) => {
        <crate::rt::$rt as crate::rt::Rt>::run($at.threads, $($work)::+::<crate::rt::$rt>($at))
    };
    (coarse, $rt:ident, $at:ident, [$($work:ident)::+]) => {
        <crate::rt::$rt as crate::rt::Rt>::run_coarse($at.threads, $($work)::+::<crate::rt::$rt>($at))
    };
    (main, $rt:ident, $at:ident, [$($work:ident)::+]) => {
        <crate::rt::$rt as crate::rt::Rt>::block_on($at.threads, $($work)::+::<crate::rt::$rt>($at))
    };
    (beside, $rt:ident, $at:ident, [$($work:ident)::+]) => {
        $($work)::+::<crate::rt::$rt>($at)
    };
}
use run_as;
