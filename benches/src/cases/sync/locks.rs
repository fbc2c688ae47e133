//! Locks and semaphores: free, and wanted by many.

use std::sync::Arc;

use crate::cases::Work;
use crate::measure::{Cost, repeat};
use crate::rt::{Mutexes, RwLocks, Semaphores};

/// Operations of a piece: long against the clock that is read after it.
const OPS: u64 = 1000;

/// Contenders, and what each does in a piece.
const TASKS: u64 = 8;
const TURNS: u64 = 100;

/// Permits that the contenders share.
const PERMITS: usize = 2;

/// One turn in so many writes.
const WRITES: u64 = 10;

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
        let contend = |lock: Arc<R::Lock>| async move {
            for _ in 0..TURNS {
                let mut guard = R::lock(&lock).await;
                let before = *guard;
                R::yield_now().await;
                *guard = before + 1;
            }
        };
        let tasks: Vec<_> = (0..TASKS).map(|_| R::spawn(contend(lock.clone()))).collect();
        for task in tasks {
            task.await;
        }
        assert_eq!(*R::lock(&lock).await, TASKS * TURNS);
        TASKS * TURNS
    })
    .await
}

pub(in crate::cases) async fn semaphore_free<R: Semaphores>(work: Work) -> Cost {
    let semaphore = R::new_semaphore(1);
    repeat(work.length, || async {
        for _ in 0..OPS {
            // One permit: if it did not come back, this would hang.
            drop(R::acquire(&semaphore).await);
        }
        OPS
    })
    .await
}

/// Whoever holds a permit lets others run.
pub(in crate::cases) async fn semaphore_contended<R: Semaphores>(work: Work) -> Cost {
    repeat(work.length, || async {
        let semaphore = Arc::new(R::new_semaphore(PERMITS));
        let contend = |semaphore: Arc<R::Semaphore>| async move {
            for _ in 0..TURNS {
                let permit = R::acquire(&semaphore).await;
                R::yield_now().await;
                drop(permit);
            }
            TURNS
        };
        let tasks: Vec<_> = (0..TASKS).map(|_| R::spawn(contend(semaphore.clone()))).collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await;
        }
        sum
    })
    .await
}

pub(in crate::cases) async fn read_free<R: RwLocks>(work: Work) -> Cost {
    let lock = R::new_rwlock(7);
    repeat(work.length, || async {
        let mut sum = 0;
        for _ in 0..OPS {
            sum += *R::read(&lock).await;
        }
        assert_eq!(sum, 7 * OPS);
        OPS
    })
    .await
}

pub(in crate::cases) async fn write_free<R: RwLocks>(work: Work) -> Cost {
    let lock = R::new_rwlock(0);
    let cost = repeat(work.length, || async {
        for _ in 0..OPS {
            *R::write(&lock).await += 1;
        }
        OPS
    })
    .await;
    assert!(*R::read(&lock).await >= cost.ops);
    cost
}

/// Readers, and now and then a writer; whoever holds it lets others run.
pub(in crate::cases) async fn read_mostly<R: RwLocks>(work: Work) -> Cost {
    repeat(work.length, || async {
        let lock = Arc::new(R::new_rwlock(0));
        let contend = |lock: Arc<R::RwLock>| async move {
            for turn in 0..TURNS {
                if turn % WRITES == 0 {
                    let mut guard = R::write(&lock).await;
                    let before = *guard;
                    R::yield_now().await;
                    *guard = before + 1;
                } else {
                    let guard = R::read(&lock).await;
                    let before = *guard;
                    R::yield_now().await;
                    assert_eq!(*guard, before, "nobody writes meanwhile");
                }
            }
        };
        let tasks: Vec<_> = (0..TASKS).map(|_| R::spawn(contend(lock.clone()))).collect();
        for task in tasks {
            task.await;
        }
        assert_eq!(*R::read(&lock).await, TASKS * TURNS / WRITES);
        TASKS * TURNS
    })
    .await
}
