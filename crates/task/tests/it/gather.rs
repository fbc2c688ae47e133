//! All of them, in argument order.

use std::future::{Future, pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use evenkeel_task::{
    Executor, Gather, LocalExecutor, Task, block_on, gather, try_gather, yield_now,
};

use crate::gate::{Gate, Log, Wakes, gates, poll, ticks};

fn run<T>(main: impl AsyncFnOnce(&LocalExecutor<'static>) -> T) -> T {
    let executor = LocalExecutor::new();
    block_on(executor.run(main(&executor)))
}

#[test]
fn gat_01_outputs_and_starts_are_in_argument_order() {
    let (log, wakes) = (Log::default(), Arc::default());
    let gates = gates(3);
    let child = |name: &'static str, gate: &Gate<i32>| {
        let (log, through) = (log.clone(), gate.wait());
        Box::pin(async move {
            log.add(name);
            through.await
        })
    };
    let mut all = gather(vec![child("a", &gates[0]), child("b", &gates[1]), child("c", &gates[2])]);
    assert!(log.take().is_empty(), "nothing starts before the first poll");
    assert!(poll(&mut all, &wakes).is_pending());
    assert_eq!(log.take(), ["a", "b", "c"]);
    gates[1].open(1);
    assert!(poll(&mut all, &wakes).is_pending());
    gates[0].open(2);
    assert!(poll(&mut all, &wakes).is_pending());
    gates[2].open(3);
    assert_eq!(poll(&mut all, &wakes), Poll::Ready(vec![2, 1, 3]));
}

#[test]
fn gat_02_the_first_error_comes_at_once() {
    let gates = gates(5);
    let wakes = Arc::default();
    let mut all = try_gather(gates.iter().map(Gate::wait));
    assert!(poll(&mut all, &wakes).is_pending());
    gates[0].open(Ok(1));
    gates[3].open(Err("d"));
    gates[1].open(Err("b"));
    assert_eq!(poll(&mut all, &wakes), Poll::Ready(Err("d")), "in order of the wakes");
    assert!(!gates.iter().any(Gate::is_awaited), "the others are gone");
}

#[test]
fn gat_03_with_join_every_outcome_is_a_value() {
    run(async |executor| {
        let cancelled = executor.spawn(async {
            pending::<()>().await;
            2
        });
        cancelled.cancel_with("enough");
        let tasks = [
            executor.spawn(async {
                ticks(3).await;
                1
            }),
            executor.spawn(async { std::panic::resume_unwind(Box::new("zde")) }),
            cancelled,
            executor.spawn(async { 3 }),
        ];
        let outcomes = gather(tasks.map(Task::join)).await;
        let [one, panicked, cancelled, three] = outcomes;
        assert_eq!((one.unwrap(), three.unwrap()), (1, 3));
        assert!(panicked.unwrap_err().is_panic());
        assert_eq!(cancelled.unwrap_err().reason(), Some("enough"));
    });
}

#[test]
fn gat_04_siblings_guards_ran_before_try_gather_returns() {
    let log = Log::default();
    let error = run(async |executor| {
        let sibling = |name: &'static str| {
            let log = log.clone();
            executor.spawn(async move {
                let _guard = log.guard(name);
                pending::<Result<i32, &str>>().await
            })
        };
        let failing = executor.spawn(async {
            ticks(2).await;
            Err("no")
        });
        let error = try_gather([sibling("a"), failing, sibling("c")]).await;
        log.add("returned");
        error
    });
    assert_eq!(error, Err("no"));
    assert_eq!(log.take(), ["a", "c", "returned"]);
}

#[test]
fn gat_04_siblings_on_other_threads_are_gone_too() {
    let executor = Executor::with_workers(2);
    let over = gates(2);
    std::thread::scope(|scope| {
        for over in &over {
            let executor = &executor;
            scope.spawn(move || block_on(executor.run(over.wait())));
        }
        for round in 0..50 {
            let log = Log::default();
            let sibling = || {
                let log = log.clone();
                executor.spawn(async move {
                    let _guard = log.guard("gone");
                    pending::<Result<(), usize>>().await
                })
            };
            let failing = async move {
                ticks(round % 4).await;
                Err(round)
            };
            let all = try_gather([sibling(), executor.spawn(failing), sibling()]);
            assert_eq!(block_on(all), Err(round));
            // A sibling that had not begun has no guard yet; one that had is gone.
            assert!(log.is_only_held_here(), "all futures were dropped before the error came");
        }
        over.iter().for_each(|over| over.open(()));
    });
}

