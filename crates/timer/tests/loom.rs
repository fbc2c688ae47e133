//! Models of the races between those who arm, those who leave and the one who drives.
//!
//! ```text
//! RUSTFLAGS="--cfg loom" LOOM_MAX_PREEMPTIONS=3 cargo test --release -p evenkeel-timer --test loom
//! ```
//!
//! All of it is public API: the wheel, the locks and the published words are the real ones. Beside
//! each model stands the weakening of the source that was tried and that it caught.
#![cfg(loom)]
#![allow(missing_docs, reason = "tests are not modelled")]

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use evenkeel_timer::{Clock, Entered, Sleep, Timers, TimersOptions, sleep_until};
use loom::thread;

#[path = "loom/scope.rs"]
mod scope;

/// A clock without any state, so that it adds no interleavings.
#[derive(Clone, Copy, Debug)]
struct Fixed(Instant);

impl Clock for Fixed {
    fn now(&self) -> Instant {
        self.0
    }
}

/// Counts outside the model: loom runs all its threads on one.
#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

impl Count {
    fn get(&self) -> usize {
        self.0.load(Relaxed)
    }

    fn up(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    fn waker(&self) -> Waker {
        Arc::new(Counting(self.clone())).into()
    }
}

struct Counting(Count);

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.up();
    }
}

/// Timers entered for every thread of the model (it is one thread in truth), and their zero.
struct Scene {
    timers: Timers,
    zero: Instant,
    _entered: Entered,
}

impl Scene {
    fn new(on_earlier: impl Fn() + Send + Sync + 'static) -> Scene {
        let zero = Instant::now();
        let options = TimersOptions { shards: 1, clock: Arc::new(Fixed(zero)) };
        let timers = Timers::new(options, on_earlier);
        let entered = timers.enter(0);
        Scene { timers, zero, _entered: entered }
    }

    fn at(&self, secs: u64) -> Instant {
        self.zero + Duration::from_secs(secs)
    }

    /// Drives, asleep whenever nothing is known to be due by `now`, until `count` is 1.
    fn drive(&self, now: Instant, count: &Count) {
        while count.get() == 0 {
            if self.timers.about_to_sleep().is_none_or(|at| at > now) {
                thread::park(); // For ever, if nobody calls: loom reports that as a deadlock.
            }
            self.timers.awake();
            self.timers.fire(now);
        }
    }
}

fn poll(sleep: &mut Sleep, count: &Count) -> Poll<()> {
    let waker = count.waker();
    Future::poll(Pin::new(sleep), &mut Context::from_waker(&waker))
}

fn armed(at: Instant, count: &Count) -> Sleep {
    let mut sleep = sleep_until(at);
    assert!(poll(&mut sleep, count).is_pending());
    sleep
}

/// Caught: without the fence in `hurry`, and without the one in `about_to_sleep`, and with
/// `about_to_sleep` not looking again after it has published: each a deadlock.
#[test]
fn insert_against_a_parking_driver() {
    loom::model(|| {
        let driver = thread::current();
        let scene = Scene::new(move || driver.unpark());
        let count = Count::default();
        let late = armed(scene.at(100), &Count::default()); // What the driver knows of.
        let inserter = thread::spawn({
            let (at, count) = (scene.at(10), count.clone());
            move || armed(at, &count)
        });
        scene.drive(scene.at(10), &count);
        let mut sleep = inserter.join().unwrap();
        assert!(poll(&mut sleep, &count).is_ready());
        assert_eq!(count.get(), 1);
        drop(late);
    });
}

