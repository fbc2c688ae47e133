//! The fall-back thread: there when needed, asleep when not, and done without when it cannot be
//! had.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use evenkeel_timer::{Timers, sleep, sleep_until, timeout};
use futures_lite::future::block_on;

use crate::support::{Count, ms, poll};

#[test]
fn a_sleep_works_without_a_runner() {
    let before = Instant::now();
    block_on(sleep(ms(20)));
    let took = before.elapsed();
    assert!(took >= ms(20), "early: {took:?}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(block_on(timeout(ms(1), sleep(Duration::from_secs(3600)))).is_err());
}

#[test]
fn an_earlier_deadline_interrupts_the_thread() {
    let (_, waker) = Count::new();
    let mut late = sleep(Duration::from_secs(3600));
    assert!(poll(&mut late, &waker).is_pending());
    std::thread::sleep(ms(5)); // Let it go to sleep for an hour; if it does not, no harm.
    let before = Instant::now();
    block_on(sleep(ms(1)));
    assert!(before.elapsed() < Duration::from_secs(10));
}

#[test]
fn many_threads_share_it() {
    let start = Instant::now();
    let threads: Vec<_> = (0..8)
        .map(|n| {
            std::thread::spawn(move || {
                for round in 0..50_u32 {
                    let deadline = start + Duration::from_micros(u64::from(round * 37 + n * 11));
                    block_on(sleep_until(deadline));
                    assert!(Instant::now() >= deadline);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn it_has_a_name_and_rests_when_nothing_is_registered() {
    // In a process of its own: other tests keep the thread busy.
    child("resting", &[]);
}

#[test]
#[ignore = "run by it_has_a_name_and_rests_when_nothing_is_registered"]
#[cfg(target_os = "linux")]
fn resting() {
    let threads = || -> Vec<(String, String)> {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        tasks
            .map(|task| {
                let path = task.unwrap().path();
                let read = |file| std::fs::read_to_string(path.join(file)).unwrap_or_default();
                (read("comm").trim().to_owned(), read("status"))
            })
            .collect()
    };
    let ours = || threads().into_iter().find(|(name, _)| name == "evenkeel-timer");
    let (_, waker) = Count::new();
    let _ = poll(&mut sleep(Duration::ZERO), &waker);
    let _ = poll(&mut sleep(Duration::MAX), &waker);
    assert!(ours().is_none(), "nothing needed it yet");
    block_on(sleep(ms(1)));
    let switches = || {
        let (_, status) = ours().expect("the thread stays");
        let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches"));
        line.unwrap().split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    // Once it has come to rest, it must not stir while nothing is registered.
    let begun = Instant::now();
    loop {
        let before = switches();
        std::thread::sleep(ms(300));
        if switches() == before {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "it does not come to rest");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn without_a_thread_sleeps_end_all_the_same() {
    // A stack that large cannot be had, so every start of a thread fails.
    child("threadless", &[("RUST_MIN_STACK", "140737488355328")]);
}

#[test]
#[ignore = "run by without_a_thread_sleeps_end_all_the_same"]
fn threadless() {
    if std::thread::Builder::new().spawn(|| {}).is_ok() {
        return; // This system hands out such stacks; nothing to be shown here.
    }
    let error = Timers::fallback().unwrap_err();
    assert!(error.raw_os_error().is_some(), "the system's own words: {error}");
    let before = Instant::now();
    block_on(sleep(ms(20)));
    let took = before.elapsed();
    assert!(took >= ms(20) && took < Duration::from_secs(5), "{took:?}");
    let result = block_on(timeout(ms(5), sleep(Duration::from_secs(3600))));
    assert!(result.is_err());
    block_on(sleep(Duration::ZERO));
    // The processor was left alone: about one poll per millisecond.
    let (count, waker) = Count::new();
    let mut sleep = sleep(ms(30));
    while poll(&mut sleep, &waker).is_pending() {}
    assert!(count.get() <= 31, "{} polls in 30 ms", count.get());
}

/// Runs one ignored test of this binary in a process of its own.
fn child(test: &str, environment: &[(&str, &str)]) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("thread::{test}"), "--ignored", "--test-threads=1"])
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn a_sleep_may_be_dropped_on_another_thread() {
    let (count, waker) = Count::new();
    let mut sleep = sleep(Duration::from_secs(3600));
    assert!(poll(&mut sleep, &waker).is_pending());
    std::thread::spawn(move || drop(sleep)).join().unwrap();
    drop(waker);
    assert_eq!(Arc::strong_count(&count), 1, "the waker was dropped with the sleep");
}
