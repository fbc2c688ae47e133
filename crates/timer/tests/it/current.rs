//! Which timers a thread uses.

use std::time::Instant;

use evenkeel_timer::{ManualClock, Timers, now, sleep};

use crate::support::{Count, ms, poll, sharded, timers};

#[test]
fn entering_nests_and_is_undone() {
    let (outer, inner) = (ManualClock::new(), ManualClock::new());
    inner.advance(ms(1000));
    assert!(Timers::current().is_none());
    let entered = timers(&outer).enter(0);
    {
        let _entered = timers(&inner).enter(0);
        assert_eq!(now(), inner.now());
    }
    assert_eq!(now(), outer.now());
    drop(entered);
    assert!(Timers::current().is_none());
    assert!(now() <= Instant::now());
}

#[test]
fn each_thread_enters_for_itself() {
    let clock = ManualClock::new();
    let _entered = timers(&clock).enter(0);
    std::thread::spawn(|| assert!(Timers::current().is_none())).join().unwrap();
}

#[test]
fn a_sleep_binds_where_it_is_first_polled() {
    let clock = ManualClock::new();
    let timers = sharded(&clock, 3);
    let (count, waker) = Count::new();
    let mut elsewhere = {
        let _entered = timers.enter(0);
        sleep(ms(10))
    };
    {
        let _entered = timers.enter(2);
        assert!(poll(&mut elsewhere, &waker).is_pending());
    }
    assert_eq!(timers.len(), 1);
    clock.advance(ms(10));
    timers.fire(clock.now());
    assert_eq!(count.get(), 1);
    assert!(poll(&mut elsewhere, &waker).is_ready());
}

#[test]
#[should_panic(expected = "no shard 1")]
fn there_must_be_such_a_shard() {
    let _entered = timers(&ManualClock::new()).enter(1);
}