#[test]
fn an_error_that_waits_for_siblings_may_be_left() {
    let executor = LocalExecutor::new();
    let (log, wakes) = (Log::default(), Arc::default());
    let inner = log.clone();
    let sibling = executor.spawn(async move {
        let _guard = inner.guard("gone");
        pending::<Result<(), &str>>().await
    });
    while executor.try_tick() {}
    let mut both = Box::pin(try_gather((sibling, ready(Err::<(), _>("no")))));
    assert!(poll(&mut both, &wakes).is_pending(), "the sibling has not ended yet");
    assert!(log.take().is_empty());
    drop(both);
    while executor.try_tick() {}
    assert_eq!(log.take(), ["gone"]);
}

#[test]
fn gat_04_borrowed_siblings_finish() {
    run(async |executor| {
        let mut ok = executor.spawn(async {
            ticks(5).await;
            Ok(1)
        });
        let failing = executor.spawn(async { Err("no") });
        assert_eq!(try_gather((&mut ok, failing)).await, Err::<(i32, i32), _>("no"));
        assert_eq!(ok.await, Ok(1));
    });
}

#[test]
fn gat_05_a_cancelled_child_does_not_cancel_the_caller() {
    run(async |executor| {
        let child = executor.spawn(pending::<()>());
        child.cancel();
        let [outcome] = gather([child.join()]).await;
        assert!(outcome.unwrap_err().is_cancelled());
        yield_now().await; // The caller goes on.

        let child = executor.spawn(pending::<()>());
        child.cancel();
        let plain = executor.spawn(gather([child])).join().await;
        assert!(plain.unwrap_err().is_cancelled(), "the gather itself fails as cancelled");
    });
}

#[test]
fn gat_06_cancelling_the_awaiter_cancels_the_children() {
    let log = Log::default();
    run(async |executor| {
        let child = |name: &'static str| {
            let log = log.clone();
            executor.spawn(async move {
                let _guard = log.guard(name);
                pending::<()>().await;
            })
        };
        let both = gather((child("a"), child("b")));
        let log_of_parent = log.clone();
        let parent = executor.spawn(async move {
            both.await;
            log_of_parent.add("never");
        });
        ticks(2).await;
        assert!(parent.cancelled().await.is_none());
        ticks(2).await;
    });
    assert_eq!(log.take(), ["a", "b"]);
}

#[test]
fn gat_09_a_loop_over_gather_ends_with_its_reason() {
    run(async |executor| {
        let parent = executor.spawn(async {
            loop {
                gather([ticks(3), ticks(3)]).await;
            }
        });
        ticks(10).await;
        parent.cancel_with("closing");
        let error: Result<(), _> = parent.join().await;
        assert_eq!(error.unwrap_err().reason(), Some("closing"));
    });
}

#[test]
fn gat_10_a_shared_handle_may_be_given_several_times() {
    run(async |executor| {
        let log = Log::default();
        let inner = log.clone();
        let abc = executor
            .spawn(async move {
                inner.add("ran");
                yield_now().await;
                "abc"
            })
            .shared();
        let def = executor.spawn(async { "def" }).shared();
        let all = gather([abc.clone(), abc.clone(), def, abc]).await;
        assert_eq!(all, ["abc", "abc", "def", "abc"]);
        assert_eq!(log.take(), ["ran"]);
    });
}

