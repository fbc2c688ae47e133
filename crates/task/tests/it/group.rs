//! Groups: children end before their scope does, and all their errors come out.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::sync::{Arc, Mutex};

use evenkeel_task::*;

use crate::gate::{Gate, Log, ticks};

fn run<T>(main: impl Future<Output = T>) -> T {
    let local = LocalExecutor::new();
    block_on(local.run(local.spawn(main)))
}

/// An error with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Oh(&'static str);

impl std::fmt::Display for Oh {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

type Failed = GroupError<Oh>;

async fn fails_after(turns: usize, error: &'static str) -> Result<(), Oh> {
    ticks(turns).await;
    Err(Oh(error))
}

/// Waits for ever; says `name` when it is dropped.
async fn waits(log: Log, name: &'static str) {
    let _guard = log.guard(name);
    pending::<()>().await;
}

fn errors(error: &Failed) -> Vec<&'static str> {
    error.iter().map(|error| error.0).collect()
}

#[test]
fn tgr_01_results_are_readable_after_the_scope_and_children_may_come_late() {
    let total = run(async {
        let (mut a, mut b): (Child<i32>, Child<i32>) =
            TaskGroup::<Infallible>::scope(async |group| {
                let a = group.create_task(async { Ok(40) });
                ticks(2).await;
                let b = group.create_task(async {
                    ticks(3).await;
                    Ok(2)
                });
                Ok((a, b))
            })
            .await
            .unwrap();
        a.try_take().unwrap() + b.try_take().unwrap()
    });
    assert_eq!(total, 42);
}

#[test]
fn tgr_02_a_child_cancelled_by_hand_is_no_error() {
    let log = Log::default();
    run(async {
        let result = TaskGroup::<Infallible>::scope(async |group| {
            let child = group.create_task(waits(log.clone(), "cancelled"));
            let said = log.clone();
            group.create_task(async move {
                ticks(3).await;
                said.add("finished");
            });
            let own = group.create_task(async {
                current().unwrap().cancel();
                pending::<()>().await;
            });
            ticks(1).await;
            assert!(child.cancel());
            drop(own);
            Ok("value")
        });
        assert_eq!(result.await, Ok("value"));
    });
    assert_eq!(log.said(), "cancelled finished");
}

#[test]
fn tgr_03_a_failing_child_cancels_and_joins_its_siblings_and_the_body() {
    let log = Log::default();
    run(async {
        let scope = TaskGroup::scope(async |group| {
            let _guard = log.guard("body");
            let clean = log.clone();
            group.create_task(async move {
                defer(async move {
                    ticks(3).await;
                    clean.add("clean");
                });
                pending::<()>().await;
            });
            group.create_task(fails_after(2, "zero"));
            pending::<()>().await;
            log.add("never");
            Ok(())
        });
        let error = scope.await.unwrap_err();
        log.add("reported");
        assert_eq!(errors(&error), ["zero"]);
        ticks(1).await;
        log.add("not cancelled");
    });
    assert_eq!(log.said(), "body clean reported not cancelled");
}

#[test]
fn tgr_04_all_that_fail_in_one_pass_are_there_in_order() {
    run(async {
        let scope = TaskGroup::scope(async |group| {
            for error in ["one", "two", "three"] {
                group.create_task(fails_after(1, error));
            }
            pending::<Result<(), Oh>>().await
        });
        assert_eq!(errors(&scope.await.unwrap_err()), ["one", "two", "three"]);
    });
}

#[test]
fn tgr_05_cancelled_from_outside_its_children_are_gone_before_the_joiner_hears() {
    let (log, local) = (Log::default(), LocalExecutor::new());
    let said = log.clone();
    let task = local.spawn(async move {
        let scope = TaskGroup::<Infallible>::scope(async |group| {
            let _guard = said.guard("body");
            for name in ["a", "b", "c"] {
                group.create_task(waits(said.clone(), name));
            }
            pending::<()>().await
        });
        let _ = scope.await;
    });
    block_on(local.run(async {
        ticks(3).await;
        task.cancel_with("outside");
        let error = task.join().await.unwrap_err();
        assert_eq!(error.reason(), Some("outside"));
    }));
    assert_eq!(log.said(), "body a b c");
}

#[test]
fn tgr_07_the_bodys_error_is_in_the_group_and_last() {
    let log = Log::default();
    run(async {
        let scope = TaskGroup::scope(async |group| {
            group.create_task(waits(log.clone(), "child"));
            ticks(1).await;
            Err::<(), _>(Oh("body"))
        });
        let error = scope.await.unwrap_err();
        assert_eq!(error.nodes()[0].name(), "the body");
        assert_eq!(errors(&error), ["body"]);
    });
    assert_eq!(log.said(), "child");
}

