//! `#[main]` and `#[test]`: an async function as a program, or as a test.
//!
//! To be had as `evenkeel::main` and `evenkeel::test`, with the feature `macros`; the code they write
//! names the crate `evenkeel`. Both keep the function as it is, nested in one that runs it, so errors in
//! the body are told where they are.

use proc_macro::TokenStream;

mod expand; // start here: what is written for what is read
mod function;
mod arguments;
mod duration;
mod fault;

/// Runs an async `main` on a loop of one worker per processor.
///
/// | argument | |
/// |---|---|
/// | `workers = 2` | so many threads run tasks; one is asyncio's strict order |
/// | `crate = my::evenkeel` | where the crate is, if not at `::evenkeel` |
///
/// `main` may return what any `main` may: nothing, a `Result`, an `ExitCode`. Ctrl-C cancels it (on
/// Unix, with evenkeel's feature `signal`, which is on by default); when its clean-ups and all tasks have
/// ended, the process exits with code 130. A second Ctrl-C ends it at once.
///
/// ```text
/// #[evenkeel::main(workers = 1)]
/// async fn main() -> std::io::Result<()> {
///     evenkeel::sleep(std::time::Duration::from_millis(1)).await;
///     Ok(())
/// }
/// ```
#[proc_macro_attribute]
pub fn main(arguments: TokenStream, function: TokenStream) -> TokenStream {
    expand::main(arguments, function)
}

/// Runs an async function as a test, on a clock that jumps when all tasks wait.
///
/// | argument | |
/// |---|---|
/// | `seeds = 100` | under so many schedules, on one and on two workers; `EVENKEEL_SEEDS` overrules it |
/// | `seed = 7`, `seed = "0x51ED@2:17"` | under this schedule, as a failure printed it |
/// | `clock = "real"` | on the system's clock; `"paused"` is what is meant without it |
/// | `timeout = "5s"` | no longer than this on its clock; a minute of real time is the end in any case |
/// | `workers = 2` | so many; without a seed they are threads, and one is what is meant without it |
/// | `crate = my::evenkeel` | where the crate is, if not at `::evenkeel` |
///
/// Without a seed, tasks go on in strict order. A schedule that fails is shrunk and printed with the line
/// that has it again: `EVENKEEL_SEED=0x51ED@2:17 cargo test name`. The function may return nothing or a
/// `Result`; other attributes (`#[ignore]`, `#[should_panic]`) stay. See `evenkeel::testing`.
///
/// ```text
/// #[evenkeel::test(seeds = 100)]
/// async fn both_arrive() {
///     let (one, two) = (evenkeel::create_task(async { 1 }), evenkeel::create_task(async { 2 }));
///     assert_eq!(evenkeel::gather((one, two)).await, (1, 2));
/// }
/// ```
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, function: TokenStream) -> TokenStream {
    expand::test(arguments, function)
}
