//! Models of the end of a home: whoever is there is asked to end, once, and so is whoever comes.

use std::cell::Cell;
use std::sync::Arc;
use std::task::Waker;

use evenkeel_task::Parker;
use evenkeel_task::model::{EndingHome, Sleepers, drive_out};
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::thread;

use crate::Count;

/// A task is spawned by `spawn` on another thread while this one ends the home by `end`; how often it was asked
/// to end.
fn asked_by(
    end: impl FnOnce(&EndingHome),
    spawn: impl FnOnce(EndingHome, &Waker) + 'static,
) -> usize {
    let home = EndingHome::default();
    let count = Arc::new(Count::default());
    let waker = Arc::new(Waker::from(Arc::clone(&count)));
    let (its_home, its_waker) = (home.clone(), Arc::clone(&waker));
    let spawner = thread::spawn(move || spawn(its_home, &its_waker));
    end(&home);
    spawner.join().unwrap();
    count.0.load(Ordering::Acquire)
}

fn asked(spawn: impl FnOnce(EndingHome, &Waker) + 'static) -> usize {
    asked_by(EndingHome::wind_down, spawn)
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

// Weakened: the fence taken from `Home::close` or from `Home::ask_if_ending`: nobody asks the task, and whoever drops
// the executor waits for it.
#[test]
fn spawn_against_the_close() {
    loom::model(|| {
        let asked = asked_by(EndingHome::close, |home, waker| {
            home.spawn_from_outside(waker, false);
        });
        assert!(asked > 0, "by the walk, by its spawner, or by both");
    });
}

// A task on a worker that goes on while its executor is dropped spawns another one, and ends. Weakened: no walk for
// latecomers, or an end that is told without a `Release`: nobody asks the other.
#[test]
fn a_workers_spawn_against_the_close() {
    loom::model(|| {
        let ended = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&ended);
        let end = move |home: &EndingHome| {
            home.close();
            while !ended.load(Ordering::Acquire) {
                thread::yield_now();
            }
            home.ask_latecomers();
        };
        let asked = asked_by(end, move |home, waker| {
            home.spawn_as_worker(waker);
            ends.store(true, Ordering::Release);
        });
        assert!(asked > 0, "by a walk or by its spawner");
    });
}

// No race: one that no walk has found, and that is always ready, is asked all the same. It ran for ever.
#[test]
fn a_latecomer_that_is_always_ready_is_asked() {
    let (asked, rounds) = (Cell::new(false), Cell::new(0));
    let tick = || {
        rounds.set(rounds.get() + 1);
        assert!(rounds.get() < 10_000, "nobody asks it");
        true
    };
    drive_out(|| !asked.get(), tick, || asked.set(true), || ());
}

// No race: while a task elsewhere takes long, few walks are made over all there are. There was one each round.
#[test]
fn a_long_poll_elsewhere_costs_few_walks() {
    let (walks, rests) = (Cell::new(0), Cell::new(0));
    let is_left = || rests.get() < 10_000;
    drive_out(is_left, || false, || walks.set(walks.get() + 1), || rests.set(rests.get() + 1));
    assert!((1..=10).contains(&walks.get()), "{} walks", walks.get());
}

/// Two workers at the end of a run: as `Loop::run_out` in the umbrella.
struct Run {
    sleepers: Sleepers,
    parkers: [Parker; 2],
    /// Whether each has a task of its own left.
    own: [AtomicBool; 2],
    /// A shared task is ready.
    queued: AtomicBool,
    /// Shared tasks that ever came, and those that have ended.
    opened: AtomicUsize,
    closed: AtomicUsize,
    /// Workers that have not said that nothing is left.
    busy: AtomicUsize,
}

impl Run {
    fn new() -> Run {
        Run {
            sleepers: Sleepers::default(),
            parkers: [Parker::new(), Parker::new()],
            own: [AtomicBool::new(true), AtomicBool::new(true)],
            queued: AtomicBool::new(false),
            opened: AtomicUsize::new(0),
            closed: AtomicUsize::new(0),
            busy: AtomicUsize::new(2),
        }
    }

    /// A shared task comes.
    fn spawn(&self) {
        self.opened.fetch_add(1, Ordering::Release);
        // An exchange: loom lets one come after a plain store and not see it.
        self.queued.swap(true, Ordering::AcqRel);
        self.sleepers.wake_one();
    }

    /// As `Loop::has_to_tell`: `said` is how many had been spawned when `me` said that nothing is left.
    fn has_to_tell(&self, me: usize, said: Option<usize>) -> Option<usize> {
        let spawned = self.opened.load(Ordering::Relaxed);
        let has_own = self.own[me].load(Ordering::Relaxed);
        let closed = self.closed.load(Ordering::Acquire);
        let is_empty = !has_own && closed == self.opened.load(Ordering::Acquire);
        (said != Some(spawned) && is_empty).then_some(spawned)
    }

    /// Worker `me`, whose own task does `last`, and ends.
    fn work(&self, me: usize, last: impl FnOnce(&Run)) {
        last(self);
        self.own[me].store(false, Ordering::Relaxed);
        let (mut said, mut searching) = (None, false);
        while self.busy.load(Ordering::Acquire) > 0 {
            if self.queued.swap(false, Ordering::AcqRel) {
                if std::mem::take(&mut searching) {
                    self.sleepers.found(|| self.queued.load(Ordering::Relaxed));
                }
                self.closed.fetch_add(1, Ordering::Release); // It has run, and ended.
            }
            if let Some(spawned) = self.has_to_tell(me, said) {
                if said.replace(spawned).is_none() {
                    self.busy.fetch_sub(1, Ordering::AcqRel);
                }
                self.parkers.iter().for_each(Parker::unpark);
            }
            let stays_up =
                || self.queued.load(Ordering::Relaxed) || self.has_to_tell(me, said).is_some();
            searching = self.sleepers.sleep(&self.parkers[me], searching, stays_up);
        }
    }
}

fn two_workers(last: impl FnOnce(&Run) + Copy + Send + Sync + 'static) {
    // More than usual: a worker has told, is woken for the late task, and is held up with it while the other one
    // falls asleep.
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(move || {
        let run = Arc::new(Run::new());
        let other = Arc::clone(&run);
        let worker = thread::spawn(move || other.work(1, |_| ()));
        run.work(0, last);
        worker.join().unwrap();
    });
}

// Not seen by it: the fence taken from `Sleepers::sleep`. Weakened: a worker that does not look again when it has said
// that it sleeps: neither sees that it was the last, and both sleep (deadlock).
#[test]
fn two_workers_that_end_a_last_task_each() {
    two_workers(|_| ());
}

// One that has said that nothing is left runs what the other one's last task leaves. Weakened: it does not tell a second
// time; it wakes nobody when it does; it counts what was spawned after it has looked: the other one sleeps for good
// (deadlock).
#[test]
fn a_last_task_that_leaves_one_to_a_worker_that_had_told() {
    two_workers(Run::spawn);
}
