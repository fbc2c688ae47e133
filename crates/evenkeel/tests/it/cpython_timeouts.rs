//! What CPython's test_timeouts and test_waitfor ask beyond the cases.

use std::time::Duration;

use evenkeel::{
    Handle, ManualClock, Options, Runner, Task, TimeoutError, create_task, current, now, oneshot,
    sleep, timeout, timeout_at, wait_for, yield_now,
};
use std::sync::Arc;

use crate::loops::{ms, on_one, on_one_and_two, secs, settle, ticks};
use crate::transcript::{Grenade, Transcript};

fn armed() -> usize {
    Handle::current().statistics().unwrap().timers.registered
}

/// Computes for so long, while others have something to do as well.
fn busy_for(clock: &ManualClock, duration: Duration) {
    create_task(ticks(3)).detach();
    clock.advance(duration);
}

/// test_timeout_basic, test_timeout_at_basic, test_waiter_cancelled, test_outer_task_is_not_cancelled.
#[test]
fn tmo_01_the_block_ends_at_its_deadline_and_its_task_does_not() {
    on_one_and_two(|| async {
        let task = create_task(async {
            let log = Transcript::new();
            let (guard, begun) = (log.guard("gone"), now());
            let block = async move {
                let _guard = guard;
                sleep(secs(10)).await;
            };
            assert_eq!(timeout(ms(10), block).await, Err(TimeoutError));
            assert_eq!((log.said().as_str(), now() - begun), ("gone", ms(10)));

            let deadline = now() + ms(10);
            let mut bounded = Box::pin(timeout_at(deadline, sleep(secs(10))));
            assert_eq!(bounded.deadline(), Some(deadline));
            assert_eq!((&mut bounded).await, Err(TimeoutError));
            assert!(bounded.expired());
            assert_eq!((bounded.deadline(), now()), (Some(deadline), deadline));
            sleep(ms(1)).await;
            "goes on"
        });
        assert_eq!(task.await, "goes on");
        assert_eq!(armed(), 0);
    });
}

/// test_nested_timeouts: the outer one reports, and the inner one is cut off with its block.
#[test]
fn tmo_02_of_two_nested_blocks_with_one_deadline_the_outer_reports() {
    on_one_and_two(|| async {
        let (log, deadline) = (Transcript::new(), now() + ms(10));
        let (said, guard) = (log.clone(), log.guard("gone"));
        let nested = timeout_at(deadline, async move {
            let block = async move {
                let _guard = guard;
                sleep(secs(10)).await;
            };
            let inner = timeout_at(deadline, block).await;
            said.say(format!("inner {inner:?}"));
        });
        assert_eq!(nested.await, Err(TimeoutError));
        assert_eq!((log.said().as_str(), now()), ("gone", deadline));
    });
}

/// test_timeout_not_called, test_timeout_disabled, test_timeout_at_disabled.
#[test]
fn tmo_03_an_end_in_time_leaves_no_timer_and_no_limit_has_none() {
    on_one_and_two(|| async {
        let begun = now();
        let mut bounded = Box::pin(timeout(secs(10), sleep(ms(10))));
        assert_eq!((&mut bounded).await, Ok(()));
        assert_eq!(now() - begun, ms(10));
        assert!(!bounded.expired() && bounded.deadline() == Some(begun + secs(10)));
        assert_eq!(armed(), 0);

        let mut unbounded = Box::pin(wait_for(sleep(ms(10)), None));
        assert_eq!(unbounded.deadline(), None);
        assert_eq!((&mut unbounded).await, Ok(()));
        assert!(!unbounded.expired());
    });
}

/// test_timeout_zero, test_timeout_zero_sleep_zero, test_timeout_in_the_past_sleep_zero.
#[test]
fn tmo_04_a_deadline_that_has_passed_ends_the_block_where_it_first_waits() {
    on_one_and_two(|| async {
        sleep(secs(60)).await;
        let begun = now();
        for past in [Duration::ZERO, secs(11)] {
            let log = Transcript::new();
            let said = log.clone();
            let block = async move {
                said.say("began");
                yield_now().await;
                said.say("after");
            };
            assert_eq!(timeout_at(now() - past, block).await, Err(TimeoutError));
            assert_eq!(log.said(), "began");
        }
        assert_eq!(timeout(Duration::ZERO, sleep(Duration::ZERO)).await, Err(TimeoutError));
        assert_eq!(timeout(Duration::ZERO, sleep(secs(10))).await, Err(TimeoutError));
        // Without a wait there is nothing to end.
        assert_eq!(timeout(Duration::ZERO, async { 3 }).await, Ok(3));
        assert_eq!(now(), begun);
    });
}

