//! Scopes: cancelled by hand, by deadline, with what is above them; one run and many.

use std::future::{Future, pending, poll_fn, ready};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Poll, Wake, Waker};
use std::time::Duration;

use evenkeel_timer::{CancelScope, CancelSource, Cancelled, now, sleep};

use crate::support::{Count, Log, Loop, ms, poll, run};

fn why(result: Result<(), Cancelled>) -> (CancelSource, Option<Arc<str>>) {
    let Cancelled { reason, source, .. } = result.unwrap_err();
    (source, reason)
}

#[test]
fn a_cancel_drops_the_future_before_it_reports() {
    struct Guard(Log);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.add("guard");
        }
    }
    let world = Loop::new();
    let log = Log::default();
    let scope = CancelScope::new();
    let (guard, said, running) = (Guard(log.clone()), log.clone(), scope.clone());
    world.spawn(async move {
        let body = async move {
            let _guard = guard;
            pending::<()>().await;
        };
        said.add(format!("{:?}", why(running.run(body).await)));
    });
    world.run();
    assert_eq!(scope.statistics().waiting, 1);
    assert!(scope.cancel_with("enough"));
    assert!(!scope.cancel(), "it is");
    assert_eq!(log.get(), "", "at its next turn");
    world.run();
    assert_eq!(log.get(), "guard (Request, Some(\"enough\"))");
    assert_eq!(scope.statistics().waiting, 0);
}

#[test]
fn it_stays_cancelled_and_polls_nothing_more() {
    let _world = Loop::new();
    let (_, waker) = Count::new();
    let scope = CancelScope::new();
    let child = scope.child();
    scope.cancel();
    scope.set_deadline(None);
    for scope in [&scope, &child, &scope.child()] {
        let mut run = pin!(scope.run(poll_fn(|_| -> Poll<()> { unreachable!("not polled") })));
        assert!(matches!(poll(&mut run, &waker), Poll::Ready(Err(_))));
        let mut entered = Box::pin(scope.enter(async |_| unreachable!("not begun")));
        assert!(poll(&mut entered, &waker).is_ready());
        assert!(poll(&mut Box::pin(scope.cancelled()), &waker).is_ready());
    }
}

#[test]
fn a_value_that_is_there_wins() {
    let _world = Loop::new();
    let (count, waker) = Count::new();
    let scope = CancelScope::new();
    let handle = scope.clone();
    // Cancelled within the very poll that is ready.
    let mut run = pin!(scope.run(async move { handle.cancel() }));
    assert_eq!(poll(&mut run, &waker), Poll::Ready(Ok(true)));
    // Cancelled, and ready, between two polls.
    let scope = CancelScope::new();
    let mut polls = 0;
    let second = poll_fn(|_| {
        polls += 1;
        if polls == 2 { Poll::Ready("value") } else { Poll::Pending }
    });
    let mut run = pin!(scope.run(second));
    assert!(poll(&mut run, &waker).is_pending());
    scope.cancel();
    assert_eq!(count.get(), 1);
    assert_eq!(poll(&mut run, &waker), Poll::Ready(Ok("value")));
}

#[test]
fn a_body_that_cancels_its_own_scope_ends_at_its_next_suspension() {
    let world = Loop::new();
    let log = Log::default();
    let said = log.clone();
    let scope = CancelScope::new();
    let result = run(&world, async move {
        scope
            .enter(async |scope| {
                scope.cancel_with("by itself");
                said.add("on");
                // Level-triggered: what it begins now is cancelled as well, and left to the outer.
                let _ = scope.run(async { said.add("not this") }).await;
                said.add("nor this");
            })
            .await
    });
    assert_eq!(why(result), (CancelSource::Request, Some("by itself".into())));
    assert_eq!(log.get(), "on");
}

#[test]
fn a_deadline_cancels_it_to_the_nanosecond() {
    let world = Loop::new();
    let scope = CancelScope::within(ms(10));
    assert_eq!(scope.deadline(), Some(now() + ms(10)));
    assert_eq!(scope.source(), None);
    let result = run(&world, scope.run(pending::<()>()));
    assert_eq!(why(result), (CancelSource::Deadline, None));
    assert_eq!(world.clock.elapsed(), ms(10));
    assert_eq!(scope.source(), Some(CancelSource::Deadline));
    assert!(world.timers.is_empty());
    assert!(CancelScope::within(Duration::MAX).deadline().is_none());
}

