//! `watch`: values are seen in order, some are skipped, and the last one never is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use evenkeel::testing::schedules;
use evenkeel::{create_task, watch};

use crate::SEEDS;
use crate::crowd::{Draw, bounded, harass, outcomes, pause, start};

#[test]
fn the_last_value_is_seen_by_all() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let (sender, receiver) = watch(0_u64);
        let last = Arc::new(AtomicU64::new(0));
        let readers = start(&mut draw, 4, |_, mut draw| {
            let mut receiver = receiver.clone();
            async move {
                let mut seen = 0;
                loop {
                    let over = match draw.below(4) {
                        0 => {
                            let wanted = seen + 1;
                            let waits = receiver.wait_for(|value| *value >= wanted);
                            bounded(&mut draw, waits).await.is_some_and(|value| value.is_err())
                        }
                        1 => receiver.has_changed().is_err(),
                        _ => bounded(&mut draw, receiver.changed())
                            .await
                            .is_some_and(|it| it.is_err()),
                    };
                    let value = *receiver.borrow_and_update();
                    assert!(value >= seen, "{value} after {seen}");
                    seen = value;
                    if over {
                        return seen;
                    }
                    evenkeel::sleep(draw.ms()).await;
                }
            }
        });
        drop(receiver);
        let (mut own, told) = (draw.fork(), last.clone());
        let writer = create_task(async move {
            for value in 1..=5 {
                pause(&mut own).await;
                let went = match own.below(3) {
                    0 => sender.send_if_modified(|held| {
                        *held = value;
                        true
                    }),
                    1 => {
                        sender.send_modify(|held| *held = value);
                        true
                    }
                    _ => sender.send(value).is_ok(),
                };
                if went {
                    told.store(value, Ordering::Relaxed);
                }
            }
            if own.one_in(2) {
                let _ = bounded(&mut own, evenkeel::timeout(own_patience(), sender.closed())).await;
            }
        });
        let leaving = draw.place(4);
        harass(&mut draw, &readers[..leaving]).await;
        if draw.one_in(3) {
            harass(&mut draw, std::slice::from_ref(&writer)).await;
        }
        outcomes(vec![writer]).await;
        let last = last.load(Ordering::Relaxed);
        assert!(outcomes(readers).await.into_iter().flatten().all(|seen| seen == last));
    });
}

/// The readers wait for the writer's end, so it does not wait for theirs for ever.
fn own_patience() -> std::time::Duration {
    std::time::Duration::from_millis(20)
}
