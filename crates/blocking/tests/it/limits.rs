//! What a pool is made of: limits, names, keep-alive, figures.

use std::{io, thread, time::Duration};

use evenkeel_blocking::{PoolOptions, StartThread, ThreadPool};
use evenkeel_task::{Builder, block_on};

use crate::gate::{Gate, LONG, eventually};

#[test]
fn zero_threads_are_refused_with_a_clear_error() {
    let error =
        ThreadPool::try_new(PoolOptions { threads: 0, ..PoolOptions::default() }).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert!(error.to_string().contains("at least one thread"), "{error}");
}

#[test]
#[should_panic(expected = "at least one thread")]
fn new_panics_on_zero_threads() {
    let _ = ThreadPool::new(0);
}

#[test]
fn a_name_no_thread_can_have_is_refused() {
    let options = PoolOptions { name: "a\0b".into(), ..PoolOptions::default() };
    assert_eq!(ThreadPool::try_new(options).unwrap_err().kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn threads_carry_the_pools_name_and_their_number() {
    let options = PoolOptions { threads: 1, name: "images".into(), ..PoolOptions::default() };
    let pool = ThreadPool::try_new(options).unwrap();
    let name = block_on(pool.run(|| thread::current().name().map(str::to_owned)));
    assert_eq!(name.as_deref(), Some("images-1"));
}

#[test]
fn a_call_can_have_a_name_of_its_own() {
    let task = ThreadPool::new(1).run_with(Builder::new().name("resize"), || ());
    assert_eq!(task.name(), "resize");
    block_on(task);
}

#[test]
fn no_thread_is_started_before_there_is_work() {
    let pool = ThreadPool::new(4);
    assert_eq!(pool.statistics().threads, 0);
    block_on(pool.run(|| ()));
    assert_eq!(pool.statistics().started, 1);
}

#[test]
fn an_idle_thread_ends_after_keep_alive_and_the_next_call_starts_another() {
    let options =
        PoolOptions { threads: 2, keep_alive: Duration::from_millis(5), ..PoolOptions::default() };
    let pool = ThreadPool::try_new(options).unwrap();
    for n in 1..=3 {
        block_on(pool.run(|| ()));
        eventually("the thread has ended", || pool.statistics().threads == 0);
        assert_eq!(pool.statistics().started, n);
    }
}

#[test]
fn with_no_keep_alive_at_all_every_call_still_runs() {
    let options = PoolOptions { threads: 2, keep_alive: Duration::ZERO, ..PoolOptions::default() };
    let pool = ThreadPool::try_new(options).unwrap();
    for n in 0..500 {
        assert_eq!(block_on(pool.run(move || n)), n);
    }
    assert!(pool.join(LONG).is_ok());
}

#[test]
fn a_keep_alive_for_ever_keeps_the_thread() {
    let options = PoolOptions { threads: 1, keep_alive: Duration::MAX, ..PoolOptions::default() };
    let pool = ThreadPool::try_new(options).unwrap();
    let first = block_on(pool.run(|| thread::current().id()));
    eventually("it rests", || pool.statistics().idle == 1);
    assert_eq!(block_on(pool.run(|| thread::current().id())), first);
    assert!(pool.join(LONG).is_ok());
}

#[test]
fn a_start_function_can_choose_the_stack() {
    let start = StartThread::new(|builder, work| builder.stack_size(32 << 20).spawn(work));
    let pool = ThreadPool::try_new(PoolOptions { start, ..PoolOptions::default() }).unwrap();
    let sum = block_on(pool.run(|| {
        // More than a thread has by default.
        let big = std::hint::black_box([1_u8; 4 << 20]);
        big.iter().filter(|&&n| n == 1).count()
    }));
    assert_eq!(sum, 4 << 20);
}

#[test]
fn figures_and_pending_follow_what_happens() {
    let (pool, gate) = (ThreadPool::new(1), Gate::new());
    let inner = gate.clone();
    let running = pool.run(move || inner.pass());
    gate.wait_for(1);
    let waiting = pool.run(|| ());
    let figures = pool.statistics();
    assert_eq!((figures.limit, figures.threads, figures.busy, figures.idle), (1, 1, 1, 0));
    assert_eq!((figures.queued, figures.submitted, figures.finished), (1, 2, 0));
    assert_eq!(pool.pending(), 2);
    gate.open();
    block_on(running);
    block_on(waiting);
    eventually("all is quiet", || pool.pending() == 0);
    let figures = pool.statistics();
    assert_eq!((figures.queued, figures.finished, figures.withdrawn), (0, 2, 0));
    assert!(format!("{pool:?}").contains("evenkeel-pool"));
}

#[test]
fn whoever_asked_is_told_when_the_last_call_has_ended() {
    let (pool, told) = (ThreadPool::new(1), Gate::new());
    told.open();
    for _ in 0..2 {
        let (told, pool_again) = (told.clone(), pool.clone());
        pool.on_quiet(move || {
            assert_eq!(pool_again.pending(), 0);
            told.pass();
        });
    }
    block_on(pool.run(|| ()));
    told.wait_for(2);
    block_on(pool.run(|| ()));
    told.wait_for(4);
    assert!(pool.join(LONG).is_ok());
}
