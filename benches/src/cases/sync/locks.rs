//! Locks: free, and wanted by many.

use std::sync::Arc;

use crate::cases::Work;
use crate::measure::{Cost, repeat};
use crate::rt::Mutexes;

/// Operations of a piece: long against the clock that is read after it.
const OPS: u64 = 1000;

/// Contenders, and what each does in a piece.
const TASKS: u64 = 8;
const TURNS: u64 = 100;

pub(in crate::cases) async fn free<R: Mutexes>(work: Work) -> Cost {
    let lock = R::new_lock(0);
    let cost = repeat(work.length, || async {
        for _ in 0..OPS {
            *R::lock(&lock).await += 1;
        }
        OPS
    })
    .await;
    assert!(*R::lock(&lock).await >= cost.ops);
    cost
}

/// Whoever holds it lets others run, so that all the rest wait in line.
pub(in crate::cases) async fn contended<R: Mutexes>(work: Work) -> Cost {
    repeat(work.length, || async {
        let lock = Arc::new(R::new_lock(0));
        let tasks: Vec<_> = (0..TASKS).map(|_| R::spawn(contend::<R>(lock.clone()))).collect();
        for task in tasks {
            task.await;
        }
        assert_eq!(*R::lock(&lock).await, TASKS * TURNS);
        TASKS * TURNS
    })
    .await
}

async fn contend<R: Mutexes>(lock: Arc<R::Lock>) {
    for _ in 0..TURNS {
        let mut guard = R::lock(&lock).await;
        let before = *guard;
        R::yield_now().await;
        *guard = before + 1;
    }
}
