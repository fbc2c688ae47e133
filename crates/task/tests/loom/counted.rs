//! Models of a home's counts: in advance, at desks, and lent by a task.

use std::sync::Arc;

use evenkeel_task::Parker;
use evenkeel_task::model::{CountedValue, InAdvance, Outside, Sleepers, keep_for};
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::thread;

/// Tells, when it is dropped, whether the last write to it was seen.
struct Telling {
    written: AtomicUsize,
    dropped: Arc<AtomicUsize>,
}

impl Drop for Telling {
    fn drop(&mut self) {
        assert_eq!(self.written.load(Ordering::Relaxed), 2, "it goes when all are done with it");
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

// A worker goes, with counts in advance left, while the cell it made is dropped on another thread. Weakened: a
// Relaxed `fetch_sub` in `drop`: the value goes while a write to it is not seen. (One in `give_back` is not seen:
// whoever gives back drops his own count afterwards.)
#[test]
fn the_last_cell_against_the_end_of_its_worker() {
    loom::model(|| {
        let dropped = Arc::new(AtomicUsize::new(0));
        let told = Arc::clone(&dropped);
        let home = CountedValue::new(Telling { written: AtomicUsize::new(0), dropped: told });
        let worker = InAdvance::new(home);
        let (one, two) = (worker.take(), worker.take());
        let other = thread::spawn(move || {
            two.get().written.fetch_add(1, Ordering::Relaxed);
            drop(two);
        });
        one.get().written.fetch_add(1, Ordering::Relaxed);
        worker.keep(one);
        drop(worker);
        other.join().unwrap();
        assert_eq!(dropped.load(Ordering::Relaxed), 1, "once");
    });
}

// Weakened: `sum` that looks whether there are desks without the lock by which they are made: a task is neither
// counted nor turned away.
#[test]
fn a_spawn_at_a_desk_against_the_close() {
    loom::model(|| {
        let desks = Arc::new(Outside::default());
        let closed = Arc::new(AtomicBool::new(false));
        let (its, is_closed) = (Arc::clone(&desks), Arc::clone(&closed));
        let spawner = thread::spawn(move || {
            its.open();
            !is_closed.load(Ordering::Relaxed)
        });
        closed.store(true, Ordering::Relaxed);
        let counted = desks.opened();
        let let_in = spawner.join().unwrap();
        assert!(!let_in || counted == 1, "a task that is let in is waited for");
    });
}

// A thread outside spawns while the executor goes, and the cell it makes outlives both. Weakened: a desk that takes in
// advance without asking whether the executor is gone, or that was asked before it is locked: the value never goes.
#[test]
fn a_count_at_a_desk_against_the_end() {
    loom::model(|| {
        let dropped = Arc::new(AtomicUsize::new(0));
        let told = Arc::clone(&dropped);
        let home = CountedValue::new(Telling { written: AtomicUsize::new(2), dropped: told });
        let (desks, closed) = (Arc::new(Outside::default()), Arc::new(AtomicBool::new(false)));
        let (its, its_desks) = (home.clone(), Arc::clone(&desks));
        let is_closed = Arc::clone(&closed);
        let spawner = thread::spawn(move || {
            its_desks.take(&its, || is_closed.load(Ordering::Relaxed)) // A cell.
        });
        closed.store(true, Ordering::Relaxed);
        desks.end(&home);
        drop(home);
        drop(spawner.join().unwrap());
        assert_eq!(dropped.load(Ordering::Relaxed), 1, "once");
    });
}

// A task, whose cell has a count of its home, is pushed from outside, and run to its end by a worker, whose executor
// goes at once. Weakened: `keep_for` that gives the cell up before it pushes: the home is touched when it is gone.
#[test]
fn a_push_from_outside_against_the_end_of_the_home() {
    loom::model(|| {
        let dropped = Arc::new(AtomicUsize::new(0));
        let told = Arc::clone(&dropped);
        let home = CountedValue::new(Telling { written: AtomicUsize::new(1), dropped: told });
        let pushed = Arc::new(AtomicBool::new(false));
        // A clone is a count of the cell: a waker, or the Runnable.
        let cell = loom::sync::Arc::new(home.clone());
        let (runnable, is_pushed) = (loom::sync::Arc::clone(&cell), Arc::clone(&pushed));
        let worker = thread::spawn(move || {
            while !is_pushed.load(Ordering::Acquire) {
                thread::yield_now();
            }
            drop(runnable); // It has run, and ended.
            drop(home);
        });
        keep_for(cell, |home| {
            pushed.store(true, Ordering::Release);
            home.get().written.fetch_add(1, Ordering::Relaxed); // It asks whether somebody sleeps.
        });
        worker.join().unwrap();
        assert_eq!(dropped.load(Ordering::Relaxed), 1, "once");
    });
}

/// A value of the user's, in a task's cell.
struct Guest {
    sleepers: Arc<Sleepers>,
    sleeper: Parker,
}

impl Drop for Guest {
    fn drop(&mut self) {
        // It may wait for another task, and whoever spawns that wakes nobody while somebody counts as searching.
        let nobody_searches = self.sleepers.try_search();
        assert!(nobody_searches || !self.sleeper.is_asleep(), "chosen, and left asleep");
    }
}

// The same, where a value of the user's goes with the cell, and another worker sleeps. Weakened: the sleeper that was
// chosen is unparked after the cell was given up.
#[test]
fn a_push_from_outside_against_a_value_in_the_cell() {
    loom::model(|| {
        let (sleepers, sleeper) = (Arc::new(Sleepers::default()), Parker::new());
        let pushed = Arc::new(AtomicBool::new(false));
        let guest = Guest { sleepers: Arc::clone(&sleepers), sleeper: sleeper.clone() };
        let cell = loom::sync::Arc::new(guest);
        let (its, is_pushed) = (Arc::clone(&sleepers), Arc::clone(&pushed));
        let asleep = thread::spawn(move || {
            its.sleep(&sleeper, false, || is_pushed.load(Ordering::Relaxed));
        });
        let (runnable, is_pushed) = (loom::sync::Arc::clone(&cell), Arc::clone(&pushed));
        let worker = thread::spawn(move || {
            while !is_pushed.load(Ordering::Acquire) {
                thread::yield_now();
            }
            drop(runnable); // It has run, and ended.
        });
        keep_for(cell, |_| {
            pushed.store(true, Ordering::Release);
            sleepers.wake_one(); // As `Queue::inject`.
        });
        worker.join().unwrap();
        asleep.join().unwrap();
    });
}
