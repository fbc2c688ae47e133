//! Each case once on each runtime: it ends, its own checks hold, and all do the same work.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const TIMED: &str = env!("CARGO_BIN_EXE_workload");
const COUNTED: &str = env!("CARGO_BIN_EXE_workload-counted");

/// No case comes near it: a run that does hangs, and the test should say which.
const LIMIT: Duration = Duration::from_secs(60);

fn output(program: &str, args: &[&str]) -> String {
    let mut child = Command::new(program)
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > LIMIT {
            child.kill().unwrap();
            panic!("{args:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    // A line of output fits into a pipe, so nobody waited for this reading.
    let output = child.wait_with_output().unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{args:?}: {}\n{out}{err}", output.status);
    out.trim().to_owned()
}

/// The value of a field in one flat line of JSON.
fn field<'a>(line: &'a str, name: &str) -> &'a str {
    let key = format!("\"{name}\":");
    let at = line.find(&key).unwrap_or_else(|| panic!("no {name} in {line}")) + key.len();
    line[at..].split([',', '}']).next().unwrap_or_default().trim_matches('"')
}

#[test]
fn every_case_runs_on_every_runtime_and_does_the_same_work() {
    let list = output(TIMED, &["list"]);
    let cases: Vec<&str> = list.split("},{").collect();
    assert!(cases.len() > 10, "{list}");
    for case in cases {
        let name = field(case, "name");
        let program = if field(case, "measure") == "time" { TIMED } else { COUNTED };
        let mut ops = Vec::new();
        for runtime in ["evenkeel", "tokio", "smol"] {
            for threads in ["1", "2"] {
                let line = output(program, &["run", name, runtime, threads]);
                ops.push(field(&line, "ops").to_owned());
            }
        }
        assert!(ops[0] != "0" && ops.iter().all(|count| *count == ops[0]), "{name}: {ops:?}");
    }
}

#[test]
fn what_counts_is_counted() {
    let line = output(COUNTED, &["run", "spawn_allocations", "smol", "1"]);
    let per_task = field(&line, "allocations").parse::<f64>().unwrap()
        / field(&line, "ops").parse::<f64>().unwrap();
    assert!((1.0..1.1).contains(&per_task), "smol allocates once a task: {line}");
    let line = output(TIMED, &["run", "spawn_one", "smol", "1"]);
    assert_eq!(field(&line, "allocations"), "0", "the timed binary does not count");
}

#[test]
fn mistakes_are_named() {
    for args in [&["run", "dance", "tokio", "1"], &["run", "yield", "tokio", "3"]] {
        let output = Command::new(TIMED).args(args).output().unwrap();
        assert!(!output.status.success() && !output.stderr.is_empty());
    }
}
