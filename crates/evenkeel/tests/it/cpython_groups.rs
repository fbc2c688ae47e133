//! What CPython's test_taskgroups asks of `TaskGroup`, and test_timeouts of a timeout around one.
//!
//! What is different throughout: a cancel is not caught, so a body or a child makes no error of its own
//! out of one; clean-up that awaits is `defer`red, and what fails in it is a panic.

use std::convert::Infallible;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evenkeel::{
    Builder, Options, Runner, TimeoutError, all_tasks, create_task, current, now, oneshot, sleep,
    task_local, timeout,
};
use evenkeel::{GroupError, Nested, TaskGroup, defer};

use crate::loops::{ms, on_one, on_one_and_two, options, secs, settle};
use crate::transcript::{Count, Grenade, Transcript};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Oh {
    ZeroDivision,
    Value(u64),
    Own,
}

type Failed = GroupError<Oh>;

async fn crash_after(delay: Duration, error: Oh) -> Result<(), Oh> {
    sleep(delay).await;
    Err(error)
}

async fn answer(delay: u64, value: u8) -> Result<u8, Infallible> {
    sleep(ms(delay)).await;
    Ok(value)
}

/// Sleeps for longer than any test, and says `word` when it is dropped.
fn sleeper(log: &Transcript, word: &'static str) -> impl Future<Output = ()> + Send + 'static {
    let guard = log.guard(word);
    async move {
        let _guard = guard;
        sleep(secs(5)).await;
    }
}

fn errors(failed: &Failed) -> Vec<Oh> {
    failed.iter().copied().collect()
}

/// test_taskgroup_01, test_taskgroup_02.
#[test]
fn tgr_01_results_are_readable_after_the_group() {
    for pause in [0, 150] {
        on_one_and_two(|| async move {
            let begun = now();
            let group = TaskGroup::<Infallible>::scope(async |group| {
                let first = group.create_task(answer(100, 42));
                sleep(ms(pause)).await;
                let second = group.create_task(answer(200, 11));
                Ok((first, second))
            });
            let (mut first, mut second) = group.await.unwrap();
            assert_eq!(now() - begun, ms(200 + pause));
            assert_eq!((first.try_take(), second.try_take()), (Some(42), Some(11)));
        });
    }
}

/// test_taskgroup_03.
#[test]
fn tgr_02_a_child_cancelled_by_hand_is_no_error() {
    on_one_and_two(|| async {
        let group = TaskGroup::<Infallible>::scope(async |group| {
            let first = group.create_task(answer(1000, 42));
            sleep(ms(150)).await;
            assert!(first.cancel());
            let second = group.create_task(answer(200, 11));
            Ok((first, second))
        });
        let (mut first, second) = group.await.unwrap();
        assert!(first.join().await.unwrap_err().is_cancelled());
        assert_eq!(second.await, 11);
    });
}

/// test_taskgroup_04, test_cancelling_level_preserved, test_taskgroup_19 as far as it can be said.
#[test]
fn tgr_03_a_child_fails_and_its_sibling_and_the_code_after_do_not_run() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let said = log.clone();
        let begun = now();
        let runner = create_task(async move {
            let group = TaskGroup::scope(async |group| {
                group.create_task(crash_after(ms(100), Oh::ZeroDivision));
                group.create_task(sleeper(&said, "sibling gone"));
                Ok(())
            });
            let failed: Failed = group.await.unwrap_err();
            said.say("told");
            sleep(ms(1)).await; // It is not cancelled.
            failed
        });
        assert_eq!(errors(&runner.await), [Oh::ZeroDivision]);
        assert_eq!((log.said().as_str(), now() - begun), ("sibling gone told", ms(101)));
    });
}

