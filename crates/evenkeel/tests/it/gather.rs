//! asyncio's cases of `gather`.
//!
//! A gather begins at its first poll, not at the call; with tasks for children, these begin at their
//! `create_task`.

use evenkeel::{JoinError, Task, create_task, gather, now, oneshot, sleep, try_gather, yield_now};

use crate::loops::{ms, on_one, on_one_and_two, secs, settle, ticks};
use crate::transcript::{Count, Transcript};

#[test]
fn gat_01_results_come_in_argument_order_whoever_is_first() {
    on_one(|| async {
        let log = Transcript::new();
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..3).map(|_| oneshot::<i32>()).unzip();
        let children: Vec<_> = receivers
            .into_iter()
            .enumerate()
            .map(|(n, receiver)| {
                let log = log.clone();
                async move {
                    log.say(n);
                    receiver.await.unwrap()
                }
            })
            .collect();
        let all = create_task(gather(children));
        ticks(1).await;
        assert_eq!(log.said(), "0 1 2", "they begin in argument order");
        let mut senders: Vec<_> = senders.into_iter().map(Some).collect();
        senders[1].take().unwrap().send(1).unwrap();
        ticks(2).await;
        senders[0].take().unwrap().send(2).unwrap();
        ticks(2).await;
        assert!(!all.is_finished());
        senders[2].take().unwrap().send(3).unwrap();
        ticks(2).await;
        assert!(all.is_finished());
        assert_eq!(all.await, [2, 1, 3]);
    });
    on_one_and_two(|| async {
        let slow_first = [30, 20, 10].map(|delay| {
            create_task(async move {
                sleep(ms(delay)).await;
                delay
            })
        });
        let begun = now();
        assert_eq!(gather(slow_first).await, [30, 20, 10]);
        assert_eq!(now() - begun, ms(30));
    });
}

#[test]
fn gat_02_the_first_error_comes_out_before_the_rest_is_done() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let child = |delay, outcome: Result<i32, &'static str>| {
            let log = log.clone();
            create_task(async move {
                sleep(ms(delay)).await;
                log.say(delay);
                outcome
            })
        };
        let children = [child(1, Ok(1)), child(2, Err("b")), child(3, Ok(3)), child(4, Err("d"))];
        let begun = now();
        assert_eq!(try_gather(children).await, Err("b"));
        assert_eq!(now() - begun, ms(2));
        sleep(ms(10)).await;
        assert_eq!(log.said(), "1 2", "nothing more comes of the others");
    });
}

#[test]
fn gat_03_with_join_errors_and_cancellations_are_values_in_their_places() {
    on_one_and_two(|| async {
        let child = |delay, value: Result<i32, &'static str>| {
            create_task(async move {
                sleep(ms(delay)).await;
                value
            })
        };
        let mut children = vec![
            child(5, Ok(1)),
            child(1, Err("zero division")),
            child(50, Ok(2)),
            child(2, Ok(3)),
            child(50, Ok(4)),
        ];
        children.push(create_task(async {
            sleep(ms(4)).await;
            std::panic::panic_any("runtime error")
        }));
        let cancellers = [children[2].canceller(), children[4].canceller()];
        create_task(async move {
            sleep(ms(3)).await;
            for canceller in cancellers {
                canceller.cancel();
            }
        })
        .detach();
        let begun = now();
        let all = gather(children.into_iter().map(Task::join)).await;
        assert_eq!(now() - begun, ms(5), "only when all are done");
        let told: Vec<_> = all.iter().map(told).collect();
        let expected =
            ["Ok(1)", "Err(\"zero division\")", "cancelled", "Ok(3)", "cancelled", "panicked"];
        assert_eq!(told, expected);
    });
}

fn told(outcome: &Result<Result<i32, &str>, JoinError>) -> String {
    match outcome {
        Ok(value) => format!("{value:?}"),
        Err(error) if error.is_cancelled() => "cancelled".to_owned(),
        Err(error) if error.is_panic() => "panicked".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn gat_04_siblings_that_are_only_borrowed_go_on_after_an_error() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let said = log.clone();
        let mut sibling = create_task(async move {
            sleep(ms(20)).await;
            said.say("sibling");
            Ok(2)
        });
        let mut fails = create_task(async {
            sleep(ms(10)).await;
            Err::<i32, _>("failed")
        });
        assert_eq!(try_gather((&mut fails, &mut sibling)).await, Err("failed"));
        assert!(!sibling.is_finished());
        assert_eq!(sibling.await, Ok(2));
        assert_eq!(log.said(), "sibling");
    });
}

