//! Timeouts whose deadline is moved, against what asyncio's `Timeout.reschedule` does.

use std::future::{pending, ready};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use evenkeel_timer::{RescheduleError, Timeout, TimeoutError, now, timeout, wait_for};

use crate::support::{Count, Loop, ms, poll};

type Endless = Timeout<std::future::Pending<()>>;

/// Lets `by` pass, and says whether it was woken.
fn pass(world: &Loop, count: &Count, by: Duration) -> bool {
    let before = count.get();
    world.clock.advance(by);
    world.timers.fire(world.clock.now());
    count.get() > before
}

fn expired(bounded: &mut Pin<&mut Endless>, waker: &std::task::Waker) -> bool {
    poll(bounded, waker) == Poll::Ready(Err(TimeoutError))
}

#[test]
fn tmo_09_extended_it_ends_later() {
    let world = Loop::new();
    let (count, waker) = Count::new();
    let mut bounded = pin!(timeout(ms(10), pending::<()>()));
    assert!(!expired(&mut bounded, &waker));
    let later = now() + ms(50);
    bounded.as_mut().reschedule(Some(later)).unwrap();
    assert_eq!(bounded.deadline(), Some(later));
    assert!(!pass(&world, &count, ms(49)));
    assert!(!expired(&mut bounded, &waker));
    assert!(pass(&world, &count, ms(1)));
    assert!(expired(&mut bounded, &waker));
}

#[test]
fn tmo_09_brought_forward_it_ends_sooner() {
    let world = Loop::new();
    let (count, waker) = Count::new();
    let mut bounded = pin!(timeout(ms(50), pending::<()>()));
    assert!(!expired(&mut bounded, &waker));
    bounded.as_mut().reschedule(Some(now() + ms(10))).unwrap();
    assert!(pass(&world, &count, ms(10)));
    assert!(expired(&mut bounded, &waker));
}

#[test]
fn tmo_09_to_the_past_it_ends_at_once() {
    let world = Loop::new();
    let (count, waker) = Count::new();
    let mut bounded = pin!(timeout(ms(50), pending::<()>()));
    bounded.as_mut().reschedule(Some(now() - ms(1))).unwrap();
    assert!(expired(&mut bounded, &waker), "not polled yet: it has one poll");

    let mut bounded = pin!(timeout(ms(50), pending::<()>()));
    assert!(!expired(&mut bounded, &waker));
    bounded.as_mut().reschedule(Some(now() - ms(1))).unwrap();
    assert!(pass(&world, &count, Duration::ZERO), "and who polled it is woken");
    assert!(expired(&mut bounded, &waker));
}

#[test]
fn tmo_09_disabled_it_never_ends_and_then_it_does() {
    let world = Loop::new();
    let (count, waker) = Count::new();
    let mut bounded = pin!(timeout(ms(10), pending::<()>()));
    assert!(!expired(&mut bounded, &waker));
    bounded.as_mut().reschedule(None).unwrap();
    assert_eq!(bounded.deadline(), None);
    assert!(world.timers.is_empty());
    assert!(!pass(&world, &count, ms(1000)));
    // Nobody polled it since; it must be woken all the same.
    bounded.as_mut().reschedule(Some(now() + ms(10))).unwrap();
    assert_eq!(count.get(), 1, "to arm the timer");
    assert!(!expired(&mut bounded, &waker));
    assert!(pass(&world, &count, ms(10)));
    assert!(expired(&mut bounded, &waker));
}

#[test]
fn tmo_09_one_that_had_no_deadline_gets_one() {
    for limit in [None, Some(Duration::MAX), Some(Duration::from_secs(400 * 366 * 86_400))] {
        let world = Loop::new();
        let (count, waker) = Count::new();
        let mut bounded = pin!(wait_for(pending::<()>(), limit));
        assert_eq!(bounded.deadline(), None);
        assert!(!expired(&mut bounded, &waker));
        assert!(world.timers.is_empty());
        bounded.as_mut().reschedule(Some(now() + ms(10))).unwrap();
        assert_eq!(count.get(), 1);
        assert!(!expired(&mut bounded, &waker));
        assert!(pass(&world, &count, ms(10)));
        assert!(expired(&mut bounded, &waker));
    }
}

#[test]
fn tmo_09_moved_after_its_timer_fired_it_goes_on() {
    for to in [Some(ms(10)), None] {
        let world = Loop::new();
        let (count, waker) = Count::new();
        let mut bounded = pin!(timeout(ms(10), pending::<()>()));
        assert!(!expired(&mut bounded, &waker));
        assert!(pass(&world, &count, ms(10)));
        bounded.as_mut().reschedule(to.map(|by| now() + by)).unwrap();
        assert!(!expired(&mut bounded, &waker));
        assert!(!bounded.expired());
        assert_eq!(pass(&world, &count, ms(10)), to.is_some());
    }
}

#[test]
fn tmo_10_in_a_wrong_state_it_says_which() {
    let world = Loop::new();
    let (count, waker) = Count::new();
    let mut finished = pin!(timeout(ms(10), ready(1)));
    assert!(poll(&mut finished, &waker).is_ready());
    assert!(!finished.expired());
    let error = finished.as_mut().reschedule(None).unwrap_err();
    assert_eq!(error, RescheduleError::Finished);
    assert_eq!(error.to_string(), "cannot move the deadline of a timeout that has finished");

    let mut late = pin!(timeout(ms(10), pending::<()>()));
    assert!(!expired(&mut late, &waker));
    assert!(pass(&world, &count, ms(10)));
    assert!(!late.expired(), "nobody has seen it");
    assert!(expired(&mut late, &waker));
    assert!(late.expired());
    assert_eq!(late.as_mut().reschedule(None), Err(RescheduleError::Expired));
    assert_eq!(late.deadline(), Some(now()), "the deadline can still be read");
}
