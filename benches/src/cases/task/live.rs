//! Many live tasks: does what one costs depend on how many there are?

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use super::{spawn, turns};
use crate::cases::Work;
use crate::cases::latch::Latch;
use crate::measure::{Cost, Length, Start};
use crate::rt::Rt;

/// Turns counted by none, by all, no more turns.
const SETUP: u8 = 0;
const COUNTED: u8 = 1;
const OVER: u8 = 2;

struct Rounds {
    phase: AtomicU8,
    /// Turns a task takes at most.
    most: u64,
    taken: AtomicU64,
    begun: Latch,
    ended: Latch,
}

/// All of them take turns.
pub(in crate::cases) async fn turns<R: Rt>(work: Work) -> Cost {
    let tasks = work.size as u64;
    let rounds = Arc::new(Rounds {
        phase: AtomicU8::new(SETUP),
        most: match work.length {
            Length::Once => 1,
            Length::Pieces(pieces) => pieces,
            Length::Time(_) => u64::MAX,
        },
        taken: AtomicU64::new(0),
        begun: Latch::new(tasks),
        ended: Latch::new(tasks),
    });
    for _ in 0..tasks {
        R::spawn_detached(take_turns::<R>(rounds.clone()));
    }
    rounds.begun.opened().await;
    let start = Start::now();
    rounds.phase.store(COUNTED, Ordering::Relaxed);
    let mut cost = Cost::default();
    if let Length::Time(time) = work.length {
        while start.wall() < time {
            R::yield_now().await;
        }
        rounds.phase.store(OVER, Ordering::Relaxed);
        cost = start.cost(0);
    }
    rounds.ended.opened().await;
    if cost.wall_ns == 0 {
        cost = start.cost(0);
    }
    Cost { ops: rounds.taken.load(Ordering::Relaxed), ..cost }
}

async fn take_turns<R: Rt>(rounds: Arc<Rounds>) {
    let mut taken = 0;
    rounds.begun.arrive();
    while taken < rounds.most {
        R::yield_now().await;
        // Relaxed, both: a turn more or less beside the clock does not matter.
        match rounds.phase.load(Ordering::Relaxed) {
            SETUP => {}
            COUNTED => taken += 1,
            _ => break,
        }
    }
    rounds.taken.fetch_add(taken, Ordering::Relaxed);
    rounds.ended.arrive();
}

/// Two pass a turn, all others are parked.
pub(in crate::cases) async fn wake_among<R: Rt>(work: Work) -> Cost {
    park::<R>(work.size).await;
    turns::wake_pair::<R>(work).await
}

/// Tasks come and go, all others are parked.
pub(in crate::cases) async fn spawn_among<R: Rt>(work: Work) -> Cost {
    park::<R>(work.size).await;
    spawn::join::<R>(work).await
}

/// Spawns so many tasks that have been polled once, and stay.
pub(in crate::cases) async fn park<R: Rt>(count: usize) {
    let parked = Arc::new(Latch::new(count as u64));
    for _ in 0..count {
        let parked = parked.clone();
        R::spawn_detached(async move {
            parked.arrive();
            pending::<()>().await;
        });
    }
    parked.opened().await;
}
