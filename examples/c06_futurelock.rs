//! "Futurelock", the program of Oxide's RFD 609: under evenkeel it finishes.
//!
//! A task waits for a lock, by a future that it only lends to a race, and the race is won by a sleep.
//! So the task goes on, with its place in the line still kept by a future that nobody polls; and then
//! it asks for the lock again. When the lock is released it goes to the first in line: to the future
//! that nobody polls, and the task waits for a lock that it has been handed. Elsewhere, for ever.
//!
//! Here the lock moves to the place by which the task waits, and the other one is the next in line.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use evenkeel::{Lock, create_task, run, sleep, timeout};
use futures_lite::future::or;

/// What both arms do: take the lock, and say so.
async fn operation(name: &'static str, log: &Lock<Vec<&'static str>>) {
    println!("  {name}: asks for the lock");
    log.lock().await.push(name);
    println!("  {name}: had it");
}

async fn futurelock() {
    let log = Arc::new(Lock::new(Vec::new()));

    // Somebody has the lock for a while.
    let held = log.clone();
    let background = create_task(async move {
        let _guard = held.lock().await;
        println!("  background: has the lock");
        sleep(Duration::from_millis(100)).await;
    });
    sleep(Duration::from_millis(20)).await;

    // The first operation joins the line. It is not dropped when the sleep wins: it was only lent.
    let mut first = pin!(operation("first", &log));
    or(first.as_mut(), async {
        sleep(Duration::from_millis(20)).await;
        println!("  the sleep is over first");
    })
    .await;

    // From here on nobody polls the first one, and its place is before ours.
    operation("second", &log).await;

    // It has not lost its place: it is the next in line.
    assert!(log.try_lock().is_none(), "kept for the first");
    first.await;
    assert_eq!(*log.lock().await, ["second", "first"]);
    background.await;
}

fn main() {
    let done = run(async { timeout(Duration::from_secs(10), futurelock()).await });
    done.expect("without the rule it would hang");
}
