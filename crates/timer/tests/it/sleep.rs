//! Sleeps, against what asyncio's do.

use std::time::Duration;

use evenkeel_timer::{
    InvalidDuration, ManualClock, Sleep, Timers, now, sleep, sleep_secs, sleep_until,
};

use crate::support::{Count, Log, Loop, ms, poll, sharded, timers};

#[test]
fn slp_01_sleep_zero_yields_exactly_once() {
    let world = Loop::new();
    let log = Log::default();
    world.spawn({
        let log = log.clone();
        async move {
            log.add("main");
            sleep(Duration::ZERO).await;
            log.add("main again");
        }
    });
    world.spawn({
        let log = log.clone();
        async move { log.add("callback") }
    });
    world.run();
    assert_eq!(log.get(), "main callback main again");
    assert_eq!(world.timers.statistics().armed, 0, "no timer");

    let (count, waker) = Count::new();
    let mut zero = sleep(Duration::ZERO);
    assert!(poll(&mut zero, &waker).is_pending());
    assert_eq!(count.get(), 1);
    assert!(poll(&mut zero, &waker).is_ready());
    assert!(poll(&mut zero, &waker).is_ready(), "it stays ready");
    assert_eq!(count.get(), 1);
}

#[test]
fn slp_02_sleeping_twice_takes_exactly_twice_as_long() {
    let world = Loop::new();
    world.spawn(async {
        sleep(ms(50)).await;
        sleep(ms(50)).await;
    });
    world.run();
    assert_eq!(world.clock.elapsed(), ms(100));
    let statistics = world.timers.statistics();
    assert_eq!((statistics.armed, statistics.fired), (2, 2));
    assert_eq!(statistics.worst_lateness, Duration::ZERO);
}

#[test]
fn slp_03_a_cancelled_sleep_leaves_no_timer() {
    let world = Loop::new();
    let sleeper = world.spawn(sleep(Duration::from_secs(10)));
    world.tick();
    assert_eq!(world.timers.len(), 1);
    sleeper.cancel();
    world.tick();
    assert_eq!(world.timers.len(), 0);
    assert_eq!(world.timers.next_deadline(), None);
    assert!(world.timers.is_empty());
}

#[test]
fn slp_05_nan_is_an_error_and_max_never_ends() {
    let world = Loop::new();
    let (_, waker) = Count::new();
    let error = sleep_secs(f64::NAN).unwrap_err();
    assert_eq!(error, InvalidDuration::clone(&error));
    assert_eq!(error.to_string(), "cannot sleep for NaN seconds");
    for mut never in
        [sleep(Duration::MAX), sleep_secs(f64::INFINITY).unwrap(), sleep_secs(1e300).unwrap()]
    {
        assert!(poll(&mut never, &waker).is_pending());
        assert!(poll(&mut never, &waker).is_pending());
        assert_eq!(never.deadline(), None);
        assert!(!never.is_elapsed());
    }
    // In the clock's range, but not in the wheel's: a thousand years.
    let mut long = sleep(Duration::from_secs(86_400 * 366 * 1000));
    assert!(poll(&mut long, &waker).is_pending());
    assert!(long.deadline().is_some());
    assert!(world.timers.is_empty());
    // In the wheel's too: four hundred.
    let mut long = sleep(Duration::from_secs(86_400 * 366 * 400));
    assert!(poll(&mut long, &waker).is_pending());
    assert_eq!(world.timers.next_deadline(), long.deadline());
    world.timers.fire(world.clock.now());
    assert!(poll(&mut long, &waker).is_pending());
}

#[test]
fn slp_06_deadlines_in_the_past_keep_their_order() {
    let world = Loop::new();
    let log = Log::default();
    let start = now();
    for (name, ago) in [("a", 1), ("b", 2)] {
        let log = log.clone();
        world.spawn(async move {
            sleep_until(start - Duration::from_secs(ago)).await;
            log.add(name);
        });
    }
    world.tick(); // Both registered and, in one pass of the driver, both fired.
    assert_eq!(world.timers.statistics().fired, 2);
    world.tick();
    assert_eq!(log.get(), "b a");
    assert_eq!(world.clock.elapsed(), Duration::ZERO);
}

