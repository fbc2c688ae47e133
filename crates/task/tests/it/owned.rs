//! Ownership: a task is done only when all it owns is.

use std::future::{Future, pending};
use std::sync::{Arc, Mutex};

use evenkeel_task::*;

use crate::gate::{Gate, Log};

fn run<T>(executor: &LocalExecutor<'_>, main: impl Future<Output = T>) -> T {
    block_on(executor.run(main))
}

/// A clean-up that takes three turns.
fn slow(log: &Log, word: &'static str) -> impl Future<Output = ()> + Send + 'static + use<> {
    let log = log.clone();
    async move {
        for _ in 0..3 {
            yield_now().await;
        }
        log.add(word);
    }
}

#[test]
fn clean_ups_run_in_reverse_when_the_body_is_done_and_before_the_joiner_hears() {
    let (log, local) = (Log::default(), LocalExecutor::new());
    let said = log.clone();
    let task = local.spawn(async move {
        let _guard = said.guard("body gone");
        defer(slow(&said, "first"));
        defer(slow(&said, "second"));
        7
    });
    assert_eq!(run(&local, task), 7);
    log.add("joined");
    assert_eq!(log.said(), "body gone second first joined");
}

#[test]
fn a_cancelled_task_cleans_up_before_it_is_done_and_a_second_cancel_does_not_hurry_it() {
    let (log, local) = (Log::default(), LocalExecutor::new());
    let said = log.clone();
    let task = local.spawn(async move {
        let _guard = said.guard("gone");
        defer(slow(&said, "clean"));
        pending::<()>().await;
    });
    let joined = run(&local, async {
        yield_now().await;
        assert!(task.cancel_with("enough"));
        yield_now().await;
        assert!(!task.is_finished() && task.cancel());
        task.join().await
    });
    assert_eq!(joined.unwrap_err().reason(), Some("enough"));
    assert_eq!(log.said(), "gone clean");
}

#[test]
fn a_cancel_during_the_clean_ups_of_a_task_that_returned_leaves_its_value() {
    let (log, local) = (Log::default(), LocalExecutor::new());
    let said = log.clone();
    let task = local.spawn(async move {
        defer(slow(&said, "clean"));
        7
    });
    let joined = run(&local, async {
        yield_now().await;
        task.cancel();
        task.join().await
    });
    assert_eq!((joined.ok(), log.said()), (Some(7), "clean".to_owned()));
}

#[test]
fn crt_15_a_panic_in_a_clean_up_is_the_tasks_and_the_others_run() {
    let (log, local) = (Log::default(), LocalExecutor::new());
    let said = log.clone();
    let task = local.spawn(async move {
        defer(slow(&said, "below"));
        defer(async { panic!("unclean") });
        defer(slow(&said, "above"));
    });
    let error = run(&local, task.join()).unwrap_err();
    assert_eq!(error.into_panic().downcast_ref(), Some(&"unclean"));
    assert_eq!(log.said(), "above below");
    assert_eq!(run(&local, local.spawn(async { 1 })), 1, "the executor goes on");
}

#[test]
fn tgr_05_a_cancelled_parent_is_done_after_the_children_it_spawned() {
    let (log, local) = (Log::default(), LocalExecutor::new());
    let executor = local.spawner();
    let said = log.clone();
    let parent = local.spawn(async move {
        let child = executor.spawn(async move {
            let _guard = said.guard("child gone");
            defer(slow(&said, "child clean"));
            pending::<()>().await;
        });
        child.await;
    });
    run(&local, async {
        yield_now().await;
        yield_now().await;
        parent.cancel();
        assert!(parent.join().await.is_err());
    });
    assert_eq!(log.said(), "child gone child clean");
}

#[test]
fn a_task_that_returned_waits_for_the_children_it_dropped_but_not_for_a_detached_one() {
    let (log, local) = (Log::default(), LocalExecutor::new());
    let (executor, said, gate) = (local.spawner(), log.clone(), Gate::new());
    let wait = gate.wait();
    let parent = local.spawn(async move {
        let clean = said.clone();
        drop(executor.spawn(async move {
            defer(slow(&clean, "never began"));
        }));
        let child = executor.spawn(async move {
            defer(slow(&said, "child clean"));
            pending::<()>().await;
        });
        yield_now().await;
        drop(child);
        executor.spawn(wait).detach();
    });
    run(&local, parent);
    assert_eq!(log.said(), "child clean");
    assert!(gate.is_awaited());
    gate.open(());
}

#[test]
fn two_tasks_that_hold_each_others_handles_do_not_wait_for_each_other() {
    let local = LocalExecutor::new();
    let held: [Arc<Mutex<Option<Task<()>>>>; 2] = Default::default();
    let [one, two] = [0, 1].map(|at| {
        let other = Arc::clone(&held[1 - at]);
        local.spawn(async move {
            let _held = other;
            pending::<()>().await;
        })
    });
    let cancel = one.canceller();
    *held[0].lock().unwrap() = Some(one);
    *held[1].lock().unwrap() = Some(two);
    drop(held);
    run(&local, async {
        yield_now().await;
        cancel.cancel();
        while !local.is_empty() {
            yield_now().await;
        }
    });
}

#[test]
fn children_dropped_by_a_long_lived_task_are_forgotten_as_they_end() {
    let local = LocalExecutor::new();
    let executor = local.spawner();
    let alive = Arc::new(());
    let counted = Arc::clone(&alive);
    let parent = local.spawn(async move {
        for _ in 0..1000 {
            let held = Arc::clone(&counted);
            let child = executor.spawn(async move {
                let _held = held;
                pending::<()>().await;
            });
            yield_now().await;
            drop(child);
        }
        yield_now().await;
        Arc::strong_count(&counted)
    });
    assert!(run(&local, parent) < 4);
}

#[test]
fn an_executor_that_goes_cuts_clean_ups_short_and_says_so() {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&reports);
    let local = LocalExecutor::new();
    local.on_failure(move |report| told.lock().unwrap().push((report.kind, report.to_string())));
    let task = Builder::new().name("saver").spawn_local(&local, async {
        defer(pending());
    });
    while local.try_tick() {}
    assert!(!task.is_finished());
    drop(local);
    assert!(task.is_finished());
    let reports = reports.lock().unwrap();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].0, FailureKind::Overran);
    assert!(reports[0].1.contains("\"saver\"") && reports[0].1.contains("owned.rs"));
}

