//! How many threads there are, and how soon: one for each call that blocks, few for many tiny ones.

use std::{
    thread,
    time::{Duration, Instant},
};

use evenkeel_blocking::{PoolOptions, ThreadPool};
use evenkeel_task::block_on;

use crate::gate::{Gate, eventually};

#[test]
fn calls_that_block_have_a_thread_each_up_to_the_limit() {
    let (pool, gate) = (ThreadPool::new(64), Gate::new());
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let gate = gate.clone();
            pool.run(move || gate.pass())
        })
        .collect();
    // Nobody passes before 64 have come, so each has a thread of its own.
    gate.wait_for(64);
    assert_eq!(pool.statistics().threads, 64);
    gate.open();
    tasks.into_iter().for_each(block_on);
    assert_eq!(pool.statistics().most_threads, 64);
}

#[test]
fn idle_threads_are_used_before_others_are_started() {
    let (pool, gate) = (ThreadPool::new(64), Gate::new());
    for _ in 0..3 {
        let gate = Gate::new();
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let gate = gate.clone();
                pool.run(move || gate.pass())
            })
            .collect();
        gate.wait_for(8);
        gate.open();
        tasks.into_iter().for_each(block_on);
        eventually("all rest", || pool.statistics().idle == pool.statistics().threads);
    }
    assert_eq!(pool.statistics().started, 8);
    gate.open();
}

/// The most threads that twenty rows of a thousand tiny calls had.
fn threads_for_tiny_calls() -> usize {
    let pool = ThreadPool::new(512);
    for _ in 0..20 {
        let tasks: Vec<_> = (0..1000_u64).map(|n| pool.run(move || n)).collect();
        let sum: u64 = tasks.into_iter().map(block_on).sum();
        assert_eq!(sum, 499_500);
    }
    pool.statistics().most_threads
}

#[test]
fn a_row_of_tiny_calls_does_not_fill_the_pool() {
    // Where a call loses its processor in the middle of a lock that all calls take, they do block,
    // and that happens on a loaded machine; hence the best of some attempts.
    let attempts: Vec<_> = (0..10).map(|_| threads_for_tiny_calls()).collect();
    assert!(attempts.iter().any(|&most| most <= 32), "{attempts:?} threads for tiny calls");
}

#[test]
fn a_call_that_blocks_among_tiny_ones_does_not_hold_them_up() {
    let (pool, gate) = (ThreadPool::new(4), Gate::new());
    let mut tasks = Vec::new();
    for n in 0..2000 {
        let gate = gate.clone();
        // Three block for the whole test; the fourth thread must come and do all others.
        tasks.push(pool.run(move || {
            if n % 700 == 300 {
                gate.pass()
            }
        }));
    }
    eventually("all others are done", || pool.pending() == 3);
    gate.open();
    tasks.into_iter().for_each(block_on);
}

#[test]
fn jobs_that_come_while_others_look_on_are_seen() {
    // Rows of tiny calls with a rest between them: whoever looks on or leaves must not miss the next.
    let options = PoolOptions {
        threads: 4,
        keep_alive: Duration::from_micros(300),
        ..PoolOptions::default()
    };
    let pool = ThreadPool::try_new(options).unwrap();
    for row in 0..100_u64 {
        let tasks: Vec<_> = (0..100).map(|n| pool.run(move || n)).collect();
        assert_eq!(tasks.into_iter().map(block_on).sum::<u64>(), 4950);
        thread::sleep(Duration::from_micros(row * 7));
    }
}

#[test]
fn five_calls_of_a_while_take_that_while_and_not_five() {
    let pool = ThreadPool::new(5);
    let since = Instant::now();
    let tasks: Vec<_> = (1..=5)
        .map(|n| {
            pool.run(move || {
                thread::sleep(Duration::from_millis(400));
                n
            })
        })
        .collect();
    let results: Vec<_> = tasks.into_iter().map(block_on).collect();
    assert_eq!(results, [1, 2, 3, 4, 5]);
    assert!(since.elapsed() < Duration::from_millis(1600), "{:?}", since.elapsed());
}
