//! One case on one runtime, its allocations counted. Counting costs time: take no times from here.

use std::process::ExitCode;

#[global_allocator]
static HEAP: evenkeel_benches::Counting = evenkeel_benches::Counting;

fn main() -> ExitCode {
    evenkeel_benches::main()
}
