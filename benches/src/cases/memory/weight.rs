//! What a task weighs. Only the binary that counts can tell.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::cases::Work;
use crate::heap;
use crate::measure::Cost;
use crate::rt::Rt;

/// Enough that what a runtime allocates once (a slab's page, a queue's block) is spread thin.
const TASKS: usize = 20_000;

/// Spawned at a time before they may park: the run queue's growth is not part of a parked task.
const BATCH: usize = 50;

/// In which a batch has usually begun.
const MOMENT: Duration = Duration::from_micros(100);

/// Heap of a parked task less its future: the cell, the record, the place in a registry.
pub(in crate::cases) async fn parked<R: Rt>(_: Work) -> Cost {
    let begun = Arc::new(AtomicUsize::new(0));
    let (bytes, future) = weigh::<R, _>(&begun, || {
        let begun = begun.clone();
        async move {
            begun.fetch_add(1, Ordering::Relaxed);
            pending::<()>().await;
        }
    })
    .await;
    cost(bytes - (TASKS * future) as i64)
}

/// All of a sleeping task: what a runtime's sleep keeps inside the future counts, too.
pub(in crate::cases) async fn sleeping<R: Rt>(_: Work) -> Cost {
    let begun = Arc::new(AtomicUsize::new(0));
    let (bytes, _) = weigh::<R, _>(&begun, || {
        let begun = begun.clone();
        async move {
            begun.fetch_add(1, Ordering::Relaxed);
            R::sleep(Duration::from_secs(3600)).await;
        }
    })
    .await;
    cost(bytes)
}

/// Bytes in use by that many tasks, and the size of one future. Each future counts its begin.
async fn weigh<R: Rt, F>(begun: &AtomicUsize, future: impl Fn() -> F) -> (i64, usize)
where
    F: Future<Output = ()> + Send + 'static,
{
    assert!(heap::allocations() > 0, "only workload-counted counts");
    // One batch more, for what the first tasks bring along once is not theirs.
    let mut tasks: Vec<R::Handle<()>> = Vec::with_capacity(BATCH + TASKS);
    let mut before = 0;
    while tasks.len() < BATCH + TASKS {
        tasks.extend((0..BATCH).map(|_| R::spawn(future())));
        while begun.load(Ordering::Relaxed) < tasks.len() {
            // Not a yield: monoio's lets nobody else go first.
            R::sleep(MOMENT).await;
        }
        if tasks.len() == BATCH {
            before = heap::bytes();
        }
    }
    (heap::bytes() - before, size_of::<F>())
}

fn cost(bytes: i64) -> Cost {
    Cost { ops: TASKS as u64, bytes, ..Cost::default() }
}