/// test_cancel_children_on_child_error. Three that fail in one pass are all heard, on one worker; on two,
/// those that have not come to it when the scope hears of the first are cancelled.
#[test]
fn tgr_04_three_fail_at_once_and_the_body_is_interrupted() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let (said, body) = (log.clone(), log.guard("body"));
        let group = TaskGroup::scope(async |group| {
            let _body = body;
            for _ in 0..3 {
                group.create_task(crash_after(ms(100), Oh::ZeroDivision));
            }
            group.create_task(sleeper(&said, "sibling"));
            sleep(secs(10)).await;
            said.say("after");
            Ok(())
        });
        let failed = group.await.unwrap_err();
        assert!(errors(&failed).iter().all(|error| *error == Oh::ZeroDivision));
        let is_alone = evenkeel::Handle::current().statistics().is_some_and(|all| all.workers == 1);
        assert!(if is_alone { failed.len() == 3 } else { (1..=3).contains(&failed.len()) });
        assert_eq!(log.sorted(), "body sibling");
    });
}

/// test_cancellation, test_taskgroup_07, test_taskgroup_22.
#[test]
fn tgr_05_a_cancel_from_outside_ends_children_and_body_before_it_is_heard() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let said = log.clone();
        let runner = create_task(async move {
            let group = TaskGroup::<Infallible>::scope(async |group| {
                let _body = said.guard("body");
                for _ in 0..5 {
                    group.create_task(sleeper(&said, "child"));
                }
                sleep(secs(10)).await;
            });
            drop(group.await);
            said.say("after");
        });
        sleep(ms(100)).await;
        assert!(!runner.is_finished());
        let begun = now();
        runner.cancel();
        assert!(runner.join().await.unwrap_err().is_cancelled());
        assert_eq!(log.sorted(), "body child child child child child");
        assert_eq!(now(), begun);
    });
}

/// test_taskgroup_09, test_taskgroup_10.
#[test]
fn tgr_07_the_body_fails_and_the_children_are_cancelled() {
    for pause in [None, Some(ms(100))] {
        on_one_and_two(|| async move {
            let log = Transcript::new();
            let group = TaskGroup::scope(async |group| {
                group.create_task(sleeper(&log, "a"));
                group.create_task(sleeper(&log, "b"));
                if let Some(pause) = pause {
                    sleep(pause).await;
                }
                Err::<(), _>(Oh::ZeroDivision)
            });
            let failed = group.await.unwrap_err();
            assert_eq!(errors(&failed), [Oh::ZeroDivision]);
            assert_eq!(failed.nodes()[0].name(), "the body");
            assert_eq!(log.sorted(), "a b");
        });
    }
}

/// What children of a group say when they fail after nobody can be told any more: the failure hook hears.
fn with_hook(workers: usize, told: &Arc<Mutex<Vec<String>>>) -> Runner {
    let heard = Arc::clone(told);
    let options = Options {
        on_failure: Some(Arc::new(move |report| {
            heard.lock().unwrap().push(report.message.clone());
        })),
        ..options(workers).0
    };
    Runner::new(options).unwrap()
}

/// test_taskgroup_08, test_taskgroup_11, test_taskgroup_12. There the errors beat the cancel and come out
/// of it, in their groups. Here whoever was cancelled is cancelled, and the failures go to the hook.
#[test]
fn tgr_08_children_that_fail_while_they_are_cancelled_are_reported_and_the_cancel_stays() {
    for (workers, nested) in [(1, false), (1, true), (2, false), (2, true)] {
        let told = Arc::new(Mutex::new(Vec::new()));
        let mut runner = with_hook(workers, &told);
        runner.run(async move {
            let task = create_task(async move {
                let inner = async || {
                    TaskGroup::<Infallible>::scope(async |group| {
                        for _ in 0..5 {
                            group.create_task(async {
                                let _clean_up = Grenade("division by zero");
                                sleep(secs(10)).await;
                            });
                        }
                        sleep(secs(10)).await;
                    })
                    .await
                };
                if nested {
                    let outer = TaskGroup::<Infallible>::scope(async |outer| {
                        outer.create_task(sleep(secs(10)));
                        Nested(inner().await)
                    });
                    drop(outer.await);
                } else {
                    drop(inner().await);
                }
            });
            sleep(ms(100)).await;
            task.cancel();
            assert!(task.join().await.unwrap_err().is_cancelled());
        });
        runner.close();
        assert_eq!(*told.lock().unwrap(), ["division by zero"; 5], "{workers} {nested}");
    }
}

