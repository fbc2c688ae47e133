//! What the manual says is what is understood.

use super::*;

fn parse_line(line: &str) -> Result<Chore, String> {
    parse(line.split_whitespace().map(OsString::from))
}

#[test]
fn bench_speaks_its_manual() {
    let line = "bench spawn echo --against tokio --threads 2 --rounds 3 --time 0.5 --mode wall -v";
    let Ok(Chore::Bench(flags)) = parse_line(line) else { panic!("no bench") };
    assert_eq!(flags.filters, ["spawn", "echo"]);
    assert_eq!(flags.against, ["tokio"]);
    assert_eq!((flags.threads, flags.rounds), (vec![2], 3));
    assert_eq!(flags.time, Duration::from_millis(500));
    assert!(flags.verbose && flags.mode == Mode::Wall);
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
        ("bench --mode instr", "no mode"),
        ("help dance", "dance"),
    ] {
        let error = parse_line(line).err().unwrap_or_default();
        assert!(error.contains(word), "{line}: {error}");
    }
}

#[test]
fn every_chore_has_a_page() {
    for chore in ["ci", "test", "loom", "soak", "tidy", "doc", "bench"] {
        let Ok(Chore::Help(text)) = parse_line(&format!("{chore} --help")) else {
            panic!("no page for {chore}")
        };
        assert!(text.starts_with(&format!("cargo xtask {chore}")));
        assert!(HELP.contains(&format!("\n  {chore} ")));
    }
}
