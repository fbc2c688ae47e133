//! asyncio's cases of `to_thread` and of executors.

use std::{
    sync::{Arc, Mutex},
    thread,
};

use evenkeel_blocking::{PoolOptions, ThreadPool, check_cancelled, to_thread};
use evenkeel_task::{LocalExecutor, block_on};

use crate::gate::{Drops, Gate, eventually};

#[test]
fn thr_01_the_value_comes_back_and_the_closure_ran_once_with_what_it_captured() {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let seen = calls.clone();
    let (text, number) = ("moved".to_owned(), 3);
    let task = to_thread(move || {
        seen.lock().unwrap().push((text.clone(), number));
        text.len() + number
    });
    assert_eq!(block_on(task), 8);
    assert_eq!(*calls.lock().unwrap(), [("moved".to_owned(), 3)]);
}

#[test]
fn thr_02_an_error_passes_and_a_panic_is_the_handles_while_the_thread_lives_on() {
    let pool = ThreadPool::new(1);
    let before = block_on(pool.run(|| thread::current().id()));
    assert!(block_on(pool.run(|| "x".parse::<u8>())).is_err());
    let error = block_on(pool.run(|| panic!("boom")).join()).unwrap_err();
    assert!(error.is_panic());
    assert_eq!(error.into_panic().downcast_ref::<&str>(), Some(&"boom"));
    assert_eq!(block_on(pool.run(|| thread::current().id())), before);
    assert_eq!(pool.statistics().started, 1);
}

#[test]
fn thr_03_ten_at_once_give_ten_results_in_the_order_of_the_arguments() {
    let tasks: Vec<_> = (0..10).map(|n| to_thread(move || n * n)).collect();
    let results: Vec<i32> = tasks.into_iter().map(block_on).collect();
    assert_eq!(results, [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]);
}

evenkeel_task::task_local! {
    static ANIMAL: &'static str = "none";
}

#[test]
fn thr_04_task_locals_are_seen_by_the_call_and_what_it_sets_stays_there() {
    let executor = LocalExecutor::new();
    let task = executor.spawn(async {
        ANIMAL.set("parrot");
        let there = to_thread(|| {
            let seen = ANIMAL.get();
            ANIMAL.set("shark");
            (seen, ANIMAL.get())
        })
        .await;
        (there, ANIMAL.get())
    });
    assert_eq!(block_on(executor.run(task)), (("parrot", "shark"), "parrot"));
}

#[test]
fn thr_05_it_is_another_thread_and_starts_at_once_awaited_or_not() {
    let gate = Gate::new();
    let inner = gate.clone();
    let task = to_thread(move || {
        inner.pass();
        thread::current().id()
    });
    gate.wait_for(1);
    gate.open();
    assert_ne!(block_on(task), thread::current().id());
}

#[test]
fn thr_06_a_caller_cancelled_while_the_call_runs_ends_at_once_and_the_result_is_dropped_once() {
    let (gate, drops) = (Gate::new(), Drops::default());
    let pool = ThreadPool::new(1);
    let executor = LocalExecutor::new();
    let caller = {
        let (pool, gate, guard) = (pool.clone(), gate.clone(), drops.guard());
        executor.spawn(async move {
            let call = move || {
                gate.pass();
                guard
            };
            pool.run(call).await
        })
    };
    executor.try_tick();
    gate.wait_for(1);
    assert!(caller.cancel());
    let error = block_on(executor.run(caller.join())).map(drop).unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!((drops.count(), pool.pending()), (0, 1), "the thread goes on");
    gate.open();
    eventually("the call ended", || pool.pending() == 0);
    assert_eq!(drops.count(), 1);
    assert_eq!(block_on(pool.run(|| 1)), 1);
}

