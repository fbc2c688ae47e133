//! `Once` and `OnceCell`: one initialiser at a time, one value for all, and a failure is passed on to nobody.

use std::sync::Arc;

use evenkeel::testing::schedules;
use evenkeel::{Once, OnceCell};

use crate::SEEDS;
use crate::crowd::{Census, Draw, bounded, crowd, pause};

#[test]
fn all_see_the_one_value() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let (cell, making, made) =
            (Arc::new(OnceCell::new()), Census::default(), Census::default());
        let seen = crowd(&mut draw, 6, 5, |n, mut draw| {
            let (cell, making, made) = (cell.clone(), making.clone(), made.clone());
            async move {
                let mut own = draw.fork();
                let fails = n != 5 && draw.one_in(3);
                let init = async || {
                    let _alone = making.enter();
                    assert_eq!(making.alive(), 1, "two initialisers at a time");
                    pause(&mut own).await;
                    if fails {
                        return Err(());
                    }
                    drop(made.enter());
                    Ok(n)
                };
                match draw.below(4) {
                    _ if n == 5 => cell.get_or_try_init(init).await.ok().copied(),
                    0 => bounded(&mut draw, cell.wait()).await.copied(),
                    _ => bounded(&mut draw, cell.get_or_try_init(init)).await?.ok().copied(),
                }
            }
        })
        .await;
        let value = *cell.get().expect("the last one is never stopped");
        assert!(seen.into_iter().flatten().flatten().all(|seen| seen == value));
        assert_eq!((made.ever(), making.alive()), (1, 0));
        assert_eq!(cell.statistics().waiting, 0);
    });
}

#[test]
fn it_is_called_to_its_end_once() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let (once, calls) = (Arc::new(Once::new()), Census::default());
        crowd(&mut draw, 5, 4, |n, mut draw| {
            let (once, calls) = (once.clone(), calls.clone());
            async move {
                let mut own = draw.fork();
                let call = async || {
                    pause(&mut own).await;
                    drop(calls.enter());
                };
                if n == 4 {
                    once.call(call).await;
                } else if draw.one_in(4) {
                    once.wait().await;
                } else {
                    let _ = bounded(&mut draw, once.call(call)).await;
                }
            }
        })
        .await;
        assert_eq!((once.is_done(), calls.ever()), (true, 1));
    });
}
