//! Bounds within bounds: which of them reports, and what the code within is told of them.

use std::cell::Cell;
use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use evenkeel_context::{Record, enter};
use evenkeel_timer::{
    CancelScope, RescheduleError, TimeoutError, effective_deadline, now, sleep, timeout, timeout_at,
};

use crate::support::{Count, Log, Loop, ms, poll, run};

/// A bound around `body`, with one line in the log if the code after it went on.
async fn bounded<T>(deadline: Instant, log: Log, body: impl Future<Output = T>) -> Option<T> {
    let result = timeout_at(deadline, body).await;
    if result.is_err() {
        log.add("expired");
    }
    result.ok()
}

#[test]
fn tmo_02_of_equal_deadlines_the_outermost_reports() {
    let world = Loop::new();
    let log = Log::default();
    let at = now() + ms(10);
    let (inner, middle) = (log.clone(), log.clone());
    let nested = timeout_at(at, bounded(at, middle, bounded(at, inner, pending::<()>())));
    assert_eq!(run(&world, nested), Err(TimeoutError));
    assert_eq!(log.get(), "", "no code between the bounds went on");
    assert_eq!(world.clock.elapsed(), ms(10));
    assert!(world.timers.is_empty());
}

#[test]
fn tmo_02_with_limits_of_zero_too() {
    let world = Loop::new();
    let log = Log::default();
    let inner = bounded(now(), log.clone(), pending::<()>());
    assert_eq!(run(&world, timeout(Duration::ZERO, inner)), Err(TimeoutError));
    assert_eq!(log.get(), "");
}

#[test]
fn tmo_02_both_have_expired() {
    let world = Loop::new();
    let (_, waker) = Count::new();
    let at = now() + ms(10);
    let mut inner = pin!(timeout_at(at, pending::<()>()));
    let mut outer = timeout_at(at, inner.as_mut());
    assert!(poll(&mut outer, &waker).is_pending());
    world.clock.advance(ms(10));
    world.timers.fire(world.clock.now());
    assert_eq!(poll(&mut outer, &waker), Poll::Ready(Err(TimeoutError)));
    assert!(outer.expired());
    drop(outer);
    assert!(inner.expired());
    assert_eq!(inner.as_mut().reschedule(None), Err(RescheduleError::Expiring));
    assert_eq!(poll(&mut inner, &waker), Poll::Ready(Err(TimeoutError)), "asked alone, it reports");
    assert_eq!(inner.reschedule(None), Err(RescheduleError::Expired));
}

#[test]
fn tmo_07_after_a_busy_time_the_outermost_that_is_due_reports() {
    for (outer, inner, log_of) in [(10, 2, ""), (100, 2, "expired")] {
        let world = Loop::new();
        let log = Log::default();
        let clock = world.clock.clone();
        let start = now();
        let busy = async move {
            clock.advance(ms(20));
            pending::<()>().await;
        };
        let nested = timeout_at(start + ms(outer), bounded(start + ms(inner), log.clone(), busy));
        let result = run(&world, nested);
        assert_eq!(result.is_err(), log_of.is_empty());
        assert_eq!(log.get(), log_of);
        assert_eq!(world.clock.elapsed(), ms(20));
    }
}

#[test]
fn the_outer_acts_on_it_before_its_own_timer_fires() {
    let world = Loop::new();
    let (count, waker) = Count::new();
    let start = now();
    let mut nested =
        pin!(timeout_at(start + ms(20), bounded(start + ms(10), Log::default(), pending::<()>())));
    assert!(poll(&mut nested, &waker).is_pending());
    world.clock.advance(ms(20));
    world.timers.fire(start + ms(10)); // A driver that is late has come to the first only.
    assert_eq!(count.get(), 1);
    assert_eq!(poll(&mut nested, &waker), Poll::Ready(Err(TimeoutError)));
    assert!(world.timers.is_empty());
}

#[test]
fn an_inner_one_waits_for_no_outer_that_turns_out_ready() {
    // The outer's future polls the inner timeout and has its value in the same poll. Whoever keeps
    // the inner one, and polls it when it is woken only, must not wait for ever.
    let world = Loop::new();
    let (count, waker) = Count::new();
    let at = now() + ms(10);
    let mut inner = pin!(timeout_at(at, pending::<()>()));
    assert!(poll(&mut inner, &waker).is_pending());
    world.clock.advance(ms(10));
    world.timers.fire(world.clock.now());
    assert_eq!(count.get(), 1);
    let once = poll_fn(|cx| Poll::Ready(inner.as_mut().poll(cx).is_ready()));
    let mut outer = timeout_at(at, once);
    assert_eq!(poll(&mut outer, &waker), Poll::Ready(Ok(false)), "it was left to the outer");
    assert_eq!(count.get(), 2, "and it asks to be polled again");
    assert_eq!(poll(&mut inner, &waker), Poll::Ready(Err(TimeoutError)));
}

