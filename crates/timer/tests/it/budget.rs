//! The budget of a task, and the limits of what uses it up.

use std::future::{Future, poll_fn};
use std::task::{Poll, Waker, ready};

use evenkeel_context::{Owned, Record, enter_task, has_budget, poll_budget, spend};
use evenkeel_timer::{CancelScope, ManualClock, TimeoutError, sleep, timeout, timeout_at};

use crate::support::{ms, poll, timers};

/// Receives from a channel that is never empty.
fn receive() -> impl Future<Output = ()> {
    poll_fn(|cx| {
        ready!(poll_budget(cx));
        spend();
        Poll::Ready(())
    })
}

/// Polls as a task of ours would.
fn poll_task<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    enter_task(&Record::new(), &Owned::new(), || poll(future, Waker::noop()))
}

async fn for_ever() {
    loop {
        receive().await;
    }
}

#[test]
fn what_never_waits_is_cut_short_by_its_limit() {
    let clock = ManualClock::new();
    let timers = timers(&clock);
    let _entered = timers.enter(0);
    let mut busy = Box::pin(timeout(ms(5), for_ever()));
    let scope = CancelScope::new();
    let mut scoped = Box::pin(scope.run(for_ever()));
    for _ in 0..3 {
        assert!(poll_task(&mut busy).is_pending() && poll_task(&mut scoped).is_pending());
    }
    clock.advance(ms(5));
    timers.fire(clock.now());
    scope.cancel();
    assert_eq!(poll_task(&mut busy), Poll::Ready(Err(TimeoutError)));
    assert!(matches!(poll_task(&mut scoped), Poll::Ready(Err(_))));
}

#[test]
fn a_limit_that_has_come_takes_nothing_that_only_the_budget_held_up() {
    let clock = ManualClock::new();
    let timers = timers(&clock);
    let _entered = timers.enter(0);
    let mut late = Box::pin(async {
        for _ in 0..128 {
            receive().await;
        }
        assert!(!has_budget());
        timeout_at(evenkeel_timer::now(), receive()).await
    });
    assert!(poll_task(&mut late).is_pending());
    assert_eq!(poll_task(&mut late), Poll::Ready(Ok(())));
}

#[test]
fn a_sleep_that_is_over_counts() {
    let clock = ManualClock::new();
    let timers = timers(&clock);
    let _entered = timers.enter(0);
    let mut over = sleep(ms(1));
    assert!(poll(&mut over, Waker::noop()).is_pending());
    clock.advance(ms(1));
    timers.fire(clock.now());
    let mut again = Box::pin(async {
        loop {
            (&mut over).await;
        }
    });
    let _: Poll<()> = poll_task(&mut again); // It comes back.
}
