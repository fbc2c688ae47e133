//! asyncio's cases of `as_completed`.
//!
//! Its plain iteration, which yields fresh coroutines, has no counterpart: each item is the task's `Done`.

use std::time::Duration;

use evenkeel::{
    Handle, Lock, Task, TimeoutError, Waited, as_completed, create_task, gather, now, sleep,
    timeout,
};

use crate::loops::{ms, on_one, on_one_and_two, secs, settle, ticks};
use crate::transcript::Transcript;

fn sleeper(delay: Duration) -> Task<Duration> {
    create_task(async move {
        sleep(delay).await;
        delay
    })
}

#[test]
fn asc_01_items_come_in_the_order_in_which_the_tasks_end() {
    on_one_and_two(|| async {
        let begun = now();
        let mut completed = as_completed([30, 10, 20].map(|delay| sleeper(ms(delay))));
        let mut delays = Vec::new();
        while let Some(done) = completed.next().await {
            let delay = done.result();
            assert_eq!(now() - begun, delay, "at once");
            delays.push(delay);
        }
        assert_eq!(delays, [ms(10), ms(20), ms(30)]);
        assert!(completed.next().await.is_none());
    });
}

#[test]
fn asc_02_an_item_is_known_by_the_task_that_was_given() {
    on_one_and_two(|| async {
        let tasks = [30, 10, 20].map(|delay| sleeper(ms(delay)));
        let ids = [1, 2, 0].map(|n: usize| tasks[n].id());
        let mut completed = as_completed(tasks);
        for id in ids {
            let done = completed.next().await.unwrap();
            assert_eq!((done.id(), done.name()), (id, format!("Task-{}", id.get())));
        }
    });
}

#[test]
fn asc_03_a_timeout_is_told_at_the_item_and_cancels_nobody() {
    on_one_and_two(|| async {
        let begun = now();
        let mut completed = as_completed([sleeper(ms(100)), sleeper(ms(150))]);
        let at = begun + ms(120);
        let first = evenkeel::timeout_at(at, completed.next()).await.unwrap().unwrap();
        assert_eq!((first.result(), now() - begun), (ms(100), ms(100)));
        let second = evenkeel::timeout_at(at, completed.next()).await.map(drop);
        assert_eq!((second, now() - begun), (Err(TimeoutError), ms(120)));
        let Waited { done, mut pending } = completed.into_pending();
        assert_eq!((done.len(), pending.len()), (0, 1));
        let b = pending.remove(0);
        assert!(!b.is_finished());
        assert_eq!((b.await, now() - begun), (ms(150), ms(150)));
    });
}

#[test]
fn asc_03_a_timeout_that_was_not_needed_leaves_no_timer() {
    on_one_and_two(|| async {
        let mut completed = as_completed([sleeper(ms(10))]);
        let in_time = timeout(secs(60), async {
            while let Some(done) = completed.next().await {
                done.result();
            }
        });
        assert_eq!(in_time.await, Ok(()));
        assert_eq!(Handle::current().statistics().unwrap().timers.registered, 0);
    });
}

#[test]
fn asc_04_one_may_leave_and_come_back() {
    on_one_and_two(|| async {
        let mut completed = as_completed([4, 1, 3, 2].map(|delay| sleeper(ms(delay))));
        let mut delays = Vec::new();
        while let Some(done) = completed.next().await {
            delays.push(done.result());
            if delays.len() == 2 {
                break;
            }
        }
        sleep(ms(10)).await;
        assert_eq!(completed.len(), 2);
        while let Some(done) = completed.next().await {
            delays.push(done.result());
        }
        delays.sort();
        assert_eq!(delays, [1, 2, 3, 4].map(ms), "none lost, none twice");
    });
}

#[test]
fn asc_05_two_who_ask_at_once_get_one_each() {
    on_one_and_two(|| async {
        let completed = Lock::new(as_completed([sleeper(ms(20)), sleeper(ms(10))]));
        let next = || async { completed.lock().await.next().await.unwrap().result() };
        assert_eq!(gather((next(), next())).await, (ms(10), ms(20)));
    });
}

