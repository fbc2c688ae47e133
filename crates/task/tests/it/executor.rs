//! Both executors on their own: who runs what, in which order, and what a drop leaves.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use evenkeel_task::{Executor, LocalExecutor, Task, Turn, block_on, yield_now};

/// Counts its drops.
#[derive(Clone)]
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn crt_01_tasks_start_in_order_and_take_turns() {
    let log = RefCell::new(Vec::new());
    let local = LocalExecutor::new();
    block_on(local.run(async {
        let tasks: Vec<Task<()>> = ["a", "b", "c"]
            .into_iter()
            .map(|name| {
                let log = &log;
                local.spawn(async move {
                    for i in 0..3 {
                        log.borrow_mut().push(format!("{name}{i}"));
                        yield_now().await;
                    }
                })
            })
            .collect();
        log.borrow_mut().push("main".into());
        for task in tasks {
            task.await;
        }
    }));
    assert_eq!(log.borrow().join(" "), "main a0 b0 c0 a1 b1 c1 a2 b2 c2");
    drop(local);
}

#[test]
fn a_turn_runs_exactly_what_was_ready_when_it_began() {
    let local = LocalExecutor::new();
    let count = Rc::new(RefCell::new(0));
    let counted = Rc::clone(&count);
    let task = local.spawn(async move {
        loop {
            *counted.borrow_mut() += 1;
            yield_now().await;
        }
    });
    for turns in 1..=5 {
        assert_eq!(local.turn(), Turn::More);
        assert_eq!(*count.borrow(), turns);
    }
    drop(task);
    assert_eq!(local.turn(), Turn::Idle);
    assert!(local.is_empty());
}

#[test]
fn dropping_an_executor_drops_every_future() {
    let drops = Arc::new(AtomicUsize::new(0));
    let executor = Executor::new();
    let polled: Vec<Task<()>> = (0..10)
        .map(|_| {
            let counted = Counted(Arc::clone(&drops));
            executor.spawn(async move {
                let _counted = counted;
                std::future::pending::<()>().await;
            })
        })
        .collect();
    while executor.try_tick() {}
    for _ in 0..10 {
        let counted = Counted(Arc::clone(&drops));
        executor.spawn(async move { drop(counted) }).detach(); // Never polled.
    }
    drop(executor);
    assert_eq!(drops.load(Ordering::SeqCst), 20);
    for task in polled {
        let error = block_on(task.join()).unwrap_err();
        assert!(error.is_cancelled(), "{error}");
    }
}

#[test]
fn what_is_spawned_after_the_end_is_cancelled_unpolled() {
    let spawners = [Executor::new().spawner(), LocalExecutor::new().spawner()];
    for spawner in spawners {
        assert!(spawner.is_closed());
        let drops = Arc::new(AtomicUsize::new(0));
        let counted = Counted(Arc::clone(&drops));
        let task = spawner.spawn(async move {
            let _counted = counted;
            unreachable!("it must not be polled")
        });
        assert_eq!(drops.load(Ordering::SeqCst), 1);
        let outcome: Result<(), _> = block_on(task.join());
        assert!(outcome.unwrap_err().is_cancelled());
    }
}

#[test]
fn futures_may_borrow() {
    let words = ["keel".to_string(), "even".to_string()];
    let executor = Executor::new();
    let lengths: Vec<Task<usize>> =
        words.iter().map(|word| executor.spawn(async move { word.len() })).collect();
    let total = block_on(executor.run(async {
        let mut total = 0;
        for length in lengths {
            total += length.await;
        }
        total
    }));
    assert_eq!(total, 8);
}

#[test]
fn many_threads_run_what_one_spawns() {
    const TASKS: usize = 10_000;
    let executor = Arc::new(Executor::new());
    let done = Arc::new(AtomicUsize::new(0));
    let stop = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (executor, stop) = (Arc::clone(&executor), Arc::clone(&stop));
            std::thread::spawn(move || {
                block_on(executor.run(async {
                    std::future::poll_fn(|cx| {
                        if stop.load(Ordering::SeqCst) == 1 {
                            return std::task::Poll::Ready(());
                        }
                        cx.waker().wake_by_ref();
                        std::task::Poll::Pending
                    })
                    .await
                }))
            })
        })
        .collect();
    let tasks: Vec<Task<()>> = (0..TASKS)
        .map(|_| {
            let done = Arc::clone(&done);
            executor.spawn(async move {
                yield_now().await;
                done.fetch_add(1, Ordering::SeqCst);
            })
        })
        .collect();
    for task in tasks {
        block_on(task);
    }
    assert_eq!(done.load(Ordering::SeqCst), TASKS);
    stop.store(1, Ordering::SeqCst);
    for thread in threads {
        thread.join().unwrap();
    }
    assert!(executor.is_empty());
}

