//! What belongs to others and panics: calls, values and callbacks cost no thread.

use std::panic::{AssertUnwindSafe, catch_unwind};

use evenkeel_blocking::ThreadPool;
use evenkeel_task::block_on;

use crate::gate::{Gate, LONG, eventually};

struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        // A second panic while unwinding would end the process, whoever drops it.
        if !std::thread::panicking() {
            panic!("dropped");
        }
    }
}

/// The pool still has its one thread and does its work.
fn still_works(pool: &ThreadPool) {
    for n in 0..100 {
        assert_eq!(block_on(pool.run(move || n)), n);
    }
    assert_eq!(pool.statistics().started, 1);
    eventually("all is quiet", || pool.pending() == 0);
    assert!(pool.join(LONG).is_ok());
}

#[test]
fn a_call_that_panics() {
    let pool = ThreadPool::new(1);
    for _ in 0..10 {
        assert!(block_on(pool.run(|| panic!("job")).join()).unwrap_err().is_panic());
    }
    still_works(&pool);
}

#[test]
fn a_payload_that_panics_when_it_is_dropped() {
    let pool = ThreadPool::new(1);
    let task = pool.run(|| std::panic::panic_any(PanicsOnDrop));
    let error = block_on(task.join()).unwrap_err();
    assert!(catch_unwind(AssertUnwindSafe(|| drop(error.into_panic()))).is_err());
    still_works(&pool);
}

#[test]
fn a_result_nobody_waits_for_that_panics_when_it_is_dropped() {
    let (pool, gate) = (ThreadPool::new(1), Gate::new());
    let inner = gate.clone();
    let task = pool.run(move || {
        inner.pass();
        PanicsOnDrop
    });
    gate.wait_for(1);
    drop(task);
    gate.open();
    still_works(&pool);
}

#[test]
fn what_a_withdrawn_call_captured_panics_when_it_is_dropped() {
    let (pool, gate) = (ThreadPool::new(1), Gate::new());
    let inner = gate.clone();
    let first = pool.run(move || inner.pass());
    gate.wait_for(1);
    let withdrawn: Vec<_> = (0..3)
        .map(|_| {
            let captured = PanicsOnDrop;
            pool.run(move || drop(captured))
        })
        .collect();
    pool.shutdown();
    for task in withdrawn {
        assert!(block_on(task.join()).is_err());
    }
    gate.open();
    block_on(first);
    assert!(pool.join(LONG).is_ok());
}

#[test]
fn a_callback_that_panics() {
    let pool = ThreadPool::new(1);
    pool.on_quiet(|| panic!("quiet"));
    block_on(pool.run(|| ()));
    still_works(&pool);
}
