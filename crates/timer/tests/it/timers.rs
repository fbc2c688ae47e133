//! Many shards, one driver: order, and who is called for what.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use evenkeel_timer::{ManualClock, Sleep, Timers, TimersOptions, now, sleep, sleep_until};

use crate::support::{Count, Log, ms, poll, sharded, timers};

struct Say(Log, String);

impl Wake for Say {
    fn wake(self: Arc<Self>) {
        self.0.add(self.1.clone());
    }
}

fn say(log: &Log, what: impl ToString) -> Waker {
    Arc::new(Say(log.clone(), what.to_string())).into()
}

/// Timers that count how often the driver was called.
fn counted(clock: &ManualClock, shards: usize) -> (Timers, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = calls.clone();
    let options = TimersOptions { shards, clock: Arc::new(clock.clone()) };
    let timers = Timers::new(options, move || {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    (timers, calls)
}

fn armed(after: Duration, waker: &Waker) -> Sleep {
    let mut sleep = sleep(after);
    assert!(poll(&mut sleep, waker).is_pending());
    sleep
}

#[test]
fn across_shards_deadlines_keep_their_order() {
    let clock = ManualClock::new();
    let timers = sharded(&clock, 3);
    let log = Log::default();
    let mut sleeps = Vec::new();
    for (shard, after) in [(0, 30), (1, 10), (2, 20), (0, 15), (1, 30), (2, 1)] {
        let _entered = timers.enter(shard);
        sleeps.push(armed(ms(after), &say(&log, format!("{after}@{shard}"))));
    }
    clock.advance(ms(12));
    assert_eq!(timers.fire(clock.now()), 2);
    clock.advance(ms(100));
    assert_eq!(timers.fire(clock.now()), 4);
    assert_eq!(log.get(), "1@2 10@1 15@0 20@2 30@0 30@1");
    assert_eq!(timers.statistics().worst_lateness, ms(97));
}

#[test]
fn a_sleeping_driver_is_called_once_and_only_for_an_earlier_deadline() {
    let clock = ManualClock::new();
    let (timers, calls) = counted(&clock, 2);
    let calls = || calls.load(Ordering::Relaxed);
    let (_, waker) = Count::new();
    let _entered = timers.enter(1);

    let a = armed(ms(50), &waker);
    assert_eq!(calls(), 0, "it is awake");
    assert_eq!(timers.about_to_sleep(), a.deadline());
    let b = armed(ms(60), &waker);
    assert_eq!(calls(), 0, "later than it knows");
    let c = armed(ms(50), &waker);
    assert_eq!(calls(), 0, "no earlier than it knows");
    let d = armed(ms(40), &waker);
    assert_eq!(calls(), 1);
    let e = armed(ms(30), &waker);
    assert_eq!(calls(), 1, "it is on its way");
    timers.awake();
    let f = armed(ms(20), &waker);
    assert_eq!(calls(), 1, "it is awake");
    assert_eq!(timers.about_to_sleep(), f.deadline());
    timers.awake(); // Of itself this time: nobody called.
    let g = armed(ms(10), &waker);
    assert_eq!(calls(), 1, "it is awake");
    assert_eq!(timers.statistics().interruptions, 1);
    drop((a, b, c, d, e, f, g));
}

#[test]
fn a_driver_without_any_deadline_is_called_for_the_first() {
    let clock = ManualClock::new();
    let (timers, calls) = counted(&clock, 1);
    let (_, waker) = Count::new();
    let _entered = timers.enter(0);
    assert_eq!(timers.about_to_sleep(), None);
    let mut sleep = armed(Duration::from_secs(86_400 * 365 * 100), &waker);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    timers.awake();
    assert_eq!(timers.about_to_sleep(), sleep.deadline());
    sleep.reset(now() + ms(1));
    assert_eq!(calls.load(Ordering::Relaxed), 2, "a reset is an arm");
    sleep.reset(now() + ms(2));
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[test]
fn the_next_deadline_is_exact_after_disarming() {
    let clock = ManualClock::new();
    let timers = sharded(&clock, 2);
    let (_, waker) = Count::new();
    let start = clock.now();
    let mut sleeps = Vec::new();
    for n in 0..40 {
        let _entered = timers.enter(n % 2);
        sleeps.push(armed(Duration::from_secs(1000 + n as u64), &waker));
    }
    for n in 0..40 {
        let deadline = start + Duration::from_secs(1000 + n);
        assert_eq!(timers.next_deadline(), Some(deadline));
        assert_eq!(timers.about_to_sleep(), Some(deadline));
        drop(sleeps.remove(0));
    }
    assert_eq!(timers.next_deadline(), None);
}

#[test]
fn deadlines_before_the_beginning_are_kept_apart() {
    let clock = ManualClock::new();
    let timers = timers(&clock);
    let _entered = timers.enter(0);
    let log = Log::default();
    let start = now();
    let mut sleeps = Vec::new();
    for ago in [1_u64, 1_000_000_000, 3, 2] {
        let mut sleep = sleep_until(start - Duration::from_nanos(ago));
        assert!(poll(&mut sleep, &say(&log, ago)).is_pending());
        assert!(timers.next_deadline() <= Some(start));
        sleeps.push(sleep);
    }
    assert_eq!(timers.fire(start), 4);
    assert_eq!(log.get(), "1000000000 3 2 1");
}

#[test]
fn statistics_add_up() {
    let clock = ManualClock::new();
    let timers = sharded(&clock, 2);
    let (_, waker) = Count::new();
    let mut sleeps: Vec<_> = (0..10)
        .map(|n| {
            let _entered = timers.enter(n % 2);
            armed(ms(n as u64 + 1), &waker)
        })
        .collect();
    clock.advance(ms(4));
    assert_eq!(timers.fire(clock.now()), 4);
    sleeps.truncate(7);
    let statistics = timers.statistics();
    assert_eq!((statistics.armed, statistics.fired, statistics.registered), (10, 4, 3));
    assert_eq!(timers.len(), 3);
    assert_eq!(statistics.capacity, 2 * 256);
    assert_eq!(timers.shards(), 2);
    assert!(format!("{timers:?}").contains("next: Some("));
}

#[test]
fn no_shard_counts_as_one() {
    let options = TimersOptions { shards: 0, ..TimersOptions::default() };
    assert_eq!(Timers::new(options, || {}).shards(), 1);
}

#[test]
fn a_stale_now_fires_nothing_early() {
    let clock = ManualClock::new();
    let timers = timers(&clock);
    let _entered = timers.enter(0);
    let (count, waker) = Count::new();
    let start = clock.now();
    clock.advance(ms(500));
    timers.fire(clock.now());
    let sleep = armed(ms(1), &waker);
    timers.fire(start); // A driver that read the clock long ago.
    assert_eq!(count.get(), 0);
    assert_eq!(timers.next_deadline(), sleep.deadline());
}

#[test]
fn a_deadline_that_was_fired_before_it_was_armed_is_served_in_its_turn() {
    let clock = ManualClock::new();
    let timers = timers(&clock);
    let _entered = timers.enter(0);
    let (count, waker) = Count::new();
    let start = clock.now();
    let mut first = armed(ms(50), &waker);
    clock.advance(ms(100));
    assert_eq!(timers.fire(clock.now()), 1);
    assert!(poll(&mut first, &waker).is_ready());

    let mut past = sleep_until(start + ms(60));
    let mut moved = armed(ms(100), &waker);
    moved.reset(start + ms(70));
    for sleep in [&mut past, &mut moved] {
        assert!(poll(sleep, &waker).is_pending());
        assert!(poll(sleep, &waker).is_pending(), "it waits for the driver");
    }
    assert_eq!((timers.len(), count.get()), (2, 1));
    assert_eq!(timers.fire(clock.now()), 2);
    assert!(poll(&mut past, &waker).is_ready() && poll(&mut moved, &waker).is_ready());

    // And back: moved away again before its turn.
    let mut back = sleep_until(start + ms(80));
    assert!(poll(&mut back, &waker).is_pending());
    back.reset(start + ms(200));
    assert_eq!(timers.fire(clock.now()), 0);
    assert!(poll(&mut back, &waker).is_pending());
    clock.advance(ms(100));
    assert_eq!(timers.fire(clock.now()), 1);
    assert!(poll(&mut back, &waker).is_ready());
    assert_eq!((timers.len(), count.get()), (0, 4));
}

/// Arms, disarms, resets and fires from several threads; in the end everything that was not
/// disarmed has fired exactly once.
#[test]
fn threads_that_arm_while_another_fires() {
    const THREADS: usize = 4;
    const EACH: usize = 2_000;
    let timers = Timers::new(TimersOptions { shards: THREADS, ..TimersOptions::default() }, || {});
    let done = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..THREADS)
        .map(|shard| {
            let (timers, done) = (timers.clone(), done.clone());
            std::thread::spawn(move || {
                let _entered = timers.enter(shard);
                let mut kept = Vec::new();
                for n in 0..EACH {
                    let (count, waker) = Count::new();
                    let micros = (n * 7919) % 20_000;
                    let mut sleep = sleep(Duration::from_micros(micros as u64 + 1));
                    assert!(poll(&mut sleep, &waker).is_pending());
                    match n % 4 {
                        0 => drop(sleep),
                        1 => {
                            sleep.reset(now() + Duration::from_micros(50));
                            // If it had fired before, it is armed by the next poll only.
                            let _ = poll(&mut sleep, &waker);
                            kept.push((sleep, count));
                        }
                        _ => kept.push((sleep, count)),
                    }
                }
                done.fetch_add(1, Ordering::Release);
                kept
            })
        })
        .collect();
    while done.load(Ordering::Acquire) < THREADS || !timers.is_empty() {
        timers.fire(timers.now());
    }
    for thread in threads {
        for (mut sleep, count) in thread.join().unwrap() {
            assert!(sleep.is_elapsed());
            // Twice, if it had fired before it was reset.
            assert!(count.get() <= 2);
            let (_, waker) = Count::new();
            assert!(poll(&mut sleep, &waker).is_ready());
        }
    }
    assert_eq!(timers.len(), 0);
}