#[test]
fn a_ring_that_overflows_loses_nothing() {
    const TASKS: usize = 5000;
    let executor = Executor::with_workers(2);
    let worker = executor.worker();
    let done = AtomicUsize::new(0);
    let executor_ref = &executor;
    let done = Arc::new(done);
    let inner = Arc::clone(&done);
    worker.enter(|| {
        for _ in 0..TASKS {
            let inner = Arc::clone(&inner);
            executor_ref
                .spawn(async move {
                    inner.fetch_add(1, Ordering::SeqCst);
                })
                .detach();
        }
    });
    assert_eq!(executor.statistics().live, TASKS);
    while worker.turn(64) == Turn::More {}
    assert_eq!(done.load(Ordering::SeqCst), TASKS);
    assert!(executor.is_empty());
}

#[test]
fn try_tick_reaches_what_a_worker_has_queued() {
    let executor = Executor::with_workers(1);
    let worker = executor.worker();
    let tasks: Vec<Task<i32>> =
        worker.enter(|| (0..5).map(|i| executor.spawn(async move { i })).collect());
    let mut ticks = 0;
    while executor.try_tick() {
        ticks += 1;
    }
    assert_eq!(ticks, 5);
    assert_eq!(tasks.into_iter().map(block_on).sum::<i32>(), 10);
}

#[test]
fn a_worker_that_leaves_hands_its_tasks_on() {
    let executor = Executor::with_workers(1);
    let worker = executor.worker();
    let task = worker.enter(|| executor.spawn(async { 1 }));
    drop(worker);
    assert_eq!(block_on(executor.run(task)), 1);
}

#[test]
fn tick_waits_for_a_task() {
    let executor = Arc::new(Executor::new());
    let spawner = Arc::clone(&executor);
    let thread = std::thread::spawn(move || block_on(spawner.tick()));
    let task = executor.spawn(async { 5 });
    thread.join().unwrap();
    assert_eq!(block_on(task), 5);
}

#[test]
fn a_local_task_woken_elsewhere_runs_here() {
    let local = LocalExecutor::new();
    let here = std::thread::current().id();
    let (sender, receiver) = std::sync::mpsc::channel::<std::task::Waker>();
    let thread = std::thread::spawn(move || receiver.recv().unwrap().wake());
    let mut sent = false;
    let task = local.spawn(std::future::poll_fn(move |cx| {
        assert_eq!(std::thread::current().id(), here);
        if sent {
            return std::task::Poll::Ready(());
        }
        sent = true;
        sender.send(cx.waker().clone()).unwrap();
        std::task::Poll::Pending
    }));
    block_on(local.run(task));
    thread.join().unwrap();
}

#[test]
fn spawn_many_spawns_in_order() {
    let executor = Executor::new();
    let mut tasks = Vec::new();
    executor.spawn_many((0..100).map(|i| async move { i }), &mut tasks);
    let values = block_on(executor.run(async {
        let mut values = Vec::new();
        for task in tasks {
            values.push(task.await);
        }
        values
    }));
    assert_eq!(values, (0..100).collect::<Vec<_>>());
}

#[test]
fn spawn_many_that_panics_leaves_the_worker_as_it_was() {
    let executor = Executor::with_workers(1);
    let worker = executor.worker();
    let log = Arc::new(Mutex::new(Vec::new()));
    let say = |word: &'static str| {
        let log = Arc::clone(&log);
        executor.spawn(async move { log.lock().unwrap().push(word) }).detach();
    };
    worker.enter(|| {
        let mut tasks = Vec::new();
        let futures = (0..2).map(|nth| {
            assert!(nth == 0, "the second cannot be made");
            async {}
        });
        let spawns = AssertUnwindSafe(|| executor.spawn_many(futures, &mut tasks));
        assert!(catch_unwind(spawns).is_err());
        say("first");
        say("last");
    });
    while worker.turn(8) == Turn::More {}
    // Had it gone on as one of many, they would have run in order.
    assert_eq!(*log.lock().unwrap(), ["last", "first"]);
}

#[test]
fn a_waker_may_outlive_its_executor() {
    let executor = Executor::new();
    let slot = Arc::new(std::sync::Mutex::new(None));
    let inner = Arc::clone(&slot);
    executor
        .spawn(std::future::poll_fn(move |cx| {
            *inner.lock().unwrap() = Some(cx.waker().clone());
            std::task::Poll::<()>::Pending
        }))
        .detach();
    assert!(executor.try_tick());
    drop(executor);
    let waker = slot.lock().unwrap().take().unwrap();
    waker.wake_by_ref();
    waker.wake();
}

#[test]
fn a_foreign_thread_wakes_while_the_executor_goes() {
    // What async-executor 1.14.0 got wrong: a waker at work on another thread during the drop.
    for _ in 0..200 {
        let executor = Executor::new();
        let (sender, receiver) = std::sync::mpsc::channel::<std::task::Waker>();
        for _ in 0..8 {
            let sender = sender.clone();
            executor
                .spawn(std::future::poll_fn(move |cx| {
                    let _ = sender.send(cx.waker().clone());
                    std::task::Poll::<()>::Pending
                }))
                .detach();
        }
        drop(sender);
        while executor.try_tick() {}
        let thread =
            std::thread::spawn(move || receiver.into_iter().for_each(std::task::Waker::wake));
        drop(executor);
        thread.join().unwrap();
    }
}
