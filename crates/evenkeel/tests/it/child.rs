//! One test of this binary run again in a process of its own: for what belongs to a whole process, its
//! environment and its standard error.

use std::process::{Command, Output, Stdio};

const MARK: &str = "EVENKEEL_TEST_CHILD";

/// Whether this is the process of its own.
pub(crate) fn is_this() -> bool {
    std::env::var_os(MARK).is_some()
}

/// What runs the test called `name`, and it alone.
pub(crate) fn command(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env_remove("EVENKEEL_DEBUG")
        .env(MARK, "yes")
        .stdin(Stdio::null());
    command
}

/// Runs the test called `name`, and it alone.
pub(crate) fn run(name: &str, variables: &[(&str, &str)]) -> Output {
    let output = command(name).envs(variables.iter().copied()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{output:?}");
    output
}

/// What it wrote to standard error.
pub(crate) fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
