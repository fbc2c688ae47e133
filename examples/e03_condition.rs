//! `asyncio.Condition` and `asyncio.Barrier`: waiting for what others do.
//!
//! ```python
//! async with condition:
//!     await condition.wait_for(lambda: len(oven) == 3)
//!
//! await barrier.wait()
//! ```

use std::sync::Arc;
use std::time::Duration;

use evenkeel::{Barrier, Condition, Lock, WaitTimeout, create_task, gather, run, sleep};

/// What the bakers share: the lock holds it, the condition says that it changed.
#[derive(Default)]
struct Bakery {
    oven: Lock<Vec<&'static str>>,
    changed: Condition,
}

async fn condition() {
    let bakery = Arc::new(Bakery::default());
    let baker = create_task({
        let bakery = bakery.clone();
        async move {
            for bread in ["rye", "wheat", "spelt"] {
                sleep(Duration::from_millis(1)).await;
                bakery.oven.lock().await.push(bread);
                bakery.changed.notify(1); // also without the lock
            }
        }
    });
    let oven = bakery.oven.lock().await;
    let oven = bakery.changed.wait_for(oven, |oven| oven.len() == 3).await;
    println!("all is in the oven: {:?}", *oven);
    assert_eq!(*oven, ["rye", "wheat", "spelt"]);

    // No more than a millisecond: nobody changes anything any more.
    let (_oven, timed_out) = bakery.changed.wait_timeout(oven, Duration::from_millis(1)).await;
    assert!(timed_out);
    baker.await;
}

async fn barrier() {
    let barrier = Arc::new(Barrier::new(3));
    let runners = [3_u32, 1, 2].map(|slowness| {
        let barrier = barrier.clone();
        create_task(async move {
            sleep(Duration::from_millis(1) * slowness).await;
            barrier.wait().await.expect("nobody breaks it") // a place from 0 to 2: one of them is 0
        })
    });
    let mut places = gather(runners).await;
    places.sort_unstable();
    assert_eq!(places, [0, 1, 2]);

    // Who waits when it is broken is told, instead of waiting for ever.
    let waiter = create_task({
        let barrier = barrier.clone();
        async move { barrier.wait().await }
    });
    while barrier.n_waiting() == 0 {
        evenkeel::yield_now().await;
    }
    barrier.abort();
    let broken = waiter.await.expect_err("it was broken");
    println!("the barrier says: {broken}");
}

fn main() {
    run(async {
        condition().await;
        barrier().await;
    });
}
