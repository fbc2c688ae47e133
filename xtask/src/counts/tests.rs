//! What is read from others' records, on pieces of such records.

use std::path::Path;

use super::gather::Gathered;
use super::locked::{locks, owner};
use super::row::{Row, figure};
use super::table::Table;
use super::words::{Names, field};
use super::{OURS, callgrind, check, strace};

#[test]
fn costs_are_of_the_instruction_and_not_of_its_callee() {
    let dump = "ob=(1) /bin/x\nfn=(2) main\n0x10 3\ncob=(4) /lib/y\ncalls=1 0x50 \n0x14 900\n0x14 2\n\
                ob=(4)\n0x50 7\nob=(1)\n0x10 1\n";
    let costs = callgrind::parse(dump);
    assert_eq!(costs.total() as u64, 13);
    assert_eq!(costs.0[Path::new("/bin/x")][&0x10], 4);
    assert_eq!(costs.0[Path::new("/lib/y")][&0x50], 7);
}

#[test]
fn calls_are_counted_between_their_marks_and_once() {
    let record = "7 openat(AT_FDCWD, \"counts:begin:wake\", O_RDONLY) = -1 ENOENT\n\
                  7 futex(0x1, FUTEX_WAIT <unfinished ...>\n8 write(3, \"x\", 1) = 1\n\
                  7 <... futex resumed>) = 0\n8 clock_nanosleep(1) = 0\n8 +++ exited with 0 +++\n\
                  7 openat(AT_FDCWD, \"counts:end:wake\", O_RDONLY) = -1 ENOENT\n7 write(1, \"\", 1) = 1\n";
    let calls = strace::parse(record);
    let seen: Vec<_> = calls["wake"].iter().map(|(name, n)| format!("{name} {n}")).collect();
    assert_eq!(seen, ["futex 1", "write 1"]);
}

#[test]
fn a_locked_instruction_is_known_by_its_prefix_or_its_kind() {
    assert_eq!(locks("   900a8:\tlock cmpxchg %rdx,0x20(%rdi)"), Some(0x900a8));
    assert_eq!(locks("   900b0:\txchg   %al,0x8(%rdi)"), Some(0x900b0));
    assert_eq!(locks("   900b4:\tmfence"), Some(0x900b4));
    assert_eq!(locks("   900b8:\txchg   %ax,%ax"), None);
    assert_eq!(locks("   900bc:\tmov    %rax,(%rdi)"), None);
}

#[test]
fn the_innermost_source_that_is_not_the_library_owns_an_instruction() {
    let core = "/rustc/0/library/core/src/sync/atomic.rs";
    let ours = "/src/evenkeel/crates/task/src/ring.rs";
    assert_eq!(owner(&[core, ours]).as_deref(), Some("our task"));
    let cell = "/c/registry/src/index.crates.io-1/async-task-4.7.1/src/raw.rs";
    assert_eq!(owner(&[core, cell, ours]).as_deref(), Some("async-task"));
    let count = "/rustc/0/library/alloc/src/sync.rs";
    assert_eq!(owner(&[core, count, ours]).as_deref(), Some("Arc"));
    assert_eq!(owner(&[core]), None);
}

#[test]
fn a_word_is_called_after_what_it_is_put_into() {
    let name = |text: &str| field(text);
    assert_eq!(name("        Idle { word: ").as_deref(), Some("word"));
    assert_eq!(
        name("    Ring { head: Padded(AtomicU32::new(0)), tail: Padded(").as_deref(),
        Some("tail")
    );
    assert_eq!(name("static STATE: AtomicUsize = ").as_deref(), Some("STATE"));
    assert_eq!(name("        let slots = (0..N).map(|_| ").as_deref(), Some("slots"));
    assert_eq!(name("        Notifier("), None);
    assert_eq!(name("        Self(Mutex::"), None);
}

#[test]
fn figures_are_as_long_as_they_mean_something() {
    let shown: Vec<_> = [0.0, 1.0049, 1.25, 31.337, 412.7].into_iter().map(figure).collect();
    assert_eq!(shown, ["0", "1", "1.25", "31.3", "413"]);
}

/// Where threads sleep and wake: what becomes dearer if it takes so much instead of `1` and `3`.
fn dearer(allocations: f64, calls: f64) -> Vec<String> {
    let row = |allocations, calls| Row {
        runtime: OURS.into(),
        op: "to_thread".into(),
        workers: "1".into(),
        loose: true,
        allocations: Some(allocations),
        calls: Some([("futex".to_owned(), calls)].into()),
        ..Row::default()
    };
    let committed = Table { rustc: String::new(), rows: vec![row(1.0, 3.0)] };
    let gathered = Gathered {
        rows: vec![row(allocations, calls)],
        ops: Vec::new(),
        names: Names::default(),
        rustc: String::new(),
        remarks: Vec::new(),
    };
    check::compare(&committed, &gathered).worse
}

#[test]
fn threads_that_sleep_excuse_calls_but_no_allocation() {
    assert_eq!(dearer(2.0, 3.0), ["to_thread on 1: allocations 1 -> 2"]);
    assert!(dearer(1.3, 3.0).is_empty());
    assert!(dearer(1.0, 9.0).is_empty());
}
