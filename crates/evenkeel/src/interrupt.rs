//! Ctrl-C: a run whose main ends at the first SIGINT, in order, and whose process ends at the second.

use std::fmt;
use std::future::Future;
use std::process::{ExitCode, Termination};

use evenkeel_reactor::Source;
use evenkeel_task::{JoinError, current};

use crate::options::Options;
use crate::runner::{Runner, finish, forbid_nesting};
use crate::sigint::Listening;
use crate::tasks::Builder;

/// [`run`](crate::run()), until Ctrl-C: asyncio's way with SIGINT.
///
/// At the first SIGINT `main` is cancelled: its future is dropped where it waits, at its next turn, and
/// its clean-ups run. Then the run ends as any does, the tasks that are left included, and the answer is
/// [`Interrupted`]. A second SIGINT, when something in all that hangs, ends the process at once, as it does
/// by default. When this returns, SIGINT does again what it did before.
///
/// It listens only where nobody else has decided: if the program has a handler of its own, or ignores the
/// signal (as under `nohup`), or another run in this process listens already, this is
/// `Ok(run(main))`. It may be called on any thread. While `main` computes without awaiting, only
/// [`check_cancelled`](crate::check_cancelled) sees the cancel, and with one worker nothing does.
///
/// ```
/// use evenkeel::{Interrupted, run_interruptible};
///
/// fn main() -> std::process::ExitCode {
///     match run_interruptible(async { "served" }) {
///         Ok(_) => std::process::ExitCode::SUCCESS,
///         Err(interrupted) => interrupted.exit_code(),
///     }
/// }
/// ```
///
/// # Errors
/// [`Interrupted`]. If `main` ended by itself before it came to its cancel, its value is the answer.
///
/// # Panics
/// As [`run`](crate::run()).
#[track_caller]
pub fn run_interruptible<F: Future>(main: F) -> Result<F::Output, Interrupted> {
    forbid_nesting();
    let mut runner = match Runner::new(Options::default()) {
        Ok(runner) => runner,
        Err(error) => panic!("run_interruptible() cannot start its loop: {error}"),
    };
    let outcome = to_end(&mut runner, main);
    runner.close();
    outcome.map(finish)
}

impl Runner {
    /// [`run`](Runner::run), until Ctrl-C: see [`run_interruptible`]. Tasks that are left stay, for
    /// another run, or for [`close`](Runner::close).
    ///
    /// # Errors
    /// [`Interrupted`], by a SIGINT.
    ///
    /// # Panics
    /// As [`run`](Runner::run).
    #[track_caller]
    pub fn run_interruptible<F: Future>(&mut self, main: F) -> Result<F::Output, Interrupted> {
        to_end(self, main).map(finish)
    }
}

/// A SIGINT, Ctrl-C at a terminal, ended the run. asyncio's `KeyboardInterrupt`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interrupted;

impl Interrupted {
    /// What a program ends with that was interrupted: 128 and the signal's number, as shells say it.
    pub const EXIT_CODE: u8 = 130;

    /// [`EXIT_CODE`](Interrupted::EXIT_CODE), for `main` to return.
    pub fn exit_code(self) -> ExitCode {
        ExitCode::from(Interrupted::EXIT_CODE)
    }
}

impl Termination for Interrupted {
    fn report(self) -> ExitCode {
        self.exit_code()
    }
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted by SIGINT")
    }
}

impl std::error::Error for Interrupted {}

#[track_caller]
pub(crate) fn to_end<F: Future>(
    runner: &mut Runner,
    main: F,
) -> Result<Result<F::Output, JoinError>, Interrupted> {
    let listening = match Listening::start() {
        Ok(Some(listening)) => listening,
        Ok(None) => return Ok(runner.run_to_end(main)),
        Err(error) => panic!("run_interruptible() cannot listen for SIGINT: {error}"),
    };
    let outcome = runner.run_to_end(async {
        let _watch = Builder::new().name("sigint").create_task(watch(&listening));
        main.await
    });
    // Dropped before a runner is closed: a SIGINT during that does what it does by default.
    let heard = listening.heard();
    drop(listening);
    match outcome {
        Err(error) if error.is_cancelled() && heard => Err(Interrupted),
        outcome => Ok(outcome),
    }
}

/// Cancels the current task, main, when the bell rings. A task for any worker, so that it comes to that
/// also while main computes.
fn watch(listening: &Listening) -> impl Future<Output = ()> + Send + use<> {
    let main = current().map(|main| main.canceller());
    let bell = listening.bell().and_then(Source::new);
    let bell = bell.unwrap_or_else(|error| {
        panic!("run_interruptible() cannot listen for SIGINT: {error}");
    });
    async move {
        // It can fail only with the reactor itself, and then nothing is heard any more.
        if bell.readable().await.is_ok() {
            main.iter().for_each(|main| {
                main.cancel_with(Interrupted.to_string());
            });
        }
    }
}
