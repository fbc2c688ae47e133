//! Commands that end well, badly, or not at all.

use super::*;

fn log(title: &str) -> Log {
    let folder = std::env::temp_dir().join(format!("xtask-test-{}", std::process::id()));
    Log::fresh(&folder, title).unwrap()
}

fn shell(script: &str, limit: Duration) -> Line {
    Line::new("sh", Path::new("."), limit).args(["-c", script])
}

#[test]
fn what_a_command_says_comes_back_without_what_was_said_before() {
    let log = log("says");
    let long = Duration::from_secs(60);
    assert_eq!(shell("echo one", long).run(&log, "").unwrap(), "one\n");
    assert_eq!(shell("echo two >&2", long).run(&log, "").unwrap(), "two\n");
}

#[test]
fn a_failure_shows_its_output_and_how_to_repeat_it() {
    let line = shell("echo why; exit 3", Duration::from_secs(60));
    let failure = line.run(&log("fails"), "repeat me").unwrap_err();
    assert_eq!(failure.repeat, "repeat me");
    assert!(failure.output.contains("why") && failure.output.contains("3"), "{failure:?}");
}

#[test]
fn what_hangs_is_ended() {
    let line = shell("sleep 1000", Duration::from_millis(50));
    let failure = line.run(&log("hangs"), "").unwrap_err();
    assert!(failure.output.contains("no end within"), "{failure:?}");
}

#[test]
fn what_does_not_exist_is_said_to() {
    let line = Line::new("no-such-program", Path::new("."), Duration::from_secs(1));
    assert!(line.run(&log("missing"), "").unwrap_err().output.contains("does not run"));
}

#[test]
fn a_line_reads_as_one_types_it() {
    let line = Line::new("/a/b/cargo", Path::new("."), LOOK)
        .env("RUSTFLAGS", "--cfg loom")
        .args(["test", "-p", "a b"]);
    assert_eq!(line.to_string(), "RUSTFLAGS='--cfg loom' cargo test -p 'a b'");
}

#[test]
fn the_tail_is_short() {
    let output: String = (0..1000).map(|n| format!("{n}\n\n")).collect();
    let tail = tail(&output);
    assert_eq!(tail.lines().count(), TAIL);
    assert!(tail.ends_with(" 999"));
}
