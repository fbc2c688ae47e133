//! Calls: one after the other, together, and longer ones that need many threads.

use std::hint::black_box;
use std::time::Duration;

use crate::cases::Work;
use crate::measure::{Cost, Start, repeat};
use crate::rt::Threads;

/// Calls of a piece, one after the other or together.
const CALLS: u64 = 100;

/// Calls that block, and for how long.
const BLOCKING: u64 = 64;
const BLOCKED: Duration = Duration::from_millis(10);

pub(in crate::cases) async fn one<R: Threads>(work: Work) -> Cost {
    repeat(work.length, || async {
        for n in 0..CALLS {
            assert_eq!(R::to_thread(move || black_box(n) + 1).await, n + 1);
        }
        CALLS
    })
    .await
}

pub(in crate::cases) async fn batch<R: Threads>(work: Work) -> Cost {
    repeat(work.length, || async {
        let calls: Vec<_> = (0..CALLS).map(|n| R::to_thread(move || black_box(n) + 1)).collect();
        let mut sum = 0;
        for call in calls {
            sum += call.await;
        }
        assert_eq!(sum, CALLS * (CALLS + 1) / 2);
        CALLS
    })
    .await
}

/// Once a process: a pool that has grown does not grow again.
pub(in crate::cases) async fn growth<R: Threads>(_: Work) -> Cost {
    let start = Start::now();
    let call = |n| {
        R::to_one_of_many(move || {
            std::thread::sleep(BLOCKED);
            n
        })
    };
    let calls: Vec<_> = (0..BLOCKING).map(call).collect();
    // Some begin a call when it is first polled.
    let results = R::gather(calls).await;
    assert!(results.into_iter().eq(0..BLOCKING));
    let late = start.wall().saturating_sub(BLOCKED);
    Cost { late_ns: Some(late.as_nanos() as u64), ..start.cost(BLOCKING) }
}
