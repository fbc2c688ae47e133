//! Models of this crate's hand-written protocols, each named for its race, with the weakening that it was
//! seen to catch. Run by `cargo xtask loom`.
#![cfg(loom)]
#![allow(missing_docs, reason = "models")]

#[path = "loom/ending.rs"]
mod ending;
#[path = "loom/local_group.rs"]
mod local_group;
#[path = "loom/ready_set.rs"]
mod ready_set;

use std::sync::Arc;
use std::task::{Wake, Waker};

use evenkeel_task::model::{
    CountedValue, FourRing, GrowingRing, InAdvance, OneSlot, Outside, Sleepers, TwoSeats,
};
use evenkeel_task::{Parker, Standby};
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::thread;

// The plain race. It catches no weakening that the next two do not; a `Relaxed` tail in `push` is seen by none
// of the three (loom finds no execution in which the thief reads the slot too early), so the argument for
// that `Release` stands in `ring.rs` alone.
#[test]
fn steal_while_the_owner_pushes_and_pops() {
    loom::model(|| {
        let ring = Arc::new(FourRing::default());
        let thief_ring = Arc::clone(&ring);
        let thief = thread::spawn(move || {
            let mine = FourRing::default();
            let mut got: Vec<usize> = thief_ring.steal_into(&mine).into_iter().collect();
            got.extend(std::iter::from_fn(|| mine.pop()));
            got
        });
        thread::yield_now(); // Or loom never lets the thief go first.
        ring.push(1);
        ring.push(2);
        let mut got: Vec<usize> = ring.pop().into_iter().collect();
        ring.push(3);
        got.extend(std::iter::from_fn(|| ring.pop()));
        got.extend(thief.join().unwrap());
        got.sort_unstable();
        assert_eq!(got, [1, 2, 3]);
    });
}

// Weakened: `pop` that stores the head instead of exchanging it (item twice); `push` that lets the ring hold
// one more than it has slots (item lost).
#[test]
fn steal_while_a_full_ring_wraps() {
    loom::model(|| {
        let ring = Arc::new(FourRing::default());
        for item in 1..=4 {
            assert!(ring.push(item));
        }
        let thief_ring = Arc::clone(&ring);
        let thief = thread::spawn(move || {
            let mine = FourRing::default();
            let mut got: Vec<usize> = thief_ring.steal_into(&mine).into_iter().collect();
            got.extend(std::iter::from_fn(|| mine.pop()));
            got
        });
        thread::yield_now();
        let mut got = Vec::new();
        for item in 5..=6 {
            if !ring.push(item) {
                got.push(item);
            }
        }
        got.extend(std::iter::from_fn(|| ring.pop()));
        got.extend(thief.join().unwrap());
        got.sort_unstable();
        assert_eq!(got, [1, 2, 3, 4, 5, 6]);
    });
}

// Weakened: taking `out.clear()` from `take_half`: both have the same items.
#[test]
fn steal_while_a_full_ring_overflows() {
    loom::model(|| {
        let ring = Arc::new(FourRing::default());
        for item in 1..=4 {
            ring.push(item);
        }
        let thief_ring = Arc::clone(&ring);
        let thief = thread::spawn(move || {
            let mine = FourRing::default();
            let mut got: Vec<usize> = thief_ring.steal_into(&mine).into_iter().collect();
            got.extend(std::iter::from_fn(|| mine.pop()));
            got
        });
        let mut got = ring.take_half();
        got.extend(std::iter::from_fn(|| ring.pop()));
        got.extend(thief.join().unwrap());
        got.sort_unstable();
        assert_eq!(got, [1, 2, 3, 4]);
    });
}

// Weakened: slots to which the items are not copied: the thief takes what nobody has written. That they are
// published after that, by a `Release`, is seen by it as little as the `Release` above; the argument stands in
// `ring.rs`.
#[test]
fn steal_while_a_full_ring_grows() {
    loom::model(|| {
        let ring = Arc::new(GrowingRing::default());
        ring.push(1);
        ring.push(2);
        let thief_ring = Arc::clone(&ring);
        let thief = thread::spawn(move || {
            let mine = GrowingRing::default();
            let mut got: Vec<usize> = thief_ring.steal_into(&mine).into_iter().collect();
            got.extend(std::iter::from_fn(|| mine.pop()));
            got
        });
        thread::yield_now();
        assert!(ring.push(3) && ring.push(4), "it grows to four");
        let mut got: Vec<usize> = std::iter::from_fn(|| ring.pop()).collect();
        got.extend(thief.join().unwrap());
        got.sort_unstable();
        assert_eq!(got, [1, 2, 3, 4]);
    });
}

#[test]
fn two_thieves_share() {
    loom::model(|| {
        let ring = Arc::new(FourRing::default());
        for item in 1..=3 {
            ring.push(item);
        }
        let steal = |ring: Arc<FourRing>| {
            let mine = FourRing::default();
            let mut got: Vec<usize> = ring.steal_into(&mine).into_iter().collect();
            got.extend(std::iter::from_fn(|| mine.pop()));
            got
        };
        let (one, two) = (Arc::clone(&ring), Arc::clone(&ring));
        let thieves = [thread::spawn(move || steal(one)), thread::spawn(move || steal(two))];
        let mut got: Vec<usize> =
            thieves.into_iter().flat_map(|thief| thief.join().unwrap()).collect();
        got.extend(std::iter::from_fn(|| ring.pop()));
        got.sort_unstable();
        assert_eq!(got, [1, 2, 3]);
    });
}

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

