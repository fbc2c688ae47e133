//! Many threads at once: every call runs once, whatever comes between.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use evenkeel_blocking::{PoolOptions, ThreadPool};
use evenkeel_task::block_on;

use crate::gate::{Drops, LONG, eventually};

/// Threads that submit, and what each submits: enough to meet every race in a second or two.
const CALLERS: usize = 4;
const CALLS: usize = 5_000;

fn many_callers(pool: &ThreadPool) {
    let ran = Arc::new(AtomicUsize::new(0));
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (pool, ran) = (pool.clone(), ran.clone());
            thread::spawn(move || {
                let mut row = Vec::new();
                for n in 0..CALLS {
                    let ran = ran.clone();
                    let task = pool.run(move || {
                        ran.fetch_add(1, Ordering::SeqCst);
                        if n % 512 == 0 {
                            thread::sleep(Duration::from_millis(1));
                        }
                        n
                    });
                    // Some are awaited one by one, some in rows, some by nobody.
                    match (n + caller) % 3 {
                        0 => assert_eq!(block_on(task), n),
                        1 => row.push((n, task)),
                        _ => task.detach(),
                    }
                    if n % 97 == 0 {
                        row.drain(..).for_each(|(n, task)| assert_eq!(block_on(task), n));
                    }
                }
                row.into_iter().for_each(|(n, task)| assert_eq!(block_on(task), n));
            })
        })
        .collect();
    callers.into_iter().for_each(|caller| caller.join().unwrap());
    assert!(pool.join(LONG).is_ok());
    assert_eq!(ran.load(Ordering::SeqCst), CALLERS * CALLS);
    let figures = pool.statistics();
    assert_eq!((figures.finished, figures.threads), ((CALLERS * CALLS) as u64, 0));
}

#[test]
fn many_callers_on_one_thread() {
    many_callers(&ThreadPool::new(1));
}

#[test]
fn many_callers_on_many_threads() {
    many_callers(&ThreadPool::new(16));
}

#[test]
fn many_callers_and_threads_that_hardly_stay() {
    let keep_alive = Duration::from_micros(50);
    let options = PoolOptions { threads: 4, keep_alive, ..PoolOptions::default() };
    many_callers(&ThreadPool::try_new(options).unwrap());
}

#[test]
fn shutdown_at_any_moment_leaves_nothing_behind() {
    for round in 0..200_u64 {
        let (pool, drops) = (ThreadPool::new(2), Drops::default());
        let callers: Vec<_> = (0..2)
            .map(|_| {
                let (pool, drops) = (pool.clone(), drops.clone());
                thread::spawn(move || {
                    let tasks: Vec<_> = (0..50)
                        .map(|_| {
                            let guard = drops.guard();
                            pool.run(move || drop(guard))
                        })
                        .collect();
                    // Each ends: done, cancelled or refused.
                    tasks.into_iter().for_each(|task| drop(block_on(task.join())));
                })
            })
            .collect();
        thread::sleep(Duration::from_micros(round));
        pool.shutdown();
        assert!(pool.join(LONG).is_ok());
        callers.into_iter().for_each(|caller| caller.join().unwrap());
        assert_eq!((drops.count(), pool.pending()), (100, 0));
    }
}

#[test]
fn cancelling_at_any_moment_drops_every_value_once() {
    let (pool, drops) = (ThreadPool::new(3), Drops::default());
    for n in 0..5_000 {
        let (captured, result) = (drops.guard(), drops.guard());
        let task = pool.run(move || {
            drop(captured);
            result
        });
        match n % 3 {
            0 => drop(task),
            1 => drop(block_on(task.cancelled())),
            _ => drop(block_on(task)),
        }
    }
    eventually("all have ended", || pool.pending() == 0);
    assert_eq!(drops.count(), 10_000);
}
