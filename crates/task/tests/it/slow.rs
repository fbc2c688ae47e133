//! Turns that are watched for polls that hold their thread.

use std::sync::mpsc::{Receiver, channel};
use std::thread::sleep;
use std::time::Duration;

use evenkeel_task::{Builder, Executor, LocalExecutor, PollWatch, SlowPoll, Turn, yield_now};

const LONG: Duration = Duration::from_millis(30);

fn watch(limit: Duration) -> (PollWatch, Receiver<SlowPoll>) {
    let (tell, told) = channel();
    (PollWatch::new(limit, move |slow| tell.send(slow.clone()).unwrap()), told)
}

/// Slow in its second poll, which is its last.
async fn slow() {
    yield_now().await;
    sleep(LONG);
}

#[test]
fn a_slow_poll_is_told_with_the_task_also_if_it_was_its_last() {
    let (watch, told) = watch(LONG);
    let local = LocalExecutor::new();
    let here = Builder::new().name("here").spawn_local(&local, slow());
    while local.turn_watched(&watch) == Turn::More {}
    let executor = Executor::new();
    let worker = executor.worker();
    let line = line!() + 1;
    let there = executor.spawn(slow());
    while worker.turn_watched(1, &watch) == Turn::More {}
    assert!(here.is_finished() && there.is_finished());
    // Whatever else was slow on this machine today.
    let of = |id| move |told: &&SlowPoll| told.id == id;
    let told: Vec<SlowPoll> = told.try_iter().collect();
    let one = told.iter().find(of(here.id())).unwrap();
    assert_eq!(one.name.as_deref(), Some("here"));
    assert!(one.took >= LONG);
    let other = told.iter().find(of(there.id())).unwrap();
    assert_eq!((other.name.as_deref(), other.spawned_at.unwrap().line()), (None, line));
    let text = other.to_string();
    assert!(text.starts_with(&format!("task {} (spawned at ", there.id())), "{text}");
    assert!(text.ends_with(" ms in one poll"), "{text}");
}

#[test]
fn what_is_quick_or_not_watched_is_not_told() {
    let (watch, told) = watch(Duration::from_secs(60));
    let local = LocalExecutor::new();
    let (one, two) = (local.spawn(slow()), local.spawn(slow()));
    assert_eq!(local.turn_watched(&watch), Turn::More);
    while local.turn() == Turn::More {}
    assert!(one.is_finished() && two.is_finished());
    assert!(told.try_recv().is_err());
}
