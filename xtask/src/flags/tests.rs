//! What the manual says is what is understood.

use std::time::Duration;

use super::*;

fn parse_line(line: &str) -> Result<Chore, String> {
    parse(line.split_whitespace().map(OsString::from))
}

fn bench(line: &str) -> Bench {
    match parse_line(line) {
        Ok(Chore::Bench(flags)) => *flags,
        Ok(_) => panic!("{line} is no bench"),
        Err(error) => panic!("{line}: {error}"),
    }
}

#[test]
fn bench_speaks_its_manual() {
    let flags =
        bench("bench spawn io/* --against tokio,uvloop --threads 2 --rounds 3 --time 0.5 -v");
    assert_eq!(flags.filters, ["spawn", "io/*"]);
    assert_eq!(flags.against, ["tokio", "uvloop"]);
    assert_eq!((flags.threads, flags.rounds), (vec![2], Some(3)));
    assert_eq!(flags.time, Some(Duration::from_millis(500)));
    assert!(flags.verbose && flags.mode == Mode::Cpu && flags.what == What::Measure);
    let flags = bench("bench --baseline v1 --fail-above 5 --save v2 --mode syscalls --latency");
    assert_eq!((flags.baseline.as_deref(), flags.save.as_deref()), (Some("v1"), Some("v2")));
    assert_eq!((flags.fail_above, flags.mode, flags.latency), (Some(5.0), Mode::Syscalls, true));
    let flags = bench("bench --allocator mimalloc --json - --md a --html b --svg c --no-color");
    assert_eq!(flags.allocator, Allocator::Mimalloc);
    assert_eq!(flags.outputs.json.as_deref(), Some("-"));
    assert_eq!(flags.outputs.svg.as_deref(), Some("c"));
    assert!(!flags.color);
}

#[test]
fn bench_has_more_to_do_than_to_measure() {
    for (line, what) in [
        ("bench --list", What::List),
        ("bench --dry-run --quick", What::DryRun),
        ("bench --smoke", What::Smoke),
        ("bench report", What::Report(None)),
        ("bench report a.json", What::Report(Some("a.json".into()))),
        ("bench diff a b --fail-above 3", What::Diff("a".into(), "b".into())),
    ] {
        assert_eq!(bench(line).what, what, "{line}");
    }
}

#[test]
fn soak_speaks_its_manual() {
    let Ok(Chore::Soak(flags)) = parse_line("soak lock --seeds 7 --operations 9") else {
        panic!("no soak")
    };
    assert_eq!(
        (flags.filter.as_deref(), flags.seeds, flags.operations),
        (Some("lock"), Some(7), 9)
    );
}

#[test]
fn mistakes_are_named() {
    for (line, word) in [
        ("dance", "dance"),
        ("ci --quick", "--quick"),
        ("bench --time nan", "no length of time"),
        ("bench --threads 0", "no number of threads"),
        ("bench --mode fast", "no mode"),
        ("bench --against async-std", "no peer"),
        ("bench --fail-above 5", "--baseline"),
        ("bench --save ../x", "no name"),
        ("bench diff a", "two runs"),
        ("help dance", "dance"),
    ] {
        let error = parse_line(line).err().unwrap_or_default();
        assert!(error.contains(word), "{line}: {error}");
    }
}

#[test]
fn every_chore_has_a_page() {
    for chore in ["ci", "test", "loom", "soak", "tidy", "doc", "python", "clients", "bench"] {
        let Ok(Chore::Help(text)) = parse_line(&format!("{chore} --help")) else {
            panic!("no page for {chore}")
        };
        assert!(text.starts_with(&format!("cargo xtask {chore}")));
        assert!(HELP.contains(&format!("\n  {chore} ")));
    }
}