#[test]
fn gat_04_siblings_that_are_owned_are_gone_before_the_error_is_told() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let sibling = |word| {
            let guard = log.guard(word);
            create_task(async move {
                let _guard = guard;
                sleep(secs(60)).await;
                Ok(())
            })
        };
        let fails = create_task(async {
            sleep(ms(10)).await;
            Err("failed")
        });
        let begun = now();
        let outcome = try_gather([sibling("a"), fails, sibling("c")]).await;
        assert_eq!((log.sorted().as_str(), now() - begun), ("a c", ms(10)));
        assert_eq!(outcome, Err("failed"));
    });
}

#[test]
fn gat_05_a_cancelled_child_fails_the_gather_and_not_its_caller() {
    on_one_and_two(|| async {
        let cancelled = || {
            let task = create_task(sleep(secs(1)));
            task.cancel_with("child");
            task
        };
        // As a value,
        let other = create_task(sleep(secs(1)));
        let error = try_gather((cancelled().join(), other.join())).await.unwrap_err();
        assert!(error.is_cancelled());
        // and as asyncio does it: whoever awaits the gather without looking is cancelled, up to its task.
        let gathers = create_task(async move {
            gather((cancelled(), create_task(sleep(secs(1))))).await;
            unreachable!("the gather succeeded");
        });
        let ended: Result<(), JoinError> = gathers.join().await;
        let error = ended.unwrap_err();
        assert!(error.is_cancelled());
        assert_eq!(error.reason(), Some("child"), "the reason comes along");
        let begun = now();
        sleep(ms(10)).await;
        assert_eq!(now() - begun, ms(10));
    });
}

#[test]
fn gat_06_who_cancels_the_gathering_task_cancels_the_children() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let (guards, code) = ((log.guard("a"), log.guard("b")), log.clone());
        let (sender, receiver) = oneshot::<()>();
        let outer = create_task(async move {
            let children = (
                create_task(async move {
                    let _guard = guards.0;
                    receiver.await
                }),
                create_task(async move {
                    let _guard = guards.1;
                    sleep(secs(60)).await;
                }),
            );
            let cancellers = (children.0.canceller(), children.1.canceller());
            let _ = gather(children).await;
            code.say("after");
            drop(cancellers);
        });
        settle().await;
        let begun = now();
        assert!(outer.cancel());
        assert!(outer.join().await.unwrap_err().is_cancelled());
        settle().await;
        assert_eq!(log.sorted(), "a b");
        assert!(sender.is_closed(), "nobody waits for it any more");
        assert!(now() - begun < ms(1));
    });
}

#[test]
fn gat_09_a_cancel_is_not_lost_to_a_gather_that_collects_errors() {
    on_one_and_two(|| async {
        let begun = now();
        let collects = create_task(async {
            loop {
                let children = [0, 1].map(|_| create_task(sleep(ms(50))).join());
                for outcome in gather(children).await {
                    drop(outcome);
                }
            }
        });
        let canceller = collects.canceller();
        create_task(async move {
            sleep(ms(200)).await;
            canceller.cancel_with("enough");
        })
        .detach();
        let error: Result<(), JoinError> = collects.join().await;
        assert_eq!(error.unwrap_err().reason(), Some("enough"));
        assert_eq!(now() - begun, ms(200));
    });
}

#[test]
fn gat_10_one_shared_task_in_several_places_runs_once() {
    on_one_and_two(|| async {
        let count = Count::default();
        let task = |word: &'static str| {
            let count = count.clone();
            create_task(async move {
                count.one();
                yield_now().await;
                word
            })
            .shared()
        };
        let (abc, def) = (task("abc"), task("def"));
        let all = gather([abc.clone(), abc.clone(), def, abc]).await;
        assert_eq!((all, count.get()), (["abc", "abc", "def", "abc"], 2));
    });
}

#[test]
fn gat_11_an_empty_gather_and_one_of_finished_children_do_not_yield() {
    on_one_and_two(|| async {
        let polls = Count::default();
        let none: Vec<Task<()>> = Vec::new();
        assert!(polls.polls_of(gather(none)).await.is_empty());
        let none: [Task<()>; 0] = [];
        assert!(polls.polls_of(gather(none)).await.is_empty());
        assert_eq!(polls.get(), 2);
        let tasks = [1, 2].map(|n| create_task(async move { n }));
        settle().await;
        assert_eq!(polls.polls_of(gather(tasks)).await, [1, 2]);
        assert_eq!(polls.get(), 3);
    });
}