#[test]
fn an_inner_one_is_left_to_the_outer_once_only() {
    // Within the outer, something polls the inner one until it is ready: the outer is never asked.
    let _world = Loop::new();
    let (_, waker) = Count::new();
    let at = now();
    let blocking = async move { futures_lite::future::block_on(timeout_at(at, pending::<()>())) };
    let mut outer = pin!(timeout_at(at, blocking));
    assert_eq!(poll(&mut outer, &waker), Poll::Ready(Ok(Err(TimeoutError))));
}

#[test]
fn the_scope_around_reports_and_the_timeout_around_does() {
    let world = Loop::new();
    let log = Log::default();
    let at = now() + ms(10);
    let scope = CancelScope::until(at);
    let inner = bounded(at, log.clone(), pending::<()>());
    assert!(run(&world, scope.run(inner)).is_err());

    let world = Loop::new();
    let at = now() + ms(10);
    let (scope, said) = (CancelScope::until(at), log.clone());
    let nested = timeout_at(at, async move {
        let result = scope.run(pending::<()>()).await;
        said.add(format!("{result:?}"));
    });
    assert_eq!(run(&world, nested), Err(TimeoutError));
    assert_eq!(log.get(), "");
}

/// Polls `future` as a task of its own would be, with `id`.
fn as_task<F: Future>(id: u64, future: F) -> impl Future<Output = F::Output> {
    let record = Record::new();
    record.open(id, 0, std::panic::Location::caller());
    let mut future = Box::pin(future);
    poll_fn(move |cx: &mut Context<'_>| enter(&record, || Pin::new(&mut future).poll(cx)))
}

#[test]
fn another_task_polled_within_is_not_bounded() {
    let world = Loop::new();
    let log = Log::default();
    let at = now() + ms(10);
    let said = log.clone();
    let scope = CancelScope::until(at);
    let child = as_task(2, async move {
        said.add(format!("{:?}", effective_deadline()));
        let result = timeout_at(at, pending::<()>()).await;
        said.add(format!("{result:?}"));
        pending::<()>().await;
    });
    let nested = as_task(1, timeout_at(at, scope.run(child)));
    assert_eq!(run(&world, nested), Err(TimeoutError));
    assert_eq!(log.get(), "None Err(TimeoutError)");
}

#[test]
fn the_effective_deadline_is_the_earliest() {
    let world = Loop::new();
    let start = now();
    assert_eq!(effective_deadline(), None);
    let (soon, late) = (start + ms(10), start + ms(20));
    let asked = async { effective_deadline() };
    assert_eq!(run(&world, timeout_at(late, asked)), Ok(Some(late)));
    let asked = async { effective_deadline() };
    assert_eq!(run(&world, timeout_at(late, timeout_at(soon, asked))), Ok(Ok(Some(soon))));
    let asked = async { effective_deadline() };
    assert_eq!(run(&world, timeout_at(soon, timeout_at(late, asked))), Ok(Ok(Some(soon))));
    let asked = async { effective_deadline() };
    let scope = CancelScope::until(soon);
    assert_eq!(run(&world, timeout_at(late, scope.child().run(asked))), Ok(Ok(Some(soon))));
    assert_eq!(effective_deadline(), None);
}

#[test]
fn the_effective_deadline_follows_a_scope_and_the_passing_of_bounds() {
    let world = Loop::new();
    let start = now();
    let scope = CancelScope::new();
    let result = scope.clone().run(async move {
        let mut seen = vec![effective_deadline()];
        scope.set_deadline(Some(start + ms(30)));
        seen.push(effective_deadline());
        let inner = timeout_at(start + ms(20), async {
            sleep(ms(1)).await;
            effective_deadline()
        });
        seen.push(inner.await.unwrap());
        seen.push(effective_deadline());
        seen
    });
    let at = |millis| Some(start + ms(millis));
    assert_eq!(run(&world, result).unwrap(), [None, at(30), at(20), at(30)]);
    assert_eq!(effective_deadline(), None);
}

#[test]
fn a_panic_leaves_no_bound_behind() {
    let _world = Loop::new();
    let (_, waker) = Count::new();
    let scope = CancelScope::within(ms(5));
    let quiet = || std::panic::resume_unwind(Box::new(()));
    let mut bounded = Box::pin(timeout(ms(10), scope.run(async move { quiet() })));
    assert!(catch_unwind(AssertUnwindSafe(|| poll(&mut bounded, &waker))).is_err());
    assert_eq!(effective_deadline(), None);
    let polled = Cell::new(false);
    let mut free = pin!(async { polled.set(effective_deadline().is_none()) });
    assert!(poll(&mut free, &waker).is_ready());
    assert!(polled.get());
}
