//! Models of this crate's hand-written protocols, each named for its race, with the weakening that it was
//! seen to catch. Run by `cargo xtask loom`.
#![cfg(loom)]
#![allow(missing_docs, reason = "models")]

#[path = "loom/counted.rs"]
mod counted;
#[path = "loom/door.rs"]
mod door;
#[path = "loom/ending.rs"]
mod ending;
#[path = "loom/local_group.rs"]
mod local_group;
#[path = "loom/ready_set.rs"]
mod ready_set;
#[path = "loom/ring.rs"]
mod ring;
#[path = "loom/slot.rs"]
mod slot;

use std::sync::Arc;
use std::task::Wake;

use evenkeel_task::model::Sleepers;
use evenkeel_task::{Parker, Standby};
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::thread;

// Weakened: without the fence in `sleep` or in `wake_one` (`full_fence` made empty), neither sees the other:
// the model deadlocks with work queued.
#[test]
fn push_against_the_last_sleeper() {
    loom::model(|| {
        let sleepers = Arc::new(Sleepers::default());
        let work = Arc::new(AtomicBool::new(false));
        let (its_sleepers, its_work) = (Arc::clone(&sleepers), Arc::clone(&work));
        let worker = thread::spawn(move || {
            let parker = Parker::new();
            let mut searching = false;
            // Relaxed, and only its pusher writes it: what must order it is the protocol.
            while !its_work.load(Ordering::Relaxed) {
                searching =
                    its_sleepers.sleep(&parker, searching, || its_work.load(Ordering::Relaxed));
            }
        });
        work.store(true, Ordering::Relaxed);
        sleepers.wake_one();
        worker.join().unwrap();
    });
}

// Two pushes, of which two may be spared until the light sleep is over. Weakened: the fence before `spares_one`
// taken away, or a `spares_one` that stores what is left instead of exchanging it, so that what was taken back
// is given again: the push is spared and nobody looks (deadlock).
#[test]
fn spared_wake_ups_against_the_end_of_a_light_sleep() {
    loom::model(|| {
        let sleepers = Arc::new(Sleepers::default());
        let work = Arc::new(AtomicUsize::new(0));
        let (its_sleepers, its_work) = (Arc::clone(&sleepers), Arc::clone(&work));
        sleepers.watch(2);
        let worker = thread::spawn(move || {
            let parker = Parker::new();
            // The light sleep is over. From now on it sleeps for good.
            assert!(its_sleepers.stop_watching());
            let mut searching = false;
            for done in 0..2 {
                let has_work = || its_work.load(Ordering::Relaxed) > done;
                while !has_work() {
                    searching = its_sleepers.sleep(&parker, searching, has_work);
                }
                if std::mem::take(&mut searching) {
                    its_sleepers.found(|| its_work.load(Ordering::Relaxed) > done + 1);
                }
            }
        });
        for pushed in 1..=2 {
            work.store(pushed, Ordering::Relaxed);
            sleepers.wake_helper();
        }
        worker.join().unwrap();
    });
}

// The light sleeper is given other work, and will not look again for long: what was spared it has seen when it
// got up. Weakened, as the two after it: the last one who watches leaves what is spared: nobody knows of it. Not
// seen by them: the fence after `stop_watching`, or that before `spares_one`, taken away; exchanges of one word
// are in an order as it is.
#[test]
fn a_spared_wake_up_against_the_look_after_a_light_sleep() {
    loom::model(|| {
        let sleepers = Arc::new(Sleepers::default());
        let work = Arc::new(AtomicBool::new(false));
        let (its_sleepers, its_work) = (Arc::clone(&sleepers), Arc::clone(&work));
        sleepers.watch(1);
        let worker = thread::spawn(move || {
            assert!(its_sleepers.stop_watching());
            its_work.load(Ordering::Relaxed)
        });
        work.store(true, Ordering::Relaxed);
        let spared = sleepers.spares_one();
        let seen = worker.join().unwrap();
        assert!(seen || !spared, "nobody knows of it");
    });
}

/// A light sleeper gets up: what it sees if it was the last.
fn gets_up(sleepers: &Sleepers, work: &AtomicBool) -> bool {
    sleepers.stop_watching() && work.load(Ordering::Relaxed)
}

// Two watch and get up, one before the other; whoever is the last has seen what was spared.
#[test]
fn a_spared_wake_up_against_two_who_watch() {
    loom::model(|| {
        let sleepers = Arc::new(Sleepers::default());
        let work = Arc::new(AtomicBool::new(false));
        sleepers.watch(1);
        assert!(sleepers.watch_too());
        let both = [(); 2].map(|()| {
            let (its_sleepers, its_work) = (Arc::clone(&sleepers), Arc::clone(&work));
            thread::spawn(move || gets_up(&its_sleepers, &its_work))
        });
        work.store(true, Ordering::Relaxed);
        let spared = sleepers.spares_one();
        let seen = both.map(|one| one.join().unwrap()).contains(&true);
        assert!(seen || !spared, "nobody knows of it");
    });
}