/// test_taskgroup_13, test_taskgroup_14.
#[test]
fn tgr_09_whose_child_fails_decides_how_deep_the_error_lies() {
    for (outer_after, inner_after) in [(100, 10_000), (10_000, 100)] {
        on_one_and_two(|| async move {
            let begun = now();
            let group = TaskGroup::scope(async |outer| {
                outer.create_task(crash_after(ms(outer_after), Oh::Value(outer_after)));
                let inner = TaskGroup::scope(async |inner| {
                    inner.create_task(crash_after(ms(inner_after), Oh::Value(inner_after)));
                    Ok(())
                });
                Nested(inner.await)
            });
            let failed: Failed = group.await.unwrap_err();
            assert_eq!((errors(&failed), now() - begun), (vec![Oh::Value(100)], ms(100)));
            assert_eq!(failed.nodes()[0].group().is_some(), inner_after == 100);
        });
    }
}

/// test_taskgroup_15, test_taskgroup_16: cancelled at .1, the body takes until .6 to clean up. There a
/// child that fails at .3 meanwhile is heard; here it is cancelled with the body, so it does not.
#[test]
fn tgr_21_a_group_that_is_cancelled_ends_when_its_clean_ups_do_however_often_it_is_asked() {
    for through_another in [false, true] {
        on_one_and_two(|| async move {
            let log = Transcript::new();
            let said = log.clone();
            let runs_group = async move {
                let clean = said.clone();
                let group = TaskGroup::scope(async |group| {
                    group.create_task(crash_after(ms(300), Oh::ZeroDivision));
                    group.create_task(async move {
                        defer(async move {
                            sleep(ms(500)).await;
                            clean.say("clean");
                        });
                        pending::<()>().await;
                    });
                    sleep(secs(10)).await;
                    Ok(())
                });
                drop(group.await);
                said.say("after");
            };
            let runner = create_task(async move {
                if through_another {
                    create_task(runs_group).await;
                } else {
                    runs_group.await;
                }
            });
            sleep(ms(100)).await;
            let begun = now();
            runner.cancel();
            sleep(ms(100)).await;
            runner.cancel();
            assert!(!runner.is_finished());
            assert!(runner.join().await.unwrap_err().is_cancelled());
            assert_eq!((log.said().as_str(), now() - begun), ("clean", ms(500)));
        });
    }
}

/// test_taskgroup_17; test_taskgroup_18 cannot be said: nothing turns a cancel into an error.
#[test]
fn tgr_11_an_empty_group_that_is_cancelled_is_cancelled() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let said = log.clone();
        let runner = create_task(async move {
            let group = TaskGroup::<Infallible>::scope(async |_| {
                let _body = said.guard("body");
                sleep(secs(10)).await;
            });
            drop(group.await);
            said.say("after");
        });
        sleep(ms(100)).await;
        assert!(runner.cancel_with("outside"));
        assert_eq!(runner.join().await.unwrap_err().reason(), Some("outside"));
        assert_eq!(log.said(), "body");
    });
}

/// test_taskgroup_19, test_taskgroup_20, test_taskgroup_20a, test_taskgroup_21a,
/// test_taskgroup_context_manager_exit_raises: a child fails, and the body's clean-up fails too. That is a
/// panic here, which goes on when all have ended.
#[test]
fn tgr_12_a_body_that_panics_while_it_is_interrupted_panics_when_all_have_ended() {
    for workers in [1, 2] {
        let mut runner = Runner::new(options(workers).0).unwrap();
        runner.run(async {
            let log = Transcript::new();
            let said = log.clone();
            let task = create_task(async move {
                let group = TaskGroup::scope(async |group| {
                    let clean = said.clone();
                    group.create_task(async move {
                        defer(async move {
                            sleep(ms(10)).await;
                            clean.say("clean");
                        });
                        pending::<()>().await;
                    });
                    group.create_task(crash_after(ms(100), Oh::ZeroDivision));
                    let _clean_up = Grenade("keyboard");
                    sleep(secs(10)).await;
                    Ok(())
                });
                let outcome: Result<(), Failed> = group.await;
                said.say(format!("{outcome:?}"));
            });
            let error = task.join().await.unwrap_err();
            assert_eq!(error.into_panic().downcast_ref(), Some(&"keyboard"));
            assert_eq!(log.said(), "clean");
        });
        runner.close();
    }
}

