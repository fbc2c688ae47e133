//! `evenkeel-blocking` alone: calls that block, on threads that may, under any executor.
//!
//! Outside an evenkeel runner `to_thread` uses one pool for the whole process; a pool of your
//! own works everywhere.

use evenkeel_blocking::{ThreadPool, to_thread};
use futures_lite::future;
use std::time::{Duration, Instant};

const TENTH: Duration = Duration::from_millis(100);

/// Blocks its thread.
fn add(x: i32, y: i32) -> i32 {
    std::thread::sleep(TENTH);
    x + y
}

/// The same work wherever it is awaited.
async fn work() {
    let begun = Instant::now();
    // Both start at the call, so they overlap whether or not they are awaited together.
    let first = to_thread(|| add(1, 2));
    let second = to_thread(|| add(3, 4));
    let sum = first.await + second.await;
    println!("  to_thread: {sum} after {:.1?}", begun.elapsed());
    assert_eq!(sum, 10);

    // A pool of one runs its calls one after the other, in the order they came.
    let begun = Instant::now();
    let pool = ThreadPool::new(1);
    let (first, second) = (pool.run(|| add(1, 2)), pool.run(|| add(3, 4)));
    let sum = first.await + second.await;
    println!("  a pool of one thread: {sum} after {:.1?}", begun.elapsed());
    assert_eq!(sum, 10);
    assert!(begun.elapsed() >= 2 * TENTH);

    // A panic stays in its call: it comes out at `join`, and the thread takes the next call.
    let failed = pool.run(|| -> i32 { panic!("this line is part of the show") });
    let error = failed.join().await.expect_err("it panicked");
    println!("  a call that panicked: {error}");
    assert!(error.is_panic());
    assert_eq!(pool.run(|| 7).await, 7);
}

fn main() {
    println!("under futures_lite::block_on");
    future::block_on(work());

    println!("inside a tokio runtime");
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    let tokio = tokio.expect("tokio starts");
    tokio.block_on(async { tokio::spawn(work()).await }).expect("the task ends well");
}
