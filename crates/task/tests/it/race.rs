//! `race` and `race_staggered` without a clock.

use std::future::{Future, pending, ready};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use evenkeel_task::{LocalExecutor, Raced, Task, block_on, defer, race, race_staggered, yield_now};

type Log = Arc<Mutex<Vec<&'static str>>>;

fn say(log: &Log, word: &'static str) {
    log.lock().unwrap().push(word);
}

/// Says its word when it is dropped.
struct Guard(Log, &'static str);

impl Drop for Guard {
    fn drop(&mut self) {
        say(&self.0, self.1);
    }
}

/// Says that it was polled, and is ready after so many polls.
async fn runner(log: Log, word: &'static str, polls: usize) -> &'static str {
    for _ in 0..polls {
        say(&log, word);
        yield_now().await;
    }
    word
}

fn on_local<T>(run: impl AsyncFnOnce(&LocalExecutor<'static>) -> T) -> T {
    let local = LocalExecutor::new();
    block_on(local.run(run(&local)))
}

#[test]
fn the_first_to_be_ready_wins_and_says_its_place() {
    block_on(async {
        let log = Log::default();
        let raced = race((
            runner(log.clone(), "slow", 3),
            runner(log.clone(), "quick", 1),
            pending::<&str>(),
        ));
        assert_eq!(raced.await, Raced { index: 1, value: "quick" });
        let array = race([runner(log.clone(), "a", 2), runner(log.clone(), "b", 1)]).await;
        assert_eq!((array.index, array.value), (1, "b"));
        let many = race((0..5).map(|n| runner(log.clone(), "c", 5 - n))).await;
        assert_eq!((many.index, many.value), (4, "c"));
        assert_eq!(race(vec![ready(1), ready(2)]).await.index, 0, "in argument order");
    });
}

#[test]
fn those_behind_the_winner_are_not_polled() {
    let log = Log::default();
    let raced = race((
        runner(log.clone(), "before", 9),
        async { "wins" },
        runner(log.clone(), "behind", 9),
    ));
    assert_eq!(block_on(raced).index, 1);
    assert_eq!(*log.lock().unwrap(), ["before"]);
}

#[test]
fn losers_have_ended_before_the_winner_is_told() {
    on_local(async |local| {
        let log = Log::default();
        let slow = |name: &'static str| {
            let log = log.clone();
            local.spawn(async move {
                let _guard = Guard(log.clone(), name);
                defer(async move {
                    yield_now().await;
                    yield_now().await;
                    say(&log, "cleaned up");
                });
                pending::<()>().await;
            })
        };
        let (a, b) = (slow("a"), slow("b"));
        yield_now().await;
        let raced = race((a, async { yield_now().await }, b)).await;
        assert_eq!(raced.index, 1);
        assert_eq!(*log.lock().unwrap(), ["a", "b", "cleaned up", "cleaned up"]);
        assert!(local.is_empty());
    });
}

#[test]
fn a_task_by_reference_goes_on_or_keeps_its_value() {
    on_local(async |local| {
        let mut done = local.spawn(async { 1 });
        let mut waits: Task<i32> = local.spawn(async {
            yield_now().await;
            yield_now().await;
            2
        });
        yield_now().await;
        assert!(done.is_finished());
        let raced = race((async { 0 }, &mut done, &mut waits)).await;
        assert_eq!(raced, Raced { index: 0, value: 0 });
        assert_eq!((done.await, waits.await), (1, 2));
    });
}

#[test]
fn a_race_that_is_dropped_cancels_all() {
    on_local(async |local| {
        let task = local.spawn(pending::<()>());
        let canceller = task.canceller();
        let mut raced = pin!(Some(race((task, pending()))));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(raced.as_mut().as_pin_mut().unwrap().poll(&mut cx).is_pending());
        raced.set(None);
        yield_now().await;
        assert!(!canceller.cancel(), "it has ended");
    });
}

#[test]
#[should_panic(expected = "a race of no futures would never end")]
fn a_race_of_none_is_a_mistake() {
    let none: [std::future::Ready<()>; 0] = [];
    drop(race(none));
}

#[test]
fn a_panic_goes_on_into_the_caller() {
    let raced = race((pending::<()>(), async { panic!("in a race") }));
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| block_on(raced)));
    assert_eq!(*caught.unwrap_err().downcast::<&str>().unwrap(), "in a race");
}