#[test]
fn gat_11_empty_and_done_children_do_not_yield() {
    let wakes: Arc<Wakes> = Arc::default();
    let none: Vec<Task<i32>> = Vec::new();
    assert_eq!(poll(&mut gather(none), &wakes), Poll::Ready(vec![]));
    let none: [Task<i32>; 0] = [];
    assert_eq!(poll(&mut gather(none), &wakes), Poll::Ready([]));
    let none: [Task<Result<i32, ()>>; 0] = [];
    assert_eq!(poll(&mut try_gather(none), &wakes), Poll::Ready(Ok([])));
    let done = (Task::ready(1), ready("two"), Gate::opened(3.0).wait());
    assert_eq!(poll(&mut Box::pin(gather(done)), &wakes), Poll::Ready((1, "two", 3.0)));
    assert_eq!(wakes.take(), 0);
}

#[test]
fn cmp_04_ready_tasks_are_children_like_any_other() {
    let (a, b) = block_on(gather((Task::ready(1), async { 2 })));
    assert_eq!((a, b), (1, 2));
    assert_eq!(block_on(gather([Task::ready(1), Task::ready(2)])), [1, 2]);
    assert_eq!(block_on(try_gather((Task::ready(Ok::<_, ()>(1)),))), Ok((1,)));
}

#[test]
fn tuples_up_to_twelve_keep_their_types() {
    let all = block_on(gather((
        ready(1_u8),
        ready("2"),
        ready('3'),
        ready(4.0),
        ready([5]),
        ready(Some(6)),
        ready(()),
        ready(8_i64),
        ready(true),
        ready(String::from("10")),
        ready(vec![11]),
        Task::ready(12),
    )));
    assert_eq!((all.0, all.1, all.5, all.8, all.11), (1, "2", Some(6), true, 12));
    let tried = block_on(try_gather((ready(Ok::<_, ()>(1)), ready(Ok("two")))));
    assert_eq!(tried, Ok((1, "two")));
}

#[test]
fn whatever_iterates_may_be_gathered() {
    let squares = gather((0..4).rev().map(|n| async move { n * n }));
    assert_eq!(block_on(squares), [9, 4, 1, 0]);
    let boxed: Box<[_]> = Box::new([ready(1), ready(2)]);
    assert_eq!(block_on(gather(boxed)), [1, 2]);
    let odd = (0..5).filter_map(|n| (n % 2 == 1).then_some(ready(n)));
    assert_eq!(block_on(gather(odd)), [1, 3]);
}

#[test]
fn a_poll_costs_what_was_woken() {
    let gates = gates(1000);
    let wakes = Arc::default();
    let mut all = gather(gates.iter().map(Gate::wait).collect::<Vec<_>>());
    assert!(poll(&mut all, &wakes).is_pending());
    let polls = || gates.iter().map(Gate::polls).sum::<usize>();
    assert_eq!(polls(), 1000);
    for (k, gate) in gates.iter().enumerate().rev() {
        gate.open(k);
        assert_eq!(wakes.take(), 1);
        let now = poll(&mut all, &wakes);
        assert_eq!(now.is_ready(), k == 0);
        assert_eq!(polls(), 2000 - k, "one poll for one wake");
        if let Poll::Ready(outputs) = now {
            assert_eq!(outputs, (0..1000).collect::<Vec<_>>());
        }
    }
}

#[test]
fn many_wakes_between_two_polls_wake_the_parent_once() {
    let gates = gates(100);
    let wakes = Arc::default();
    let mut all = gather(gates.iter().map(Gate::wait).collect::<Vec<_>>());
    assert!(poll(&mut all, &wakes).is_pending());
    for gate in &gates {
        gate.waker().wake();
        gate.waker().wake();
    }
    assert_eq!(wakes.take(), 1);
    assert!(poll(&mut all, &wakes).is_pending());
    assert_eq!(gates.iter().map(Gate::polls).max(), Some(2), "two wakes, one poll");
    for gate in &gates {
        gate.open(());
    }
    assert_eq!(wakes.take(), 1);
    assert!(poll(&mut all, &wakes).is_ready());
}

#[test]
fn a_child_that_wakes_itself_is_polled_once_a_round() {
    let wakes: Arc<Wakes> = Arc::default();
    let mut one = Box::pin(gather((ticks(3), pending::<()>())));
    for _ in 0..3 {
        assert!(poll(&mut one, &wakes).is_pending());
        assert_eq!(wakes.take(), 1, "a yield is a yield of the whole task");
    }
    assert!(poll(&mut one, &wakes).is_pending());
    assert_eq!(wakes.take(), 0);
}

