//! Timers: armed and disarmed, armed and fired, and one alone.

use std::pin::Pin;
use std::time::{Duration, Instant};

use futures_lite::future::poll_once;

use super::{Over, Work};
use crate::rt::Rt;

/// No run lasts as long.
const LONG: Duration = Duration::from_secs(3600);

/// Time enough to arm all timers, under callgrind too.
const SOON: Duration = Duration::from_millis(300);

/// Another timer waits meanwhile: an empty timer queue is a special case in some runtimes.
pub(super) async fn arm<R: Rt>(work: Work) {
    let over = Over::new();
    R::detach(async move {
        let mut other = Box::pin(R::sleep(LONG / 2));
        while !over.is_set() {
            let _ = poll_once(&mut other).await;
            R::yield_now().await;
        }
    });
    R::yield_now().await;
    R::yield_now().await;
    for _ in 0..100 {
        let _ = poll_once(R::sleep(LONG)).await;
    }
    let mark = work.begin();
    for _ in 0..work.times {
        let _ = poll_once(R::sleep(LONG)).await;
    }
    mark.end();
    over.set();
}

/// One task has them all, so what is counted is the timers and not the waking of tasks.
pub(super) async fn fire<R: Rt>(work: Work) {
    for counted in [false, true] {
        let deadline = Instant::now() + SOON;
        let mut sleeps: Vec<Pin<Box<_>>> =
            (0..work.times).map(|_| Box::pin(R::sleep_until(deadline))).collect();
        let mut over = vec![false; sleeps.len()];
        let mark = counted.then(|| work.begin());
        for (sleep, over) in sleeps.iter_mut().zip(&mut over) {
            *over = poll_once(sleep).await.is_some();
        }
        for (sleep, over) in sleeps.iter_mut().zip(over) {
            if !over {
                sleep.await;
            }
        }
        if let Some(mark) = mark {
            mark.end();
        }
    }
}

pub(super) async fn sleep<R: Rt>(work: Work) {
    R::sleep(Duration::from_millis(1)).await;
    let mark = work.begin();
    for _ in 0..work.times {
        R::sleep(Duration::from_millis(1)).await;
    }
    mark.end();
}
