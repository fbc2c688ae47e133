//! One process: what it said, unless it failed, hung, or somebody pressed Ctrl-C.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};

/// How often a wait looks whether it is to end. Ten wakes a second disturb no measurement.
const LOOK: Duration = Duration::from_millis(100);

static INTERRUPTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// From here on the first Ctrl-C asks for an end; the second one is it.
pub(super) fn heed_interrupts() -> Result<(), String> {
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_default(signal, INTERRUPTED.clone())
            .and_then(|_| signal_hook::flag::register(signal, INTERRUPTED.clone()))
            .map_err(|error| format!("signal {signal}: {error}"))?;
    }
    Ok(())
}

pub(super) fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Runs a command line to its end; answers with its output and what it said of errors.
pub(super) fn run(
    words: &[String],
    folder: &Path,
    limit: Duration,
) -> Result<(String, String), String> {
    let Some((program, args)) = words.split_first() else { return Err("no command".into()) };
    let mut command = Command::new(program);
    command.args(args).current_dir(folder).stdin(Stdio::null());
    // In a group of its own, so that what it started is killed with it, and Ctrl-C is ours alone.
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let shown = shown(words);
    let child = command.spawn().map_err(|error| format!("{shown}: {error}"))?;
    let (group, (ended, end)) = (format!("-{}", child.id()), mpsc::channel());
    thread::spawn(move || ended.send(child.wait_with_output()));
    let deadline = Instant::now() + limit;
    let output = loop {
        match end.recv_timeout(LOOK) {
            Ok(output) => break output.map_err(|error| format!("{shown}: {error}"))?,
            Err(RecvTimeoutError::Timeout) if Instant::now() < deadline && !is_interrupted() => {}
            Err(_) => {
                let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
                let why = if is_interrupted() { "interrupted" } else { "no end" };
                return Err(format!("{shown}: killed: {why} within {limit:?}"));
            }
        }
    };
    answer(&output, &shown)
}

fn answer(output: &Output, shown: &str) -> Result<(String, String), String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    if output.status.success() {
        return Ok((out, err));
    }
    let last = err.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("said nothing");
    Err(format!("{shown}: {} ({last})", output.status))
}

/// As one may type it; the program by its file name.
fn shown(words: &[String]) -> String {
    let (program, args) = words.split_at(1.min(words.len()));
    let name = program.first().and_then(|it| Path::new(it).file_name()).unwrap_or_default();
    let mut shown = name.to_string_lossy().into_owned();
    for arg in args {
        shown += " ";
        shown += arg;
    }
    shown
}

#[cfg(test)]
mod tests {
    //! Processes that end well, badly, or not at all.

    use super::*;

    fn shell(script: &str, limit_ms: u64) -> Result<(String, String), String> {
        let words = ["sh", "-c", script].map(String::from);
        run(&words, Path::new("."), Duration::from_millis(limit_ms))
    }

    #[test]
    fn ends() {
        assert_eq!(shell("echo a; echo b >&2", 60_000), Ok(("a\n".into(), "b\n".into())));
        let error = shell("echo why >&2; exit 3", 60_000).unwrap_err();
        assert!(error.contains("why") && error.contains('3'), "{error}");
        let error = shell("sleep 60", 1).unwrap_err();
        assert!(error.contains("no end"), "{error}");
        let error = run(&["no-such-program".into()], Path::new("."), LOOK).unwrap_err();
        assert!(error.starts_with("no-such-program: "), "{error}");
    }
}
