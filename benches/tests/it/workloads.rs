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
    // The list fills more than a pipe: it is read while it is written.
    let mut out = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || std::io::read_to_string(&mut out).unwrap());
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > LIMIT {
            child.kill().unwrap();
            panic!("{args:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let output = child.wait_with_output().unwrap();
    let (out, err) = (reader.join().unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{args:?}: {}\n{out}{err}", output.status);
    out.trim().to_owned()
}

/// The value of a field in a line of JSON: up to its own end, brackets within it included.
fn field<'a>(line: &'a str, name: &str) -> &'a str {
    let key = format!("\"{name}\":");
    let at = line.find(&key).unwrap_or_else(|| panic!("no {name} in {line}")) + key.len();
    let rest = &line[at..];
    let end = match rest.as_bytes()[0] {
        b'"' => 1 + rest[1..].find('"').unwrap() + 1,
        b'[' => rest.find(']').unwrap() + 1,
        b'{' => rest.find('}').unwrap() + 1,
        _ => rest.find([',', '}']).unwrap(),
    };
    rest[..end].trim_matches('"')
}

/// The parts of a flat array, without quotes.
fn items(array: &str) -> Vec<&str> {
    array.trim_matches(['[', ']']).split(',').map(|item| item.trim_matches('"')).collect()
}

/// One row of the list.
struct Row<'a> {
    id: String,
    counted: bool,
    /// Every runtime with every number of threads it runs on.
    flavours: Vec<(&'a str, &'a str)>,
}

/// Of rows by size the smallest: they are the same work.
fn rows(list: &str) -> Vec<Row<'_>> {
    let lines = list.split("{\"group\"").skip(1);
    let mut rows = Vec::new();
    let mut last = "";
    for line in lines {
        let (group, rest) = (line.split('"').nth(1).unwrap(), line);
        let name = field(rest, "name");
        if name == last {
            continue;
        }
        last = name;
        let id = match field(rest, "size") {
            "null" => format!("{group}/{name}"),
            size => format!("{group}/{name}@{size}"),
        };
        let per_runtime = &rest[rest.find("\"flavours\":").unwrap()..];
        let mut flavours = Vec::new();
        for runtime in items(field(rest, "runtimes")) {
            let threads = items(field(per_runtime, runtime));
            flavours.extend(threads.into_iter().map(|threads| (runtime, threads)));
        }
        let counted = matches!(field(rest, "measure"), "bytes" | "allocations");
        rows.push(Row { id, counted, flavours });
    }
    rows
}

#[test]
fn every_case_runs_on_every_runtime_and_does_the_same_work() {
    let list = output(TIMED, &["list"]);
    let rows = rows(&list);
    assert!(rows.len() > 10, "{list}");
    for row in rows {
        let program = if row.counted { COUNTED } else { TIMED };
        let mut all = Vec::new();
        for (runtime, threads) in &row.flavours {
            let line = output(program, &["run", &row.id, runtime, threads]);
            all.push((*runtime, *threads, field(&line, "ops").to_owned()));
        }
        let (.., ops) = &all[0];
        assert!(ops != "0" && all.iter().all(|(.., other)| other == ops), "{}: {all:?}", row.id);
    }
}

/// Skipped, and said so, where there is no Python that is new enough for `asyncio.timeout`.
#[test]
fn asyncio_does_the_same_work() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/asyncio_cases.py");
    let version = "import sys; sys.exit(sys.version_info < (3, 11))";
    if !Command::new("python3").args(["-c", version]).status().is_ok_and(|status| status.success())
    {
        eprintln!("skipped: no python3 of at least 3.11");
        return;
    }
    let list = output(TIMED, &["list"]);
    let rows = rows(&list);
    for line in output("python3", &[script, "check"]).lines() {
        let (id, ops) = line.split_once(' ').unwrap();
        let row = rows.iter().find(|row| row.id == id);
        let row = row.unwrap_or_else(|| panic!("{id} is a case of asyncio only"));
        let program = if row.counted { COUNTED } else { TIMED };
        let threads = row.flavours[0].1;
        assert_eq!(field(&output(program, &["run", id, "evenkeel", threads]), "ops"), ops, "{id}");
    }
}

#[test]
fn what_counts_is_counted() {
    let line = output(COUNTED, &["run", "memory/spawn", "smol", "1"]);
    let per_task = field(&line, "allocations").parse::<f64>().unwrap()
        / field(&line, "ops").parse::<f64>().unwrap();
    assert!((1.0..1.1).contains(&per_task), "smol allocates once a task: {line}");
    let line = output(TIMED, &["run", "task/spawn_one", "smol", "1"]);
    assert_eq!(field(&line, "allocations"), "0", "the timed binary does not count");
}

#[test]
fn pieces_are_as_many_as_asked_for() {
    let ops = |pieces| {
        let line = output(TIMED, &["run", "task/spawn_one", "evenkeel", "1", "--pieces", pieces]);
        field(&line, "ops").parse::<u64>().unwrap()
    };
    assert_eq!(ops("3"), 3 * ops("1"));
}

#[test]
fn mistakes_are_named() {
    for args in [
        &["run", "task/dance", "tokio", "1"],
        &["run", "task/yield", "tokio", "3"],
        &["run", "task/yield@7", "tokio", "1"],
        &["run", "task/yield", "nobody", "1"],
    ] {
        let output = Command::new(TIMED).args(args).output().unwrap();
        assert!(!output.status.success() && !output.stderr.is_empty());
    }
}
