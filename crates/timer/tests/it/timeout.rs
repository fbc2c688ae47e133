//! Bounds on futures, against what asyncio's `wait_for` and `timeout` do.

use std::future::{pending, poll_fn, ready};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use evenkeel_context::leave_ending;
use evenkeel_timer::{TimeoutError, fail_at, now, sleep, timeout, timeout_at, wait_for};

use crate::support::{Count, Log, Loop, ms, poll, run};

/// Says when it is dropped.
struct Guard(Log);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.add("guard");
    }
}

#[test]
fn wfr_01_expiry_drops_the_future_before_it_reports() {
    for limit in [ms(100), Duration::ZERO] {
        let world = Loop::new();
        let log = Log::default();
        let guard = Guard(log.clone());
        let endless = async move {
            let _guard = guard;
            pending::<()>().await;
        };
        let said = log.clone();
        let result = run(&world, async move {
            let result = timeout(limit, endless).await;
            said.add("reported");
            result
        });
        assert_eq!(result, Err(TimeoutError));
        assert_eq!(log.get(), "guard reported");
        assert_eq!(world.clock.elapsed(), limit);
    }
}

#[test]
fn wfr_02_no_limit_is_no_limit() {
    let world = Loop::new();
    let slow = async {
        sleep(Duration::from_secs(1_000_000)).await;
        "value"
    };
    assert_eq!(run(&world, wait_for(slow, None)), Ok("value"));
    assert_eq!(world.timers.statistics().armed, 1, "the sleep's own");
    assert_eq!(wait_for(pending::<()>(), None).deadline(), None);
}

#[test]
fn wfr_02_a_value_that_is_there_wins_over_a_limit_of_zero() {
    let world = Loop::new();
    assert_eq!(run(&world, wait_for(ready(7), Duration::ZERO)), Ok(7));
    assert_eq!(run(&world, timeout_at(now() - ms(11), ready(7))), Ok(7));
}

#[test]
fn trios_fail_at_is_a_timeout_at_a_deadline() {
    let world = Loop::new();
    let deadline = world.clock.now() + ms(10);
    assert_eq!(run(&world, fail_at(deadline, sleep(ms(9)))), Ok(()));
    assert_eq!(run(&world, fail_at(deadline, sleep(ms(9)))), Err(TimeoutError));
    assert_eq!(world.clock.now(), deadline);
}

#[test]
fn wfr_02_with_a_limit_of_zero_a_future_has_one_poll() {
    // asyncio would not start it. Here polling comes first, always, so that a future that is ready
    // at its first poll wins; that is the whole difference, and this pins it.
    let world = Loop::new();
    let polls = Arc::new(AtomicUsize::new(0));
    let counted = polls.clone();
    let future = poll_fn(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        Poll::<()>::Pending
    });
    assert_eq!(run(&world, wait_for(future, Duration::ZERO)), Err(TimeoutError));
    assert_eq!(polls.load(Ordering::Relaxed), 1);
    assert_eq!(world.timers.statistics().armed, 0);
}

#[test]
fn wfr_03_set_in_the_pass_in_which_the_limit_passes() {
    let world = Loop::new();
    let set = Arc::new(AtomicBool::new(false));
    let (count, waker) = Count::new();
    let flag = set.clone();
    let mut bounded = timeout(
        ms(10),
        poll_fn(
            move |_| {
                if flag.load(Ordering::Relaxed) { Poll::Ready("ok") } else { Poll::Pending }
            },
        ),
    );
    assert!(poll(&mut bounded, &waker).is_pending());
    world.clock.advance(ms(10));
    world.timers.fire(world.clock.now());
    set.store(true, Ordering::Relaxed);
    assert_eq!(count.get(), 1);
    assert_eq!(poll(&mut bounded, &waker), Poll::Ready(Ok("ok")));
}

#[test]
fn wfr_06_what_the_future_leaves_behind_ends_first() {
    /// Leaves an ending of 200 ms when it is dropped, as the handle of a task does.
    struct Owner(Log);
    impl Drop for Owner {
        fn drop(&mut self) {
            let log = self.0.clone();
            let left = async move {
                sleep(ms(200)).await;
                log.add("cleaned up");
            };
            assert!(leave_ending(evenkeel_context::ending(left)).is_ok(), "somebody collects");
        }
    }
    for limit in [ms(100), Duration::ZERO] {
        let world = Loop::new();
        let log = Log::default();
        let owner = Owner(log.clone());
        let said = log.clone();
        world.spawn(async move {
            let bounded = timeout(limit, async move {
                let _owner = owner;
                pending::<()>().await;
            });
            assert_eq!(bounded.await, Err(TimeoutError));
            said.add("reported");
        });
        world.run();
        assert_eq!(log.get(), "cleaned up reported");
        assert_eq!(world.clock.elapsed(), limit + ms(200));
    }
}

