//! `evenkeel-sync` alone: locks, permits, events and one-shots under any executor.
//!
//! They know nothing of threads or loops: a waiter is a waker in a line. So one lock may be
//! shared by tasks of two runtimes, which asyncio's cannot.

use evenkeel_sync::{Event, Lock, Semaphore, oneshot};
use futures_lite::future;
use std::sync::Arc;

/// The same work wherever it is awaited.
async fn work() {
    // A lock goes to the waiters in the order in which they asked.
    let order = Lock::new(Vec::new());
    let hold = |name| {
        let order = &order;
        async move {
            let mut names = order.lock().await;
            names.push(name);
            future::yield_now().await; // holding it: the other one has to wait
            names.push(name);
        }
    };
    future::zip(hold("a"), hold("b")).await;
    println!("  lock: {:?}", order.lock().await);
    assert_eq!(*order.lock().await, ["a", "a", "b", "b"]);

    // Two permits: the third has to wait until one is given back.
    let permits = Semaphore::new(2);
    let (first, _second) = (permits.acquire().await, permits.acquire().await);
    assert!(permits.try_acquire().is_none());
    drop(first);
    assert!(permits.try_acquire().is_some());
    println!("  semaphore: {} of 2 permits left", permits.available());

    // An event releases everybody who waits for it.
    let ready = Event::new();
    future::zip(ready.wait(), async { ready.set() }).await;
    println!("  event: set is {}", ready.is_set());

    // A value on its way from one to one other.
    let (give, take) = oneshot();
    let (sent, taken) = future::zip(async { give.send(7) }, take).await;
    println!("  oneshot: {taken:?}");
    assert_eq!((sent, taken), (Ok(()), Ok(7)));
}

fn main() {
    println!("under futures_lite::block_on");
    future::block_on(work());

    println!("inside a tokio runtime");
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    let tokio = tokio.expect("tokio starts");
    tokio.block_on(async { tokio::spawn(work()).await }).expect("the task ends well");

    println!("shared by a tokio task and this thread");
    let total = Arc::new(Lock::new(0));
    let add = |total: Arc<Lock<i32>>| async move {
        for _ in 0..1000 {
            *total.lock().await += 1;
        }
    };
    let there = tokio.spawn(add(total.clone()));
    future::block_on(add(total.clone()));
    tokio.block_on(there).expect("the task ends well");
    let total = future::block_on(total.lock());
    println!("  two times a thousand is {total}");
    assert_eq!(*total, 2000);
}