// One begins to watch while the one before gets up. Not seen by it: `watch_too` that stores instead of exchanging.
#[test]
fn a_spared_wake_up_against_one_who_watches_too() {
    loom::model(|| {
        let sleepers = Arc::new(Sleepers::default());
        let work = Arc::new(AtomicBool::new(false));
        sleepers.watch(1);
        let (its_sleepers, its_work) = (Arc::clone(&sleepers), Arc::clone(&work));
        let one = thread::spawn(move || gets_up(&its_sleepers, &its_work));
        let (its_sleepers, its_work) = (Arc::clone(&sleepers), Arc::clone(&work));
        let two =
            thread::spawn(move || its_sleepers.watch_too() && gets_up(&its_sleepers, &its_work));
        work.store(true, Ordering::Relaxed);
        let spared = sleepers.spares_one();
        let seen = [one, two].map(|thread| thread.join().unwrap()).contains(&true);
        assert!(seen || !spared, "nobody knows of it");
    });
}

// Two tasks that need two workers, because neither worker comes back from its task. Weakened:
// `stop_searching` that never says "last", or `found` that does not look for more work then, or a searcher that
// falls asleep and still counts as one: the second push saw a searcher and woke nobody, and the second worker
// sleeps for ever (deadlock). The orderings of the word itself are not seen by it: what orders it are the fences.
#[test]
fn push_against_a_searcher_that_found_other_work() {
    loom::model(|| {
        let sleepers = Arc::new(Sleepers::default());
        let work = Arc::new(AtomicUsize::new(0));
        let worker = |sleepers: Arc<Sleepers>, work: Arc<AtomicUsize>| {
            let parker = Parker::new();
            let mut searching = false;
            let take = |n: usize| n.checked_sub(1);
            while work.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_err() {
                let has_work = || work.load(Ordering::Relaxed) > 0;
                searching = sleepers.sleep(&parker, searching, has_work);
            }
            if searching {
                sleepers.found(|| work.load(Ordering::Relaxed) > 0);
            }
        };
        let (s, w) = (Arc::clone(&sleepers), Arc::clone(&work));
        let one = thread::spawn(move || worker(s, w));
        let (s, w) = (Arc::clone(&sleepers), Arc::clone(&work));
        let two = thread::spawn(move || worker(s, w));
        for _ in 0..2 {
            work.fetch_add(1, Ordering::Relaxed);
            sleepers.wake_one();
        }
        one.join().unwrap();
        two.join().unwrap();
    });
}

// Weakened: `unpark` that stores instead of swapping, or has no `Release`, or `park` that begins without a
// compare-exchange: the notification is lost (deadlock).
#[test]
fn unpark_against_a_thread_about_to_park() {
    loom::model(|| {
        let parker = Parker::new();
        let said = Arc::new(AtomicBool::new(false));
        let (its, hears) = (parker.clone(), Arc::clone(&said));
        let sleeper = thread::spawn(move || {
            while !hears.load(Ordering::Relaxed) {
                its.park();
            }
        });
        said.store(true, Ordering::Relaxed);
        parker.unpark();
        sleeper.join().unwrap();
    });
}

// Weakened: `unpark` without its `Release`; `begin` that takes a notification, or `park_in` that comes back,
// without an `Acquire`, or by a store instead of an exchange: what the second did is not seen (deadlock).
#[test]
fn two_unparks_against_a_thread_about_to_sleep_in_its_driver() {
    loom::model(|| {
        // The driver sleeps until its bell has rung; a bell rung while nobody sleeps is kept, as an
        // eventfd keeps it.
        let bell = Parker::new();
        let rings = bell.clone();
        let parker = Parker::with_driver(move || rings.unpark());
        let count = Arc::new(AtomicUsize::new(0));
        let (its, counted) = (parker.clone(), Arc::clone(&count));
        let sleeper = thread::spawn(move || {
            while counted.load(Ordering::Relaxed) < 2 {
                its.park_in(|| bell.park());
            }
        });
        let (other, other_count) = (parker.clone(), Arc::clone(&count));
        let second = thread::spawn(move || {
            other_count.fetch_add(1, Ordering::Relaxed);
            other.unpark();
        });
        count.fetch_add(1, Ordering::Relaxed);
        parker.unpark();
        second.join().unwrap();
        sleeper.join().unwrap();
    });
}

// Weakened: either fence of `standby.rs` taken away: the driver leaves and the standby sleeps for good, and
// nobody hears the kernel (deadlock).
#[test]
fn the_driver_leaves_while_the_standby_falls_asleep() {
    loom::model(|| {
        let standby = Arc::new(Standby::default());
        let driven = Arc::new(AtomicBool::new(true));
        let (its, is_driven) = (Arc::clone(&standby), Arc::clone(&driven));
        let watcher = thread::spawn(move || {
            let (parker, seen) = (Parker::new(), std::cell::Cell::new(0));
            while is_driven.load(Ordering::Relaxed) {
                its.sleep(&parker, &seen, None, || is_driven.load(Ordering::Relaxed));
            }
        });
        thread::yield_now();
        driven.store(false, Ordering::Relaxed);
        standby.driver_left();
        watcher.join().unwrap();
    });
}

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}
