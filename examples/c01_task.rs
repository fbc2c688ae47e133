//! `evenkeel-task` alone: tasks on an executor of your own, under any `block_on`.
//!
//! No timer, no reactor, no thread is behind this: the crate only keeps tasks and polls those
//! that are ready, on whichever thread awaits [`Executor::run`].

use evenkeel_task::{Executor, LocalExecutor, Task, gather, yield_now};
use std::cell::Cell;

/// Counts to three, letting the others go first each time.
async fn count(name: &str) -> usize {
    for number in 1..=3 {
        println!("  {name} {number}");
        yield_now().await;
    }
    3
}

/// The same work wherever it is awaited.
async fn work() {
    // The tasks of an executor may borrow what outlives it. They may also run on any thread that
    // runs it, so the order in which they take turns is not promised (see `local_work` below).
    let names = [String::from("left"), String::from("right")];
    let executor = Executor::new();
    let sum = executor
        .run(async {
            let tasks: Vec<Task<usize>> =
                names.iter().map(|name| executor.spawn(count(name))).collect();
            gather(tasks).await.into_iter().sum::<usize>()
        })
        .await;
    assert_eq!(sum, 6);
}

/// Tasks that stay on one thread may hold what no other thread may see.
async fn local_work() {
    let polls = Cell::new(0);
    let executor = LocalExecutor::new();
    executor
        .run(async {
            let tasks: Vec<_> = (0..3)
                .map(|_| {
                    executor.spawn(async {
                        yield_now().await;
                        polls.set(polls.get() + 1);
                    })
                })
                .collect();
            gather(tasks).await;
        })
        .await;
    assert_eq!(polls.get(), 3);
}

fn main() {
    println!("under futures_lite::block_on");
    futures_lite::future::block_on(async {
        work().await;
        local_work().await;
    });

    println!("inside a tokio runtime, as part of one of its tasks");
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    let tokio = tokio.expect("tokio starts");
    tokio.block_on(async { tokio::spawn(work()).await }).expect("the task ends well");

    println!("by hand: no block_on at all, as a game or a GUI would in its own loop");
    let executor = Executor::new();
    let task = executor.spawn(count("tick"));
    let mut ticks = 0;
    while executor.try_tick() {
        ticks += 1;
    }
    println!("  done after {ticks} ticks");
    assert!(task.is_finished());
}