// Weakened: the look after `spare(0)` left out, or the fence before `spares_one`: the push is spared and nobody
// looks (deadlock). A `spares_one` that stores what is left instead of exchanging it is not caught, at three
// preemptions either: one push has nothing left to give again.
#[test]
fn spared_wake_ups_against_the_end_of_a_light_sleep() {
    loom::model(|| {
        let sleepers = Arc::new(Sleepers::default());
        let work = Arc::new(AtomicBool::new(false));
        let (its_sleepers, its_work) = (Arc::clone(&sleepers), Arc::clone(&work));
        sleepers.spare(1);
        let worker = thread::spawn(move || {
            let parker = Parker::new();
            // The light sleep is over. From now on it sleeps for good.
            its_sleepers.spare(0);
            let mut searching = false;
            while !its_work.load(Ordering::Relaxed) {
                searching =
                    its_sleepers.sleep(&parker, searching, || its_work.load(Ordering::Relaxed));
            }
        });
        work.store(true, Ordering::Relaxed);
        sleepers.wake_helper();
        worker.join().unwrap();
    });
}

// The light sleeper is given other work, and will not look again for long: what was spared it has seen when it
// got up. Weakened: the fence after `spare(0)`, or that before `spares_one`, taken away.
#[test]
fn a_spared_wake_up_against_the_look_after_a_light_sleep() {
    loom::model(|| {
        let sleepers = Arc::new(Sleepers::default());
        let work = Arc::new(AtomicBool::new(false));
        let (its_sleepers, its_work) = (Arc::clone(&sleepers), Arc::clone(&work));
        sleepers.spare(1);
        let worker = thread::spawn(move || {
            its_sleepers.spare(0);
            its_work.load(Ordering::Relaxed)
        });
        work.store(true, Ordering::Relaxed);
        let spared = sleepers.spares_one();
        let seen = worker.join().unwrap();
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

// One of two runs of a local executor sleeps and the other, which sleeps in a nested way, leaves, while another
// thread pushes. Weakened: `leave` that ends the sleep of all: nobody is told of the push.
#[test]
fn a_wake_from_outside_while_one_of_two_runs_leaves() {
    loom::model(|| {
        let seats = TwoSeats::default();
        let work = Arc::new(AtomicBool::new(false));
        let count = Arc::new(Count(AtomicUsize::new(0)));
        let (pushes, parker) = (Arc::clone(&work), seats.parker());
        let pusher = thread::spawn(move || {
            pushes.store(true, Ordering::Relaxed);
            parker.unpark();
        });
        let is_idle = || !work.load(Ordering::Relaxed);
        seats.sleep(1, &Waker::from(Arc::clone(&count)), is_idle);
        seats.sleep(2, Waker::noop(), is_idle);
        seats.leave(2, is_idle);
        pusher.join().unwrap();
        assert_eq!(count.0.load(Ordering::Acquire), 1, "once, by whomever");
    });
}

// Weakened: `close` or `try_close_plain` that looks and stores without taking the lock first, or that lets go of
// it without a `Release`, or `lock` without its `Acquire`: the canceller is told that it cancelled a task that had
// ended well (and makes a waker of a cell that may be gone). That `try_close_plain` acquires, and that the lock is
// let go of with a `Release` by one who only looked, is not seen by it: a waker's clone is none of loom's words.
#[test]
fn cancel_against_the_close() {
    loom::model(|| {
        let count = Arc::new(Count(AtomicUsize::new(0)));
        let slot = Arc::new(OneSlot::new(Waker::from(Arc::clone(&count))));
        let other = Arc::clone(&slot);
        let canceller = thread::spawn(move || other.cancel());
        thread::yield_now(); // Or loom never lets the canceller go first.
        let cancelled = slot.close();
        // Who was told that it could cancel is believed by the close.
        let asked = canceller.join().unwrap();
        assert_eq!(cancelled, asked);
        assert_eq!(count.0.load(Ordering::Acquire), usize::from(asked));
    });
}

// Weakened: `reach` that unlocks by a store of what it found: what is said of the next task in the slot is
// lost.
#[test]
fn a_late_look_against_the_next_task() {
    loom::model(|| {
        let count = Arc::new(Count(AtomicUsize::new(0)));
        let slot = Arc::new(OneSlot::new(Waker::from(Arc::clone(&count))));
        assert!(!slot.close());
        let other = Arc::clone(&slot);
        let late = thread::spawn(move || other.cancel());
        slot.open_next();
        assert!(!late.join().unwrap(), "an earlier task was cancelled");
        assert!(slot.is_shielded() && !slot.is_cancelling());
        assert_eq!(count.0.load(Ordering::Acquire), 0);
    });
}

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