/// test_taskgroup_23.
#[test]
fn tgr_13_children_that_have_ended_are_forgotten() {
    on_one_and_two(|| async {
        let group = TaskGroup::<Infallible>::scope(async |group| {
            for count in 0..10 {
                sleep(ms(100)).await;
                group.create_task(sleep(ms(300)));
                assert!(count != 5 || group.len() < 5);
            }
            sleep(ms(1350)).await;
            assert_eq!(group.len(), 0);
        });
        group.await.unwrap();
    });
}

/// test_taskgroup_24, test_taskgroup_25.
#[test]
fn tgr_14_children_start_siblings() {
    on_one_and_two(|| async {
        let begun = now();
        let group = TaskGroup::<Infallible>::scope(async |group| {
            let siblings = group.clone();
            group.create_task(async move {
                sleep(ms(100)).await;
                siblings.create_task(sleep(ms(100)));
                siblings.create_task(sleep(ms(200)));
            });
        });
        group.await.unwrap();
        assert_eq!(now() - begun, ms(300));
    });
    fn hydra(group: &TaskGroup<Oh>, heads: &Count) {
        let (siblings, heads) = (group.clone(), heads.clone());
        group.create_task(async move {
            heads.one();
            sleep(ms(10)).await;
            hydra(&siblings, &heads);
            hydra(&siblings, &heads);
        });
    }
    on_one_and_two(|| async {
        let heads = Count::default();
        let group = TaskGroup::scope(async |group| {
            hydra(group, &heads);
            let heads = heads.clone();
            group.create_task(async move {
                while heads.get() < 10 {
                    sleep(ms(15)).await;
                }
                Err::<(), _>(Oh::ZeroDivision)
            });
            Ok(())
        });
        assert_eq!(errors(&group.await.unwrap_err()), [Oh::ZeroDivision]);
        let slain = heads.get();
        assert!(slain >= 10);
        sleep(secs(1)).await;
        assert_eq!((heads.get(), all_tasks().len()), (slain, 1), "none is left");
    });
}

task_local! {
    static WORD: u8 = 0;
}

/// test_taskgroup_task_name, test_taskgroup_task_context.
#[test]
fn children_have_names_and_contexts() {
    on_one_and_two(|| async {
        WORD.set(1);
        let group = TaskGroup::<Infallible>::scope(async |group| {
            let named = evenkeel::task::Builder::new().name("yolo");
            let name = group.create_task_as(named, async { Ok(current().unwrap().name()) });
            let seen = group.create_task(async {
                let seen = WORD.get();
                WORD.set(2);
                Ok(seen)
            });
            Ok((name.await, seen.await))
        });
        assert_eq!(group.await, Ok(("yolo".to_owned(), 1)));
        assert_eq!(WORD.get(), 1);
    });
}

/// test_taskgroup_no_create_task_after_failure, test_taskgroup_finished, test_coro_closed_when_tg_closed.
#[test]
fn tgr_16_a_group_that_ends_or_has_ended_takes_no_child() {
    on_one_and_two(|| async {
        let polls = Count::default();
        let mut kept = None;
        let group = TaskGroup::scope(async |group| {
            kept = Some(group.clone());
            group.create_task(crash_after(ms(1), Oh::ZeroDivision));
            let (late, never) = (group.clone(), polls.polls_of(async {}));
            group.create_task(async move {
                defer(async move { assert!(late.try_create_task(never).is_err()) });
                sleep(secs(1)).await;
            });
            Ok(())
        });
        assert_eq!(errors(&group.await.unwrap_err()), [Oh::ZeroDivision]);
        let group = kept.unwrap();
        assert!(group.try_create_task(polls.polls_of(async {})).is_err());
        let mut child = group.create_task(polls.polls_of(async {}));
        assert!(child.join().await.unwrap_err().is_cancelled());
        settle().await;
        assert_eq!(polls.get(), 0);
    });
}

