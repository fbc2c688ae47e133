//! What `#[main]` and `#[test]` call; not for people.

use std::future::Future;
use std::process::{ExitCode, Termination};

use crate::options::Options;
use crate::runner::{Runner, finish, forbid_nesting};
use crate::testing::Seed;

/// Runs a program's main to its end, or to the first Ctrl-C.
#[track_caller]
pub fn main<F: Future<Output: Termination>>(options: Options, main: F) -> ExitCode {
    forbid_nesting();
    let mut runner = match Runner::new(options) {
        Ok(runner) => runner,
        Err(error) => panic!("main cannot start its loop: {error}"),
    };
    #[cfg(all(unix, feature = "signal"))]
    let outcome = crate::interrupt::to_end(&mut runner, main);
    #[cfg(not(all(unix, feature = "signal")))]
    let outcome = Ok::<_, ExitCode>(runner.run_to_end(main));
    runner.close();
    match outcome {
        Ok(outcome) => finish(outcome).report(),
        Err(interrupted) => interrupted.report(),
    }
}

/// The seed an attribute names.
#[track_caller]
pub fn seed(text: &str) -> Seed {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}