#[test]
fn a_deadline_that_has_come_counts_though_nobody_ran() {
    let world = Loop::new();
    let (_, waker) = Count::new();
    let scope = CancelScope::within(ms(10));
    let child = scope.child();
    world.clock.advance(ms(10));
    assert!(child.is_cancelled() && scope.is_cancelled());
    assert_eq!(child.source(), Some(CancelSource::Parent));
    scope.set_deadline(Some(now() + ms(10)));
    assert!(scope.is_cancelled(), "what has come has come");
    let late = CancelScope::until(now());
    assert!(poll(&mut pin!(late.run(ready(1))), &waker).is_ready());
    assert_eq!(late.run(ready(1)).await_now(), Err(late.cause().unwrap()));
}

#[test]
fn a_deadline_moved_after_it_has_come_or_into_the_past_is_one_that_has_come() {
    let world = Loop::new();
    let (_, waker) = Count::new();
    let scope = CancelScope::within(ms(10));
    world.clock.advance(ms(10));
    scope.set_deadline(None); // Nobody had looked.
    assert_eq!(scope.source(), Some(CancelSource::Deadline));
    let scope = CancelScope::new();
    let mut run = pin!(scope.run(pending::<()>()));
    assert!(poll(&mut run, &waker).is_pending());
    scope.set_deadline(Some(now()));
    assert!(poll(&mut run, &waker).is_ready(), "no timer has to fire first");
}

trait AwaitNow: Future + Sized {
    fn await_now(self) -> Self::Output {
        match poll(&mut pin!(self), Waker::noop()) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("it waits"),
        }
    }
}

impl<F: Future> AwaitNow for F {}

/// Runs a body without end in a scope whose deadline is 10 ms away, does `change` at 5 ms, and says
/// when the run ended, if it did.
fn ended_at(change: impl FnOnce(&CancelScope) + Send + 'static) -> Option<Duration> {
    let world = Loop::new();
    let scope = CancelScope::within(ms(10));
    let ended = Arc::new(AtomicUsize::new(0));
    let (running, clock, said) = (scope.child(), world.clock.clone(), ended.clone());
    world.spawn(async move {
        assert!(running.run(pending::<()>()).await.is_err());
        said.store(clock.elapsed().as_millis() as usize, Ordering::Relaxed);
    });
    world.spawn(async move {
        sleep(ms(5)).await;
        change(&scope);
    });
    world.run();
    assert!(world.timers.is_empty());
    Some(ms(ended.load(Ordering::Relaxed) as u64)).filter(|at| !at.is_zero())
}

#[test]
fn a_deadline_moves_while_it_runs() {
    assert_eq!(ended_at(|_| {}), Some(ms(10)));
    assert_eq!(ended_at(|scope| scope.set_deadline(Some(now() + ms(20)))), Some(ms(25)));
    assert_eq!(ended_at(|scope| scope.set_deadline(Some(now() + ms(1)))), Some(ms(6)));
    assert_eq!(ended_at(|scope| scope.set_deadline(Some(now()))), Some(ms(5)));
    assert_eq!(ended_at(|scope| scope.set_deadline(Some(now() - ms(2)))), Some(ms(5)));
    assert_eq!(ended_at(|scope| scope.set_deadline(None)), None);
    let twice = |scope: &CancelScope| {
        scope.set_deadline(None);
        scope.set_deadline(Some(now() + ms(2)));
    };
    assert_eq!(ended_at(twice), Some(ms(7)));
}

#[test]
fn a_deadline_is_moved_from_within() {
    let world = Loop::new();
    let scope = CancelScope::within(ms(10));
    let result = run(&world, async move {
        scope
            .enter(async |scope| {
                for _ in 0..5 {
                    sleep(ms(8)).await;
                    scope.set_deadline(Some(now() + ms(10)));
                }
                scope.set_deadline(None);
                sleep(ms(1000)).await;
            })
            .await
    });
    assert_eq!(result, Ok(()));
    assert_eq!(world.clock.elapsed(), ms(1040));
    assert!(world.timers.is_empty());
}