#[test]
fn asc_06_a_failing_child_is_an_item_and_nothing_ends_at_once() {
    on_one_and_two(|| async {
        let child = |delay, how: fn() -> Result<u8, &'static str>| {
            create_task(async move {
                sleep(ms(delay)).await;
                how()
            })
        };
        let cancelled = child(60_000, || Ok(0));
        let canceller = cancelled.canceller();
        let mut completed = as_completed([
            child(40, || Ok(4)),
            child(10, || Err("failed")),
            child(20, || std::panic::panic_any("panicked")),
            cancelled,
        ]);
        assert_eq!(completed.next().await.unwrap().result(), Err("failed"));
        assert!(completed.next().await.unwrap().outcome().unwrap_err().is_panic());
        canceller.cancel();
        assert!(completed.next().await.unwrap().outcome().unwrap_err().is_cancelled());
        assert_eq!(completed.next().await.unwrap().result(), Ok(4));
        assert!(completed.next().await.is_none());

        let nothing: [Task<()>; 0] = [];
        assert!(as_completed(nothing).next().await.is_none());
    });
}

#[test]
fn asc_07_who_drops_it_early_drops_the_tasks_it_owns() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let child = |delay, word| {
            let guard = log.guard(word);
            create_task(async move {
                let _guard = guard;
                sleep(ms(delay)).await;
            })
        };
        let mut completed = as_completed([child(10, "a"), child(60_000, "b"), child(70_000, "c")]);
        completed.next().await.unwrap().result();
        let begun = now();
        drop(completed);
        settle().await;
        assert_eq!(log.said().split(' ').next(), Some("a"));
        assert_eq!((log.sorted().as_str(), now() - begun), ("a b c", Duration::from_nanos(1)));
    });
}

#[test]
fn asc_07_dropped_by_a_timeout_the_rest_is_gone_before_the_error_is_told() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let guard = log.guard("gone");
        let child = create_task(async move {
            let _guard = guard;
            sleep(secs(60)).await;
        });
        let all = async move {
            let mut completed = as_completed([child]);
            completed.next().await.unwrap().result();
        };
        let outcome = timeout(ms(10), all).await;
        assert_eq!((outcome, log.said().as_str()), (Err(TimeoutError), "gone"));
    });
}

#[test]
fn asc_07_who_takes_the_rest_back_keeps_it_running() {
    on_one_and_two(|| async {
        let mut completed = as_completed([sleeper(ms(10)), sleeper(ms(20)), sleeper(ms(30))]);
        assert_eq!(completed.next().await.unwrap().result(), ms(10));
        let Waited { done, pending } = completed.into_pending();
        assert!(done.is_empty());
        assert_eq!(gather(pending).await, [ms(20), ms(30)]);
    });
}

#[test]
fn asc_03_the_limit_of_the_stream_is_told_once_and_cancels_nobody() {
    on_one_and_two(|| async {
        let begun = now();
        let mut completed =
            as_completed([sleeper(ms(100)), sleeper(ms(150)), sleeper(ms(200))]).timeout(ms(120));
        assert_eq!(completed.next().await.unwrap().unwrap().result(), ms(100));
        assert!(matches!(completed.next().await, Some(Err(TimeoutError))));
        assert_eq!((now() - begun, completed.len()), (ms(120), 2));
        assert_eq!(completed.next().await.unwrap().unwrap().result(), ms(150), "it goes on");
        // Another limit, from here.
        let mut completed = completed.timeout(ms(10));
        assert!(matches!(completed.next().await, Some(Err(TimeoutError))));
        assert_eq!(now() - begun, ms(160));
        let Waited { done, pending } = completed.into_pending();
        assert_eq!((done.len(), pending.len()), (0, 1));
        assert_eq!(gather(pending).await, [ms(200)], "neither done nor cancelled then");
    });
}

#[test]
fn asc_03_a_limit_that_is_not_used_leaves_no_timer() {
    on_one_and_two(|| async {
        let mut completed = as_completed([sleeper(ms(10)), sleeper(ms(20))]).timeout(secs(3600));
        assert!(completed.next().await.unwrap().is_ok());
        assert!(completed.next().await.unwrap().is_ok());
        assert_eq!(Handle::current().statistics().unwrap().timers.registered, 0);
        assert!(completed.next().await.is_none() && completed.is_empty());
    });
}

#[test]
fn asc_03_a_task_that_ends_at_the_deadline_is_given_first() {
    on_one(|| async {
        let task = sleeper(ms(10));
        ticks(1).await;
        let mut completed = as_completed([task]).timeout(ms(10));
        assert_eq!(completed.next().await.unwrap().unwrap().result(), ms(10));
        assert!(completed.next().await.is_none());
    });
}
