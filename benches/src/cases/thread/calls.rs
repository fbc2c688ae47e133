//! Calls on threads.

use std::hint::black_box;

use crate::cases::Work;
use crate::measure::{Cost, repeat};
use crate::rt::Threads;

/// Calls of a piece, one after the other or together.
const CALLS: u64 = 100;

pub(in crate::cases) async fn one<R: Threads>(work: Work) -> Cost {
    repeat(work.length, || async {
        for n in 0..CALLS {
            assert_eq!(R::to_thread(move || black_box(n) + 1).await, n + 1);
        }
        CALLS
    })
    .await
}

pub(in crate::cases) async fn batch<R: Threads>(work: Work) -> Cost {
    repeat(work.length, || async {
        let calls: Vec<_> = (0..CALLS).map(|n| R::to_thread(move || black_box(n) + 1)).collect();
        let mut sum = 0;
        for call in calls {
            sum += call.await;
        }
        assert_eq!(sum, CALLS * (CALLS + 1) / 2);
        CALLS
    })
    .await
}
