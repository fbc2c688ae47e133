//! What CPython asks of a cancel that is caught, counted or given back: here that of a scope.
//!
//! A task's own cancel ends the task, and nothing catches it. Where Python catches `CancelledError` and
//! goes on, a `CancelScope` is cancelled instead: what runs in it ends, and the code around it goes on.

use std::time::Duration;

use evenkeel::timer::CancelScope;
use evenkeel::{create_task, defer, now, oneshot, sleep, timeout, timeout_at, wait_for, yield_now};

use crate::loops::{ms, on_one, on_one_and_two, secs, settle, ticks};
use crate::transcript::Transcript;

/// test_cancel_task_catching.
#[test]
fn crt_06_what_runs_in_a_cancelled_scope_ends_and_its_task_goes_on() {
    on_one_and_two(|| async {
        let (scope, (sender, receiver)) = (CancelScope::new(), oneshot::<()>());
        let within = scope.clone();
        let task = create_task(async move {
            match within.run(receiver).await {
                Err(_) => 42,
                Ok(_) => unreachable!("it was cancelled"),
            }
        });
        settle().await;
        assert!(scope.cancel());
        assert_eq!(task.join().await.ok(), Some(42), "the task is not cancelled");
        assert!(sender.is_closed());
    });
}

/// test_cancel_task_ignoring: outside the scope the task awaits what it likes. Inside it would be ended
/// again: a scope stays cancelled.
#[test]
fn crt_06_after_the_scope_the_task_awaits_again_and_within_it_does_not() {
    on_one_and_two(|| async {
        let scope = CancelScope::new();
        let (sender, receiver) = oneshot();
        let within = scope.clone();
        let task = create_task(async move {
            assert!(within.run(sleep(secs(10))).await.is_err());
            assert!(within.run(async { unreachable!("polled") }).await.is_err());
            receiver.await
        });
        settle().await;
        scope.cancel();
        settle().await;
        assert!(!task.is_finished());
        sender.send(42).unwrap();
        assert_eq!(task.await, Ok(42));
    });
}

/// test_uncancel_basic: a task outlives a cancel, and a later one works.
#[test]
fn crt_12_a_cancel_of_a_scope_is_over_with_it_and_the_next_cancel_works() {
    on_one_and_two(|| async {
        let scope = CancelScope::new();
        let within = scope.clone();
        let log = Transcript::new();
        let said = log.clone();
        let task = create_task(async move {
            said.say(within.run(sleep(secs(10))).await.is_err());
            sleep(secs(10)).await;
            said.say("after");
        });
        sleep(ms(10)).await;
        assert!(scope.cancel() && !scope.cancel());
        sleep(ms(10)).await;
        assert_eq!((log.said().as_str(), task.is_finished()), ("true", false));
        assert!(task.cancel());
        assert!(task.join().await.unwrap_err().is_cancelled());
        assert_eq!(log.said(), "true");
    });
}

/// test_uncancel_structured_blocks: the code after a timeout is not affected by it.
#[test]
fn crt_12_a_timeout_leaves_no_cancel_behind() {
    for (sleeps, limit) in [(secs(10), ms(100)), (Duration::ZERO, secs(10))] {
        on_one_and_two(|| async move {
            let task = create_task(async move {
                let in_time = timeout(limit, sleep(sleeps)).await.is_ok();
                yield_now().await;
                sleep(ms(1)).await;
                in_time
            });
            assert_eq!(task.await, sleeps.is_zero());
        });
    }
}

/// test_uncancel_resets_must_cancel: what was awaited is there, and the cancel comes before the task runs.
/// There it can be given back; here a value that is there wins over a scope's cancel.
#[test]
fn crt_12_a_value_that_is_there_wins_over_the_cancel_of_its_scope() {
    on_one(|| async {
        let (scope, (sender, receiver)) = (CancelScope::new(), oneshot());
        let within = scope.clone();
        let task = create_task(async move { within.run(receiver).await });
        ticks(1).await;
        sender.send(42).unwrap();
        scope.cancel();
        assert_eq!(task.await, Ok(Ok(42)));
    });
}

/// test_reschedule, by whoever has the scope: later, never, and then cancelled without having expired.
#[test]
fn tmo_09_a_deadline_is_moved_from_outside() {
    on_one_and_two(|| async {
        let first = now() + secs(10);
        let scope = CancelScope::until(first);
        let within = scope.clone();
        let task = create_task(async move { within.run(sleep(secs(50))).await });
        settle().await;
        assert_eq!(scope.deadline(), Some(first));
        scope.set_deadline(Some(first + secs(20)));
        assert_eq!(scope.deadline(), Some(first + secs(20)));
        sleep(secs(15)).await;
        assert!(!task.is_finished(), "the first deadline has passed");
        scope.set_deadline(None);
        assert_eq!(scope.deadline(), None);
        sleep(secs(20)).await;
        assert!(!task.is_finished(), "the second too");
        task.cancel();
        assert!(task.join().await.unwrap_err().is_cancelled());
        assert!(!scope.is_cancelled());
    });
}

/// test_timeout_at_disabled.
#[test]
fn tmo_03_no_deadline() {
    on_one_and_two(|| async {
        assert_eq!(wait_for(sleep(ms(10)), None).await, Ok(()));
        let scope = CancelScope::new();
        assert_eq!(scope.run(sleep(ms(10))).await, Ok(()));
        assert_eq!((scope.deadline(), scope.is_cancelled()), (None, false));
    });
}

/// test_cancel_in_timeout_after_cancellation: in a clean-up, what is cancelled under a timeout is told as
/// cancelled and not as timed out.
#[test]
fn a_cancel_under_the_timeout_of_a_clean_up_is_a_cancel() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let said = log.clone();
        let task = create_task(async move {
            defer(async move {
                let scope = CancelScope::new();
                let block = scope.run(async {
                    scope.cancel();
                    sleep(secs(2)).await;
                });
                let outcome = timeout(secs(1), block).await.map(|ended| ended.is_err());
                said.say(format!("{outcome:?}"));
            });
            sleep(secs(1)).await;
        });
        settle().await;
        let begun = now();
        task.cancel();
        assert!(task.join().await.unwrap_err().is_cancelled());
        assert_eq!((log.said().as_str(), now()), ("Ok(true)", begun));
    });
}

/// test_nested_timeout_in_finally: the clean-up of a block whose time is up has a timeout of its own, and
/// the block's error is told when it is done.
#[test]
fn tmo_11_a_clean_up_after_the_time_is_up_has_a_timeout_of_its_own() {
    on_one_and_two(|| async {
        let (log, begun) = (Transcript::new(), now());
        let said = log.clone();
        let block = async move {
            defer(async move {
                let outcome = timeout(ms(10), sleep(secs(10))).await;
                said.say(format!("inner {outcome:?}"));
            });
            sleep(secs(1)).await;
        };
        let outcome = timeout_at(begun + ms(10), block).await;
        log.say(format!("outer {outcome:?}"));
        assert_eq!(log.said(), "inner Err(TimeoutError) outer Err(TimeoutError)");
        assert_eq!(now() - begun, ms(20));
    });
}
