//! One case on one runtime, timed, on mimalloc: what of a row is glibc's malloc?

use std::process::ExitCode;

#[global_allocator]
static HEAP: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    evenkeel_benches::main()
}
