//! One operation at a time, done so often, for those who count what it takes.
//!
//! `counts run RUNTIME WORKERS OPERATION..` does the named operations one after another, each on a
//! fresh runtime, with a mark before and a mark behind. Whoever watches from outside (callgrind,
//! strace) counts between the marks; the counting build counts by itself and prints a line of JSON
//! for each. `cargo xtask counts` does all of that; the work is the same each time, to the last
//! instruction where one thread does it.

mod rt; // what an operation may ask of a runtime
mod ops; // start here: the operations
mod held; // two workers, one of them busy
mod countdown; // waiting for the last of many
mod mark; // where counting begins and ends
#[cfg(evenkeel_count)]
mod words; // what the counting build has to tell
#[cfg(evenkeel_count)]
#[expect(unsafe_code, reason = "an allocator is unsafe to implement")]
mod heap;

use std::process::ExitCode;

use held::Workers;
use ops::OPS;
use rt::{Evenkeel, Rt};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[&str]) -> Result<(), String> {
    match args {
        ["list"] => {
            print!("{}", list());
            Ok(())
        }
        ["run", runtime, workers, names @ ..] => {
            let workers = Workers::of(workers).ok_or("workers: 1, 2 or 2-free")?;
            match *runtime {
                "evenkeel" => all::<Evenkeel>(workers, names),
                #[cfg(feature = "peers")]
                "tokio" => all::<rt::Tokio>(workers, names),
                #[cfg(feature = "peers")]
                "smol" if workers == Workers::One => all::<rt::SmolLocal>(workers, names),
                #[cfg(feature = "peers")]
                "smol" => all::<rt::SmolStatic>(workers, names),
                other => Err(format!("there is no runtime `{other}` in this build")),
            }
        }
        _ => Err("list | run RUNTIME 1|2|2-free OPERATION..".into()),
    }
}

/// One operation a line: name, how often it is done, for which workers, whether it is the same each
/// time, and what it is.
fn list() -> String {
    let mut lines = String::new();
    for op in OPS {
        let workers: Vec<_> = op.workers.iter().map(|workers| workers.name()).collect();
        let kind = if op.loose { "loose" } else { "exact" };
        let (name, times, meaning) = (op.name, op.times, op.meaning);
        lines += &format!("{name}\t{times}\t{}\t{kind}\t{meaning}\n", workers.join(","));
    }
    lines
}

fn all<R: Rt>(workers: Workers, names: &[&str]) -> Result<(), String> {
    for name in names {
        let op = OPS.iter().find(|op| op.name == *name);
        let op = op.ok_or_else(|| format!("there is no operation `{name}`"))?;
        ops::run::<R>(op, workers);
    }
    Ok(())
}