#[test]
fn the_parent_that_polled_last_is_woken() {
    let gate = Gate::new();
    let (first, second): (Arc<Wakes>, Arc<Wakes>) = Default::default();
    let mut one = gather([gate.wait()]);
    assert!(poll(&mut one, &first).is_pending());
    assert!(poll(&mut one, &second).is_pending());
    gate.open(1);
    assert_eq!((first.take(), second.take()), (0, 1));
    assert_eq!(poll(&mut one, &second), Poll::Ready([1]));
}

#[test]
fn dropped_in_the_middle_at_every_k() {
    const CHILDREN: usize = 70;
    for k in 0..=CHILDREN {
        let gates = gates(CHILDREN);
        let wakes = Arc::default();
        let mut all = gather(gates.iter().map(Gate::wait).collect::<Vec<_>>());
        assert!(poll(&mut all, &wakes).is_pending());
        for gate in &gates[..k] {
            gate.open(String::from("an output"));
        }
        if k % 2 == 0 && k < CHILDREN {
            assert!(poll(&mut all, &wakes).is_pending());
        }
        drop(all);
        assert!(!gates.iter().any(Gate::is_awaited), "all children are gone");
        assert_eq!(Arc::strong_count(&wakes), 1, "and so is the parent's waker");
    }
}

#[test]
fn wakers_may_outlive_the_gather() {
    let gates = gates::<()>(3);
    let wakes = Arc::default();
    let mut all = gather(gates.iter().map(Gate::wait).collect::<Vec<_>>());
    assert!(poll(&mut all, &wakes).is_pending());
    let kept: Vec<_> = gates.iter().map(Gate::waker).collect();
    assert!(kept[0].will_wake(&gates[0].waker()) && !kept[0].will_wake(&kept[1]));
    drop(all);
    for waker in kept {
        waker.wake_by_ref();
        let clone = waker.clone();
        drop(waker);
        clone.wake();
    }
    assert_eq!(wakes.take(), 0);
    assert_eq!(Arc::strong_count(&wakes), 1);
}

#[test]
fn a_late_wake_of_a_done_child_polls_nobody() {
    let gates = gates(2);
    let wakes = Arc::default();
    let mut both = gather([gates[0].wait(), gates[1].wait()]);
    assert!(poll(&mut both, &wakes).is_pending());
    let waker = gates[0].waker();
    gates[0].open(1);
    assert!(poll(&mut both, &wakes).is_pending());
    waker.wake();
    assert!(poll(&mut both, &wakes).is_pending());
    assert_eq!((gates[0].polls(), gates[1].polls()), (2, 1));
    gates[1].open(2);
    assert_eq!(poll(&mut both, &wakes), Poll::Ready([1, 2]));
}

#[test]
fn a_panic_goes_on_and_loses_no_other_wake() {
    let gates = gates(3);
    let wakes = Arc::default();
    let child = |index: usize| {
        let through = gates[index].wait();
        Box::pin(async move {
            let panics: bool = through.await;
            if panics {
                std::panic::resume_unwind(Box::new("a bug"));
            }
            index
        })
    };
    let mut all = gather([child(0), child(1), child(2)]);
    assert!(poll(&mut all, &wakes).is_pending());
    gates[1].open(true);
    gates[2].open(false);
    gates[0].open(false);
    let payload = catch_unwind(AssertUnwindSafe(|| poll(&mut all, &wakes))).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"a bug"));
    // The rest of the round was kept.
    assert!(poll(&mut all, &wakes).is_pending());
    assert_eq!((gates[0].polls(), gates[2].polls()), (2, 2));
    drop(all);
    assert!(!gates.iter().any(Gate::is_awaited));
}

