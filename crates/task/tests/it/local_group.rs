//! Groups in place: children borrow, are polled when woken, and end before their scope does.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};

use evenkeel_task::*;
use futures_lite::future;

use crate::gate::{Gate, Log, ticks};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Oh(&'static str);

#[test]
fn children_borrow_what_outlives_the_scope_and_give_their_values() {
    let (words, seen) = (["one", "three"], RefCell::new(Vec::new()));
    let sum = future::block_on(LocalGroup::<Infallible>::scope(async |group| {
        let lengths = words.each_ref().map(|word| {
            group.create_task(async {
                ticks(word.len()).await;
                seen.borrow_mut().push(*word);
                Ok(word.len())
            })
        });
        let [one, three] = lengths;
        Ok(three.await + one.await)
    }));
    assert_eq!((sum, seen.into_inner()), (Ok(8), vec!["one", "three"]));
}

#[test]
fn only_the_children_that_were_woken_are_polled() {
    let gates = [Gate::new(), Gate::new(), Gate::new()];
    let gate = &gates;
    future::block_on(LocalGroup::<Infallible>::scope(async |group| {
        for gate in gate {
            group.create_task(gate.wait());
        }
        ticks(3).await;
        assert_eq!(gate.each_ref().map(Gate::polls), [1, 1, 1]);
        gate[1].open(());
        ticks(3).await;
        assert_eq!((gate.each_ref().map(Gate::polls), group.len()), ([1, 2, 1], 2));
        gate[0].open(());
        gate[2].open(());
    }))
    .unwrap();
}

#[test]
fn the_first_error_drops_the_others_and_the_body_and_all_come_out() {
    let log = Log::default();
    let error = future::block_on(LocalGroup::scope(async |group| {
        let _guard = log.guard("body");
        group.create_task(async {
            let _guard = log.guard("sibling");
            defer(async {});
            pending::<()>().await;
        });
        group.create_task(async {
            ticks(2).await;
            Err::<(), _>(Oh("child"))
        });
        pending::<Result<(), Oh>>().await
    }));
    let error = error.unwrap_err();
    assert_eq!(error.iter().collect::<Vec<_>>(), [&Oh("child")]);
    assert_eq!((error.nodes()[0].name().as_str(), error.nodes()[0].task()), ("child 2", None));
    assert!(error.nodes()[0].spawned_at().unwrap().file().ends_with("local_group.rs"));
    assert_eq!(log.said(), "body sibling");
}

#[test]
fn a_scope_waits_for_the_clean_ups_of_its_children() {
    let (log, gate) = (Log::default(), Gate::new());
    let (said, wait, local) = (log.clone(), gate.wait(), LocalExecutor::new());
    let task = local.spawn(async move {
        let scope = LocalGroup::scope(async |group| {
            group.create_task(async {
                defer(async move {
                    wait.await;
                    said.add("clean");
                });
                pending::<()>().await;
            });
            ticks(1).await;
            Err::<(), _>(Oh("body"))
        });
        scope.await.unwrap_err().into_errors()
    });
    let failed = block_on(local.run(async {
        ticks(5).await;
        assert!(!task.is_finished());
        gate.open(());
        task.await
    }));
    assert_eq!((failed, log.said().as_str()), (vec![Oh("body")], "clean"));
}

#[test]
fn a_panic_goes_on_when_the_others_are_gone() {
    let log = Log::default();
    let caught = catch_unwind(AssertUnwindSafe(|| {
        future::block_on(LocalGroup::<Infallible>::scope(async |group| {
            group.create_task(async {
                let _guard = log.guard("sibling");
                pending::<()>().await;
            });
            group.create_task(async {
                ticks(1).await;
                assert!(log.said().is_empty(), "child");
                panic!("thrown");
                #[expect(unreachable_code, reason = "it says the type")]
                ()
            });
            pending::<()>().await;
        }))
    }));
    assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"thrown"));
    assert_eq!(log.said(), "sibling");
}

#[test]
fn a_limit_lets_in_so_many_at_a_time_in_order() {
    let (running, most, order) = (Cell::new(0), Cell::new(0), RefCell::new(Vec::new()));
    future::block_on(LocalGroup::<Infallible>::scope(async |group| {
        group.limit(2);
        for n in 0..6 {
            let (running, most, order) = (&running, &most, &order);
            group.create_task(async move {
                order.borrow_mut().push(n);
                running.set(running.get() + 1);
                most.set(most.get().max(running.get()));
                ticks(3).await;
                running.set(running.get() - 1);
            });
        }
    }))
    .unwrap();
    assert_eq!((most.get(), order.into_inner()), (2, vec![0, 1, 2, 3, 4, 5]));
}

#[test]
fn cancel_ends_it_early_and_what_comes_later_is_dropped_unpolled() {
    let log = Log::default();
    let error = future::block_on(LocalGroup::<Infallible>::scope(async |group| {
        let (log, all) = (&log, group.clone());
        group.create_task(async move {
            all.create_task(ticks(1)).await;
            assert!(all.cancel() && !all.cancel());
            let late = log.guard("late");
            all.create_task(async move { drop(late) });
            log.add("cancelled");
        });
        pending::<()>().await;
    }));
    assert!(error.unwrap_err().is_cancelled());
    assert_eq!(log.said(), "late cancelled");
}

#[test]
fn dropped_from_outside_it_drops_everything_at_once() {
    let log = Log::default();
    let scope = LocalGroup::<Infallible>::scope(async |group| {
        let _guard = log.guard("body");
        group.create_task(async {
            let _guard = log.guard("child");
            pending::<()>().await;
        });
        pending::<()>().await;
    });
    let mut scope = Box::pin(scope);
    assert!(future::block_on(future::poll_once(&mut scope)).is_none());
    drop(scope);
    assert_eq!(log.said(), "body child");
}
