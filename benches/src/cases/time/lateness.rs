//! How late a sleep ends.

use std::time::{Duration, Instant};

use crate::cases::Work;
use crate::cases::chance::Chance;
use crate::measure::{Cost, Latency, Length, Start};
use crate::rt::Rt;

/// Of the smallest piece.
const SLEEPS: u64 = 10;

/// So many sleeps of random length end in a second, and the shortest window for them.
const PER_SECOND: u64 = 100_000;
const SMALLEST: Duration = Duration::from_millis(5);

pub(in crate::cases) async fn sleep_1ms<R: Rt>(work: Work) -> Cost {
    alone::<R>(work.length, Duration::from_millis(1)).await
}

pub(in crate::cases) async fn sleep_100us<R: Rt>(work: Work) -> Cost {
    alone::<R>(work.length, Duration::from_micros(100)).await
}

/// One task that sleeps again and again, nothing else to do.
async fn alone<R: Rt>(length: Length, time: Duration) -> Cost {
    let mut late = Vec::new();
    let start = Start::now();
    loop {
        late.push(self::late::<R>(time).await);
        let over = match length {
            Length::Time(time) => start.wall() >= time,
            Length::Once => late.len() as u64 >= SLEEPS,
            Length::Pieces(pieces) => late.len() as u64 >= SLEEPS * pieces,
        };
        if over {
            break;
        }
    }
    let cost = start.cost(late.len() as u64);
    let latency = Latency::of(late);
    Cost { late_ns: Some(latency.p50), latency: Some(latency), ..cost }
}

/// Sleeps once, and tells by how many nanoseconds too long.
pub(in crate::cases) async fn late<R: Rt>(time: Duration) -> u64 {
    let begin = Instant::now();
    R::sleep(time).await;
    begin.elapsed().checked_sub(time).expect("a sleep is over too early").as_nanos() as u64
}

pub(in crate::cases) async fn random<R: Rt>(work: Work) -> Cost {
    many::<R>(work.length).await
}

pub(in crate::cases) async fn random_p99<R: Rt>(work: Work) -> Cost {
    let cost = many::<R>(work.length).await;
    Cost { late_ns: cost.latency.map(|latency| latency.p99), ..cost }
}

/// Tasks that sleep once each, their ends spread at random over the time asked for. None of them
/// ends before all are spawned, or the spawning would be what delays it.
async fn many<R: Rt>(length: Length) -> Cost {
    let window = match length {
        Length::Time(time) => time,
        Length::Once => SMALLEST,
        Length::Pieces(pieces) => SMALLEST * pieces as u32,
    };
    let count = PER_SECOND * window.as_nanos() as u64 / 1_000_000_000;
    let mut chance = Chance::new();
    let start = Start::now();
    let sleep = |_| R::spawn(late::<R>(window / 4 + chance.up_to(window)));
    let tasks: Vec<_> = (0..count).map(sleep).collect();
    let mut late = Vec::with_capacity(tasks.len());
    for task in tasks {
        late.push(task.await);
    }
    let cost = start.cost(count);
    let latency = Latency::of(late);
    Cost { late_ns: Some(latency.p50), latency: Some(latency), ..cost }
}