#[test]
fn slp_06_negative_zero_and_least_end_in_that_order() {
    let world = Loop::new();
    let log = Log::default();
    for (name, secs) in [("negative", -1.0), ("zero", 0.0), ("least", 1e-9)] {
        let log = log.clone();
        world.spawn(async move {
            sleep_secs(secs).unwrap().await;
            log.add(name);
        });
    }
    world.run();
    assert_eq!(log.get(), "negative zero least");
    assert_eq!(world.clock.elapsed(), Duration::from_nanos(1));
}

#[test]
fn slp_07_equal_deadlines_fire_in_order_of_registration() {
    // Near and far, so that some have been moved from level to level before they fire.
    for far in [ms(0), ms(1), ms(100), Duration::from_secs(100), Duration::from_secs(1 << 30)] {
        let world = Loop::new();
        let log = Log::default();
        let deadline = now() + far;
        for n in 0..12 {
            let log = log.clone();
            world.spawn(async move {
                sleep_until(deadline).await;
                log.add(n.to_string());
            });
        }
        world.run();
        assert_eq!(log.get(), "0 1 2 3 4 5 6 7 8 9 10 11");
    }
}

#[test]
fn slp_08_dropped_sleeps_hold_nothing() {
    let clock = ManualClock::new();
    let timers = timers(&clock);
    let _entered = timers.enter(0);
    let (_, waker) = Count::new();
    let mut head = sleep(Duration::from_secs(3000));
    assert!(poll(&mut head, &waker).is_pending());
    for _ in 0..10_000 {
        let mut hour = sleep(Duration::from_secs(3600));
        assert!(poll(&mut hour, &waker).is_pending());
    }
    assert_eq!(timers.len(), 1);
    assert!(timers.statistics().capacity <= 256, "one chunk: places are used again");
    assert_eq!(timers.next_deadline(), head.deadline());

    // A burst that is over gives its memory back.
    let mut burst: Vec<Sleep> = (0..10_000).map(|_| sleep(Duration::from_secs(3600))).collect();
    for sleep in &mut burst {
        assert!(poll(sleep, &waker).is_pending());
    }
    assert!(timers.statistics().capacity >= 10_000);
    drop(head);
    drop(burst);
    assert_eq!(timers.statistics().capacity, 0);
}

#[test]
fn slp_10_never_early_to_the_nanosecond() {
    let clock = ManualClock::new();
    let timers = timers(&clock);
    let _entered = timers.enter(0);
    let (count, waker) = Count::new();
    let nano = Duration::from_nanos(1);
    for length in [1, 2, 65_535, 65_536, 65_537, 1_000_000, 4_194_304, 4_194_305, 1 << 40] {
        let length = Duration::from_nanos(length);
        let mut sleep = sleep(length);
        let before = count.get();
        assert!(poll(&mut sleep, &waker).is_pending());
        clock.advance(length - nano);
        assert_eq!(timers.fire(clock.now()), 0);
        assert!(poll(&mut sleep, &waker).is_pending());
        assert!(!sleep.is_elapsed());
        clock.advance(nano);
        assert_eq!(timers.fire(clock.now()), 1);
        assert_eq!(count.get(), before + 1);
        assert!(sleep.is_elapsed());
        assert!(poll(&mut sleep, &waker).is_ready());
    }
}

#[test]
fn slp_10_queued_before_then_due_then_queued_by_a_callback() {
    let world = Loop::new();
    let log = Log::default();
    let due = log.clone();
    world.spawn(async move {
        sleep(ms(1)).await;
        due.add("due");
    });
    world.tick(); // Registered.
    let soon = log.clone();
    world.spawn(async move {
        soon.add("soon");
        sleep(Duration::ZERO).await;
        soon.add("later");
    });
    world.clock.advance(ms(1));
    world.timers.fire(world.clock.now());
    world.run();
    assert_eq!(log.get(), "soon due later");
}

#[test]
fn the_deadline_is_set_at_the_call() {
    let world = Loop::new();
    let (first, second) = (sleep(ms(10)), sleep(ms(10)));
    world.spawn(async move {
        first.await;
        second.await;
    });
    world.run();
    assert_eq!(world.clock.elapsed(), ms(10));
}

