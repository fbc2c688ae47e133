//! What a bounded future owns: it is seen to its end before the bound reports, whatever way it went.

use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use evenkeel_context::{Owned, defer, ending};
use evenkeel_timer::{
    CancelScope, RescheduleError, TimeoutError, effective_deadline, move_on_after, now, sleep,
    timeout, timeout_at,
};

use crate::support::{Count, Log, Loop, ms, poll, run};

fn clean_up(cleanup: impl Future<Output = ()> + Send + 'static) {
    defer(ending(cleanup)).expect("a bounded future owns");
}

/// Two clean-ups that take 5 ms each, and a body that takes `body_ms`.
async fn body(log: Log, body_ms: u64) -> &'static str {
    for line in ["first", "second"] {
        let log = log.clone();
        clean_up(async move {
            sleep(ms(5)).await;
            log.add(line);
        });
    }
    sleep(ms(body_ms)).await;
    log.add("body");
    "value"
}

#[test]
fn clean_ups_come_before_the_value() {
    let world = Loop::new();
    let log = Log::default();
    assert_eq!(run(&world, timeout(ms(100), body(log.clone(), 1))), Ok("value"));
    assert_eq!(log.get(), "body second first");
    assert_eq!(world.clock.elapsed(), ms(11));

    let world = Loop::new();
    assert_eq!(run(&world, CancelScope::new().run(body(log.clone(), 1))), Ok("value"));
    assert_eq!(log.get(), "body second first body second first");
    assert_eq!(world.clock.elapsed(), ms(11));
}

#[test]
fn clean_ups_come_before_the_error_and_are_not_bounded() {
    let world = Loop::new();
    let log = Log::default();
    assert_eq!(run(&world, timeout(ms(3), body(log.clone(), 50))), Err(TimeoutError));
    assert_eq!(log.get(), "second first");
    assert_eq!(world.clock.elapsed(), ms(13));

    let world = Loop::new();
    assert_eq!(run(&world, move_on_after(ms(3), body(log.clone(), 50))), None);
    assert_eq!(world.clock.elapsed(), ms(13));

    let world = Loop::new();
    assert!(run(&world, CancelScope::within(ms(3)).run(body(log.clone(), 50))).is_err());
    assert_eq!(log.get(), "second first second first second first");
    assert_eq!(world.clock.elapsed(), ms(13));
}

#[test]
fn meanwhile_it_is_ending() {
    let world = Loop::new();
    let (_, waker) = Count::new();
    let mut bounded = pin!(timeout(ms(3), body(Log::default(), 50)));
    assert!(poll(&mut bounded, &waker).is_pending());
    world.clock.advance(ms(3));
    world.timers.fire(world.clock.now());
    assert!(poll(&mut bounded, &waker).is_pending());
    assert!(bounded.expired());
    assert_eq!(bounded.as_mut().reschedule(None), Err(RescheduleError::Expiring));
    assert_eq!(world.timers.len(), 1, "the clean-up's");

    let mut finished = pin!(timeout(ms(30), body(Log::default(), 1)));
    assert!(poll(&mut finished, &waker).is_pending());
    world.clock.advance(ms(1));
    world.timers.fire(world.clock.now());
    assert!(poll(&mut finished, &waker).is_pending());
    assert!(!finished.expired());
    assert_eq!(finished.as_mut().reschedule(None), Err(RescheduleError::Finished));
    assert_eq!(world.timers.len(), 2, "its own is gone");
}

#[test]
fn an_outer_limit_does_not_cut_the_clean_ups_of_an_inner_one() {
    let world = Loop::new();
    let log = Log::default();
    // The inner one expires at 3 ms, and the outer one in the midst of its clean-ups.
    let nested = timeout(ms(5), timeout(ms(3), body(log.clone(), 50)));
    assert_eq!(run(&world, nested), Err(TimeoutError));
    assert_eq!(log.get(), "second first");
    assert_eq!(world.clock.elapsed(), ms(13));
}

#[test]
fn a_clean_up_is_bounded_by_nothing_around_its_owner() {
    let world = Loop::new();
    let log = Log::default();
    let said = log.clone();
    let scope = CancelScope::within(ms(50));
    let nested = timeout(
        ms(100),
        scope.run(timeout(ms(3), async move {
            clean_up(async move { said.add(format!("{:?}", effective_deadline())) });
            pending::<()>().await;
        })),
    );
    assert_eq!(run(&world, nested), Ok(Ok(Err(TimeoutError))));
    assert_eq!(log.get(), "None");
}

#[test]
fn what_a_dropped_one_owns_goes_to_whoever_drops_it() {
    let world = Loop::new();
    let log = Log::default();
    let (_, waker) = Count::new();
    let mut bounded = Box::pin(timeout(ms(30), body(log.clone(), 50)));
    assert!(poll(&mut bounded, &waker).is_pending());
    let owner = Owned::new();
    owner.enter(|| drop(bounded));
    assert!(world.timers.is_empty());
    run(&world, std::future::poll_fn(move |cx| owner.poll_done(cx)));
    assert_eq!(log.get(), "second first");
}

#[test]
fn tmo_05_a_clean_up_that_panics_is_heard_when_the_others_are_done() {
    let world = Loop::new();
    let (_, waker) = Count::new();
    let log = Log::default();
    let said = log.clone();
    let mut bounded = pin!(timeout_at(now(), async move {
        clean_up(async move { said.add("first") });
        clean_up(async { std::panic::resume_unwind(Box::new("in the clean-up")) });
        pending::<()>().await;
    }));
    let thrown = catch_unwind(AssertUnwindSafe(|| poll(&mut bounded, &waker))).unwrap_err();
    assert_eq!(thrown.downcast_ref(), Some(&"in the clean-up"));
    assert_eq!(log.get(), "first");
    drop(world);
}

#[test]
fn tmo_11_a_clean_up_under_its_own_timeout() {
    let world = Loop::new();
    let log = Log::default();
    let said = log.clone();
    let at = now() + ms(10);
    let bounded = timeout_at(at, async move {
        clean_up(async move {
            said.add(format!("{:?}", effective_deadline()));
            // Its deadline is that of the timeout it cleans up for, which has reported nothing yet.
            said.add(format!("{:?}", timeout_at(at, pending::<()>()).await));
            said.add(format!("{:?}", timeout(ms(7), pending::<()>()).await));
        });
        pending::<()>().await;
    });
    assert_eq!(run(&world, bounded), Err(TimeoutError));
    assert_eq!(log.get(), "None Err(TimeoutError) Err(TimeoutError)");
    assert_eq!(world.clock.elapsed(), ms(17));
}

#[test]
fn a_value_and_its_clean_ups_are_cut_short_by_nothing() {
    let world = Loop::new();
    let (_, waker) = Count::new();
    let scope = CancelScope::within(ms(2));
    let log = Log::default();
    let mut run = pin!(scope.run(body(log.clone(), 1)));
    assert!(poll(&mut run, &waker).is_pending());
    world.clock.advance(ms(1));
    world.timers.fire(world.clock.now());
    assert!(poll(&mut run, &waker).is_pending());
    scope.cancel(); // Too late: the value is there.
    for _ in 0..2 {
        world.clock.advance(ms(5));
        world.timers.fire(world.clock.now());
        if let Poll::Ready(value) = poll(&mut run, &waker) {
            assert_eq!(value, Ok("value"));
            return;
        }
    }
    panic!("the clean-ups took their time");
}
