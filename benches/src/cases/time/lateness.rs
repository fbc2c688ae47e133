//! How late a sleep ends.

use std::time::{Duration, Instant};

use crate::cases::Work;
use crate::measure::{Cost, Latency, Length, Start};
use crate::rt::Rt;

/// Of the smallest piece.
const SLEEPS: u64 = 10;

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
        let begin = Instant::now();
        R::sleep(time).await;
        // Panics on a sleep that ends too early.
        let over = begin.elapsed().checked_sub(time).expect("a sleep is over too early");
        late.push(over.as_nanos() as u64);
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