#[test]
fn one_cause_one_wake_up() {
    let clock = ManualClock::new();
    let timers = timers(&clock);
    let _entered = timers.enter(0);
    let ((first, one), (second, two)) = (Count::new(), Count::new());
    let mut sleep = sleep(ms(10));
    for _ in 0..5 {
        assert!(poll(&mut sleep, &one).is_pending());
    }
    assert!(poll(&mut sleep, &two).is_pending()); // Moved to another task.
    for _ in 0..20 {
        clock.advance(ms(1));
        timers.fire(clock.now());
    }
    assert_eq!((first.get(), second.get()), (0, 1));
    assert!(poll(&mut sleep, &two).is_ready());
}

#[test]
fn reset_moves_the_deadline_either_way() {
    let clock = ManualClock::new();
    let timers = timers(&clock);
    let _entered = timers.enter(0);
    let (count, waker) = Count::new();
    let start = now();
    let mut sleep = sleep(ms(10));
    sleep.reset(start + ms(20)); // Not registered yet.
    assert!(poll(&mut sleep, &waker).is_pending());
    sleep.reset(start + ms(30)); // Later.
    assert_eq!(timers.len(), 1);
    assert_eq!(timers.next_deadline(), Some(start + ms(30)));
    sleep.reset(start + ms(5)); // Earlier.
    assert_eq!(timers.next_deadline(), Some(start + ms(5)));
    clock.advance(ms(5));
    timers.fire(clock.now());
    assert_eq!(count.get(), 1);
    sleep.reset(start + ms(6)); // Fired, but not seen yet.
    assert!(!sleep.is_elapsed());
    assert!(poll(&mut sleep, &waker).is_pending());
    clock.advance(ms(1));
    timers.fire(clock.now());
    assert!(poll(&mut sleep, &waker).is_ready());
    sleep.reset(start + ms(7)); // Done.
    assert!(poll(&mut sleep, &waker).is_pending());
    sleep.reset(start + Duration::from_secs(86_400 * 366 * 1000)); // Beyond the wheel.
    assert!(timers.is_empty());
    assert!(poll(&mut sleep, &waker).is_pending());
    sleep.reset(start);
    assert!(poll(&mut sleep, &waker).is_pending());
    timers.fire(clock.now());
    assert!(poll(&mut sleep, &waker).is_ready());
    assert_eq!(count.get(), 3);
}

#[test]
fn a_sleep_outlives_its_timers() {
    let clock = ManualClock::new();
    let timers = timers(&clock);
    let (count, waker) = Count::new();
    let (mut due, mut carried) = {
        let _entered = timers.enter(0);
        (sleep(ms(1)), sleep(ms(2)))
    };
    {
        let _entered = timers.enter(0);
        assert!(poll(&mut due, &waker).is_pending());
        assert!(poll(&mut carried, &waker).is_pending());
    }
    clock.advance(ms(1));
    timers.close();
    timers.close();
    assert_eq!(count.get(), 2);
    assert_eq!(timers.len(), 0);
    assert!(poll(&mut due, &waker).is_ready(), "its deadline had come");

    let next = sharded(&clock, 1);
    let _entered = next.enter(0);
    assert!(poll(&mut carried, &waker).is_pending());
    assert_eq!(next.len(), 1);
    clock.advance(ms(1));
    next.fire(clock.now());
    assert!(poll(&mut carried, &waker).is_ready());
    assert_eq!(count.get(), 3);
}

#[test]
fn closed_timers_are_passed_over() {
    let clock = ManualClock::new();
    let timers = timers(&clock);
    timers.close();
    let _entered = timers.enter(0);
    // Bound to the fall-back thread, though these timers are entered.
    futures_lite::future::block_on(sleep(ms(1)));
    assert!(Timers::fallback().unwrap().statistics().fired > 0);
    assert_eq!(timers.statistics().armed, 0);
}

#[test]
fn it_is_small_and_goes_anywhere() {
    fn everywhere<T: Send + Sync + Unpin + std::fmt::Debug>() {}
    everywhere::<Sleep>();
    everywhere::<Timers>();
    assert!(size_of::<Sleep>() <= 40);
    let debug = format!("{:?}", sleep(ms(1)));
    assert!(debug.starts_with("Sleep { deadline: Some("), "{debug}");
}
