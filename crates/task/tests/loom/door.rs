//! Models of a local executor that is woken from other threads.

use std::sync::Arc;
use std::task::Waker;

use evenkeel_task::model::TwoSeats;
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
