//! What CPython asks of `shield`, in test_tasks and test_waitfor.
//!
//! One thing is different throughout: whoever is cancelled while it awaits a shield owns the shielded work
//! from then on, and is done only when that is. asyncio lets it go, with nobody but the loop to hold it.

use std::time::Duration;

use evenkeel::shield;
use evenkeel::{Runner, TimeoutError, create_task, gather, now, oneshot, sleep, wait_for};

use crate::loops::{ms, on_one, on_one_and_two, options, settle, ticks};
use crate::transcript::{Count, Transcript};

/// test_shield_result, test_shield_exception, test_shield_shortcut,
/// test_shield_coroutine_use_running_loop.
#[test]
fn shd_01_a_value_an_error_and_what_is_ready_pass() {
    on_one_and_two(|| async {
        let (sender, receiver) = oneshot();
        let inner = create_task(receiver);
        let outer = create_task(shield(inner));
        settle().await;
        sender.send(42).unwrap();
        assert_eq!(outer.await, Ok(42));
        assert_eq!(shield(async { Err::<(), _>("expected") }).await, Err("expected"));

        let polls = Count::default();
        let done = create_task(async { 42 });
        settle().await;
        assert_eq!(polls.polls_of(shield(done)).await, 42);
        assert_eq!(polls.get(), 1, "no yield");
    });
    // test_shield_coroutine_without_loop: a future needs none.
    assert_eq!(evenkeel::block_on(shield(async { 42 })), 42);
}

/// test_shield_cancel_inner.
#[test]
fn shd_02_an_inner_task_that_is_cancelled_cancels_who_awaits_it() {
    on_one_and_two(|| async {
        let inner = create_task(std::future::pending::<()>());
        let canceller = inner.canceller();
        let outer = create_task(shield(inner));
        settle().await;
        assert!(canceller.cancel_with("inner"));
        assert_eq!(outer.join().await.unwrap_err().reason(), Some("inner"));
    });
}

/// test_shield_cancel_outer: nobody is left to be woken when the inner one ends.
#[test]
fn shd_02_who_was_cancelled_is_not_woken_by_the_inner_future() {
    on_one(|| async {
        let (sender, receiver) = oneshot::<()>();
        let polls = Count::default();
        let outer = create_task(polls.polls_of(shield(receiver)));
        ticks(1).await;
        outer.cancel();
        ticks(2).await;
        assert_eq!(polls.get(), 1, "it was dropped");
        assert!(!sender.is_closed(), "and what it shielded was not");
        sender.send(()).unwrap();
        assert!(outer.join().await.unwrap_err().is_cancelled());
        assert_eq!(polls.get(), 1);
    });
}

/// test_shield_effect.
#[test]
fn shd_03_the_inner_future_goes_on_when_its_awaiter_is_cancelled() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let (inner, code) = (log.clone(), log.clone());
        let (sender, receiver) = oneshot();
        let outer = create_task(async move {
            let inner = async move {
                receiver.await.unwrap();
                inner.say("proof");
            };
            shield(inner).await;
            code.say("after");
        });
        settle().await;
        assert!(outer.cancel());
        settle().await;
        assert!(!outer.is_finished(), "it owns the work it shielded");
        sender.send(()).unwrap();
        assert!(outer.join().await.unwrap_err().is_cancelled());
        assert_eq!(log.said(), "proof");
    });
}

/// test_shield_gather.
#[test]
fn shd_04_a_shielded_gather_goes_on() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let said = log.clone();
        let (one, two) = (oneshot(), oneshot());
        let children = (one.1, two.1);
        let parent = async move { said.say(format!("{:?}", gather(children).await)) };
        let outer = create_task(shield(parent));
        settle().await;
        outer.cancel();
        settle().await;
        one.0.send(1).unwrap();
        two.0.send(2).unwrap();
        assert!(outer.join().await.unwrap_err().is_cancelled());
        assert_eq!(log.said(), "(Ok(1), Ok(2))");
    });
}

/// test_gather_shield.
#[test]
fn shd_04_a_gather_of_shields_is_cancelled_and_its_children_go_on() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let child = |n: u8| {
            let (sender, receiver) = oneshot::<()>();
            let said = log.clone();
            let work = async move {
                receiver.await.unwrap();
                said.say(n);
            };
            (sender, shield(work))
        };
        let ((first, one), (second, two)) = (child(1), child(2));
        let parent = create_task(gather((one, two)));
        settle().await;
        parent.cancel();
        settle().await;
        assert!(!first.is_closed() && !second.is_closed());
        first.send(()).unwrap();
        second.send(()).unwrap();
        assert!(parent.join().await.unwrap_err().is_cancelled());
        assert_eq!(log.sorted(), "1 2");
    });
}

/// What has no other owner is finished before the loop ends. asyncio loses it.
#[test]
fn shd_06_shielded_work_is_finished_before_the_loop_ends() {
    for workers in [1, 2] {
        let (options, clock) = options(workers);
        let (mut runner, log) = (Runner::new(options).unwrap(), Transcript::new());
        let said = log.clone();
        runner.run(async {
            let outer = create_task(shield(async move {
                sleep(ms(10)).await;
                said.say("saved");
            }));
            settle().await;
            outer.cancel();
            outer.detach();
        });
        runner.close();
        assert_eq!(log.said(), "saved");
        assert!(clock.elapsed() >= ms(10));
    }
}

/// WaitForShieldTests: test_zero_timeout, test_shielded_timeout, test_none_timeout.
#[test]
fn wfr_11_a_timeout_gives_up_on_a_shielded_task_and_that_goes_on() {
    for limit in [Duration::ZERO, ms(10)] {
        on_one_and_two(|| async move {
            let begun = now();
            let task = create_task(async {
                sleep(ms(100)).await;
                "done"
            });
            let task = task.shared();
            assert_eq!(wait_for(shield(task.clone()), limit).await, Err(TimeoutError));
            assert_eq!((task.is_finished(), now() - begun), (false, limit));
            assert_eq!(task.await, "done");
            assert_eq!(now() - begun, ms(100));
        });
    }
    on_one_and_two(|| async {
        let task = create_task(async {
            sleep(ms(100)).await;
            "done"
        });
        assert_eq!(wait_for(shield(task), None).await, Ok("done"));
    });
    // Nobody but the shield holds it: it goes on all the same.
    on_one_and_two(|| async {
        let log = Transcript::new();
        let said = log.clone();
        let work = async move {
            sleep(ms(100)).await;
            said.say("done");
        };
        assert_eq!(wait_for(shield(work), ms(10)).await, Err(TimeoutError));
        assert_eq!(log.said(), "");
        sleep(ms(100)).await;
        assert_eq!(log.said(), "done");
    });
}