#[test]
fn a_call_on_a_thread_owns_nothing() {
    let (job, task) = Builder::new().job(|| defer(async {}));
    std::thread::spawn(move || job.run()).join().unwrap();
    assert!(block_on(task.join()).unwrap_err().is_panic());
    assert!(std::panic::catch_unwind(|| defer(async {})).is_err());
}

#[test]
fn shd_01_a_shield_passes_the_value_and_the_panic() {
    let local = LocalExecutor::new();
    assert_eq!(run(&local, shield(async { 3 })), 3);
    assert_eq!(run(&local, shield(Task::ready(4))), 4);
    let error = run(&local, local.spawn(shield::<_>(async { panic!("thin") })).join()).unwrap_err();
    let _: &() = &error.try_into_panic().map(|_| ()).unwrap();
}

#[test]
fn shd_03_cancelled_awaiter_shielded_work_goes_on_and_is_owned() {
    let (log, local) = (Log::default(), LocalExecutor::new());
    let said = log.clone();
    let outer = local.spawn(async move {
        shield(slow(&said, "proof")).await;
        said.add("never");
    });
    let joined = run(&local, async {
        yield_now().await;
        yield_now().await;
        outer.cancel();
        outer.join().await
    });
    assert!(joined.unwrap_err().is_cancelled());
    assert_eq!(log.said(), "proof", "before the joiner heard");
}