#[test]
fn tgr_09_inner_groups_die_silently_with_the_outer_and_fail_as_a_branch() {
    let log = Log::default();
    run(async {
        let scope = TaskGroup::scope(async |outer| {
            outer.create_task(fails_after(3, "outer"));
            let inner = TaskGroup::scope(async |inner| {
                inner.create_task(waits(log.clone(), "inner child"));
                pending::<Result<(), Oh>>().await
            });
            Nested(inner.await)
        });
        assert_eq!(errors(&scope.await.unwrap_err()), ["outer"]);

        let scope = TaskGroup::scope(async |outer| {
            outer.create_task(waits(log.clone(), "outer child"));
            let inner = async {
                let inner = TaskGroup::scope(async |inner| {
                    inner.create_task(fails_after(1, "inner"));
                    pending::<Result<(), Oh>>().await
                });
                Nested(inner.await)
            };
            outer.create_task(inner).await;
            Ok(())
        });
        let error: Failed = scope.await.unwrap_err();
        assert!(error.nodes()[0].error().is_none());
        assert_eq!(errors(error.nodes()[0].group().unwrap()), ["inner"]);
    });
    assert_eq!(log.said(), "inner child outer child");
}

#[test]
fn tgr_12_a_panic_goes_on_when_all_have_ended() {
    let log = Log::default();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        run(async {
            let _: Result<(), Failed> = TaskGroup::scope(async |group| {
                let clean = log.clone();
                group.create_task(async move {
                    defer(async move {
                        ticks(2).await;
                        clean.add("clean");
                    });
                    pending::<()>().await;
                });
                group.create_task(async {
                    ticks(1).await;
                    if true {
                        panic!("child");
                    }
                });
                pending::<Result<(), Oh>>().await
            })
            .await;
        })
    }));
    assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"child"));
    assert_eq!(log.said(), "clean");
}

#[test]
fn tgr_13_a_long_lived_group_forgets_children_that_ended() {
    run(async {
        TaskGroup::<Infallible>::scope(async |group| {
            for _ in 0..1000 {
                group.create_task(async {});
                ticks(1).await;
                assert!(group.len() < 5);
            }
            ticks(2).await;
            assert!(group.is_empty() && group.tasks().is_empty());
        })
        .await
        .unwrap();
    });
}

#[test]
fn tgr_14_children_start_siblings_and_the_scope_waits_for_them() {
    let log = Log::default();
    run(async {
        TaskGroup::<Infallible>::scope(async |group| {
            let (siblings, said) = (group.clone(), log.clone());
            group.create_task(async move {
                ticks(1).await;
                for name in ["b", "c"] {
                    let said = said.clone();
                    siblings.create_task(async move {
                        ticks(2).await;
                        said.add(name);
                    });
                }
                said.add("a");
            });
        })
        .await
        .unwrap();
    });
    assert_eq!(log.said(), "a b c");
}

#[test]
fn tgr_16_no_children_while_it_ends_or_after() {
    run(async {
        let witness = Arc::new(());
        let mut kept = None;
        let scope = TaskGroup::scope(async |group| {
            group.create_task(fails_after(0, "first"));
            kept = Some(group.clone());
            let (held, late) = (Arc::clone(&witness), group.clone());
            defer(async move {
                let never = async move { drop(held) };
                assert!(late.try_create_task(never).is_err());
            });
            pending::<Result<(), Oh>>().await
        });
        assert_eq!(scope.await.unwrap_err().len(), 1);
        let group = kept.unwrap();
        assert!(group.is_closed() && Arc::strong_count(&witness) == 1);
        let held = Arc::clone(&witness);
        let mut child = group.create_task(async move { drop(held) });
        assert_eq!(Arc::strong_count(&witness), 1, "dropped unpolled");
        assert!(child.join().await.unwrap_err().is_cancelled() && child.is_finished());
    });
}

#[test]
fn tgr_20_children_cancelled_together_go_in_the_order_they_were_started() {
    let log = Log::default();
    run(async {
        let scope = TaskGroup::scope(async |group| {
            for name in ["a", "b", "c", "d"] {
                group.create_task(waits(log.clone(), name));
            }
            ticks(1).await;
            Err::<(), _>(Oh("body"))
        });
        assert!(scope.await.is_err());
    });
    assert_eq!(log.said(), "a b c d");
}

#[test]
fn tgr_22_cancel_ends_the_group_early_and_without_an_error() {
    let log = Log::default();
    run(async {
        let scope = TaskGroup::<Infallible>::scope(async |group| {
            group.create_task(waits(log.clone(), "child"));
            let all = group.clone();
            group.create_task(async move {
                ticks(2).await;
                assert!(all.cancel() && !all.cancel());
            });
            let _guard = log.guard("body");
            pending::<Result<(), Infallible>>().await
        });
        let error = scope.await.unwrap_err();
        assert!(error.is_cancelled() && error.is_empty());
        assert_eq!(error.to_string(), "the group was cancelled");

        let scope = TaskGroup::<Infallible>::scope(async |group| {
            group.create_task(waits(log.clone(), "loser"));
            ticks(1).await;
            group.cancel();
            Ok("winner")
        });
        assert_eq!(scope.await, Ok("winner"), "a body with a value is not interrupted");
    });
    assert_eq!(log.said(), "child body loser");
}

