//! The barrier's races: who trips it, while one gives up, comes early, or breaks it.

use std::sync::Arc;

use evenkeel_sync::Barrier;
use loom::thread;

use crate::{Watched, block_on, give_up, poll};

/// Two meet twice: each sees what the other did before, and each generation has both indices.
/// Caught: the one who trips it not serving the line.
#[test]
fn two_generations_of_two() {
    loom::model(|| {
        let shared = Arc::new((Barrier::new(2), [Watched::new(), Watched::new()]));
        let both = |me: usize, shared: &(Barrier, [Watched; 2])| {
            shared.1[me].add(1);
            let first = block_on(shared.0.wait()).unwrap();
            assert_eq!(shared.1[1 - me].get(), 1);
            (first, block_on(shared.0.wait()).unwrap())
        };
        let other = {
            let shared = shared.clone();
            thread::spawn(move || both(1, &shared))
        };
        let mine = both(0, &shared);
        let theirs = other.join().unwrap();
        assert_eq!((mine.0 + theirs.0, mine.1 + theirs.1), (1, 1));
        assert_eq!(shared.0.statistics().leaving, 0);
    });
}

/// One gives up just as the barrier trips, or before: its place is either used up or taken by
/// another, and the barrier stands as before. Caught: `give_back` not counting it as gone; the one
/// who trips it not serving the line.
#[test]
fn a_trip_against_a_waiter_that_gives_up() {
    loom::model(|| {
        let barrier = Arc::new(Barrier::new(2));
        let mut quitter = Box::pin({
            let barrier = barrier.clone();
            async move { barrier.wait().await }
        });
        assert!(poll(quitter.as_mut()).is_pending());
        let other = {
            let barrier = barrier.clone();
            thread::spawn(move || {
                let tripped = give_up(barrier.wait(), 1).is_some();
                assert_eq!(tripped, barrier.statistics().trips == 1);
            })
        };
        drop(quitter);
        other.join().unwrap();
        let statistics = barrier.statistics();
        assert_eq!((statistics.waiting, statistics.leaving), (0, 0));
        let mut next = Box::pin(barrier.wait());
        assert!(poll(next.as_mut()).is_pending());
        assert_eq!(block_on(barrier.wait()), Ok(1));
        assert_eq!(block_on(next), Ok(0));
    });
}

/// The last of a generation goes away while two come early: they are let go then, and not before.
/// Caught: `arrive` not asking whether the last generation has gone; `passed` not asking
/// for those in line to be served.
#[test]
fn the_last_to_leave_against_early_ones() {
    loom::model(|| {
        let shared = Arc::new((Barrier::new(2), Watched::new()));
        let mut last = Box::pin({
            let shared = shared.clone();
            async move { shared.0.wait().await }
        });
        assert!(poll(last.as_mut()).is_pending());
        assert!(give_up(shared.0.wait(), 1).is_some(), "tripped");
        let early = |shared: &(Barrier, Watched)| {
            let index = block_on(shared.0.wait()).unwrap();
            assert_eq!(shared.1.get(), 1, "one of the last generation is still here");
            index
        };
        let other = {
            let shared = shared.clone();
            thread::spawn(move || early(&shared))
        };
        let leaver = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.1.add(1);
                drop(last);
            })
        };
        assert_eq!(early(&shared) + other.join().unwrap(), 1);
        leaver.join().unwrap();
        assert_eq!(shared.0.statistics().leaving, 0);
    });
}

/// A reset meets two who come: both pass, or one is told that it broke and the other is still
/// alone. Caught: `serve` looking for those refused before those let go.
#[test]
fn reset_against_the_trip() {
    loom::model(|| {
        let barrier = Arc::new(Barrier::new(2));
        let mut first = Box::pin(barrier.wait());
        assert!(poll(first.as_mut()).is_pending());
        let second = {
            let barrier = barrier.clone();
            thread::spawn(move || give_up(barrier.wait(), 1))
        };
        let reset = {
            let barrier = barrier.clone();
            thread::spawn(move || barrier.reset())
        };
        let outcome = block_on(first);
        match second.join().unwrap() {
            Some(index) => assert_eq!((outcome, index), (Ok(0), Ok(1))),
            None => assert!(outcome.is_err()),
        }
        reset.join().unwrap();
        assert_eq!((barrier.n_waiting(), barrier.is_broken()), (0, false));
    });
}
