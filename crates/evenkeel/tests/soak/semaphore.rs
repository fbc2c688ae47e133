//! `Semaphore` and `BoundedSemaphore`: never more inside than there are permits, and all come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use evenkeel::testing::schedules;
use evenkeel::{BoundedSemaphore, Semaphore};

use crate::SEEDS;
use crate::crowd::{Draw, bounded, crowd, pause};

const PERMITS: usize = 3;

/// Counts permits that are out, for as long as one is held.
struct Inside(Arc<AtomicUsize>, usize);

impl Inside {
    fn enter(inside: &Arc<AtomicUsize>, permits: usize) -> Inside {
        let before = inside.fetch_add(permits, Ordering::Relaxed);
        assert!(before + permits <= PERMITS, "more inside than there are permits");
        Inside(inside.clone(), permits)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.fetch_sub(self.1, Ordering::Relaxed);
    }
}

#[test]
fn permits_come_back() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let (semaphore, inside) = (Arc::new(Semaphore::new(PERMITS)), Arc::default());
        crowd(&mut draw, 6, 6, |_, mut draw| {
            let (semaphore, inside) = (semaphore.clone(), Arc::clone(&inside));
            async move {
                for _ in 0..3 {
                    let n = 1 + draw.place(PERMITS);
                    let permit = match draw.below(4) {
                        0 => semaphore.try_acquire_many_owned(n),
                        1 => bounded(&mut draw, semaphore.acquire_owned()).await,
                        _ => bounded(&mut draw, semaphore.acquire_many_owned(n)).await,
                    };
                    let Some(permit) = permit else { continue };
                    let entered = Inside::enter(&inside, permit.permits());
                    pause(&mut draw).await;
                    drop(entered);
                    if draw.one_in(3) {
                        // As good as dropping it.
                        let n = permit.permits();
                        permit.forget();
                        semaphore.add_permits(n);
                    }
                }
            }
        })
        .await;
        assert_eq!((semaphore.available(), semaphore.statistics().waiting), (PERMITS, 0));
    });
}

#[test]
fn bounded_permits_come_back_and_no_more() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let (semaphore, inside) = (Arc::new(BoundedSemaphore::new(PERMITS)), Arc::default());
        crowd(&mut draw, 6, 6, |_, mut draw| {
            let (semaphore, inside) = (semaphore.clone(), Arc::clone(&inside));
            async move {
                for _ in 0..3 {
                    let n = 1 + draw.place(PERMITS);
                    let permit = match draw.below(4) {
                        0 => semaphore.try_acquire_many(n),
                        1 => bounded(&mut draw, semaphore.acquire()).await,
                        _ => bounded(&mut draw, semaphore.acquire_many(n)).await,
                    };
                    let Some(permit) = permit else { continue };
                    let _entered = Inside::enter(&inside, permit.permits());
                    pause(&mut draw).await;
                }
            }
        })
        .await;
        assert_eq!((semaphore.available(), semaphore.statistics().waiting), (PERMITS, 0));
        assert!(semaphore.add_permits(1).is_err());
    });
}
