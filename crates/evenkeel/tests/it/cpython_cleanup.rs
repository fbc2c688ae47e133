//! What CPython asks of a `finally:` that awaits: here `defer`, which the task or the scope sees to its end.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use evenkeel::defer;
use evenkeel::{
    Options, Runner, TimeoutError, create_task, gather, now, oneshot, sleep, timeout, wait_for,
};

use crate::loops::{ms, on_one_and_two, options, secs, settle};
use crate::transcript::Transcript;

/// test_asyncio_run_reports_hanging_tasks_errors: main's value comes out, and the hook is told of the
/// leftover whose clean-up failed, once and with its name.
#[test]
fn run_05_a_leftover_whose_clean_up_fails_is_reported() {
    for workers in [1, 2] {
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&told);
        let options = Options {
            on_failure: Some(Arc::new(move |report| {
                let name = report.name.as_deref().unwrap_or("?").to_owned();
                heard.lock().unwrap().push((name, report.message.clone()));
            })),
            ..options(workers).0
        };
        let mut runner = Runner::new(options).unwrap();
        let output = runner.run(async {
            let left = async {
                defer(async {
                    sleep(ms(1)).await;
                    std::panic::panic_any("division by zero");
                });
                sleep(ms(100)).await;
            };
            evenkeel::Builder::new().name("left over").create_task(left).detach();
            settle().await;
            123
        });
        runner.close();
        assert_eq!(output, 123);
        let expected = ("left over".to_owned(), "division by zero".to_owned());
        assert_eq!(*told.lock().unwrap(), [expected]);
    }
}

/// Three leftovers each take 10 ms to clean up: the end of the loop waits for all of them.
#[test]
fn run_06_the_clean_ups_of_leftovers_are_awaited() {
    for workers in [1, 2] {
        let (options, clock) = options(workers);
        let (mut runner, log) = (Runner::new(options).unwrap(), Transcript::new());
        runner.run(async {
            for n in 0..3 {
                let said = log.clone();
                create_task(async move {
                    defer(async move {
                        sleep(ms(10)).await;
                        said.say(n);
                    });
                    std::future::pending::<()>().await;
                })
                .detach();
            }
            settle().await;
        });
        assert_eq!(log.said(), "");
        runner.close();
        assert_eq!(log.sorted(), "0 1 2");
        assert_eq!(clock.elapsed(), ms(10) + Duration::from_nanos(1), "side by side");
    }
}

/// test_wait_for_waits_for_task_cancellation, and its twin with a timeout of zero.
#[test]
fn wfr_06_the_time_is_up_when_the_task_has_cleaned_up() {
    for limit in [Duration::ZERO, ms(10)] {
        on_one_and_two(|| async move {
            let log = Transcript::new();
            let said = log.clone();
            let inner = create_task(async move {
                defer(async move {
                    sleep(ms(20)).await;
                    said.say("task done");
                });
                sleep(secs(10)).await;
            });
            settle().await;
            let begun = now();
            assert_eq!(wait_for(inner, limit).await, Err(TimeoutError));
            assert_eq!((log.said().as_str(), now() - begun), ("task done", limit + ms(20)));
        });
    }
}

/// test_asyncio_wait_for_timeout, test_asyncio_wait_for_cancelled: a task that will not be hurried for
/// 200 ms, however often it is asked.
#[test]
fn wfr_10_who_waits_for_a_task_that_takes_its_time_to_end_waits_for_its_end() {
    fn slow(log: &Transcript) -> evenkeel::Task<()> {
        let said = log.clone();
        create_task(async move {
            defer(async move {
                sleep(ms(200)).await;
                said.say("exited");
            });
            std::future::pending::<()>().await;
        })
    }
    on_one_and_two(|| async move {
        let log = Transcript::new();
        let task = slow(&log);
        settle().await;
        let begun = now();
        assert_eq!(wait_for(task, ms(100)).await, Err(TimeoutError));
        assert_eq!((log.said().as_str(), now() - begun), ("exited", ms(300)));
    });
    on_one_and_two(|| async move {
        let log = Transcript::new();
        let said = log.clone();
        let waits = create_task(async move { wait_for(slow(&said), ms(400)).await });
        settle().await;
        let begun = now();
        waits.cancel();
        settle().await;
        waits.cancel();
        assert!(waits.join().await.unwrap_err().is_cancelled());
        assert_eq!((log.said().as_str(), now() - begun), ("exited", ms(200)));
    });
}

/// test_wait_for_cancel_suppressed, test_wait_for_cancellation_race_condition: there a task that swallows
/// its cancel returns a value after all. Here nothing is swallowed: the time was up. What the clean-up
/// has to say, it sends.
#[test]
fn wfr_05_a_clean_up_sends_what_a_swallowed_cancel_would_return() {
    on_one_and_two(|| async {
        let (sender, receiver) = oneshot();
        let inner = create_task(async move {
            defer(async move { sender.send(42).unwrap() });
            sleep(secs(10)).await;
            0
        });
        assert_eq!(wait_for(inner, ms(100)).await, Err(TimeoutError));
        assert_eq!(receiver.await, Ok(42));
    });
}

/// Who cancels a gather waits for the clean-ups of all children.
#[test]
fn gat_12_a_cancelled_gather_ends_after_all_clean_ups() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let said = log.clone();
        let gathers = create_task(async move {
            let children = [1, 2, 3].map(|n| {
                let said = said.clone();
                create_task(async move {
                    defer(async move {
                        sleep(ms(10 * n)).await;
                        said.say(n);
                    });
                    std::future::pending::<()>().await;
                })
                .join()
            });
            drop(gather(children).await);
        });
        settle().await;
        let begun = now();
        gathers.cancel();
        assert!(gathers.join().await.unwrap_err().is_cancelled());
        assert_eq!((log.said().as_str(), now() - begun), ("1 2 3", ms(30)));
    });
}

/// Children that have a value to give when they are cancelled do not save who gathers them.
#[test]
fn gat_14_a_cancelled_gather_is_cancelled_whatever_its_children_make_of_it() {
    on_one_and_two(|| async {
        let (sender, receiver) = oneshot();
        let gathers = create_task(async move {
            let child = create_task(async move {
                defer(async move { sender.send("a value all the same").unwrap() });
                std::future::pending::<()>().await;
            });
            gather([child.join()]).await.len()
        });
        settle().await;
        gathers.cancel();
        assert!(gathers.join().await.unwrap_err().is_cancelled());
        assert_eq!(receiver.await, Ok("a value all the same"));
    });
}

/// test_timeout_after_cancellation: a clean-up may have a timeout of its own, which is no part of the
/// cancel that brought it about.
#[test]
fn a_clean_up_after_a_cancel_may_be_bounded() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let said = log.clone();
        let task = create_task(async move {
            defer(async move {
                let outcome = timeout(ms(10), sleep(secs(1))).await;
                said.say(format!("{outcome:?}"));
                sleep(ms(5)).await;
                said.say("and goes on");
            });
            std::future::pending::<()>().await;
        });
        settle().await;
        let begun = now();
        task.cancel();
        assert!(task.join().await.unwrap_err().is_cancelled());
        assert_eq!(log.said(), "Err(TimeoutError) and goes on");
        assert_eq!(now() - begun, ms(15));
    });
}
