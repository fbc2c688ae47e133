//! Wakers that panic, and wakers that do as they like.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};

use evenkeel_timer::{ManualClock, Sleep, Timers, sleep};

use crate::support::{Count, Log, ms, poll, timers};

/// Panics when it is woken, and what it throws panics when it is dropped.
struct Bad;

struct WorseOnDrop;

impl Drop for WorseOnDrop {
    fn drop(&mut self) {
        std::panic::resume_unwind(Box::new("dropped"));
    }
}

impl Wake for Bad {
    fn wake(self: Arc<Self>) {
        std::panic::resume_unwind(Box::new(WorseOnDrop)); // No message: the hook is not called.
    }
}

#[test]
fn a_panicking_waker_loses_no_other() {
    let clock = ManualClock::new();
    let timers = timers(&clock);
    let _entered = timers.enter(0);
    let (count, good) = Count::new();
    let bad = Waker::from(Arc::new(Bad));
    let mut sleeps: Vec<Sleep> = (0..9).map(|_| sleep(ms(1))).collect();
    for (n, sleep) in sleeps.iter_mut().enumerate() {
        assert!(poll(sleep, if n % 3 == 0 { &bad } else { &good }).is_pending());
    }
    clock.advance(ms(1));
    assert_eq!(timers.fire(clock.now()), 9);
    assert_eq!(count.get(), 6);
    assert_eq!(timers.statistics().panicked_wakers, 3);
    for sleep in &mut sleeps {
        assert!(poll(sleep, &good).is_ready());
    }
    // And the timers work on.
    let mut again = sleep(ms(1));
    assert!(poll(&mut again, &good).is_pending());
    clock.advance(ms(1));
    assert_eq!(timers.fire(clock.now()), 1);
    assert_eq!(count.get(), 7);
}

/// Does something when woken.
struct Do<F>(F);

impl<F: Fn() + Send + Sync> Wake for Do<F> {
    fn wake(self: Arc<Self>) {
        (self.0)();
    }
}

fn to_do(what: impl Fn() + Send + Sync + 'static) -> Waker {
    Arc::new(Do(what)).into()
}

#[test]
fn a_waker_may_use_the_timers() {
    let clock = ManualClock::new();
    let timers = timers(&clock);
    let _entered = timers.enter(0);
    let log = Log::default();
    let other: Arc<Mutex<Option<Sleep>>> = Arc::default();

    let mut first = sleep(ms(1));
    let waker = to_do({
        let (timers, clock, log, other) =
            (timers.clone(), clock.clone(), log.clone(), other.clone());
        move || {
            log.add("first");
            other.lock().unwrap().take(); // Disarms a later one.
            let mut new = sleep(ms(0) + std::time::Duration::from_nanos(1));
            let second = to_do({
                let log = log.clone();
                move || log.add("second")
            });
            assert!(poll(&mut new, &second).is_pending());
            clock.advance(ms(1));
            timers.fire(clock.now()); // Re-enters.
            log.add("end of first");
        }
    });
    assert!(poll(&mut first, &waker).is_pending());
    let mut later = sleep(ms(100));
    assert!(poll(&mut later, &to_do(|| unreachable!("disarmed"))).is_pending());
    *other.lock().unwrap() = Some(later);

    clock.advance(ms(1));
    timers.fire(clock.now());
    assert_eq!(log.get(), "first second end of first");
    assert!(timers.is_empty());
}

/// Uses the timers when it is dropped.
struct OnDrop(Timers);

impl Wake for OnDrop {
    fn wake(self: Arc<Self>) {}
}

impl Drop for OnDrop {
    fn drop(&mut self) {
        let _ = self.0.len(); // Takes the lock: it would hang if a waker was dropped under it.
    }
}

#[test]
fn wakers_are_dropped_outside_the_lock() {
    let clock = ManualClock::new();
    let timers = timers(&clock);
    let _entered = timers.enter(0);
    let noisy = || Waker::from(Arc::new(OnDrop(timers.clone())));

    let mut fired = sleep(ms(1));
    let _ = poll(&mut fired, &noisy());
    let mut replaced = sleep(ms(1));
    let _ = poll(&mut replaced, &noisy());
    let _ = poll(&mut replaced, &noisy());
    let mut dropped = sleep(ms(1));
    let _ = poll(&mut dropped, &noisy());
    drop(dropped);
    clock.advance(ms(1));
    assert_eq!(timers.fire(clock.now()), 2);

    let mut closed = sleep(ms(1));
    let _ = poll(&mut closed, &noisy());
    timers.close();
}

#[test]
fn a_panic_while_armed_poisons_nothing() {
    let clock = ManualClock::new();
    let timers = timers(&clock);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _entered = timers.enter(0);
        let mut sleep = sleep(ms(1));
        let (_, waker) = Count::new();
        let _ = poll(&mut sleep, &waker);
        std::panic::resume_unwind(Box::new("the task"));
    }));
    assert!(panicked.is_err());
    assert!(Timers::current().is_none());
    assert_eq!(timers.len(), 0);
}
