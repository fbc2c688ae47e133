//! Timeouts and locks.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_lite::future::poll_once;

use crate::measure::{Cost, Length, repeat};
use crate::rt::Rt;

/// Operations of a piece: long against the clock that is read after it.
const OPS: u64 = 1000;

/// Never reached.
const HOUR: Duration = Duration::from_secs(3600);

/// Contenders, and what each does in a piece.
const TASKS: u64 = 8;
const TURNS: u64 = 100;

/// The usual life of a timeout: it is armed when first polled, and dropped long before its time.
/// Another one is pending all the while, as in any server; without it tokio writes to its eventfd
/// at each registration, which would flatter us.
pub(super) async fn timeout<R: Rt>(length: Length) -> Cost {
    let mut background = pin!(R::sleep(HOUR));
    assert!(poll_once(background.as_mut()).await.is_none());
    R::uninterrupted(repeat(length, || async {
        for _ in 0..OPS {
            let timed = pin!(R::timeout(HOUR / 2, pending::<()>()));
            assert!(poll_once(timed).await.is_none(), "neither done nor too late");
        }
        R::yield_now().await;
        OPS
    }))
    .await
}

pub(super) async fn mutex<R: Rt>(length: Length) -> Cost {
    let lock = R::new_lock(0);
    let cost = repeat(length, || async {
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
pub(super) async fn mutex_contended<R: Rt>(length: Length) -> Cost {
    repeat(length, || async {
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

async fn contend<R: Rt>(lock: Arc<R::Lock>) {
    for _ in 0..TURNS {
        let mut guard = R::lock(&lock).await;
        let before = *guard;
        R::yield_now().await;
        *guard = before + 1;
    }
}