#[test]
fn tgr_23_a_child_that_fails_in_its_eager_step_lets_its_starter_return() {
    let log = Log::default();
    run(async {
        let scope = TaskGroup::scope(async |group| {
            group.create_task_as(Builder::new().eager(true), async { Err::<(), _>(Oh("at once")) });
            log.add("returned");
            ticks(1).await;
            log.add("never");
            Ok(())
        });
        assert_eq!(errors(&scope.await.unwrap_err()), ["at once"]);
    });
    assert_eq!(log.said(), "returned");
}

#[test]
fn a_limit_lets_so_many_run_and_the_next_in_order() {
    let (log, gates) = (Log::default(), [Gate::new(), Gate::new(), Gate::new(), Gate::new()]);
    run(async {
        TaskGroup::<Infallible>::scope(async |group| {
            group.limit(2);
            let children: Vec<_> = (0..4)
                .map(|n| {
                    let (said, wait) = (log.clone(), gates[n].wait());
                    group.create_task(async move {
                        said.add(format!("{n}"));
                        wait.await;
                    })
                })
                .collect();
            ticks(2).await;
            assert_eq!(log.said(), "0 1");
            gates[1].open(());
            ticks(3).await;
            assert_eq!(log.said(), "0 1 2");
            children[3].cancel(); // In line: it leaves, and takes no place.
            ticks(1).await;
            gates[0].open(());
            group.create_task(async {}).await;
            gates[2].open(());
        })
        .await
        .unwrap();
    });
    assert_eq!(log.said(), "0 1 2");
}

#[test]
fn start_waits_until_the_child_is_ready_and_hears_if_it_never_will_be() {
    let log = Log::default();
    run(async {
        TaskGroup::<Infallible>::scope(async |group| {
            let said = log.clone();
            let port = group.start(|ready| async move {
                ticks(2).await;
                ready.set(80);
                ticks(2).await;
                said.add("served");
            });
            assert_eq!(port.await, Ok(80));
            log.add("ready");
            let lost = group.start(|ready: Started<u8>| async move { drop(ready) });
            assert!(lost.await.is_err());
        })
        .await
        .unwrap();
        let scope = TaskGroup::scope(async |group| {
            let child = group.start(|_ready: Started<u8>| fails_after(1, "no port"));
            let _ = child.await;
            pending::<Result<(), Oh>>().await
        });
        assert_eq!(errors(&scope.await.unwrap_err()), ["no port"]);
    });
    assert_eq!(log.said(), "ready served");
}

#[test]
fn the_tree_is_drawn_with_names_split_and_counted() {
    run(async {
        let scope = TaskGroup::scope(async |group| {
            let fetch = Builder::new().name("fetch");
            group.create_task_as(fetch, async {
                let inner = TaskGroup::scope(async |group| {
                    group.create_task_as(Builder::new().name("dial"), fails_after(0, "refused"));
                    pending::<Result<(), Oh>>().await
                });
                Nested(inner.await)
            });
            pending::<Result<(), Oh>>().await
        });
        let error: Failed = scope.await.unwrap_err();
        let drawn = error.to_string();
        let lines: Vec<_> = drawn.lines().map(|line| line.split(" (").next().unwrap()).collect();
        let expected = ["a task of the group failed:", "  fetch", "    dial"];
        assert_eq!(lines, expected, "{drawn}");
        assert!(drawn.ends_with(": refused") && drawn.contains("group.rs:"), "{drawn}");
        let (refused, rest) = error.clone().split(|error| error.0 == "refused");
        assert_eq!((refused, rest), (Some(error), None));
    });
}

#[test]
fn errors_of_a_group_that_nobody_awaits_any_more_are_reported() {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&reports);
    let local = LocalExecutor::new();
    local.on_failure(move |report| told.lock().unwrap().push(report.to_string()));
    let task = local.spawn(async {
        let scope = TaskGroup::scope(async |group| {
            group.create_task(fails_after(1, "lost"));
            group.create_task(async {
                defer(ticks(5)); // Keeps the scope from reporting.
                pending::<()>().await;
            });
            pending::<Result<(), Oh>>().await
        });
        let _ = scope.await;
    });
    block_on(local.run(async {
        ticks(4).await;
        task.cancel();
        assert!(task.join().await.is_err());
    }));
    let reports = reports.lock().unwrap();
    assert!(reports.len() == 1 && reports[0].contains("lost"), "{reports:?}");
}

#[test]
fn a_body_that_awaits_a_failed_child_is_interrupted_and_the_error_comes_out() {
    run(async {
        let scope = TaskGroup::scope(async |group| {
            let child = group.create_task(fails_after(1, "child"));
            child.await;
            Ok(())
        });
        assert_eq!(errors(&scope.await.unwrap_err()), ["child"]);
    });
}

#[test]
fn a_scope_is_a_send_future_and_may_borrow() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let words = ["one".to_owned(), "two".to_owned()];
    let executor = Executor::new();
    let length = block_on(executor.run(is_send(async {
        TaskGroup::<Infallible>::scope(async |group| {
            let children: Vec<_> = words
                .iter()
                .cloned()
                .map(|word| group.create_task(async move { Ok(word.len()) }))
                .collect();
            let mut sum = 0;
            for child in children {
                sum += child.await;
            }
            Ok(sum)
        })
        .await
    })));
    assert_eq!(length, Ok(6));
}
