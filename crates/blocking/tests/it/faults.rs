//! A system that has no thread to give: an error or a job that waits its turn, and nothing worse.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use evenkeel_blocking::{PoolOptions, StartThread, ThreadPool};
use evenkeel_task::block_on;

use crate::gate::{Gate, LONG, eventually};

/// How many threads the system has left.
#[derive(Clone)]
struct Supply(Arc<AtomicUsize>);

impl Supply {
    fn of(threads: usize) -> Supply {
        Supply(Arc::new(AtomicUsize::new(threads)))
    }

    fn add(&self, threads: usize) {
        self.0.fetch_add(threads, Ordering::SeqCst);
    }

    fn pool(&self, threads: usize) -> ThreadPool {
        let left = self.0.clone();
        let start = StartThread::new(move |builder, work| {
            let take = |left: usize| left.checked_sub(1);
            match left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take) {
                Ok(_) => builder.spawn(work),
                Err(_) => Err(io::Error::from_raw_os_error(11)), // EAGAIN, as clone answers
            }
        });
        ThreadPool::try_new(PoolOptions { threads, start, ..PoolOptions::default() }).unwrap()
    }
}

#[test]
fn without_any_thread_the_handle_reports_the_error() {
    let pool = Supply::of(0).pool(4);
    let error = block_on(pool.run(|| ()).join()).unwrap_err();
    assert!(error.is_refused());
    assert!(error.to_string().contains("no thread could be started"), "{error}");
    let figures = pool.statistics();
    assert_eq!((figures.threads, figures.queued, figures.start_failures), (0, 0, 1));
    assert_eq!((figures.refused, pool.pending()), (1, 0));
    assert!(pool.join(LONG).is_ok());
}

#[test]
fn whoever_waits_for_quiet_hears_of_calls_that_no_thread_was_had_for() {
    let (pool, quiet) = (Supply::of(0).pool(4), Gate::new());
    quiet.open();
    let (passes, again) = (quiet.clone(), pool.clone());
    pool.on_quiet(move || {
        assert_eq!(again.pending(), 0);
        passes.pass();
    });
    drop(pool.run(|| ()));
    quiet.wait_for(1);
}

#[test]
fn it_recovers_when_threads_are_possible_again() {
    let supply = Supply::of(0);
    let pool = supply.pool(4);
    for _ in 0..3 {
        assert!(block_on(pool.run(|| ()).join()).unwrap_err().is_refused());
    }
    supply.add(1);
    assert_eq!(block_on(pool.run(|| 5)), 5);
}

#[test]
fn with_one_thread_the_queue_drains_on_it_and_the_failures_are_few() {
    let pool = Supply::of(1).pool(8);
    let tasks: Vec<_> = (0..5000_u64).map(|n| pool.run(move || n)).collect();
    assert_eq!(tasks.into_iter().map(block_on).sum::<u64>(), 12_497_500);
    let figures = pool.statistics();
    assert_eq!((figures.most_threads.min(2), figures.started, figures.refused), (2, 1, 0));
    assert!(figures.start_failures < 500, "{figures:?}");
}

#[test]
fn a_call_behind_one_that_blocks_waits_and_then_gets_a_thread_once_there_is_one() {
    let (supply, gate) = (Supply::of(1), Gate::new());
    let pool = supply.pool(2);
    let inner = gate.clone();
    let first = pool.run(move || inner.pass());
    gate.wait_for(1);
    let second = pool.run(|| 2);
    assert_eq!(pool.statistics().queued, 1);
    supply.add(1);
    // Starts are not tried again at once; then the next call brings a thread for both.
    std::thread::sleep(Duration::from_millis(20));
    assert_eq!(block_on(pool.run(|| 3)), 3);
    assert_eq!(block_on(second), 2);
    gate.open();
    block_on(first);
}

#[test]
fn a_start_function_that_panics_is_a_failed_start() {
    let start = StartThread::new(|_, _| panic!("no threads today"));
    let pool = ThreadPool::try_new(PoolOptions { start, ..PoolOptions::default() }).unwrap();
    let error = block_on(pool.run(|| ()).join()).unwrap_err();
    assert!(error.is_refused() && error.to_string().contains("panicked"), "{error}");
}

#[test]
fn a_start_function_that_starts_and_then_fails_does_no_harm() {
    let start = StartThread::new(|builder, work| {
        drop(builder.spawn(work)?);
        Err(io::Error::other("changed my mind"))
    });
    let options = PoolOptions { threads: 2, start, ..PoolOptions::default() };
    let pool = ThreadPool::try_new(options).unwrap();
    for n in 0..200 {
        // Refused if the pool heard of the failure first, done if the thread was there before.
        match block_on(pool.run(move || n).join()) {
            Ok(value) => assert_eq!(value, n),
            Err(error) => assert!(error.is_refused()),
        }
    }
    eventually("nothing is left", || pool.pending() == 0);
    assert!(pool.join(LONG).is_ok());
}

#[test]
fn many_callers_and_a_supply_that_comes_and_goes() {
    let supply = Supply::of(0);
    let pool = supply.pool(4);
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let (pool, supply) = (pool.clone(), supply.clone());
            std::thread::spawn(move || {
                let mut done = 0;
                for n in 0..500 {
                    if n % 100 == 99 {
                        supply.add(1);
                    }
                    let outcome = block_on(pool.run(|| ()).join());
                    assert!(outcome.as_ref().map_or_else(|error| error.is_refused(), |()| true));
                    done += usize::from(outcome.is_ok());
                }
                done
            })
        })
        .collect();
    let done: usize = callers.into_iter().map(|caller| caller.join().unwrap()).sum();
    assert!(done > 0);
    assert!(pool.join(LONG).is_ok());
    assert_eq!(pool.statistics().finished, done as u64);
}