/// test_foreign_exception_passed, test_foreign_cancel_doesnt_timeout_if_not_expired,
/// test_cancel_in_timeout_after_cancellation.
#[test]
fn tmo_06_the_blocks_own_error_passes_and_a_cancel_stays_a_cancel() {
    on_one_and_two(|| async {
        assert_eq!(timeout(ms(10), async { Err::<(), _>("key") }).await, Ok(Err("key")));
        let log = Transcript::new();
        let said = log.clone();
        let task = create_task(async move {
            let block = async {
                current().unwrap().canceller().cancel_with("from inside");
                sleep(secs(10)).await;
            };
            let outcome = timeout(secs(10), block).await;
            said.say(format!("{outcome:?}"));
        });
        let begun = now();
        let error = task.join().await.unwrap_err();
        assert!(error.is_cancelled());
        assert_eq!((error.reason(), log.said().as_str()), (Some("from inside"), ""));
        assert_eq!((now(), armed()), (begun, 0));
    });
}

/// test_nested_timeouts_concurrent: the loop was busy until past the outer deadline, so the outer block
/// ends, and the inner one with it, which had time left.
#[test]
fn tmo_07_the_outer_deadline_ends_an_inner_block_that_has_time_left() {
    let clock = ManualClock::auto_jump();
    let options = Options { workers: 1, clock: Arc::new(clock.clone()), ..Options::default() };
    Runner::new(options).unwrap().run(async move {
        let log = Transcript::new();
        let said = log.clone();
        let nested = timeout(ms(2), async move {
            let inner = timeout(ms(100), async {
                busy_for(&clock, ms(10));
                sleep(secs(1)).await;
            });
            said.say(format!("{:?}", inner.await));
        });
        assert_eq!((nested.await, log.said().as_str()), (Err(TimeoutError), ""));
    });
}

/// test_nested_timeouts_loop_busy: both deadlines have come when the loop is free again, so the outer
/// block ends. (Its inner `assertRaises` lets the cancellation pass.) Were there time left for the outer
/// one, the inner would report.
#[test]
fn tmo_07_the_outer_block_ends_if_both_deadlines_have_come() {
    for (busy, log_of, ends) in [(100, "", 100), (99, "Err(TimeoutError)", 100)] {
        let clock = ManualClock::auto_jump();
        let options = Options { workers: 1, clock: Arc::new(clock.clone()), ..Options::default() };
        Runner::new(options).unwrap().run(async move {
            let (log, begun) = (Transcript::new(), now());
            let said = log.clone();
            let nested = timeout(ms(100), async move {
                let inner = timeout(ms(10), async {
                    busy_for(&clock, ms(busy));
                    sleep(secs(1)).await;
                });
                said.say(format!("{:?}", inner.await));
                sleep(secs(10)).await;
                said.say("after");
            });
            assert_eq!(nested.await, Err(TimeoutError));
            assert_eq!(log.said(), log_of);
            assert_eq!(now() - begun, ms(ends));
        });
    }
}

/// test_wait_for_race_condition.
#[test]
fn wfr_03_a_result_set_in_the_pass_in_which_the_wait_begins() {
    on_one(|| async {
        let (sender, receiver) = oneshot();
        create_task(async move { sender.send("ok").unwrap() }).detach();
        assert_eq!(wait_for(receiver, ms(200)).await, Ok(Ok("ok")));
    });
}

/// test_wait_for_issue86296: the inner task ends and the waiter is cancelled in one pass. The waiter is
/// cancelled, and the result is not lost.
#[test]
fn a_cancel_is_not_swallowed_by_a_result_that_comes_with_it() {
    on_one(|| async {
        let log = Transcript::new();
        let inner = create_task(async { "done" }).shared();
        let (there, said) = (inner.clone(), log.clone());
        let waits = create_task(async move {
            let outcome = wait_for(there, secs(100)).await;
            said.say(format!("{outcome:?}"));
            sleep(secs(1)).await;
            said.say("reached the end");
        });
        ticks(1).await;
        assert!(inner.is_finished() && waits.cancel());
        assert!(waits.join().await.unwrap_err().is_cancelled());
        assert_eq!(inner.await, "done");
        assert!(!log.said().contains("reached"), "{}", log.said());
    });
}

/// test_wait_for_reraises_exception_during_cancellation: a clean-up that fails while the time is up.
#[test]
fn a_failure_during_the_expiry_is_heard() {
    for workers in [1, 2] {
        let told = Arc::new(std::sync::Mutex::new(Vec::new()));
        let heard = Arc::clone(&told);
        let options = Options {
            on_failure: Some(Arc::new(move |report| {
                heard.lock().unwrap().push(report.message.clone());
            })),
            ..crate::loops::options(workers).0
        };
        let mut runner = Runner::new(options).unwrap();
        runner.run(async {
            // In the block itself: the panic comes out of the timeout.
            let outer: Task<()> = create_task(async {
                let block = async {
                    let _clean_up = Grenade("in the block");
                    sleep(secs(1)).await;
                };
                let _ = timeout(ms(10), block).await;
            });
            let error = outer.join().await.unwrap_err();
            assert_eq!(error.into_panic().downcast_ref(), Some(&"in the block"));
            // In a task of its own: it is that task's, and nobody is left to hear it but the hook.
            let inner = create_task(async {
                let _clean_up = Grenade("in the task");
                sleep(secs(1)).await;
            });
            assert_eq!(wait_for(inner, ms(10)).await, Err(TimeoutError));
            settle().await;
        });
        runner.close();
        assert_eq!(*told.lock().unwrap(), ["in the task"]);
    }
}