#[test]
fn a_panicking_task_panics_in_its_awaiter() {
    let log = Log::default();
    let outcome = run(async |executor| {
        let bad = executor.spawn(async { std::panic::resume_unwind(Box::new("a bug")) });
        let inner = log.clone();
        let sibling = executor.spawn(async move {
            let _guard = inner.guard("sibling");
            pending::<()>().await;
        });
        let outcome: Result<((), ()), _> = executor.spawn(gather((bad, sibling))).join().await;
        ticks(2).await;
        outcome
    });
    assert_eq!(outcome.unwrap_err().into_panic().downcast_ref(), Some(&"a bug"));
    assert_eq!(log.take(), ["sibling"]);
}

#[test]
fn a_limit_bounds_how_many_run() {
    let gates = gates(7);
    let wakes = Arc::default();
    let mut all = gather(gates.iter().map(Gate::wait).collect::<Vec<_>>()).limit(3);
    let running = || gates.iter().filter(|gate| gate.polls() > 0).count();
    assert!(poll(&mut all, &wakes).is_pending());
    assert_eq!(running(), 3);
    gates[1].open(1);
    gates[2].open(2);
    assert!(poll(&mut all, &wakes).is_pending());
    assert_eq!(running(), 5);
    for k in [0, 3, 4, 5, 6] {
        gates[k].open(k);
    }
    // Two that begin in this round are open already, so the others begin in it too.
    assert_eq!(poll(&mut all, &wakes), Poll::Ready((0..7).collect()));
}

#[test]
#[should_panic(expected = "a limit of 0 would never begin")]
fn a_limit_of_zero_is_refused() {
    drop(gather(vec![ready(())]).limit(0));
}

#[test]
#[should_panic(expected = "polled after it was ready")]
fn polling_after_the_end_says_so() {
    let mut one = gather([ready(())]);
    assert!(poll(&mut one, &Arc::default()).is_ready());
    let _ = poll(&mut one, &Arc::default());
}

#[test]
fn wakes_from_other_threads_are_not_lost() {
    const CHILDREN: usize = 200;
    for _ in 0..20 {
        let gates = gates(CHILDREN);
        std::thread::scope(|scope| {
            for part in gates.chunks(CHILDREN / 4) {
                scope.spawn(move || part.iter().for_each(|gate| gate.open(1)));
            }
            let all = gather(gates.iter().map(Gate::wait).collect::<Vec<_>>());
            assert_eq!(block_on(all), [1; CHILDREN]);
        });
    }
}

#[test]
fn it_is_send_where_its_children_are() {
    fn send<T: Send>(_: &T) {}
    fn unpin<T: Unpin>(_: &T) {}
    let all = gather(vec![ready(1)]);
    send(&all);
    unpin(&all);
    let named: Gather<(Task<i32>, std::future::Ready<u8>)> = gather((Task::ready(1), ready(2)));
    send(&named);
    assert_eq!(format!("{named:?}"), "Gather { children: 2, done: 0 }");
    fn output<F: Future<Output = (i32, u8)>>(_: &F) {}
    output(&named);
}

#[test]
fn crt_22_gathers_nest() {
    fn deep(executor: Rc<LocalExecutor<'static>>, depth: u32) -> Task<usize> {
        Rc::clone(&executor).spawn(async move {
            if depth == 0 {
                return 1;
            }
            let child = |_| deep(Rc::clone(&executor), depth - 1);
            1 + gather((0..5).map(child)).await.into_iter().sum::<usize>()
        })
    }
    let executor = Rc::new(LocalExecutor::new());
    assert_eq!(block_on(executor.run(deep(Rc::clone(&executor), 4))), 781);
}

#[test]
fn children_may_be_tasks_on_other_threads() {
    let executor = Executor::with_workers(2);
    let over = gates(2);
    std::thread::scope(|scope| {
        for over in &over {
            let executor = &executor;
            scope.spawn(move || block_on(executor.run(over.wait())));
        }
        for _ in 0..20 {
            let tasks = (0..100_usize).map(|k| {
                executor.spawn(async move {
                    ticks(k % 3).await;
                    k
                })
            });
            let all = block_on(gather(tasks.collect::<Vec<_>>()));
            assert_eq!(all, (0..100).collect::<Vec<_>>());
        }
        over.iter().for_each(|over| over.open(()));
    });
}
