//! Beats: on the grid, and what becomes of those that were missed.

use std::task::Poll;
use std::time::{Duration, Instant};

use evenkeel_timer::{Clock, Interval, ManualClock, Missed, Timers, interval, interval_at, now};
use futures_core::Stream;

use crate::support::{Count, ms, poll, timers};

/// The next tick, in milliseconds since `start`, if it is due.
fn tick(beat: &mut Interval, start: Instant) -> Option<u128> {
    let (_, waker) = Count::new();
    let mut tick = Box::pin(beat.tick());
    match poll(&mut tick, &waker) {
        Poll::Ready(due) => Some((due - start).as_millis()),
        Poll::Pending => None,
    }
}

/// Moves time as if nothing else ran.
fn pass(clock: &ManualClock, timers: &Timers, time: Duration) {
    clock.advance(time);
    timers.fire(clock.now());
}

/// Beats of 10 ms of which the third is seen 25 ms late; the next four, and when each could be had.
fn stalled(missed: Missed) -> Vec<(u128, u128)> {
    let clock = ManualClock::auto_jump();
    let timers = timers(&clock);
    let _entered = timers.enter(0);
    let start = clock.now();
    let mut beat = interval(ms(10)).missed(missed);
    let mut seen = Vec::new();
    while seen.len() < 7 {
        match tick(&mut beat, start) {
            Some(due) => {
                seen.push((due, clock.elapsed().as_millis()));
                if seen.len() == 2 {
                    pass(&clock, &timers, ms(35));
                }
            }
            None => {
                clock.idle(timers.next_deadline());
                timers.fire(clock.now());
            }
        }
    }
    assert_eq!(seen[..2], [(10, 10), (20, 20)]);
    assert_eq!(seen[2], (30, 55));
    seen.split_off(3)
}

#[test]
fn delay_goes_on_from_now() {
    assert_eq!(stalled(Missed::Delay), [(65, 65), (75, 75), (85, 85), (95, 95)]);
}

#[test]
fn skip_keeps_the_grid() {
    assert_eq!(stalled(Missed::Skip), [(60, 60), (70, 70), (80, 80), (90, 90)]);
}

#[test]
fn burst_makes_up() {
    assert_eq!(stalled(Missed::Burst), [(40, 55), (50, 55), (60, 60), (70, 70)]);
}

#[test]
fn a_little_late_is_no_drift() {
    let clock = ManualClock::new();
    let timers = timers(&clock);
    let _entered = timers.enter(0);
    let start = clock.now();
    let mut beat = interval(ms(10));
    assert_eq!(tick(&mut beat, start), None);
    for due in 1..100 {
        pass(&clock, &timers, ms(10) + if due == 1 { ms(7) } else { ms(0) });
        assert_eq!(tick(&mut beat, start), Some(due * 10));
        assert_eq!(tick(&mut beat, start), None);
    }
}

#[test]
fn it_may_begin_with_a_beat_and_be_a_stream() {
    let clock = ManualClock::new();
    let timers = timers(&clock);
    let _entered = timers.enter(0);
    let mut beat = std::pin::pin!(interval_at(now(), ms(10)));
    let (count, waker) = Count::new();
    let mut cx = std::task::Context::from_waker(&waker);
    assert!(beat.as_mut().poll_next(&mut cx).is_pending());
    timers.fire(clock.now());
    assert_eq!(count.get(), 1);
    assert_eq!(beat.as_mut().poll_next(&mut cx), Poll::Ready(Some(clock.now())));
    assert!(beat.as_mut().poll_next(&mut cx).is_pending());
    assert_eq!(beat.size_hint(), (usize::MAX, None));
    assert_eq!(beat.period(), ms(10));
}

#[test]
fn a_cancelled_tick_is_still_to_come() {
    let clock = ManualClock::new();
    let timers = timers(&clock);
    let _entered = timers.enter(0);
    let start = clock.now();
    let mut beat = interval(ms(10));
    assert_eq!(tick(&mut beat, start), None); // The tick is dropped here.
    pass(&clock, &timers, ms(12));
    assert_eq!(tick(&mut beat, start), Some(10));
}

#[test]
fn reset_begins_anew() {
    let clock = ManualClock::new();
    let timers = timers(&clock);
    let _entered = timers.enter(0);
    let start = clock.now();
    let mut beat = interval(ms(10));
    assert_eq!(tick(&mut beat, start), None);
    pass(&clock, &timers, ms(9));
    beat.reset();
    pass(&clock, &timers, ms(9));
    assert_eq!(tick(&mut beat, start), None);
    pass(&clock, &timers, ms(1));
    assert_eq!(tick(&mut beat, start), Some(19));
}

#[test]
fn a_period_beyond_all_time_never_beats() {
    let clock = ManualClock::new();
    let _entered = timers(&clock).enter(0);
    let mut beat = interval(Duration::MAX);
    assert_eq!(tick(&mut beat, clock.now()), None);
    beat.reset();
    assert_eq!(tick(&mut beat, clock.now()), None);
    let mut beat = interval_at(now(), Duration::MAX);
    assert_eq!(tick(&mut beat, clock.now()), None);
    Timers::current().unwrap().fire(clock.now());
    assert_eq!(tick(&mut beat, clock.now()), Some(0));
    assert_eq!(tick(&mut beat, clock.now()), None);
}

#[test]
#[should_panic(expected = "an interval needs a period")]
fn a_period_of_zero_is_refused() {
    let _ = interval(Duration::ZERO);
}
