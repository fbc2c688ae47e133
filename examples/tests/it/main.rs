//! What a test of your own looks like: the attribute, a clock that jumps, a schedule drawn by lot.

use std::sync::Arc;
use std::time::Duration;

use evenkeel::{Lock, TaskGroup, now, sleep, yield_now};

/// Under fifty schedules, on one worker and on two. A failure prints the seed that has it again.
#[evenkeel::test(seeds = 50)]
async fn nothing_is_lost() {
    let count = Arc::new(Lock::new(0));
    let scope = TaskGroup::<()>::scope(async |group| {
        for _ in 0..3 {
            let count = count.clone();
            group.create_task(async move {
                let mut count = count.lock().await;
                let seen = *count;
                yield_now().await;
                *count = seen + 1;
            });
        }
    });
    scope.await.expect("nobody fails");
    assert_eq!(*count.lock().await, 3);
}

/// The README's: what is given to a timeout is cancelled by it.
#[evenkeel::test(seeds = 50)]
async fn the_slow_one_is_cancelled() {
    let hour = Duration::from_secs(3600);
    let task = evenkeel::create_task(sleep(2 * hour));
    assert!(evenkeel::timeout(hour, task).await.is_err());
}

/// Two hours take no time, and are exact.
#[evenkeel::test]
async fn two_hours_pass() {
    let begun = now();
    sleep(Duration::from_secs(7200)).await;
    assert_eq!(now() - begun, Duration::from_secs(7200));
}