/// A driver that sleeps beyond the deadline it knows of is called for what is due already. Caught: `awake` in place
/// of `call_only_by`, and a promise that is one nanosecond less: each a deadlock.
#[test]
fn insert_what_is_due_against_a_driver_that_sleeps_longer() {
    loom::model(|| {
        let driver = thread::current();
        let scene = Scene::new(move || driver.unpark());
        let count = Count::default();
        let late = armed(scene.at(100), &Count::default());
        let inserter = thread::spawn({
            let (at, count) = (scene.at(10), count.clone());
            move || armed(at, &count)
        });
        while count.get() == 0 {
            if scene.timers.about_to_sleep() > Some(scene.at(10)) {
                scene.timers.call_only_by(scene.at(10));
                thread::park(); // For ever, if nobody calls.
            }
            scene.timers.awake();
            scene.timers.fire(scene.at(10));
        }
        let mut sleep = inserter.join().unwrap();
        assert!(poll(&mut sleep, &count).is_ready());
        drop(late);
    });
}

/// Caught: a key without its generation (`Slab::find` that compares nothing): the drop of the sleep
/// that fired takes out the other that got its place, which then is never woken.
#[test]
fn insert_fire_and_cancel() {
    loom::model(|| {
        let scene = Scene::new(|| {});
        let (cancelled, kept) = (Count::default(), Count::default());
        let at = scene.at(10);
        let leaving = armed(at, &cancelled);
        let canceller = thread::spawn(move || drop(leaving));
        let keeper = thread::spawn({
            let kept = kept.clone();
            move || armed(at, &kept)
        });
        let first = scene.timers.fire(at);
        canceller.join().unwrap();
        let mut sleep = keeper.join().unwrap();
        let fired = first + scene.timers.fire(at);
        assert_eq!(kept.get(), 1);
        assert_eq!(fired, 1 + cancelled.get());
        assert!(cancelled.get() <= 1);
        assert!(poll(&mut sleep, &kept).is_ready());
        assert_eq!(scene.timers.len(), 0);
        assert_eq!(scene.timers.next_deadline(), None);
    });
}

/// Caught: a plain store of `AWAKE` instead of the compare-and-exchange in `hurry`: two calls.
#[test]
fn two_who_arm_call_the_driver_once() {
    loom::model(|| {
        let calls = Count::default();
        let counter = calls.clone();
        let scene = Scene::new(move || counter.up());
        assert_eq!(scene.timers.about_to_sleep(), None);
        let threads = [10, 20].map(|secs| {
            let at = scene.at(secs);
            thread::spawn(move || armed(at, &Count::default()))
        });
        let sleeps = threads.map(|thread| thread.join().unwrap());
        assert_eq!(calls.get(), 1);
        scene.timers.awake();
        assert_eq!(scene.timers.about_to_sleep(), Some(scene.at(10)));
        drop(sleeps);
    });
}

/// Caught: `earliest` that reads the wheel under the lock and publishes after it: the new deadline
/// is overwritten, and the driver sleeps through it.
#[test]
fn the_earliest_leaves_while_another_comes() {
    loom::model(|| {
        let driver = thread::current();
        let scene = Scene::new(move || driver.unpark());
        let count = Count::default();
        let earliest = armed(scene.at(10), &Count::default());
        let late = armed(scene.at(100), &Count::default());
        drop(earliest); // What is published is stale now: the driver will ask the wheel.
        let inserter = thread::spawn({
            let (at, count) = (scene.at(15), count.clone());
            move || armed(at, &count)
        });
        scene.drive(scene.at(15), &count);
        let _inserted = inserter.join().unwrap();
        assert_eq!(count.get(), 1);
        drop(late);
    });
}

/// Caught: `check` that answers `Pending` as soon as it has cloned the new waker, without looking
/// again under the lock: nobody is woken.
#[test]
fn moved_to_another_task_while_it_fires() {
    loom::model(|| {
        let scene = Scene::new(|| {});
        let (first, second) = (Count::default(), Count::default());
        let at = scene.at(10);
        let mut sleep = armed(at, &first);
        let mover = thread::spawn({
            let second = second.clone();
            move || (poll(&mut sleep, &second), sleep)
        });
        scene.timers.fire(at);
        let (polled, _sleep) = mover.join().unwrap();
        assert_eq!(first.get() + second.get(), 1);
        if polled.is_pending() {
            assert_eq!(second.get(), 1, "it waits, so it is the one to be woken");
        }
    });
}

