//! asyncio's cases of `sleep`.
//!
//! SLP-08 polls each sleep once, since a sleep that was never polled has no timer.

use std::time::Duration;

use evenkeel::timer::{Missed, TimerStatistics, sleep_secs};
use evenkeel::{
    Handle, ManualClock, Options, Runner, create_task, gather, interval_at, now, sleep,
    sleep_until, timeout, yield_now,
};
use std::sync::{Arc, Mutex};

use crate::loops::{ms, on_one, on_one_and_two, secs, settle, ticks};
use crate::transcript::{Count, Transcript};

fn timers() -> TimerStatistics {
    Handle::current().statistics().unwrap().timers
}

#[test]
fn slp_01_a_sleep_of_zero_lets_the_others_go_first_exactly_once() {
    on_one(|| async {
        let count = Count::default();
        let counted = count.clone();
        create_task(async move { counted.one() }).detach();
        assert_eq!(count.get(), 0);
        sleep(Duration::ZERO).await;
        assert_eq!(count.get(), 1);
        assert_eq!(timers().armed, 0, "no timer");
    });
}

#[test]
fn slp_02_two_sleeps_one_after_the_other_take_the_sum_exactly() {
    on_one_and_two(|| async {
        let begun = now();
        sleep(ms(50)).await;
        sleep(ms(50)).await;
        assert_eq!(now() - begun, ms(100));
        assert_eq!((timers().armed, timers().fired), (2, 2));
    });
}

#[test]
fn slp_03_a_cancelled_sleep_leaves_no_timer() {
    on_one(|| async {
        let task = create_task(sleep(secs(10)));
        ticks(1).await;
        assert_eq!(timers().registered, 1);
        assert!(task.cancel());
        ticks(1).await;
        assert_eq!(timers().registered, 0);
        assert!(task.join().await.unwrap_err().is_cancelled());
    });
    on_one_and_two(|| async {
        let task = create_task(sleep(secs(10)));
        settle().await;
        task.cancelled().await;
        assert_eq!(timers().registered, 0);
    });
}

#[test]
fn slp_04_a_sleeper_cancelled_by_a_timer_ends_then() {
    on_one_and_two(|| async {
        let begun = now();
        let sleeper = create_task(sleep(secs(5000)));
        let canceller = sleeper.canceller();
        let timer = create_task(async move {
            sleep(ms(100)).await;
            canceller.cancel()
        });
        assert!(sleeper.join().await.unwrap_err().is_cancelled());
        assert_eq!(now() - begun, ms(100));
        assert!(timer.await);
    });
}

#[test]
fn slp_05_not_a_number_is_an_error_and_for_ever_is_for_ever() {
    on_one_and_two(|| async {
        let error = sleep_secs(f64::NAN).unwrap_err();
        assert!(error.to_string().contains("NaN"), "{error}");
        for never in [sleep(Duration::MAX), sleep_secs(f64::INFINITY).unwrap()] {
            assert!(timeout(secs(100 * 365 * 86400), never).await.is_err());
        }
    });
}

#[test]
fn slp_06_deadlines_that_have_passed_come_in_their_order() {
    on_one(|| async {
        sleep(secs(10)).await;
        let log = Transcript::new();
        let begun = now();
        for (ago, word) in [(1, "a"), (2, "b")] {
            let log = log.clone();
            create_task(async move {
                sleep_until(begun - secs(ago)).await;
                log.say(word);
            })
            .detach();
        }
        ticks(3).await;
        assert_eq!((log.said().as_str(), now()), ("b a", begun));
    });
    on_one(|| async {
        let log = Transcript::new();
        let say = |sleep, word| {
            let log = log.clone();
            async move {
                let sleep: evenkeel::Sleep = sleep;
                sleep.await;
                log.say(word);
            }
        };
        let negative = create_task(say(sleep_secs(-1.0).unwrap(), "negative"));
        let zero = create_task(say(sleep(Duration::ZERO), "zero"));
        let short = create_task(say(sleep(Duration::from_nanos(1)), "short"));
        gather((negative, zero, short)).await;
        assert_eq!(log.said(), "negative zero short");
    });
}

#[test]
fn slp_07_equal_deadlines_come_in_the_order_they_were_set() {
    on_one(|| async {
        let log = Transcript::new();
        let at = now() + secs(1);
        let tasks: Vec<_> = (0..12)
            .map(|n| {
                let log = log.clone();
                create_task(async move {
                    sleep_until(at).await;
                    log.say(n);
                })
            })
            .collect();
        gather(tasks).await;
        assert_eq!(log.said(), "0 1 2 3 4 5 6 7 8 9 10 11");
    });
}

#[test]
fn slp_08_sleeps_that_are_dropped_take_no_memory() {
    on_one_and_two(|| async {
        let live = create_task(sleep(secs(3000)));
        settle().await;
        for _ in 0..10_000 {
            let hour = sleep(secs(3600));
            assert!(timeout(Duration::ZERO, hour).await.is_err());
        }
        let timers = timers();
        assert!(timers.armed >= 10_000, "{timers:?}");
        assert_eq!(timers.registered, 1);
        // Room for more is kept, so that it is not asked for again and again; it does not grow.
        let workers = Handle::current().statistics().unwrap().workers;
        assert!(timers.capacity <= 256 * workers, "{timers:?}");
        drop(live);
    });
}

