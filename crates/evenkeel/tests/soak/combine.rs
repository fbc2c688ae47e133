//! `gather`, `try_gather`, `race`, `wait`, `as_completed`: who is waited for has ended, who lost is gone.

use evenkeel::testing::schedules;
use evenkeel::{
    Raced, Task, Waited, as_completed, create_task, gather, race, race_staggered, try_gather, wait,
    wait_mut,
};

use crate::SEEDS;
use crate::crowd::{Census, Draw, bounded, crowd, harass, pause};

/// Tasks that answer their number, after a while.
fn runners(draw: &mut Draw, count: usize, alive: &Census) -> Vec<Task<usize>> {
    crate::crowd::start(draw, count, |n, mut draw| {
        let alive = alive.clone();
        async move {
            let _here = alive.enter();
            pause(&mut draw).await;
            pause(&mut draw).await;
            n
        }
    })
}

#[test]
fn all_are_gathered_in_order() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let alive = Census::default();
        crowd(&mut draw, 2, 2, |_, mut draw| {
            let alive = alive.clone();
            async move {
                let tasks = runners(&mut draw, 4, &alive);
                if draw.one_in(2) {
                    if let Some(values) = bounded(&mut draw, gather(tasks)).await {
                        assert_eq!(values, [0, 1, 2, 3]);
                    }
                    return;
                }
                harass(&mut draw, &tasks).await;
                let joins: Vec<_> = tasks.into_iter().map(Task::join).collect();
                if let Some(ends) = bounded(&mut draw, gather(joins)).await {
                    let values = ends.into_iter().enumerate();
                    assert!(values.into_iter().all(|(n, end)| end.is_err() || end.unwrap() == n));
                }
            }
        })
        .await;
        assert_eq!(alive.alive(), 0);
    });
}

#[test]
fn at_the_first_error_the_others_are_gone() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let alive = Census::default();
        let children: Vec<_> = (0..4)
            .map(|n| {
                let (mut draw, alive) = (draw.fork(), alive.clone());
                create_task(async move {
                    let _here = alive.enter();
                    pause(&mut draw).await;
                    if draw.one_in(4) { Err(n) } else { Ok(n) }
                })
            })
            .collect();
        match bounded(&mut draw, try_gather(children)).await {
            Some(Ok(values)) => assert_eq!(values, [0, 1, 2, 3]),
            Some(Err(_)) => assert_eq!(alive.alive(), 0, "the others have ended before"),
            None => {}
        }
        evenkeel::testing::wait_all_blocked().await;
        assert_eq!(alive.alive(), 0);
    });
}

#[test]
fn one_wins_and_the_losers_are_gone() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let alive = Census::default();
        for _ in 0..2 {
            // Of this race: those of one that was dropped may still be ending.
            let alive = Census::default();
            let tasks = runners(&mut draw, 3, &alive);
            if let Some(Raced { index, value }) = bounded(&mut draw, race(tasks)).await {
                assert_eq!(index, value);
                assert_eq!(alive.alive(), 0, "the losers have ended before");
            }
        }
        let attempts = (0..3).map(|n| {
            let (mut draw, here) = (draw.fork(), alive.clone());
            async move {
                let _here = here.enter();
                pause(&mut draw).await;
                if draw.one_in(2) { Ok(n) } else { Err(n) }
            }
        });
        let attempts: Vec<_> = attempts.collect();
        match race_staggered(attempts, draw.ms()).await {
            Ok(Raced { index, value }) => assert_eq!(index, value),
            Err(errors) => assert_eq!(errors.len(), 3),
        }
        evenkeel::testing::wait_all_blocked().await;
        assert_eq!(alive.alive(), 0);
    });
}

#[test]
fn who_is_done_is_told_from_who_goes_on() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let alive = Census::default();
        let mut tasks = runners(&mut draw, 4, &alive);
        let ended = bounded(&mut draw, wait_mut(&mut tasks).first_completed()).await;
        assert!(ended.is_none_or(|ended| !ended.done.is_empty()));
        let mut seen = Vec::new();
        while !tasks.is_empty() {
            harass(&mut draw, &tasks).await;
            let limit = draw.ms();
            let Waited { done, pending } = wait(tasks).first_completed().timeout(limit).await;
            assert!(!done.is_empty() || !pending.is_empty());
            seen.extend(done.into_iter().map(|done| done.outcome().ok()));
            tasks = pending;
            pause(&mut draw).await;
        }
        assert_eq!((seen.len(), alive.alive()), (4, 0));
        let mut values: Vec<_> = seen.into_iter().flatten().collect();
        values.sort_unstable();
        assert!(values.is_sorted_by(|a, b| a < b), "{values:?}: one came twice");
    });
}

#[test]
fn each_comes_once_as_it_is_completed() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let alive = Census::default();
        let tasks = runners(&mut draw, 4, &alive);
        harass(&mut draw, &tasks).await;
        let mut ends = as_completed(tasks);
        let (mut count, mut values) = (0, Vec::new());
        while let Some(done) = ends.next().await {
            count += 1;
            values.extend(done.outcome().ok());
            pause(&mut draw).await;
        }
        values.sort_unstable();
        assert!(values.is_sorted_by(|a, b| a < b), "{values:?}: one came twice");
        assert_eq!((count, alive.alive()), (4, 0));
        let shared = runners(&mut draw, 1, &alive).remove(0).shared();
        let heard = crowd(&mut draw, 3, 2, |_, mut draw| {
            let shared = shared.clone();
            async move { bounded(&mut draw, shared).await }
        });
        assert_eq!(heard.await.len(), 3);
    });
}