/// Caught: `rearm` that moves the timer without calling the driver for the earlier deadline: a
/// deadlock.
#[test]
fn reset_while_it_fires() {
    loom::model(|| {
        let driver = thread::current();
        let scene = Scene::new(move || driver.unpark());
        let count = Count::default();
        let (soon, at, late) = (scene.at(5), scene.at(10), scene.at(100));
        let mut moved = armed(late, &count);
        let other = armed(at, &Count::default());
        let mover = thread::spawn(move || {
            moved.reset(soon);
            moved
        });
        scene.drive(at, &count);
        let moved = mover.join().unwrap();
        assert!(moved.is_elapsed());
        assert_eq!(count.get(), 1);
        drop(other);
    });
}

/// Caught: `close` that does not say under the lock that it closed: what comes after it is armed
/// where nobody drives.
#[test]
fn close_against_insert() {
    loom::model(|| {
        let scene = Scene::new(|| {});
        let count = Count::default();
        let refuge =
            Timers::new(TimersOptions { shards: 1, clock: Arc::new(Fixed(scene.zero)) }, || {});
        let _entered = refuge.enter(0);
        let at = scene.at(10);
        let mut sleep = {
            let _entered = scene.timers.enter(0);
            armed(scene.at(20), &count)
        };
        let resetter = thread::spawn({
            let count = count.clone();
            move || {
                sleep.reset(at);
                (poll(&mut sleep, &count), sleep)
            }
        });
        scene.timers.close();
        let (_, mut sleep) = resetter.join().unwrap();
        // Wherever it was when it was closed, one more poll brings it to the refuge.
        assert!(poll(&mut sleep, &count).is_pending());
        assert_eq!((scene.timers.len(), refuge.len()), (0, 1));
        let before = count.get();
        refuge.fire(at);
        assert_eq!(count.get(), before + 1);
        assert!(poll(&mut sleep, &count).is_ready());
    });
}

/// A sleep asks without the lock whether it has fired, which its mark tells a microsecond later.
/// Caught: `Shard::fire` that says so before it has taken the timers out.
#[test]
fn polled_by_chance_while_it_fires() {
    loom::model(|| {
        let scene = Scene::new(|| {});
        let count = Count::default();
        let at = scene.at(10);
        let mut sleep = armed(at, &count);
        let poller = thread::spawn({
            let (timers, count) = (scene.timers.clone(), count.clone());
            move || (poll(&mut sleep, &count).is_ready().then(|| timers.len()), sleep)
        });
        scene.timers.fire(scene.at(11));
        let (left, _sleep) = poller.join().unwrap();
        assert!(left.is_none_or(|left| left == 0), "it has fired");
        assert_eq!(count.get(), 1);
    });
}

/// As the above, with a sleep whose deadline was fired before it was armed. Caught: a mark for any
/// deadline: the sleep ends and leaves its timer behind.
#[test]
fn armed_while_its_deadline_is_fired() {
    loom::model(|| {
        let scene = Scene::new(|| {});
        let (count, other) = (Count::default(), Count::default());
        let at = scene.at(10);
        let _first = armed(at, &other);
        let armer = thread::spawn({
            let (timers, count) = (scene.timers.clone(), count.clone());
            move || {
                let mut sleep = armed(at, &count);
                let ready = poll(&mut sleep, &count).is_ready();
                (sleep, ready.then(|| timers.len()))
            }
        });
        scene.timers.fire(scene.at(11));
        let (mut sleep, left) = armer.join().unwrap();
        assert!(left.is_none_or(|left| left == 0), "it has fired");
        scene.timers.fire(scene.at(11));
        assert!(poll(&mut sleep, &count).is_ready());
        assert_eq!(count.get(), 1);
    });
}
