//! asyncio's cases of `wait_for`, which is `timeout` with its arguments the other way round.

use std::time::Duration;

use evenkeel::{
    Handle, Task, TimeoutError, create_task, now, oneshot, sleep, timeout, timeout_at, wait_for,
    yield_now,
};

use crate::loops::{ms, on_one, on_one_and_two, secs, settle, ticks};
use crate::transcript::{Count, Transcript};

#[test]
fn wfr_01_on_expiry_the_task_is_cancelled_and_gone_before_the_error_is_told() {
    for limit in [ms(100), Duration::ZERO] {
        on_one_and_two(|| async move {
            let log = Transcript::new();
            let guard = log.guard("gone");
            let task = create_task(async move {
                let _guard = guard;
                loop {
                    sleep(ms(30)).await;
                }
            });
            settle().await;
            let begun = now();
            let outcome: Result<(), _> = wait_for(task, limit).await;
            assert_eq!((log.said().as_str(), now() - begun), ("gone", limit));
            assert_eq!(outcome, Err(TimeoutError));
        });
    }
    // A limit below zero is a deadline that has passed.
    on_one_and_two(|| async {
        sleep(secs(5)).await;
        let log = Transcript::new();
        let guard = log.guard("gone");
        let task = create_task(async move {
            let _guard = guard;
            std::future::pending::<()>().await;
        });
        settle().await;
        let begun = now();
        assert_eq!(timeout_at(begun - secs(1), task).await, Err(TimeoutError));
        assert_eq!((log.said().as_str(), now()), ("gone", begun));
    });
}

#[test]
fn wfr_01_a_task_that_never_began_is_gone_as_well() {
    on_one(|| async {
        let log = Transcript::new();
        let guard = log.guard("gone");
        let body = log.clone();
        let task = create_task(async move {
            let _guard = guard;
            body.say("body");
        });
        assert_eq!(wait_for(task, Duration::ZERO).await, Err(TimeoutError));
        assert_eq!(log.said(), "gone");
    });
}

#[test]
fn wfr_02_no_limit_gives_the_value() {
    on_one_and_two(|| async {
        assert_eq!(wait_for(async { 1 }, None).await, Ok(1));
        let hour = async {
            sleep(secs(3600)).await;
            2
        };
        assert_eq!(wait_for(create_task(hour), None).await, Ok(2));
    });
}

#[test]
fn wfr_02_with_a_limit_of_zero_what_is_ready_wins_and_the_rest_gets_one_poll() {
    on_one_and_two(|| async {
        let finished = create_task(async { "done" });
        settle().await;
        assert_eq!(wait_for(finished, Duration::ZERO).await, Ok("done"));
        // asyncio would not begin a coroutine at all: here the future is asked first, once.
        let polls = Count::default();
        assert_eq!(wait_for(polls.polls_of(async { 1 }), Duration::ZERO).await, Ok(1));
        assert_eq!(polls.get(), 1);
        let suspends = polls.polls_of(yield_now());
        assert_eq!(wait_for(suspends, Duration::ZERO).await, Err(TimeoutError));
        assert_eq!(polls.get(), 2);
    });
}

#[test]
fn wfr_03_a_result_that_comes_as_the_wait_begins_is_not_lost() {
    on_one(|| async {
        let (sender, receiver) = oneshot();
        let waits = create_task(wait_for(receiver, secs(10)));
        create_task(async move { sender.send("ok").unwrap() }).detach();
        ticks(2).await;
        assert!(waits.is_finished());
        assert_eq!(waits.await, Ok(Ok("ok")));
    });
    on_one_and_two(|| async {
        for limit in [Duration::ZERO, ms(10)] {
            let (sender, receiver) = oneshot();
            sender.send("ok").unwrap();
            assert_eq!(wait_for(receiver, limit).await, Ok(Ok("ok")));
        }
    });
}

#[test]
fn wfr_03_a_result_that_comes_at_the_deadline_beats_it() {
    on_one_and_two(|| async {
        let value = async {
            sleep(ms(10)).await;
            "ok"
        };
        assert_eq!(wait_for(value, ms(10)).await, Ok("ok"));
    });
}

#[test]
fn wfr_08_who_cancels_the_waiter_cancels_what_it_waits_for() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let guard = log.guard("gone");
        let (sender, receiver) = oneshot::<()>();
        let inner = create_task(async move {
            let _guard = guard;
            receiver.await
        });
        let waits = create_task(wait_for(inner, secs(3600)));
        settle().await;
        let begun = now();
        waits.cancel_with("the waiter");
        assert_eq!(waits.join().await.unwrap_err().reason(), Some("the waiter"));
        settle().await;
        assert_eq!((log.said().as_str(), sender.is_closed()), ("gone", true));
        assert_eq!(now() - begun, Duration::from_nanos(1));
        assert_eq!(Handle::current().statistics().unwrap().timers.registered, 0);
    });
}

#[test]
fn wfr_08_by_reference_only_the_waiter_ends() {
    on_one_and_two(|| async {
        let mut inner = create_task(async {
            sleep(ms(20)).await;
            3
        });
        assert_eq!(timeout(ms(10), &mut inner).await, Err(TimeoutError));
        assert!(!inner.is_finished());
        assert_eq!(inner.await, 3);
    });
}

#[test]
fn wait_for_lets_errors_panics_and_cancellations_of_the_inner_task_through() {
    on_one_and_two(|| async {
        let fails = create_task(async { Err::<(), _>("failed") });
        assert_eq!(wait_for(fails, secs(1)).await, Ok(Err("failed")));
        let panics: Task<()> = create_task(async { std::panic::panic_any("panicked") });
        let error = wait_for(panics.join(), secs(1)).await.unwrap().unwrap_err();
        assert!(error.is_panic());
        let cancelled = create_task(sleep(secs(60)));
        cancelled.cancel();
        assert!(wait_for(cancelled.join(), secs(1)).await.unwrap().unwrap_err().is_cancelled());
    });
}
