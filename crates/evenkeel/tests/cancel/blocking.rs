//! Calls on threads: one that has not begun never does, one that runs goes on, and no result is kept.

use std::sync::mpsc;
use std::sync::{Arc, OnceLock};
use std::thread;

use evenkeel::ThreadPool;
use evenkeel::blocking::to_thread;

use crate::harness::{Case, Token, World, case};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case("pool_run_running", &["blocking/pool ThreadPool::run"], || running(false)),
        case("pool_run_queued", &["blocking/pool ThreadPool::run"], queued),
        case("to_thread", &["blocking/to_thread to_thread"], || running(true)),
    ]
}

/// One pool, so that a play starts no thread.
fn pool() -> &'static ThreadPool {
    static POOL: OnceLock<ThreadPool> = OnceLock::new();
    POOL.get_or_init(|| ThreadPool::new(1))
}

/// Blocks until the pool has nothing to do: then every result has reached its awaiter.
fn quiet() {
    while pool().pending() > 0 {
        thread::yield_now();
    }
}

fn running(by_name: bool) -> World {
    let (go, wait) = mpsc::channel();
    let (begun, begins) = mpsc::channel();
    let in_hand = Arc::new(());
    let (held, value) = (in_hand.clone(), Token::new());
    let call = move || {
        begun.send(()).expect("it is waited for");
        let _ = wait.recv(); // An error if the world is not played.
        drop(held);
        value
    };
    let entered = pool().enter();
    let task = if by_name { to_thread(call) } else { pool().run(call) };
    drop(entered);
    begins.recv().expect("it runs");
    World::new()
        .alone(&in_hand)
        .wakers_stay("the call that runs keeps its last awaiter's waker")
        .future(async move { drop(task.await) })
        .event("finish", move || {
            go.send(()).expect("it waits");
            quiet();
        })
}

fn queued() -> World {
    let (go, wait) = mpsc::channel::<()>();
    let (first, value) = (pool().run(move || wait.recv().is_ok()), Token::new());
    let ran = Arc::new(());
    let runs = ran.clone();
    let task = pool().run(move || {
        drop(runs);
        value
    });
    World::new()
        .alone(&ran)
        .wakers_stay("a call taken back keeps it until a thread has seen that")
        .future(async move { drop(task.await) })
        .event("finish", move || {
            go.send(()).expect("it waits");
            quiet();
            drop(first);
        })
}