#[test]
fn each_scope_knows_its_own_cause() {
    let _world = Loop::new();
    let parent = CancelScope::new();
    let (one, other) = (parent.child(), parent.child());
    let grandchild = one.child();
    assert_eq!(parent.statistics().children, 2);
    one.cancel_with("mine");
    let why = |scope: &CancelScope| (scope.source(), scope.reason());
    assert_eq!(why(&one), (Some(CancelSource::Request), Some("mine".into())));
    assert_eq!(why(&grandchild), (Some(CancelSource::Parent), Some("mine".into())));
    assert_eq!((why(&parent), why(&other)), ((None, None), (None, None)));
    parent.cancel();
    assert_eq!(why(&other), (Some(CancelSource::Parent), None));
    assert_eq!(why(&one), (Some(CancelSource::Request), Some("mine".into())), "not changed");
    assert_eq!(why(&parent.child()), (Some(CancelSource::Parent), None));
}

#[test]
fn of_two_deadlines_the_earlier_is_the_cause() {
    for (parent_ms, child_ms, source) in [
        (10, 5, CancelSource::Deadline),
        (5, 10, CancelSource::Parent),
        (5, 5, CancelSource::Parent),
    ] {
        let world = Loop::new();
        let parent = CancelScope::within(ms(parent_ms));
        let child = parent.child();
        child.set_deadline(Some(now() + ms(child_ms)));
        world.clock.advance(ms(20)); // Nobody looked before both had come.
        assert_eq!(child.source(), Some(source));
        assert_eq!(parent.source(), Some(CancelSource::Deadline));
    }
}

#[test]
fn nested_runs_the_outer_reports() {
    let world = Loop::new();
    let log = Log::default();
    let (parent, said) = (CancelScope::new(), log.clone());
    let child = parent.child();
    let handle = parent.clone();
    world.spawn(async move {
        let result = handle
            .run(async {
                let inner = child.run(pending::<()>()).await;
                said.add(format!("{inner:?}"));
            })
            .await;
        said.add(format!("{:?}", why(result).0));
    });
    world.run();
    parent.cancel();
    world.run();
    assert_eq!(log.get(), "Request", "no code between the two went on");
    assert_eq!(parent.statistics().waiting, 0);
}

#[test]
fn many_runs_end_together_in_their_order() {
    let world = Loop::new();
    let log = Log::default();
    let scope = CancelScope::new();
    for n in 0..5 {
        let (scope, said) = (scope.clone(), log.clone());
        world.spawn(async move {
            assert!(scope.run(pending::<()>()).await.is_err());
            said.add(n.to_string());
        });
    }
    let (waiting, said) = (scope.clone(), log.clone());
    world.spawn(async move {
        said.add(format!("{}", waiting.cancelled().await));
    });
    world.run();
    assert_eq!(scope.statistics().waiting, 6);
    scope.cancel();
    world.run();
    assert_eq!(log.get(), "0 1 2 3 4 cancelled");
}

#[test]
fn cancelled_waits_for_a_deadline_too() {
    let world = Loop::new();
    let scope = CancelScope::within(ms(10)).child();
    let waited = async move { scope.cancelled().await.source };
    assert_eq!(run(&world, waited), CancelSource::Parent);
    assert_eq!(world.clock.elapsed(), ms(10));
}

#[test]
fn another_thread_cancels_it() {
    for round in 0..100 {
        let scope = CancelScope::new();
        let remote = scope.clone();
        let canceller = std::thread::spawn(move || remote.cancel_with(format!("round {round}")));
        let result = futures_lite::future::block_on(scope.run(pending::<()>()));
        assert_eq!(why(result).1.as_deref(), Some(&*format!("round {round}")));
        assert!(canceller.join().unwrap());
    }
}

/// Does what it is told when it is woken and when it is dropped.
struct Do<W: Fn(), D: Fn()>(W, D);

impl<W: Fn() + Send + Sync, D: Fn() + Send + Sync> Wake for Do<W, D> {
    fn wake(self: Arc<Self>) {
        (self.0)();
    }
}

impl<W: Fn(), D: Fn()> Drop for Do<W, D> {
    fn drop(&mut self) {
        (self.1)();
    }
}

