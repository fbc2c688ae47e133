//! Sleeps that end.

use std::pin::pin;
use std::time::Duration;

use futures_lite::future::poll_once;

use crate::cases::Work;
use crate::cases::chance::Chance;
use crate::measure::{Cost, Length, repeat, repeat_cold};
use crate::rt::Rt;

/// Tasks that sleep, and how often each does in a piece.
const TASKS: u64 = 1000;
const SLEEPS: u64 = 5;

/// Each task's sleeps are a little longer than the last one's.
const SLEEP: Duration = Duration::from_millis(1);
const MORE: Duration = Duration::from_micros(1);

/// Of a piece. Some round every sleep up to a tick of a millisecond, so there are few.
const NONE: u64 = 50;

/// So many timers end in a second, on the average.
const PER_SECOND: u64 = 1_000_000;

/// The shortest window in which they do.
const WINDOW: Duration = Duration::from_millis(5);

/// asyncio's `sleep(0)`, said with the runtime's sleep. Another timer is pending.
pub(in crate::cases) async fn sleep_0<R: Rt>(work: Work) -> Cost {
    let mut background = pin!(R::sleep(Duration::from_secs(3600)));
    assert!(poll_once(background.as_mut()).await.is_none());
    repeat(work.length, || async {
        for _ in 0..NONE {
            R::sleep(Duration::ZERO).await;
        }
        NONE
    })
    .await
}

pub(in crate::cases) async fn thousand<R: Rt>(work: Work) -> Cost {
    repeat(work.length, || async {
        let sleep = |n: u64| async move {
            for _ in 0..SLEEPS {
                R::sleep(SLEEP + MORE * n as u32).await;
            }
            SLEEPS
        };
        let tasks: Vec<_> = (0..TASKS).map(|n| R::spawn(sleep(n))).collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await;
        }
        sum
    })
    .await
}

/// The more there are, the longer the window: their density is the same.
pub(in crate::cases) async fn expiring<R: Rt>(work: Work) -> Cost {
    let count = work.size as u64;
    let window = WINDOW.max(Duration::from_nanos(count * 1_000_000_000 / PER_SECOND));
    let piece = || async {
        let mut chance = Chance::new();
        let tasks: Vec<_> =
            (0..count).map(|_| R::spawn(R::sleep(WINDOW + chance.up_to(window)))).collect();
        for task in tasks {
            task.await;
        }
        count
    };
    match work.length {
        Length::Time(time) if time < window => repeat_cold(work.length, piece).await,
        _ => repeat(work.length, piece).await,
    }
}
