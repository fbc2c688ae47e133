//! `cargo xtask counts`: what one operation takes, counted and not timed, so no quiet machine is needed.
//!
//! Instructions and locked instructions come from callgrind, system calls from strace, allocations
//! and the words of ours that were touched from a build that counts them. The committed table is
//! what `ci` holds a change against.

mod gather; // start here: building, running
mod callgrind;
mod locked; // which instructions lock a cache line, and whose they are
mod strace;
mod words;
mod row;
mod table;
mod check;
#[cfg(test)]
mod tests;

use crate::Exit;
use crate::flags;
use crate::step::{Failure, Log};
use crate::workspace::Workspace;

/// The package of the driver.
pub(crate) const PACKAGE: &str = "evenkeel-counts";

const OURS: &str = "evenkeel";

pub(crate) fn run(workspace: &Workspace, flags: &flags::Counts) -> Exit {
    let log = Log::fresh(&workspace.target.join("xtask"), "counts")?;
    let gathered = gather::all(workspace, &log, &flags.against, &flags.filters, &[])?;
    print!("{}", table::text(&gathered.rows, &gathered.names, flags.verbose));
    for remark in &gathered.remarks {
        println!("{remark}");
    }
    if flags.write {
        let unknown = gathered.names.unknown();
        if !gathered.remarks.is_empty() || !flags.filters.is_empty() || !unknown.is_empty() {
            return Err(format!(
                "the table is written whole or not at all\n{}",
                unknown.join("\n")
            ));
        }
        table::write(workspace, &gathered)?;
        return Ok(0);
    }
    let committed = table::read(workspace)?;
    let told = check::compare(&committed, &gathered);
    for line in told.better.iter().chain(&told.worse) {
        println!("{line}");
    }
    println!("{}", told.summary());
    Ok(u8::from(flags.check && !told.worse.is_empty()))
}

/// The step of `ci`: fails on what became dearer. `beside` is what else the release build of `ci`
/// builds, so that it is the same build.
pub(crate) fn step(workspace: &Workspace, log: &Log, beside: &[&str]) -> Result<String, Failure> {
    let fail = |output| Failure { repeat: "cargo xtask counts --check".into(), output };
    let gathered = gather::all(workspace, log, &[], &[], beside).map_err(fail)?;
    let committed = table::read(workspace).map_err(fail)?;
    let told = check::compare(&committed, &gathered);
    if !told.worse.is_empty() {
        let mut output = told.worse.join("\n");
        output += "\nif that is the price of something worth it: cargo xtask counts --write";
        return Err(fail(output));
    }
    let mut remark = told.summary();
    for skipped in &gathered.remarks {
        remark += &format!("; {skipped}");
    }
    Ok(remark)
}
