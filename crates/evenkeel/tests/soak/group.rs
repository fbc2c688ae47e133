//! `TaskGroup` and `LocalGroup`: when the scope is over nobody is left, and no error is lost.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use evenkeel::testing::schedules;
use evenkeel::{LocalGroup, Nested, TaskGroup, create_task, timeout};

use crate::SEEDS;
use crate::crowd::{Census, Draw, bounded, harass, outcomes, pause};

type Errors = Arc<Mutex<Vec<u64>>>;

/// A child: pauses, perhaps starts siblings, and fails perhaps.
fn child(
    mut draw: Draw,
    group: TaskGroup<u64>,
    alive: Census,
    errors: Errors,
    depth: u64,
) -> Pin<Box<dyn Future<Output = Result<(), u64>> + Send>> {
    Box::pin(async move {
        let _here = alive.enter();
        pause(&mut draw).await;
        if depth < 2 && draw.one_in(3) {
            let (own, alive, errors) = (draw.fork(), alive.clone(), errors.clone());
            drop(group.create_task(child(own, group.clone(), alive, errors, depth + 1)));
        }
        pause(&mut draw).await;
        if draw.one_in(6) {
            let error = draw.below(1 << 30);
            errors.lock().unwrap().push(error);
            return Err(error);
        }
        Ok(())
    })
}

#[test]
fn no_child_outlives_its_scope_and_no_error_is_lost() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let (alive, errors) = (Census::default(), Errors::default());
        let ended = TaskGroup::<u64>::scope(async |group| {
            if draw.one_in(3) {
                group.limit(1 + draw.place(3));
            }
            let mut children = Vec::new();
            for _ in 0..4 {
                let own = child(draw.fork(), group.clone(), alive.clone(), errors.clone(), 0);
                children.push(group.create_task(own));
            }
            pause(&mut draw).await;
            match draw.below(6) {
                0 => {
                    children[draw.place(4)].cancel();
                }
                1 => {
                    group.cancel();
                }
                2 => {
                    for child in &mut children {
                        let _ = bounded(&mut draw, child.join()).await;
                    }
                }
                3 => {
                    let here = alive.enter();
                    let started = group.start(|ready| async move {
                        let _here = here;
                        ready.set(7);
                        evenkeel::yield_now().await;
                    });
                    assert!(started.await.is_ok_and(|value| value == 7) || group.is_closed());
                }
                _ => {}
            }
            Ok(())
        })
        .await;
        assert_eq!(alive.alive(), 0, "a child outlived its scope");
        let mut told = ended.map_or_else(|error| error.into_errors(), |()| Vec::new());
        let mut errors = errors.lock().unwrap().clone();
        told.sort_unstable();
        errors.sort_unstable();
        assert_eq!(told, errors);
    });
}

#[test]
fn groups_within_groups_end_from_within() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let alive = Census::default();
        let (mut own, counted, fails, limit) =
            (draw.fork(), alive.clone(), draw.one_in(2), draw.ms());
        let outer = create_task(async move {
            let scope = TaskGroup::<u64>::scope(async |outer| {
                for n in 0..2 {
                    let (mut draw, alive) = (own.fork(), counted.clone());
                    // One of the two: the errors of a group that is cut short are told to the runner.
                    let fails = fails && n == 0;
                    outer.create_task(async move {
                        let _here = alive.enter();
                        let inner = TaskGroup::<u64>::scope(async |inner| {
                            for _ in 0..3 {
                                let (mut draw, here) = (draw.fork(), alive.clone());
                                inner.create_task(async move {
                                    let _here = here.enter();
                                    pause(&mut draw).await;
                                    if fails && draw.one_in(5) { Err(1) } else { Ok(()) }
                                });
                            }
                            pause(&mut draw).await;
                            Ok(())
                        })
                        .await;
                        assert!(alive.alive() > 0);
                        Nested(inner)
                    });
                }
                pause(&mut own).await;
                Ok(())
            });
            if fails {
                return scope.await.map_or_else(|errors| errors.len(), |()| 0);
            }
            let ended = timeout(limit, scope).await;
            assert_eq!(counted.alive(), 0, "a timeout waits for what it has cut short");
            usize::from(ended.is_ok_and(|ended| ended.is_err()))
        });
        if !fails {
            harass(&mut draw, std::slice::from_ref(&outer)).await;
        }
        let errors = outcomes(vec![outer]).await[0].unwrap_or(0);
        assert!(alive.alive() == 0 && (fails || errors == 0));
    });
}

#[test]
fn a_cancelled_task_takes_its_groups_along() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let alive = Census::default();
        let tasks = crate::crowd::start(&mut draw, 3, |_, mut draw| {
            let alive = alive.clone();
            async move {
                let _here = alive.enter();
                let _ = TaskGroup::<Infallible>::scope(async |group| {
                    for _ in 0..3 {
                        let (mut draw, alive) = (draw.fork(), alive.clone());
                        group.create_task(async move {
                            let _here = alive.enter();
                            pause(&mut draw).await;
                            pause(&mut draw).await;
                        });
                    }
                    pause(&mut draw).await;
                    Ok(())
                })
                .await;
            }
        });
        harass(&mut draw, &tasks).await;
        outcomes(tasks).await;
        assert_eq!(alive.alive(), 0, "a task was joined before its children were");
    });
}

#[test]
fn children_in_place_borrow_and_end() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let (alive, done) = (Census::default(), Census::default());
        // The errors of a group that is cut short would be told to the runner.
        let (mut limit, fails) = (draw.fork(), draw.one_in(2));
        let scope = LocalGroup::<u64>::scope(async |group| {
            if draw.one_in(3) {
                group.limit(1 + draw.place(2));
            }
            for _ in 0..4 {
                let (mut own, alive, done) = (draw.fork(), &alive, &done);
                group.create_task(async move {
                    let _here = alive.enter();
                    pause(&mut own).await;
                    let _ = bounded(&mut own, std::future::ready(())).await;
                    pause(&mut own).await;
                    drop(done.enter());
                    if fails && own.one_in(6) { Err(1_u64) } else { Ok(()) }
                });
            }
            pause(&mut draw).await;
            if draw.one_in(6) {
                group.cancel();
            }
            Ok(())
        });
        let ended = if fails { Some(scope.await) } else { bounded(&mut limit, scope).await };
        assert_eq!(alive.alive(), 0);
        if let Some(Err(errors)) = ended {
            assert!(!errors.is_empty());
            assert!(done.ever() >= errors.len());
        }
    });
}
