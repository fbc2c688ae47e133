//! Spawning, waking and yielding.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use super::{Over, Work};
use crate::countdown::Countdown;
use crate::rt::Rt;

/// So many tasks fit into a worker's own queue, whatever the runtime.
const BATCH: usize = 100;

pub(super) async fn spawn_join<R: Rt>(work: Work) {
    for _ in 0..BATCH {
        R::spawn(async {}).await;
    }
    let mark = work.begin();
    for _ in 0..work.times {
        R::spawn(async {}).await;
    }
    mark.end();
}

pub(super) async fn spawn_detached<R: Rt>(work: Work) {
    let countdown = work.countdown();
    let batch = async || {
        countdown.expect(BATCH);
        for _ in 0..BATCH {
            R::detach(async { countdown.hit() });
        }
        countdown.wait().await;
    };
    batch().await;
    let mark = work.begin();
    for _ in 0..work.times / BATCH {
        batch().await;
    }
    mark.end();
}

/// Tasks that wait, and count down when they were woken.
pub(super) struct Sleepers {
    pub(super) wakers: Vec<Waker>,
    over: Over,
}

impl Sleepers {
    /// So many, each having been polled once.
    pub(super) async fn new<R: Rt>(count: usize, countdown: &'static Countdown) -> Sleepers {
        let over = Over::new();
        let wakers = Arc::new(Mutex::new(Vec::new()));
        countdown.expect(count);
        for _ in 0..count {
            let wakers = wakers.clone();
            let mut first = true;
            R::detach(poll_fn(move |cx| {
                if first {
                    first = false;
                    wakers.lock().expect("nobody panics here").push(cx.waker().clone());
                }
                countdown.hit();
                if over.is_set() { Poll::Ready(()) } else { Poll::Pending }
            }));
        }
        countdown.wait().await;
        let wakers = std::mem::take(&mut *wakers.lock().expect("nobody panics here"));
        Sleepers { wakers, over }
    }

    /// Lets them end.
    pub(super) async fn end(self, countdown: &'static Countdown) {
        countdown.expect(self.wakers.len());
        self.over.set();
        self.wakers.into_iter().for_each(Waker::wake);
        countdown.wait().await;
    }
}

pub(super) async fn wake<R: Rt>(work: Work) {
    let countdown = work.countdown();
    let sleepers = Sleepers::new::<R>(BATCH, countdown).await;
    let round = async || {
        countdown.expect(BATCH);
        for waker in &sleepers.wakers {
            waker.wake_by_ref();
        }
        countdown.wait().await;
    };
    round().await;
    let mark = work.begin();
    for _ in 0..work.times / BATCH {
        round().await;
    }
    mark.end();
    sleepers.end(countdown).await;
}

/// Who has the marks goes round with the others, so that between them all yield as often.
pub(super) async fn yields<R: Rt>(work: Work, tasks: usize) {
    let over = Over::new();
    for _ in 1..tasks {
        R::detach(async move {
            while !over.is_set() {
                R::yield_now().await;
            }
        });
    }
    for _ in 0..10 {
        R::yield_now().await;
    }
    let mark = work.begin();
    for _ in 0..work.times / tasks {
        R::yield_now().await;
    }
    mark.end();
    over.set();
}