// Staggered.

/// Begins, says so, waits so many polls, and then says how it went.
fn attempt(
    log: &Log,
    word: &'static str,
    polls: usize,
    succeeds: bool,
) -> Pin<Box<dyn Future<Output = Result<&'static str, &'static str>> + Send>> {
    let log = log.clone();
    Box::pin(async move {
        let _guard = Guard(log.clone(), "gone");
        say(&log, word);
        for _ in 0..polls {
            yield_now().await;
        }
        if succeeds { Ok(word) } else { Err(word) }
    })
}

/// A pause of so many polls.
async fn polls(count: usize) {
    for _ in 0..count {
        yield_now().await;
    }
}

#[test]
fn staggered_the_next_begins_when_the_last_has_failed() {
    let log = Log::default();
    let attempts =
        [attempt(&log, "a", 2, false), attempt(&log, "b", 2, true), attempt(&log, "c", 0, true)];
    let won = block_on(race_staggered(attempts, pending::<()>));
    assert_eq!(won, Ok(Raced { index: 1, value: "b" }));
    assert_eq!(*log.lock().unwrap(), ["a", "gone", "b", "gone"], "c never began");
}

#[test]
fn staggered_the_next_begins_after_the_pause_and_the_first_success_wins() {
    let log = Log::default();
    let attempts =
        [attempt(&log, "a", 50, true), attempt(&log, "b", 3, true), attempt(&log, "c", 50, true)];
    let won = block_on(race_staggered(attempts, || polls(5)));
    assert_eq!(won, Ok(Raced { index: 1, value: "b" }));
    assert_eq!(*log.lock().unwrap(), ["a", "b", "gone", "gone"]);
}

#[test]
fn staggered_a_failure_of_an_earlier_one_starts_nobody() {
    let log = Log::default();
    let attempts = [
        attempt(&log, "a", 7, false), // Fails while b is the last that began.
        attempt(&log, "b", 4, true),
        attempt(&log, "c", 0, true),
    ];
    let won = block_on(race_staggered(attempts, || polls(5)));
    assert_eq!(won, Ok(Raced { index: 1, value: "b" }));
    assert_eq!(*log.lock().unwrap(), ["a", "b", "gone", "gone"]);
}

#[test]
fn staggered_all_errors_in_order_when_all_have_failed() {
    let log = Log::default();
    let attempts =
        [attempt(&log, "a", 9, false), attempt(&log, "b", 1, false), attempt(&log, "c", 0, false)];
    let lost = block_on(race_staggered(attempts, || polls(2)));
    assert_eq!(lost, Err(vec!["a", "b", "c"]));
    let none: [std::future::Ready<Result<(), ()>>; 0] = [];
    assert_eq!(block_on(race_staggered(none, pending::<()>)), Err(vec![]));
}

#[test]
fn staggered_losers_that_are_tasks_have_ended() {
    on_local(async |local| {
        let log = Log::default();
        let keep = log.clone();
        let task = local.spawn(async move {
            let _guard = Guard(keep, "loser gone");
            pending::<Result<&str, ()>>().await
        });
        yield_now().await;
        let mut quick = Some(local.spawn(async { Ok("quick") }));
        let mut attempts = Some(task).into_iter().chain(std::iter::from_fn(|| quick.take()));
        let won = race_staggered(&mut attempts, || polls(1)).await.unwrap();
        assert_eq!((won.index, won.value), (1, "quick"));
        assert_eq!(*log.lock().unwrap(), ["loser gone"]);
    });
}

#[test]
fn a_pause_is_made_only_where_another_attempt_is_to_come() {
    let mut made = 0;
    let log = Log::default();
    let one = [attempt(&log, "a", 3, true)];
    let count = || {
        made += 1;
        pending::<()>()
    };
    assert!(block_on(race_staggered(one, count)).is_ok());
    assert_eq!(made, 0);
}