#[test]
fn thr_06_a_call_cancelled_while_it_waits_never_runs() {
    let (gate, drops) = (Gate::new(), Drops::default());
    let pool = ThreadPool::new(1);
    let first = {
        let gate = gate.clone();
        pool.run(move || gate.pass())
    };
    gate.wait_for(1);
    let guard = drops.guard();
    let second = pool.run(move || panic!("it ran, {}", std::mem::size_of_val(&guard)));
    drop(second);
    gate.open();
    block_on(first);
    eventually("its turn came", || pool.pending() == 0);
    assert_eq!(drops.count(), 1);
}

#[test]
fn a_long_call_can_ask_whether_it_is_cancelled() {
    let gate = Gate::new();
    let inner = gate.clone();
    let answers = Arc::new(Mutex::new(Vec::new()));
    let heard = answers.clone();
    let task = to_thread(move || {
        heard.lock().unwrap().push(check_cancelled().is_err());
        inner.pass();
        heard.lock().unwrap().push(check_cancelled().is_err());
    });
    gate.wait_for(1);
    assert!(task.cancel());
    gate.open();
    assert!(block_on(task.join()).unwrap_err().is_cancelled());
    assert_eq!(*answers.lock().unwrap(), [false, true]);
}

#[test]
fn thr_08_never_more_threads_than_the_limit_and_calls_start_in_order() {
    assert_eq!(
        PoolOptions::default().threads,
        (thread::available_parallelism().unwrap().get() + 4).min(32)
    );
    let (gate, order) = (Gate::new(), Arc::new(Mutex::new(Vec::new())));
    let pool = ThreadPool::new(3);
    let first: Vec<_> = (0..3)
        .map(|_| {
            let gate = gate.clone();
            pool.run(move || gate.pass())
        })
        .collect();
    gate.wait_for(3);
    let second: Vec<_> = (0..20)
        .map(|n| {
            let order = order.clone();
            let tail = ThreadPool::clone(&pool);
            pool.run(move || {
                order.lock().unwrap().push(n);
                drop(tail);
            })
        })
        .collect();
    let figures = pool.statistics();
    assert_eq!((figures.threads, figures.busy, figures.queued), (3, 3, 20));
    assert_eq!((gate.came(), pool.pending()), (3, 23));
    gate.open();
    first.into_iter().chain(second).for_each(block_on);
    assert_eq!(pool.statistics().most_threads, 3);
    let mut order = order.lock().unwrap().clone();
    order.sort_unstable();
    assert_eq!(order, (0..20).collect::<Vec<_>>());
}

#[test]
fn thr_08_one_thread_runs_them_strictly_in_order() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let pool = ThreadPool::new(1);
    let tasks: Vec<_> = (0..100)
        .map(|n| {
            let order = order.clone();
            pool.run(move || order.lock().unwrap().push(n))
        })
        .collect();
    tasks.into_iter().for_each(block_on);
    assert_eq!(*order.lock().unwrap(), (0..100).collect::<Vec<_>>());
}

#[test]
fn thr_09_twenty_calls_one_panics_one_is_slow_and_the_others_are_not_affected() {
    let (pool, gate) = (ThreadPool::new(4), Gate::new());
    let tasks: Vec<_> = (0..20)
        .map(|n| {
            let gate = gate.clone();
            pool.run(move || match n {
                5 => panic!("five"),
                7 => {
                    gate.pass();
                    n
                }
                _ => n,
            })
        })
        .collect();
    let mut results = Vec::new();
    for (n, task) in tasks.into_iter().enumerate() {
        if n == 7 {
            gate.wait_for(1);
            gate.open();
        }
        results.push(block_on(task.join()));
    }
    for (n, result) in results.into_iter().enumerate() {
        match result {
            Ok(value) => assert_eq!(value, n),
            Err(error) => assert!(n == 5 && error.is_panic()),
        }
    }
    eventually("all threads are idle", || pool.statistics().busy == 0);
    assert!(pool.statistics().threads <= 4);
    assert_eq!(pool.statistics().finished, 20);
}