#[test]
fn a_waker_that_panics_keeps_nobody_else_waiting() {
    let _world = Loop::new();
    let (count, good) = Count::new();
    let panics = || std::panic::resume_unwind(Box::new(()));
    let scope = CancelScope::new();
    let child = scope.child();
    let mut runs: Vec<_> = (0..6)
        .map(|n| {
            Box::pin(if n % 2 == 0 { scope.run(pending::<()>()) } else { child.run(pending()) })
        })
        .collect();
    let watch = |runs: &mut Vec<_>| {
        for (n, run) in runs.iter_mut().enumerate() {
            let bad = Waker::from(Arc::new(Do(panics, || {})));
            assert!(poll(run, if n < 3 { &bad } else { &good }).is_pending());
        }
    };
    watch(&mut runs);
    scope.set_deadline(Some(now() + ms(5)));
    assert_eq!(count.get(), 3);
    watch(&mut runs);
    assert!(scope.cancel());
    assert_eq!(count.get(), 6);
    assert!(runs.iter_mut().all(|run| poll(run, &good).is_ready()));
}

#[test]
fn a_waker_may_use_the_scope_when_called_and_when_dropped() {
    let world = Loop::new();
    let scope = CancelScope::new();
    let using = |scope: &CancelScope| {
        let scope = scope.clone();
        move || {
            let _ = (scope.statistics(), scope.child(), scope.cancel());
            scope.set_deadline(None);
        }
    };
    // Dropped by a run that is polled with another, by one that leaves, and when it was called.
    let waker =
        || Waker::from(Arc::new(Do(using(&CancelScope::new()), using(&CancelScope::new()))));
    let own = Waker::from(Arc::new(Do(using(&scope), using(&scope.child()))));
    let (mut one, mut two) = (Box::pin(scope.run(pending::<()>())), Box::pin(scope.cancelled()));
    assert!(poll(&mut one, &waker()).is_pending());
    assert!(poll(&mut one, &waker()).is_pending());
    drop(one);
    assert!(poll(&mut two, &own).is_pending());
    drop(own);
    scope.set_deadline(Some(now() + ms(5)));
    assert!(scope.is_cancelled(), "by the waker");
    assert!(poll(&mut two, &waker()).is_ready());
    assert!(world.timers.is_empty());
}

#[test]
fn dropped_after_any_poll_it_leaves_nothing() {
    for polls in 0..5 {
        for cancelled in [false, true] {
            let world = Loop::new();
            let (_, waker) = Count::new();
            let scope = CancelScope::within(ms(100));
            let child = scope.child();
            let mut run = Box::pin(child.run(async {
                for _ in 0..10 {
                    sleep(ms(1)).await;
                }
            }));
            let mut waiting = Box::pin(child.cancelled());
            for _ in 0..polls {
                let _ = (poll(&mut run, &waker), poll(&mut waiting, &waker));
                world.clock.advance(ms(1));
                world.timers.fire(world.clock.now());
            }
            if cancelled {
                scope.cancel();
            }
            drop((run, waiting));
            assert_eq!(world.timers.len(), 0, "after {polls} polls");
            assert_eq!(child.statistics().waiting, 0);
            drop(child);
            assert_eq!(scope.statistics().children, 0);
        }
    }
}

#[test]
fn a_long_row_of_children_comes_and_goes() {
    let _world = Loop::new();
    let root = CancelScope::new();
    let mut scope = root.clone();
    for _ in 0..100_000 {
        scope = scope.child();
    }
    root.cancel_with("all of them");
    assert_eq!(scope.reason().as_deref(), Some("all of them"));
    drop(root);
    drop(scope);
}

#[test]
fn its_futures_may_go_to_another_thread() {
    fn send<T: Send>(value: T) -> T {
        value
    }
    let scope = send(CancelScope::new());
    drop(send(scope.run(ready(1))));
    drop(send(scope.cancelled()));
    drop(send(scope.enter(async |scope| scope.run(sleep(ms(1))).await)));
    let _: &(dyn Sync + Send) = &scope;
    assert_eq!(format!("{scope:?}"), "CancelScope { cause: None, deadline: None, .. }");
}