#[test]
fn shd_03_one_that_never_began_is_dropped() {
    let (log, local) = (Log::default(), LocalExecutor::new());
    let said = log.clone();
    run(&local, local.spawn(async move { drop(shield(slow(&said, "never"))) }));
    assert_eq!(log.said(), "");
}

#[test]
fn shielded_work_outlives_cancel_all_and_loses_its_task_locals_to_nobody() {
    task_local! { static WHO: u32 = 0; }
    let (log, local) = (Log::default(), LocalExecutor::new());
    let said = log.clone();
    let outer = local.spawn(async move {
        WHO.set(7);
        shield(async move {
            for _ in 0..5 {
                yield_now().await;
            }
            said.add(if WHO.get() == 7 { "seven" } else { "none" });
        })
        .await;
    });
    run(&local, async {
        yield_now().await;
        yield_now().await;
        for _ in 0..20 {
            local.cancel_all();
            yield_now().await;
        }
        assert!(outer.is_finished());
    });
    assert_eq!(log.said(), "seven");
}

#[test]
fn an_owner_out_of_patience_cancels_shielded_work_and_reports_it() {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&reports);
    let (log, local) = (Log::default(), LocalExecutor::new());
    local.on_failure(move |report| told.lock().unwrap().push(report.to_string()));
    let (said, patience) = (log.clone(), Gate::new());
    let wait = patience.wait();
    let outer = local.spawn(async move {
        let endless = async move {
            let _guard = said.guard("gone");
            pending::<()>().await;
        };
        shield(endless).patience(|| wait).await;
    });
    run(&local, async {
        yield_now().await;
        outer.cancel();
        for _ in 0..10 {
            yield_now().await;
        }
        assert!(!outer.is_finished() && log.said().is_empty());
        patience.open(());
        assert!(outer.join().await.is_err());
    });
    assert_eq!(log.said(), "gone");
    let reports = reports.lock().unwrap();
    assert!(reports.len() == 1 && reports[0].contains("\"shielded\""), "{reports:?}");
}

#[test]
fn crt_16_a_detached_task_that_returns_an_error_is_reported_once_with_its_name() {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&reports);
    let local = LocalExecutor::new();
    local.on_failure(move |report| told.lock().unwrap().push((report.kind, report.to_string())));
    let fails = async {
        yield_now().await;
        Err::<(), _>("no route")
    };
    Builder::new().name("dial").spawn_local(&local, fails).detach_or_report();
    local.spawn(async { Ok::<_, String>(1) }).detach_or_report();
    let panics = async {
        yield_now().await;
        panic!("thrown");
        #[expect(unreachable_code, reason = "it says the type")]
        Ok::<(), String>(())
    };
    local.spawn(panics).detach_or_report();
    local.spawn(pending::<Result<(), String>>()).detach_or_report();
    while local.try_tick() {}
    drop(local);
    let reports = reports.lock().unwrap();
    assert_eq!(reports.len(), 2, "{reports:?}");
    let [dial, thrown] = &reports[..] else { unreachable!() };
    assert_eq!((dial.0, thrown.0), (FailureKind::Failed, FailureKind::Panicked));
    assert!(dial.1.contains("\"dial\"") && dial.1.ends_with(": no route"), "{}", dial.1);
    assert!(dial.1.contains("owned.rs") && thrown.1.ends_with(": thrown"), "{}", thrown.1);
}

#[test]
fn a_clean_up_that_awaits_a_cancelled_task_is_over_and_changes_nothing() {
    let (log, local) = (Log::default(), LocalExecutor::new());
    let (said, executor) = (log.clone(), local.spawner());
    let task = local.spawn(async move {
        defer(slow(&said, "below"));
        defer(async move {
            let endless = executor.spawn(pending::<()>());
            endless.cancel();
            endless.await;
            said.add("never");
        });
        7
    });
    assert_eq!(run(&local, task.join()).unwrap(), 7);
    assert_eq!(log.said(), "below");
}
