//! Calls on threads.

use std::hint::black_box;

use crate::measure::{Cost, Length, repeat};
use crate::rt::Rt;

/// Calls of a piece, one after the other or together.
const CALLS: u64 = 100;

pub(super) async fn one<R: Rt>(length: Length) -> Cost {
    repeat(length, || async {
        for n in 0..CALLS {
            assert_eq!(R::to_thread(move || black_box(n) + 1).await, n + 1);
        }
        CALLS
    })
    .await
}

pub(super) async fn batch<R: Rt>(length: Length) -> Cost {
    repeat(length, || async {
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