#[test]
fn tmo_01_basic() {
    let world = Loop::new();
    let deadline = now() + ms(10);
    let mut bounded = timeout_at(deadline, pending::<()>());
    let (_, waker) = Count::new();
    assert!(poll(&mut bounded, &waker).is_pending());
    assert_eq!(bounded.deadline(), Some(deadline));
    world.clock.advance(ms(10));
    world.timers.fire(world.clock.now());
    assert_eq!(poll(&mut bounded, &waker), Poll::Ready(Err(TimeoutError)));
    assert_eq!(bounded.deadline(), Some(deadline));
}

#[test]
fn tmo_03_an_early_end_removes_the_timer() {
    let world = Loop::new();
    let (_, waker) = Count::new();
    let mut yields = 0;
    let mut bounded = timeout(
        Duration::from_secs(10),
        poll_fn(move |_| {
            yields += 1;
            if yields == 2 { Poll::Ready(1) } else { Poll::Pending }
        }),
    );
    assert!(poll(&mut bounded, &waker).is_pending());
    assert_eq!(world.timers.len(), 1);
    assert_eq!(poll(&mut bounded, &waker), Poll::Ready(Ok(1)));
    assert_eq!(world.timers.len(), 0, "at once, not when the handle goes");
    drop(bounded);
}

#[test]
fn tmo_04_a_limit_in_the_past_ends_it_at_its_first_suspension() {
    let world = Loop::new();
    let yielding = || sleep(Duration::ZERO);
    assert_eq!(run(&world, timeout(Duration::ZERO, yielding())), Err(TimeoutError));
    assert_eq!(run(&world, timeout_at(now() - ms(11), yielding())), Err(TimeoutError));
    // No suspension, no interruption, however long it computes.
    let clock = world.clock.clone();
    let busy = async move { clock.advance(ms(20)) };
    assert_eq!(run(&world, timeout(ms(10), busy)), Ok(()));
}

#[test]
fn tmo_06_the_futures_own_error_passes() {
    let world = Loop::new();
    let failing = async {
        sleep(ms(1)).await;
        Err::<(), _>("its own")
    };
    assert_eq!(run(&world, timeout(ms(10), failing)), Ok(Err("its own")));
}

#[test]
fn tmo_07_nested_the_shorter_outer_limit_reports() {
    let world = Loop::new();
    let clock = world.clock.clone();
    let inner_expired = Log::default();
    let log = inner_expired.clone();
    let nested = timeout(ms(2), async move {
        let inner = timeout(ms(100), async move {
            clock.advance(ms(10)); // The loop is busy.
            pending::<()>().await;
        });
        if inner.await.is_err() {
            log.add("inner");
        }
    });
    assert_eq!(run(&world, nested), Err(TimeoutError));
    assert_eq!(inner_expired.get(), "");
}

#[test]
fn dropping_it_drops_all() {
    let world = Loop::new();
    let log = Log::default();
    let guard = Guard(log.clone());
    let mut bounded = Box::pin(timeout(ms(10), async move {
        let _guard = guard;
        sleep(ms(5)).await;
    }));
    let (_, waker) = Count::new();
    assert!(poll(&mut bounded, &waker).is_pending());
    assert_eq!(world.timers.len(), 2);
    drop(bounded);
    assert_eq!(world.timers.len(), 0);
    assert_eq!(log.get(), "guard");
}

#[test]
#[should_panic(expected = "polled after it was ready")]
fn it_is_not_to_be_polled_again() {
    let mut bounded = timeout(ms(10), ready(()));
    let (_, waker) = Count::new();
    assert!(poll(&mut bounded, &waker).is_ready());
    let _ = poll(&mut bounded, &waker);
}

#[test]
fn the_error_is_an_io_error_too() {
    let error = io::Error::from(TimeoutError);
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert_eq!(error.to_string(), TimeoutError.to_string());
}
