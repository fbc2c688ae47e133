//! The end of a pool: shutdown, join with a limit, and dropping the last handle.

use std::{
    thread,
    time::{Duration, Instant},
};

use evenkeel_blocking::{PoolOptions, StartThread, ThreadPool};
use evenkeel_task::{Builder, block_on};

use crate::gate::{Drops, Gate, LONG, eventually};

#[test]
fn shutdown_while_calls_run_cancels_what_has_not_begun_and_nothing_else() {
    let (pool, gate, drops) = (ThreadPool::new(2), Gate::new(), Drops::default());
    let running: Vec<_> = (0..2)
        .map(|n| {
            let gate = gate.clone();
            pool.run(move || {
                gate.pass();
                n
            })
        })
        .collect();
    gate.wait_for(2);
    let waiting: Vec<_> = (0..10)
        .map(|_| {
            let guard = drops.guard();
            pool.run(move || drop(guard))
        })
        .collect();
    pool.shutdown();
    assert_eq!((drops.count(), pool.pending()), (10, 2));
    for task in waiting {
        assert!(block_on(task.join()).unwrap_err().is_cancelled());
    }
    gate.open();
    assert_eq!(running.into_iter().map(block_on).collect::<Vec<_>>(), [0, 1]);
    assert!(pool.join(LONG).is_ok());
    let figures = pool.statistics();
    assert_eq!((figures.threads, figures.finished, figures.withdrawn), (0, 2, 10));
}

#[test]
fn after_shutdown_a_call_is_refused_and_its_handle_says_why() {
    let pool = ThreadPool::new(1);
    pool.shutdown();
    let error = block_on(pool.run(|| ()).join()).unwrap_err();
    assert!(error.is_refused());
    assert!(format!("{error}").contains("shut down"), "{error}");
    assert_eq!((pool.statistics().refused, pool.statistics().threads), (1, 0));
}

#[test]
fn join_lets_what_was_taken_in_run() {
    let pool = ThreadPool::new(2);
    let tasks: Vec<_> = (0..100_u64).map(|n| pool.run(move || n)).collect();
    assert!(pool.join(LONG).is_ok());
    assert_eq!((pool.statistics().threads, pool.pending()), (0, 0));
    assert_eq!(tasks.into_iter().map(block_on).sum::<u64>(), 4950);
    assert!(pool.join(Duration::ZERO).is_ok(), "again, and nothing is left to do");
}

#[test]
fn join_gives_up_at_its_limit_and_says_what_still_runs() {
    let (pool, gate) = (ThreadPool::new(1), Gate::new());
    let inner = gate.clone();
    let (line, stuck) = (line!() + 1, Builder::new().name("stuck"));
    let stuck = pool.run_with(stuck, move || inner.pass());
    gate.wait_for(1);
    let waiting = pool.run(|| ());
    let since = Instant::now();
    let error = pool.join(Duration::from_millis(20)).unwrap_err();
    assert!(since.elapsed() >= Duration::from_millis(20));
    assert_eq!((error.running.len(), error.queued), (1, 1));
    assert_eq!((error.running[0].id, error.running[0].called_at.line()), (stuck.id(), line));
    let text = error.to_string();
    assert!(text.starts_with("1 blocking calls still run: task"), "{text}");
    assert!(text.contains("shutdown.rs") && text.ends_with("; 1 wait"), "{text}");
    assert_eq!(std::io::Error::from(error).kind(), std::io::ErrorKind::TimedOut);
    gate.open();
    assert!(pool.join(Duration::MAX).is_ok());
    block_on(stuck);
    block_on(waiting);
}

#[test]
fn join_on_a_thread_of_the_pool_gives_up_like_any_other() {
    let pool = ThreadPool::new(1);
    let inner = pool.clone();
    let error = block_on(pool.run(move || inner.join(Duration::from_millis(5)).unwrap_err()));
    assert_eq!(error.running.len(), 1);
}

#[test]
fn dropping_the_last_handle_waits_for_nothing_and_what_was_taken_in_still_runs() {
    let gate = Gate::new();
    let (running, waiting) = {
        let pool = ThreadPool::new(1);
        let inner = gate.clone();
        let running = pool.run(move || inner.pass());
        gate.wait_for(1);
        (running, pool.run(|| 7))
    };
    gate.open();
    block_on(running);
    assert_eq!(block_on(waiting), 7);
}

#[test]
fn dropping_the_last_handle_ends_the_threads_idle_ones_too() {
    // The start function belongs to the pool: when it is dropped, no thread and no handle is left.
    let (drops, gate) = (Drops::default(), Gate::new());
    let guard = drops.guard();
    let start = StartThread::new(move |builder, work| {
        let _ = &guard;
        builder.spawn(work)
    });
    let options =
        PoolOptions { threads: 3, keep_alive: Duration::MAX, start, ..PoolOptions::default() };
    let pool = ThreadPool::try_new(options).unwrap();
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            let gate = gate.clone();
            pool.run(move || gate.pass())
        })
        .collect();
    gate.wait_for(3);
    gate.open();
    tasks.into_iter().for_each(block_on);
    drop(pool);
    eventually("the pool is gone", || drops.count() == 1);
}

#[test]
fn the_last_handle_may_be_dropped_by_one_of_the_pools_own_threads() {
    let (pool, gate) = (ThreadPool::new(1), Gate::new());
    let (inner, last) = (gate.clone(), pool.clone());
    let task = pool.run(move || {
        inner.pass();
        drop(last);
        1
    });
    gate.wait_for(1);
    drop(pool);
    gate.open();
    assert_eq!(block_on(task), 1);
}

#[test]
fn many_may_join_at_once() {
    let (pool, gate) = (ThreadPool::new(2), Gate::new());
    let inner = gate.clone();
    let task = pool.run(move || inner.pass());
    gate.wait_for(1);
    let joiners: Vec<_> = (0..4)
        .map(|_| {
            let pool = pool.clone();
            thread::spawn(move || pool.join(LONG).is_ok())
        })
        .collect();
    gate.open();
    assert!(joiners.into_iter().all(|joiner| joiner.join().unwrap()));
    block_on(task);
}
