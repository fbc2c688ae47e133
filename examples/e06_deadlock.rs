//! A lock that knows its holder: to wait for oneself is an error at once, and a circle of tasks is named.
//!
//! asyncio's `Lock` waits for ever in both cases.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use evenkeel::sync::{Deadlock, watch_deadlocks};
use evenkeel::{Barrier, Event, Lock, create_task, run};

/// How many tasks are in the circle that was found.
static CIRCLE: AtomicUsize = AtomicUsize::new(0);
static FOUND: Event = Event::new();

fn found(deadlock: &Deadlock) {
    println!("{deadlock}");
    CIRCLE.store(deadlock.tasks().len(), Ordering::Relaxed);
    FOUND.set();
}

fn main() {
    run(async {
        // This task has it, and would wait for itself.
        let lock = Lock::new(1);
        let held = lock.lock().await;
        let refused = lock.lock_checked().await.expect_err("it is held by this very task");
        println!("{refused}");
        assert_eq!(refused.tasks().len(), 1);
        drop(held);
        assert!(lock.lock_checked().await.is_ok());

        // Two tasks, two locks, taken in opposite order. Debug mode watches as well
        // (`EVENKEEL_DEBUG=1`), and prints.
        watch_deadlocks(found);
        let locks = Arc::new([Lock::new(()), Lock::new(())]);
        let both_have_one = Arc::new(Barrier::new(2));
        let tasks = [(0, 1), (1, 0)].map(|(first, second)| {
            let (locks, both_have_one) = (locks.clone(), both_have_one.clone());
            create_task(async move {
                let _first = locks[first].lock().await;
                both_have_one.wait().await.expect("nobody breaks it");
                let _second = locks[second].lock().await; // each has what the other wants
            })
        });
        FOUND.wait().await;
        assert_eq!(CIRCLE.load(Ordering::Relaxed), 2);
        // They wait, and can be cancelled.
        for task in tasks {
            task.cancelled().await;
        }
        assert!(locks.iter().all(|lock| lock.try_lock().is_some()));
    });
}
