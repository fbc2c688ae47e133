//! `Barrier`: generations that do not overtake each other, and a way out when it breaks.

use std::sync::{Arc, Mutex};

use evenkeel::testing::schedules;
use evenkeel::{Barrier, timeout};

use crate::SEEDS;
use crate::crowd::{Draw, bounded, harass, outcomes, pause, start};

#[test]
fn each_generation_has_each_index_once() {
    const PARTIES: usize = 4;
    const ROUNDS: usize = 4;
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let barrier = Arc::new(Barrier::new(PARTIES));
        let passed = Arc::new(Mutex::new([[0; PARTIES]; ROUNDS]));
        let tasks = start(&mut draw, PARTIES, |_, mut draw| {
            let (barrier, passed) = (barrier.clone(), passed.clone());
            async move {
                for round in 0..ROUNDS {
                    pause(&mut draw).await;
                    // A timeout loses no value that is there: who gives up was not let go.
                    let index = loop {
                        let patience = draw.ms() + draw.ms();
                        match timeout(patience, barrier.wait()).await {
                            Ok(index) => break index.expect("nobody breaks it"),
                            Err(_) if draw.one_in(2) => {
                                break barrier.wait().await.expect("nobody breaks it");
                            }
                            Err(_) => {}
                        }
                    };
                    passed.lock().unwrap()[round][index] += 1;
                }
            }
        });
        outcomes(tasks).await;
        assert_eq!(*passed.lock().unwrap(), [[1; PARTIES]; ROUNDS]);
        assert_eq!(barrier.n_waiting(), 0);
    });
}

#[test]
fn a_broken_barrier_keeps_nobody() {
    const PARTIES: usize = 3;
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let barrier = Arc::new(Barrier::new(PARTIES));
        let passed = Arc::new(Mutex::new([0_u64; PARTIES]));
        let tasks = start(&mut draw, 5, |_, mut draw| {
            let (barrier, passed) = (barrier.clone(), passed.clone());
            async move {
                for _ in 0..3 {
                    if let Some(Ok(index)) = bounded(&mut draw, barrier.wait()).await {
                        passed.lock().unwrap()[index] += 1;
                    }
                }
            }
        });
        for _ in 0..draw.below(3) {
            pause(&mut draw).await;
            if draw.one_in(3) { barrier.abort() } else { barrier.reset() }
        }
        harass(&mut draw, &tasks).await;
        pause(&mut draw).await;
        barrier.abort();
        outcomes(tasks).await;
        assert!(barrier.is_broken());
        assert_eq!(barrier.n_waiting(), 0);
        let trips = barrier.statistics().trips;
        assert!(passed.lock().unwrap().iter().all(|&times| times <= trips), "an index was doubled");
        barrier.reset();
        let again = start(&mut draw, PARTIES, |_, _| {
            let barrier = barrier.clone();
            async move { barrier.wait().await.expect("it is whole") }
        });
        let sum: usize = outcomes(again).await.into_iter().flatten().sum();
        assert_eq!(sum, (0..PARTIES).sum());
    });
}
