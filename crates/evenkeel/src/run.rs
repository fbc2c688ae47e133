//! The way in: run one future, and all it spawns.

use std::future::Future;

use crate::options::Options;
use crate::runner::{Runner, finish, forbid_nesting};

/// Runs `main` on a new loop of one worker per processor, ends what it leaves behind, and answers its
/// value. asyncio's `run`.
///
/// `main` may borrow and need not be Send; it stays on the calling thread, which is one of the workers.
/// When `main` is ready, tasks that are left are cancelled and run to their end, blocking calls are
/// joined for up to [`Options::shutdown_grace`], and all threads and descriptors are released. For other
/// options, or several runs on one loop, make a [`Runner`].
///
/// ```
/// let name = String::from("borrowed");
/// assert_eq!(evenkeel::run(async { name.len() }), 8);
/// ```
///
/// # Panics
/// If `main` panics, with its panic, after everything is released. If `main` awaits a task that was
/// cancelled. Inside a running loop: await the future there instead. If the system has no thread or
/// descriptor to give: [`Runner::new`] gives that as an error.
#[doc(alias = "block_on")]
#[track_caller]
pub fn run<F: Future>(main: F) -> F::Output {
    forbid_nesting();
    let mut runner = match Runner::new(Options::default()) {
        Ok(runner) => runner,
        Err(error) => panic!("run() cannot start its loop: {error}"),
    };
    let outcome = runner.run_to_end(main);
    runner.close();
    finish(outcome)
}
