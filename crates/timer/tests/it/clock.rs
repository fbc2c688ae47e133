//! Clocks: they move when told to, and tell those who watch.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use evenkeel_timer::{Clock, ManualClock, SystemClock};

use crate::support::ms;

#[test]
fn a_manual_clock_stands_still() {
    let clock = ManualClock::new();
    assert_eq!(clock.now(), clock.now());
    assert_eq!(clock.elapsed(), Duration::ZERO);
    assert!(clock.is_manual());
}

#[test]
fn clones_are_the_same_clock() {
    let clock = ManualClock::new();
    clock.clone().advance(ms(5));
    assert_eq!(clock.elapsed(), ms(5));
}

#[test]
fn it_never_goes_back() {
    let clock = ManualClock::new();
    let start = clock.now();
    clock.advance(ms(10));
    clock.jump_to(start + ms(3));
    assert_eq!(clock.elapsed(), ms(10));
    clock.jump_to(start + ms(30));
    assert_eq!(clock.elapsed(), ms(30));
}

#[test]
fn it_does_not_overflow() {
    let clock = ManualClock::new();
    clock.advance(Duration::MAX);
    clock.advance(Duration::MAX);
    assert_eq!(clock.elapsed(), Duration::from_nanos(u64::MAX));
    let _ = clock.now();
}

#[test]
fn only_a_jumping_clock_jumps() {
    let by_hand = ManualClock::new();
    assert!(!by_hand.idle(Some(by_hand.now() + ms(1))));
    let jumping = ManualClock::auto_jump();
    assert!(!jumping.idle(None));
    assert!(jumping.idle(Some(jumping.now() + ms(1))));
    assert_eq!(jumping.elapsed(), ms(1));
    assert!(!jumping.idle(Some(jumping.now())), "already there");
}

#[test]
fn watchers_hear_of_moves_by_hand_and_may_move_the_clock() {
    let clock = ManualClock::auto_jump();
    let heard = Arc::new(AtomicUsize::new(0));
    clock.on_move(Arc::new({
        let (heard, clock) = (heard.clone(), clock.clone());
        move || {
            if heard.fetch_add(1, Ordering::Relaxed) == 0 {
                clock.advance(ms(1)); // No lock is held here, or this would hang.
            }
        }
    }));
    clock.idle(Some(clock.now() + ms(1)));
    assert_eq!(heard.load(Ordering::Relaxed), 0, "the loop that asked knows");
    clock.advance(ms(1));
    assert_eq!(heard.load(Ordering::Relaxed), 2);
    assert_eq!(clock.elapsed(), ms(3));
    clock.jump_to(clock.now());
    assert_eq!(heard.load(Ordering::Relaxed), 2, "it did not move");
}

#[test]
fn the_system_clock_is_the_systems() {
    let before = Instant::now();
    let now = SystemClock.now();
    assert!(before <= now && now <= Instant::now());
    assert!(!SystemClock.is_manual());
    assert!(!SystemClock.idle(Some(now)));
    SystemClock.on_move(Arc::new(|| unreachable!("it is not moved by hand")));
}
