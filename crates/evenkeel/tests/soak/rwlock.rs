//! `RwLock`: readers together, a writer alone, and nobody waits for a free lock.

use std::sync::Arc;

use evenkeel::RwLock;
use evenkeel::testing::schedules;

use crate::SEEDS;
use crate::crowd::{Census, Draw, bounded, crowd, pause};

#[test]
fn readers_see_no_write_and_no_write_is_lost() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let (lock, writers, written) =
            (Arc::new(RwLock::new(0)), Census::default(), Census::default());
        crowd(&mut draw, 6, 6, |_, mut draw| {
            let (lock, writers, written) = (lock.clone(), writers.clone(), written.clone());
            async move {
                for _ in 0..3 {
                    let write = match draw.below(8) {
                        0 => lock.try_write_owned(),
                        1 | 2 => bounded(&mut draw, lock.write_owned()).await,
                        3 => {
                            drop(lock.try_read());
                            None
                        }
                        4 => bounded(&mut draw, lock.write()).await.and_then(|mut guard| {
                            *guard += 1;
                            drop(written.enter());
                            None
                        }),
                        _ => {
                            if let Some(guard) = bounded(&mut draw, lock.read()).await {
                                let seen = *guard;
                                pause(&mut draw).await;
                                assert_eq!((writers.alive(), *guard), (0, seen));
                            }
                            None
                        }
                    };
                    let Some(mut guard) = write else { continue };
                    let alone = writers.enter();
                    let seen = *guard;
                    pause(&mut draw).await;
                    assert_eq!((writers.alive(), *guard), (1, seen));
                    *guard = seen + 1;
                    drop((alone, written.enter()));
                    if draw.one_in(2) {
                        let guard = guard.downgrade();
                        pause(&mut draw).await;
                        assert_eq!(*guard, seen + 1, "nobody writes in between");
                    }
                }
            }
        })
        .await;
        assert_eq!(lock.statistics().waiting, 0);
        assert_eq!(*lock.try_write().expect("nobody holds it"), written.ever());
    });
}