#[test]
fn slp_10_a_sleep_is_never_early() {
    let clock = ManualClock::new();
    let options = Options { workers: 1, clock: Arc::new(clock.clone()), ..Options::default() };
    Runner::new(options).unwrap().run(async {
        for nanos in [1, 999, 65_536, 999_999, 1_000_001, 3_600_000_000_001] {
            let duration = Duration::from_nanos(nanos);
            let task = create_task(sleep(duration));
            ticks(2).await;
            clock.advance(duration - Duration::from_nanos(1));
            ticks(3).await;
            assert!(!task.is_finished(), "{duration:?}");
            clock.advance(Duration::from_nanos(1));
            ticks(3).await;
            assert!(task.is_finished(), "{duration:?}");
        }
    });
}

#[test]
fn slp_10_what_is_ready_comes_first_then_what_is_due_then_what_they_began() {
    on_one(|| async {
        let log = Transcript::new();
        let (soon, nested) = (log.clone(), log.clone());
        create_task(async move {
            soon.say("soon");
            create_task(async move { nested.say("nested") }).detach();
        })
        .detach();
        sleep_until(now()).await;
        log.say("later");
        yield_now().await;
        assert_eq!(log.said(), "soon later nested");
    });
}

#[test]
fn a_loop_of_yields_starves_no_timer() {
    for workers in [1, 2] {
        let mut runner = Runner::new(Options { workers, ..Options::default() }).unwrap();
        runner.run(async {
            let task = create_task(async {
                loop {
                    yield_now().await;
                }
            });
            timeout(ms(5), std::future::pending::<()>()).await.unwrap_err();
            let ended: Result<(), _> = task.cancelled().await.ok_or(());
            assert_eq!(ended, Err(()));
        });
    }
}

/// Without it the thread goes into the kernel for every few of them, some sixty times a millisecond.
#[test]
fn dense_timers_share_the_wakes_of_the_kernel() {
    let timers = 2000;
    let options = Options { workers: 1, ..Options::default() };
    let (begun, ended, waits) = Runner::new(options).unwrap().run(async move {
        let waits = || Handle::current().statistics().unwrap().reactor.waits;
        let start = now() + ms(10);
        let tasks: Vec<_> = (0..timers)
            .map(|n| start + Duration::from_micros(5) * n)
            .map(|at| {
                create_task(async move {
                    sleep_until(at).await;
                    assert!(now() >= at, "never early");
                })
            })
            .collect();
        let (begun, before) = (now(), waits());
        gather(tasks).await;
        (begun, now(), waits() - before)
    });
    // A sleep in 90 us, and some looks between tasks, which come each 50 us.
    let most = (ended - begun).as_micros() as u64 / 25 + 20;
    assert!(waits <= most, "{waits} waits in {:?}", ended - begun);
}

/// Twenty deadlines, one a millisecond: how often the kernel's wait was entered, with what was late.
fn twenty_timers(workers: usize, timer_resolution: Duration) -> u64 {
    let options = Options { workers, timer_resolution, ..Options::default() };
    Runner::new(options).unwrap().run(async {
        let waits = || Handle::current().statistics().unwrap().reactor.waits;
        let (start, order) = (now(), Arc::new(Mutex::new(Vec::new())));
        let before = waits();
        let tasks: Vec<_> = (1..=20)
            .map(|n| {
                let order = Arc::clone(&order);
                create_task(async move {
                    sleep_until(start + ms(1) * n).await;
                    assert!(now() >= start + ms(1) * n, "never early");
                    order.lock().unwrap().push(n);
                })
            })
            .collect();
        gather(tasks).await;
        if workers == 1 {
            assert_eq!(*order.lock().unwrap(), (1..=20).collect::<Vec<u32>>());
        }
        waits() - before
    })
}

#[test]
fn a_coarse_resolution_serves_many_timers_by_one_sleep() {
    // The first one by itself, all others 200 ms later, and looks. With two, whoever drives then.
    for (workers, most) in [(1, 6), (2, 12)] {
        let waits = twenty_timers(workers, ms(200));
        assert!(waits <= most, "{waits} waits of {workers} workers");
    }
    // Not to be told by its size, but no timer is lost or early.
    for workers in [1, 2] {
        for resolution in [Duration::ZERO, ms(3), Duration::MAX] {
            twenty_timers(workers, resolution);
        }
    }
}

#[test]
fn a_coarse_resolution_does_not_delay_a_timer_that_follows_none() {
    let options = Options { workers: 1, timer_resolution: secs(60), ..Options::default() };
    Runner::new(options).unwrap().run(async {
        let begun = now();
        sleep(ms(5)).await;
        assert!(now() - begun < secs(30));
    });
}

/// A beat that was missed is due already: to be served in its turn, without a sleep before it.
#[test]
fn a_coarse_resolution_does_not_delay_what_is_due_already() {
    for workers in [1, 2] {
        let options = Options { workers, timer_resolution: secs(60), ..Options::default() };
        Runner::new(options).unwrap().run(async {
            let begun = now();
            sleep(ms(20)).await;
            sleep_until(begun).await;
            let mut beats = interval_at(begun, ms(1)).missed(Missed::Burst);
            for n in 0..20 {
                assert_eq!(beats.tick().await, begun + ms(1) * n);
            }
            assert!(now() - begun < secs(30));
        });
    }
}

/// The same while the other worker sleeps for a timer that follows the one that fired.
#[test]
fn a_driver_that_sleeps_for_several_is_called_for_what_is_due_already() {
    let options = Options { workers: 2, timer_resolution: secs(60), ..Options::default() };
    Runner::new(options).unwrap().run(async {
        let begun = now();
        let _follows = create_task(sleep(ms(400)));
        sleep(ms(20)).await;
        std::thread::sleep(ms(80)); // The other takes the driver's role meanwhile.
        sleep_until(begun).await;
        assert!(now() - begun < secs(30));
    });
}
