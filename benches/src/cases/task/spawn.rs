//! Spawning: with and without anybody who waits for the task.

use std::sync::Arc;

use crate::cases::Work;
use crate::cases::latch::Latch;
use crate::measure::{Cost, repeat};
use crate::rt::Rt;

/// Enough that the queue matters, few enough to stay within the caches.
const TASKS: u64 = 1000;

/// asyncio's users gather thousands.
const GATHERED: u64 = 10_000;

pub(in crate::cases) async fn join<R: Rt>(work: Work) -> Cost {
    repeat(work.length, || async {
        let tasks: Vec<_> = (0..TASKS).map(|n| R::spawn(async move { n })).collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await;
        }
        assert_eq!(sum, TASKS * (TASKS - 1) / 2);
        TASKS
    })
    .await
}

pub(in crate::cases) async fn one<R: Rt>(work: Work) -> Cost {
    repeat(work.length, || async {
        for n in 0..TASKS {
            assert_eq!(R::spawn(async move { n }).await, n);
        }
        TASKS
    })
    .await
}

/// Nobody awaits them; the last one to run says so.
pub(in crate::cases) async fn many<R: Rt>(work: Work) -> Cost {
    repeat(work.length, || async {
        let latch = Arc::new(Latch::new(TASKS));
        for _ in 0..TASKS {
            let latch = latch.clone();
            R::spawn_detached(async move { latch.arrive() });
        }
        latch.opened().await;
        TASKS
    })
    .await
}

/// Each spawns the next.
pub(in crate::cases) async fn chained<R: Rt>(work: Work) -> Cost {
    repeat(work.length, || async {
        let latch = Arc::new(Latch::new(1));
        chain::<R>(TASKS - 1, latch.clone());
        latch.opened().await;
        TASKS
    })
    .await
}

fn chain<R: Rt>(left: u64, latch: Arc<Latch>) {
    R::spawn_detached(async move {
        match left {
            0 => latch.arrive(),
            _ => chain::<R>(left - 1, latch),
        }
    });
}

pub(in crate::cases) async fn gather<R: Rt>(work: Work) -> Cost {
    repeat(work.length, || async {
        let futures: Vec<_> = (0..GATHERED)
            .map(|n| async move {
                R::yield_now().await;
                n
            })
            .collect();
        let results = R::gather(futures).await;
        assert!(results.into_iter().eq(0..GATHERED), "every result, in the order of arguments");
        GATHERED
    })
    .await
}
