//! `Lock`: one at a time, and it always comes back.

use std::sync::Arc;

use evenkeel::Lock;
use evenkeel::testing::schedules;

use crate::SEEDS;
use crate::crowd::{Census, Draw, bounded, crowd, pause};

#[test]
fn each_addition_counts() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let (lock, holders, added) = (Arc::new(Lock::new(0)), Census::default(), Census::default());
        crowd(&mut draw, 5, 5, |_, mut draw| {
            let (lock, holders, added) = (lock.clone(), holders.clone(), added.clone());
            async move {
                for _ in 0..3 {
                    let guard = match draw.below(5) {
                        0 => lock.try_lock_owned(),
                        1 | 2 => bounded(&mut draw, lock.lock_owned()).await,
                        _ => {
                            let Some(mut guard) = bounded(&mut draw, lock.lock()).await else {
                                continue;
                            };
                            *guard += 1;
                            drop(added.enter());
                            None
                        }
                    };
                    let Some(mut guard) = guard else { continue };
                    let _alone = holders.enter();
                    let seen = *guard;
                    pause(&mut draw).await;
                    assert_eq!((holders.alive(), *guard), (1, seen), "somebody else is inside");
                    *guard = seen + 1;
                    drop(added.enter());
                }
            }
        })
        .await;
        assert_eq!((lock.is_locked(), lock.statistics().waiting), (false, 0));
        assert_eq!(*lock.try_lock().expect("nobody holds it"), added.ever());
    });
}

#[test]
fn philosophers_who_give_up_all_eat() {
    const SEATS: usize = 4;
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let forks: Arc<[Lock<()>; SEATS]> = Arc::new([(); SEATS].map(Lock::new));
        let meals = crowd(&mut draw, SEATS, 0, |seat, mut draw| {
            let forks = forks.clone();
            async move {
                let (left, right) = (&forks[seat], &forks[(seat + 1) % SEATS]);
                loop {
                    let left = left.lock().await;
                    pause(&mut draw).await;
                    // Each has a patience of its own, or they would give up together for ever.
                    let patience = std::time::Duration::from_millis(1 + draw.below(20));
                    if let Ok(right) = evenkeel::timeout(patience, right.lock()).await {
                        pause(&mut draw).await;
                        drop((left, right));
                        return;
                    }
                }
            }
        })
        .await;
        assert_eq!(meals.len(), SEATS);
        assert!(forks.iter().all(|fork| !fork.is_locked()));
    });
}
