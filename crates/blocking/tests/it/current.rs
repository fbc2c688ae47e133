//! Which pool a thread's calls go to.

use std::thread;

use evenkeel_blocking::{ThreadPool, to_thread};
use evenkeel_task::block_on;

#[test]
fn guards_nest_and_restore() {
    let (a, b) = (ThreadPool::new(1), ThreadPool::new(1));
    let outer = a.enter();
    {
        let _inner = b.enter();
        block_on(to_thread(|| ()));
    }
    block_on(to_thread(|| ()));
    drop(outer);
    assert!(ThreadPool::current().is_none());
    assert_eq!((a.statistics().submitted, b.statistics().submitted), (1, 1));
}

#[test]
fn outside_any_pool_the_process_wide_one_serves() {
    let before = ThreadPool::process_wide().statistics().submitted;
    block_on(to_thread(|| ()));
    assert!(ThreadPool::process_wide().statistics().submitted > before);
}

#[test]
fn it_is_current_on_the_thread_that_entered_and_on_no_other() {
    let pool = ThreadPool::new(1);
    let _entered = pool.enter();
    assert!(thread::spawn(|| ThreadPool::current().is_none()).join().unwrap());
}

#[test]
fn on_a_pools_own_threads_it_is_that_pool() {
    let pool = ThreadPool::new(2);
    let inner = block_on(pool.run(|| to_thread(|| 3)));
    assert_eq!(block_on(inner), 3);
    assert_eq!(pool.statistics().submitted, 2);
}

#[test]
fn a_guard_kept_by_a_thread_that_ends_keeps_nothing() {
    let pool = ThreadPool::new(1);
    let entered = pool.clone();
    thread::spawn(move || std::mem::forget(entered.enter())).join().unwrap();
    block_on(pool.run(|| ()));
}

#[test]
fn a_call_made_while_the_thread_ends_still_runs() {
    struct Late;
    impl Drop for Late {
        fn drop(&mut self) {
            // Thread-locals are going; the process-wide pool serves.
            to_thread(|| ()).detach();
        }
    }
    thread_local! {
        static LATE: Late = const { Late };
    }
    thread::spawn(|| LATE.with(|_| ())).join().unwrap();
}
