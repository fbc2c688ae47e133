//! Timeouts as they usually go: dropped long before their time.

use std::future::pending;
use std::pin::pin;
use std::time::Duration;

use futures_lite::future::poll_once;

use crate::cases::Work;
use crate::cases::chance::Chance;
use crate::measure::{Cost, repeat};
use crate::rt::Rt;

/// Operations of a piece: long against the clock that is read after it.
const OPS: u64 = 1000;

/// Never reached.
const HOUR: Duration = Duration::from_secs(3600);

/// Deadlines of what is pending: a server's, up to an hour ahead.
const SHORTEST: Duration = Duration::from_secs(30);

/// The usual life of a timeout: it is armed when first polled, and dropped long before its time.
/// Another one is pending all the while, as in any server; without it tokio writes to its eventfd
/// at each registration, which would flatter us.
pub(in crate::cases) async fn armed<R: Rt>(work: Work) -> Cost {
    let mut background = pin!(R::sleep(HOUR));
    assert!(poll_once(background.as_mut()).await.is_none());
    R::uninterrupted(repeat(work.length, || async {
        for _ in 0..OPS {
            let timed = pin!(R::timeout(HOUR / 2, pending::<()>()));
            assert!(poll_once(timed).await.is_none(), "neither done nor too late");
        }
        R::yield_now().await;
        OPS
    }))
    .await
}

/// The same, many others pending, each polled once.
pub(in crate::cases) async fn armed_among<R: Rt>(work: Work) -> Cost {
    let mut chance = Chance::new();
    let mut pending = Vec::with_capacity(work.size);
    for _ in 0..work.size {
        let time = SHORTEST + chance.up_to(HOUR - SHORTEST);
        let mut sleep = Box::pin(R::sleep(time));
        assert!(poll_once(sleep.as_mut()).await.is_none());
        pending.push(sleep);
    }
    armed::<R>(work).await
}
