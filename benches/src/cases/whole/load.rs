//! Under load: who is late, and who stands idle.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::cases::Work;
use crate::cases::time::late;
use crate::measure::{Cost, Latency, Length, Start, repeat};
use crate::rt::Rt;

/// Tasks that never wait, and the steps of each before it yields: not quite a microsecond.
const BUSY: u64 = 1000;
const STEPS: u64 = 600;

/// What a ticker sleeps for.
const TICK: Duration = Duration::from_millis(1);

/// One in a hundred needs a few hundred ticks to be seen.
const TICKING: Duration = Duration::from_millis(400);

/// Ticks of the smallest piece.
const TICKS: usize = 5;

/// Tickers beside a task that blocks, for how long, and how often.
const TICKERS: u64 = 10;
const BLOCKED: Duration = Duration::from_millis(100);
const BLOCKS: u64 = 3;
const BETWEEN: Duration = Duration::from_millis(10);

/// Tasks to be shared by the threads, and the steps of each.
const SHARED: u64 = 200;
const LONG: u64 = 13_000;

/// So many steps of which each needs the one before.
fn work_for(steps: u64) -> u64 {
    let mut state = black_box(1_u64);
    for _ in 0..steps {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(steps);
    }
    black_box(state)
}

pub(in crate::cases) async fn ticker<R: Rt>(work: Work) -> Cost {
    let over = Arc::new(AtomicBool::new(false));
    let busy = |over: Arc<AtomicBool>| async move {
        // Relaxed: nothing but the end is told.
        while !over.load(Ordering::Relaxed) {
            work_for(STEPS);
            R::yield_now().await;
        }
    };
    let tasks: Vec<_> = (0..BUSY).map(|_| R::spawn(busy(over.clone()))).collect();
    let start = Start::now();
    let mut ticks = Vec::new();
    loop {
        ticks.push(late::<R>(TICK).await);
        let enough = match work.length {
            Length::Time(time) => start.wall() >= time.max(TICKING),
            Length::Once => ticks.len() >= TICKS,
            Length::Pieces(pieces) => ticks.len() >= TICKS * pieces as usize,
        };
        if enough {
            break;
        }
    }
    let cost = start.cost(ticks.len() as u64);
    over.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await;
    }
    worst(ticks, cost)
}

/// An operation is a block that the tickers lived through.
pub(in crate::cases) async fn blocked<R: Rt>(work: Work) -> Cost {
    let (blocks, time) = match work.length {
        Length::Once => (1, BLOCKED / 10),
        _ => (BLOCKS, BLOCKED),
    };
    let over = Arc::new(AtomicBool::new(false));
    let tick = |over: Arc<AtomicBool>| async move {
        let mut ticks = Vec::new();
        while !over.load(Ordering::Relaxed) {
            ticks.push(late::<R>(TICK).await);
        }
        ticks
    };
    let tickers: Vec<_> = (0..TICKERS).map(|_| R::spawn(tick(over.clone()))).collect();
    let start = Start::now();
    for _ in 0..blocks {
        R::sleep(BETWEEN).await;
        R::spawn(async move { std::thread::sleep(time) }).await;
    }
    let cost = start.cost(blocks);
    over.store(true, Ordering::Relaxed);
    let mut ticks = Vec::new();
    for ticker in tickers {
        ticks.extend(ticker.await);
    }
    worst(ticks, cost)
}

/// What counts is the wall: with both threads at work it takes half as long.
pub(in crate::cases) async fn steal<R: Rt>(work: Work) -> Cost {
    let expected = work_for(LONG);
    let cost = repeat(work.length, || async {
        let tasks: Vec<_> = (0..SHARED).map(|_| R::spawn(async { work_for(LONG) })).collect();
        for task in tasks {
            assert_eq!(task.await, expected);
        }
        SHARED
    })
    .await;
    Cost { late_ns: Some(cost.wall_ns / cost.ops), ..cost }
}

fn worst(late: Vec<u64>, cost: Cost) -> Cost {
    let latency = Latency::of(late);
    Cost { late_ns: Some(latency.p99), latency: Some(latency), ..cost }
}
