//! Scopes, `defer` and `shield`: told "cancelled" means gone, and what must be seen to its end is.

use std::sync::{Arc, Mutex};

use evenkeel::testing::schedules;
use evenkeel::{CancelScope, create_task, defer, shield, timeout};

use crate::SEEDS;
use crate::crowd::{Census, Draw, bounded, crowd, outcomes, pause};

#[test]
fn each_clean_up_runs_once_and_the_last_comes_first() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let (registered, ran) = (Census::default(), Census::default());
        crowd(&mut draw, 4, 4, |_, mut draw| {
            let (registered, ran) = (registered.clone(), ran.clone());
            async move {
                let order = Arc::<Mutex<Vec<u64>>>::default();
                let mut own = draw.fork();
                let body = async {
                    for n in 0..3 {
                        let (order, ran, mut late) = (order.clone(), ran.clone(), own.fork());
                        drop(registered.enter());
                        defer(async move {
                            pause(&mut late).await;
                            order.lock().unwrap().push(n);
                            drop(ran.enter());
                        });
                        pause(&mut own).await;
                    }
                };
                match draw.below(3) {
                    0 => drop(timeout(draw.ms(), body).await),
                    1 => drop(CancelScope::within(draw.ms()).run(body).await),
                    _ => return body.await, // The task's own: it is done only after them.
                }
                let order = order.lock().unwrap();
                assert!(order.is_sorted_by(|a, b| a > b), "{order:?}: the last comes first");
            }
        })
        .await;
        assert_eq!(registered.ever(), ran.ever());
    });
}

#[test]
fn shielded_work_is_done_when_its_task_is() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let (begun, done) = (Census::default(), Census::default());
        crowd(&mut draw, 4, 4, |_, mut draw| {
            let (begun, done) = (begun.clone(), done.clone());
            async move {
                for _ in 0..2 {
                    let (mut own, begun, done) = (draw.fork(), begun.clone(), done.clone());
                    let work = async move {
                        drop(begun.enter());
                        pause(&mut own).await;
                        pause(&mut own).await;
                        drop(done.enter());
                    };
                    let _ = bounded(&mut draw, shield(work)).await;
                    pause(&mut draw).await;
                }
            }
        })
        .await;
        assert_eq!(begun.ever(), done.ever(), "shielded work was cut short, or left behind");
    });
}

#[test]
fn a_cancelled_family_is_gone() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let (root, alive) = (CancelScope::new(), Census::default());
        let (remote, mut own) = (root.clone(), draw.fork());
        let canceller = create_task(async move {
            pause(&mut own).await;
            pause(&mut own).await;
            remote.cancel();
        });
        let ends = crowd(&mut draw, 4, 2, |n, mut draw| {
            let (scope, alive) =
                (if n % 2 == 0 { root.clone() } else { root.child() }, alive.clone());
            async move {
                let within = scope.child();
                let here = alive.clone();
                let ended = scope
                    .run(async {
                        let _here = here.enter();
                        let task = create_task({
                            let (mut own, here) = (draw.fork(), here.clone());
                            async move {
                                let _here = here.enter();
                                pause(&mut own).await;
                                pause(&mut own).await;
                            }
                        });
                        let _ = within.run(pause(&mut draw)).await;
                        let _ = task.join().await;
                    })
                    .await;
                if ended.is_err() {
                    assert!(scope.is_cancelled() && within.is_cancelled());
                }
                ended.is_ok()
            }
        })
        .await;
        assert_eq!((ends.len(), alive.alive()), (4, 0));
        outcomes(vec![canceller]).await;
        assert!(root.run(pause(&mut draw)).await.is_err(), "it stays cancelled");
        assert_eq!((root.statistics().waiting, alive.alive()), (0, 0));
    });
}

#[test]
fn the_value_that_is_there_wins() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let given = crowd(&mut draw, 4, 0, |_, mut draw| async move {
            let (sender, receiver) = evenkeel::oneshot();
            let (at, limit) = (draw.ms(), draw.ms());
            let giver = create_task(async move {
                evenkeel::sleep(at).await;
                sender.send(1).is_ok()
            });
            let got = timeout(limit, receiver).await;
            let sent = giver.await;
            assert!(at >= limit || matches!(got, Ok(Ok(1))), "it came in time");
            // Sent to somebody who had gone would have been refused.
            assert_eq!(matches!(got, Ok(Ok(1))), sent);
        })
        .await;
        assert_eq!(given.into_iter().flatten().count(), 4);
    });
}
