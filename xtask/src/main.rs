//! The chores: what to type, and which module does it.
//!
//! `cargo xtask help` is the manual. Nothing here depends on the crates of this workspace, so that
//! it builds in seconds and also when they do not build at all.

use std::process::ExitCode;

mod flags; // start here: the manual
mod ci;
mod step;
mod workspace;
mod test;
mod loom;
mod soak;
mod doc;
mod tidy;
mod python;
mod counts;
mod clients;
mod bench;

use flags::Chore;
use workspace::Workspace;

/// What a chore ends with: 0 is well, the others are named in the manual.
type Exit = Result<u8, String>;

fn main() -> ExitCode {
    let chore = match flags::parse(std::env::args_os().skip(1)) {
        Ok(chore) => chore,
        Err(message) => {
            eprintln!("xtask: {message}\ntry `cargo xtask help`");
            return ExitCode::from(flags::USAGE);
        }
    };
    match dispatch(chore) {
        Ok(code) => ExitCode::from(code),
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(chore: Chore) -> Exit {
    if let Chore::Help(text) = chore {
        print!("{text}");
        return Ok(0);
    }
    let workspace = Workspace::read()?;
    match chore {
        Chore::Help(_) => Ok(0),
        Chore::Ci(flags) => ci::run(&workspace, &flags),
        Chore::Test(flags) => test::run(&workspace, &flags),
        Chore::Loom(flags) => loom::run(&workspace, &flags),
        Chore::Soak(flags) => soak::run(&workspace, &flags),
        Chore::Tidy => tidy::run(&workspace),
        Chore::Doc(flags) => doc::run(&workspace, &flags),
        Chore::Python(flags) => python::run(&workspace, &flags),
        Chore::Counts(flags) => counts::run(&workspace, &flags),
        Chore::Clients(flags) => clients::run(&workspace, &flags),
        Chore::Bench(flags) => bench::run(&workspace, &flags),
    }
}
