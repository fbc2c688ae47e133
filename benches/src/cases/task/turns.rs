//! Yields and wakes: tasks that live long and take turns.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use atomic_waker::AtomicWaker;

use crate::cases::Work;
use crate::measure::{Cost, repeat};
use crate::rt::{Oneshots, Rt};

/// Enough that the queue matters, few enough to stay within the caches.
const TASKS: u64 = 1000;

/// Yields of each task in turn: long against the spawning of the tasks.
const YIELDS: u64 = 50;

/// Pairs at once, and turns of a lasting pair: a piece of about a tenth of a millisecond.
const PAIRS: u64 = 100;
const TURNS: u64 = 1000;

pub(in crate::cases) async fn yield_many<R: Rt>(work: Work) -> Cost {
    repeat(work.length, || async {
        let tasks: Vec<_> = (0..TASKS).map(|_| R::spawn(yields::<R>(YIELDS))).collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await;
        }
        assert_eq!(sum, TASKS * YIELDS);
        sum
    })
    .await
}

pub(in crate::cases) async fn yield_alone<R: Rt>(work: Work) -> Cost {
    repeat(work.length, || yields::<R>(TASKS)).await
}

async fn yields<R: Rt>(count: u64) -> u64 {
    for _ in 0..count {
        R::yield_now().await;
    }
    count
}

pub(in crate::cases) async fn ping_pong<R: Oneshots>(work: Work) -> Cost {
    repeat(work.length, || async {
        let pairs: Vec<_> = (0..PAIRS).map(|n| R::spawn(ping::<R>(n))).collect();
        for (pair, n) in pairs.into_iter().zip(0..) {
            assert_eq!(pair.await, n + 1);
        }
        PAIRS
    })
    .await
}

async fn ping<R: Oneshots>(n: u64) -> u64 {
    let (ping, pinged) = R::oneshot();
    let (pong, ponged) = R::oneshot();
    let other = R::spawn(async move { R::send(pong, pinged.await + 1) });
    R::send(ping, n);
    let answer = ponged.await;
    other.await;
    answer
}

/// A turn that belongs to one of two tasks. The same few lines for every runtime, so that what is
/// measured is the way from a waker to the next poll.
#[derive(Default)]
struct Turn {
    passes: AtomicU64,
    wakers: [AtomicWaker; 2],
}

impl Turn {
    /// Waits until the count of passes is ours (even or odd), then passes on.
    async fn take(&self, who: usize) {
        poll_fn(|cx| {
            if self.is_of(who) {
                return Poll::Ready(());
            }
            self.wakers[who].register(cx.waker());
            // Again: the other one may have passed before it could see the waker.
            if self.is_of(who) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        // AcqRel and Acquire below: the two tasks see each other's passes in order.
        self.passes.fetch_add(1, Ordering::AcqRel);
        self.wakers[1 - who].wake();
    }

    fn is_of(&self, who: usize) -> bool {
        self.passes.load(Ordering::Acquire) % 2 == who as u64
    }
}

pub(in crate::cases) async fn wake_pair<R: Rt>(work: Work) -> Cost {
    repeat(work.length, || async {
        let turn = Arc::new(Turn::default());
        let players = [0, 1].map(|who| {
            let turn = turn.clone();
            R::spawn(async move {
                for _ in 0..TURNS {
                    turn.take(who).await;
                }
            })
        });
        for player in players {
            player.await;
        }
        assert_eq!(turn.passes.load(Ordering::Acquire), 2 * TURNS);
        2 * TURNS
    })
    .await
}
