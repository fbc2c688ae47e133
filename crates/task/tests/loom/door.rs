//! Models of a local executor that is woken from other threads.

use std::sync::Arc;
use std::task::{Wake, Waker};

use evenkeel_task::Parker;
use evenkeel_task::model::{Host, TwoSeats};
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

use crate::Count;

// One of two runs of a local executor sleeps and the other, which sleeps in a nested way, leaves, while another
// thread pushes. Weakened: `leave` that ends the sleep of all: nobody is told of the push.
#[test]
fn a_wake_from_outside_while_one_of_two_runs_leaves() {
    loom::model(|| {
        let seats = TwoSeats::default();
        let work = Arc::new(AtomicBool::new(false));
        let count = Arc::new(Count::default());
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

/// A host's loop: asleep until its waker is called.
#[derive(Default)]
struct Event(Parker);

impl Wake for Event {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

// A loop that is not ours, and two threads that wake a task each; it comes again only when its waker was called.
// Weakened, as the two after it: a knock before the task is left, or a knock that is never taken back: a task is left
// for which nobody knocks (deadlock). Not seen: a seat that does not look again before it waits.
#[test]
fn two_wakes_from_outside_against_a_host_about_to_wait() {
    loom::model(|| {
        let host = Host::default();
        let event = Arc::new(Event::default());
        let waker = Waker::from(Arc::clone(&event));
        let (one, two) = (host.outdoors(), host.outdoors());
        let first = thread::spawn(move || one.wake(1));
        let second = thread::spawn(move || two.wake(2));
        let mut ran = host.poll(&waker);
        while ran.len() < 2 {
            thread::yield_now(); // What was left may not be knocked for yet: then the host is called at once.
            event.0.park();
            ran.extend(host.poll(&waker));
        }
        first.join().unwrap();
        second.join().unwrap();
        ran.sort_unstable();
        assert_eq!(ran, [1, 2]);
    });
}

// The same of a thread that sleeps itself.
#[test]
fn two_wakes_from_outside_against_an_owner_about_to_park() {
    loom::model(|| {
        let host = Host::default();
        let (one, two) = (host.outdoors(), host.outdoors());
        let first = thread::spawn(move || one.wake(1));
        let second = thread::spawn(move || two.wake(2));
        let mut ran = host.turn();
        while ran.len() < 2 {
            if host.is_idle() {
                host.parker().park();
            } else {
                thread::yield_now(); // For who has left something, and not knocked yet.
            }
            ran.extend(host.turn());
        }
        first.join().unwrap();
        second.join().unwrap();
    });
}

// The same in a driver, whose bell is kept when it rings while nobody sleeps.
#[test]
fn two_wakes_from_outside_against_an_owner_about_to_sleep_in_its_driver() {
    loom::model(|| {
        let bell = Parker::new();
        let rings = bell.clone();
        let host = Host::new(Parker::with_driver(move || rings.unpark()));
        let (one, two) = (host.outdoors(), host.outdoors());
        let first = thread::spawn(move || one.wake(1));
        let second = thread::spawn(move || two.wake(2));
        let mut ran = host.turn();
        while ran.len() < 2 {
            if host.is_idle() {
                host.parker().park_in(|| bell.park());
            } else {
                thread::yield_now();
            }
            ran.extend(host.turn());
        }
        first.join().unwrap();
        second.join().unwrap();
    });
}