/// test_taskgroup_without_parent_task: a group needs an executor for its children, and says so.
#[test]
fn a_group_without_a_loop_says_what_to_do() {
    let scope = || evenkeel::block_on(TaskGroup::<Infallible>::scope(async |_| ()));
    let panic = std::panic::catch_unwind(scope).unwrap_err();
    let text = panic.downcast_ref::<String>().map_or("", String::as_str);
    assert!(text.contains("scope_on"), "{text}");
}

/// test_nested_groups_both_cancelled: both groups' children fail in one pass. The outer one reports; the
/// caller is not cancelled afterwards.
#[test]
fn both_of_two_nested_groups_fail_and_the_caller_goes_on() {
    on_one_and_two(|| async {
        let group = TaskGroup::scope(async |outer| {
            let inner = TaskGroup::scope(async |inner| {
                inner.create_task(crash_after(ms(1), Oh::Own));
                outer.create_task(crash_after(ms(1), Oh::Value(0)));
                Ok(())
            });
            drop(inner.await);
            Ok(())
        });
        assert_eq!(errors(&group.await.unwrap_err()), [Oh::Value(0)]);
        sleep(ms(1)).await;
        assert!(current().is_some());
    });
}

/// test_error_and_cancel: a child's error and a cancel from outside come together. Whichever is first, the
/// task is cancelled and does not go on after the group.
#[test]
fn an_error_does_not_hide_a_cancel_that_comes_with_it() {
    on_one(|| async {
        let log = Transcript::new();
        let said = log.clone();
        let (sender, receiver) = oneshot::<()>();
        let inner = create_task(async move {
            let group = TaskGroup::scope(async |group| {
                group.create_task(async move {
                    sender.send(()).unwrap();
                    sleep(Duration::ZERO).await;
                    Err::<(), _>(Oh::Own)
                });
                sleep(secs(1)).await;
                said.say("after the sleep");
                Ok(())
            });
            let outcome: Result<(), Failed> = group.await;
            said.say(if outcome.is_err() { "error" } else { "none" });
            sleep(secs(1)).await;
            said.say("after the group");
        });
        receiver.await.unwrap();
        inner.cancel();
        assert!(inner.join().await.unwrap_err().is_cancelled());
        assert!(!log.said().contains("after"), "{}", log.said());
    });
}

/// test_timeout_taskgroup: the time is up for a group, and its children are gone before that is told. What
/// a child's clean-up has to say goes to the hook.
#[test]
fn a_timeout_around_a_group_tells_when_the_group_is_gone() {
    for workers in [1, 2] {
        let told = Arc::new(Mutex::new(Vec::new()));
        let mut runner = with_hook(workers, &told);
        runner.run(async {
            let (log, begun) = (Transcript::new(), now());
            let group = TaskGroup::<Infallible>::scope(async |group| {
                group.create_task(async {
                    let _clean_up = Grenade("crash in clean-up");
                    sleep(secs(2)).await;
                });
                let clean = log.clone();
                group.create_task(async move {
                    defer(async move {
                        sleep(ms(20)).await;
                        clean.say("clean");
                    });
                    pending::<()>().await;
                });
                sleep(secs(1)).await;
            });
            let outcome = timeout(ms(10), group).await;
            assert_eq!(outcome, Err(TimeoutError));
            assert_eq!((log.said().as_str(), now() - begun), ("clean", ms(30)));
        });
        runner.close();
        assert_eq!(*told.lock().unwrap(), ["crash in clean-up"]);
    }
}

/// test_recursive_taskgroups of test_eager_task_factory: five wide and four deep.
#[test]
fn crt_22_groups_five_wide_and_four_deep() {
    fn tree(depth: usize, count: Count) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            count.one();
            if depth == 0 {
                return;
            }
            let group = TaskGroup::<Infallible>::scope(async |group| {
                for _ in 0..5 {
                    group.create_task(tree(depth - 1, count.clone()));
                }
            });
            group.await.unwrap();
        })
    }
    on_one_and_two(|| async {
        let count = Count::default();
        Builder::new().create_task(tree(4, count.clone())).await;
        assert_eq!(count.get(), 781);
    });
}
