//! One case on one runtime, timed.

use std::process::ExitCode;

fn main() -> ExitCode {
    evenkeel_benches::main()
}
