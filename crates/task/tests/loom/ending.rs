//! Models of the end of a home: whoever is there is asked to end, once, and so is whoever comes.

use std::sync::Arc;
use std::task::Waker;

use evenkeel_task::model::EndingHome;
use loom::sync::atomic::Ordering;
use loom::thread;

use crate::Count;

/// A task is spawned by `spawn` on another thread while this one winds down; how often it was asked to end.
fn asked(spawn: impl FnOnce(EndingHome, &Waker) + 'static) -> usize {
    let home = EndingHome::default();
    let count = Arc::new(Count::default());
    let waker = Arc::new(Waker::from(Arc::clone(&count)));
    let (its_home, its_waker) = (home.clone(), Arc::clone(&waker));
    let spawner = thread::spawn(move || spawn(its_home, &its_waker));
    home.wind_down();
    spawner.join().unwrap();
    count.0.load(Ordering::Acquire)
}

// Weakened: the fence taken from `Home::wind_down` or from `Home::ask_if_ending`: nobody asks the task. The
// `Release` taken from `Slot::open`: the walk takes what was in the slot before for the task's cell (a crash).
#[test]
fn spawn_against_the_end() {
    loom::model(|| {
        let asked = asked(|home, waker| home.spawn_from_outside(waker, false));
        assert_eq!(asked, 1, "once, by the walk or by its spawner");
    });
}

// Weakened: a worker that leaves the walk to others: nobody asks the task.
#[test]
fn a_workers_spawn_against_the_end() {
    loom::model(|| {
        let asked = asked(|home, waker| {
            home.spawn_as_worker(waker);
            home.wind_down();
        });
        assert_eq!(asked, 1, "once, by a walk or by its spawner");
    });
}

#[test]
fn spawn_of_shielded_work_against_the_end() {
    loom::model(|| {
        let asked = asked(|home, waker| home.spawn_from_outside(waker, true));
        assert_eq!(asked, 0);
    });
}
