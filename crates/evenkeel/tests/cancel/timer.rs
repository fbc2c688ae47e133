//! Sleeps, limits and scopes on a clock moved by hand: no timer is left, and what was cut short has ended.

use std::sync::Arc;
use std::time::Duration;

use evenkeel::context::unconstrained;
use evenkeel::task::defer;
use evenkeel::timer::{
    CancelScope, ManualClock, Missed, Timers, TimersOptions, fail_after, fail_at, interval,
    move_on_after, move_on_at, now, sleep, sleep_secs, sleep_until, timeout, timeout_at, wait_for,
};

use crate::harness::{Case, Token, World, case, each};
use crate::task::{Gate, gate, on_local, work};

const LIMIT: Duration = Duration::from_millis(10);

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = sleeps();
    cases.extend(limits());
    cases.extend(endings());
    cases.extend(scopes());
    cases
}

/// Adds timers, and the moment at which [`LIMIT`] is over; afterwards no timer may be left.
pub(crate) fn timed(world: World) -> World {
    elapse_in(1, world)
}

fn elapse_in(steps: u32, mut world: World) -> World {
    let clock = ManualClock::new();
    let options = TimersOptions { shards: 1, clock: Arc::new(clock.clone()) };
    let timers = Timers::new(options, || {});
    for _ in 0..steps {
        let clock = clock.clone();
        world = world.event("time-goes-on", move || clock.advance(LIMIT / steps));
    }
    let (due, fires, seen) = (timers.clone(), timers.clone(), timers.clone());
    world
        .keep(timers.enter(0))
        .runtime(
            move || due.next_deadline().is_some_and(|deadline| deadline <= due.now()),
            move || assert!(fires.fire(fires.now()) > 0),
        )
        .none_left("timers", move || seen.len())
}

fn sleeps() -> Vec<Case> {
    vec![
        case("sleep", &["timer/sleep sleep", "timer/sleep Sleep"], || {
            let world = elapse_in(2, World::new().in_order().victim_may_wait());
            world.futures(2, || async { sleep(LIMIT).await })
        }),
        case("sleep_until", &["timer/sleep sleep_until"], || {
            let world = elapse_in(2, World::new().in_order());
            let deadline = now() + LIMIT;
            world.futures(3, move || sleep_until(deadline))
        }),
        case("sleep_secs", &["timer/sleep sleep_secs"], || {
            let world = elapse_in(2, World::new().in_order().victim_may_wait());
            world.future(async { sleep_secs(0.01).unwrap().await })
        }),
        case("interval", &["timer/interval Interval::tick"], || {
            let world = elapse_in(2, World::new().in_order().victim_may_wait());
            world.futures(2, || async { assert!(interval(LIMIT).tick().await <= now()) })
        }),
        case("interval_burst", &["timer/interval Interval::tick"], || {
            let world = elapse_in(2, World::new().in_order().victim_may_wait());
            world.futures(2, || async {
                // However late it is polled, both have come when the time is over.
                let mut ticks = interval(LIMIT / 2).missed(Missed::Burst);
                let first = ticks.tick().await;
                assert_eq!(ticks.tick().await - first, LIMIT / 2);
            })
        }),
    ]
}

/// One who works behind a gate, within a limit.
macro_rules! limited {
    ($gate:ident => $limited:expr) => {{
        let $gate = gate();
        let opens = $gate.clone();
        let world = World::new().alone(&$gate).event("finish", move || opens.set());
        let world = timed(world);
        let deadline = now() + LIMIT;
        let make = each!($gate => drop($limited(deadline, work($gate)).await));
        drop($gate);
        world.futures(2, make)
    }};
}

fn limits() -> Vec<Case> {
    vec![
        case(
            "timeout",
            &["timer/timeout timeout", "timer/timeout Timeout"],
            || limited!(gate => |_, work| timeout(LIMIT, work)),
        ),
        case("timeout_at", &["timer/timeout timeout_at"], || limited!(gate => timeout_at)),
        case(
            "wait_for",
            &["timer/timeout wait_for"],
            || limited!(gate => |_, work| wait_for(work, LIMIT)),
        ),
        case(
            "unconstrained",
            &["context/budget unconstrained"],
            || limited!(gate => |_, work| unconstrained(timeout(LIMIT, work))),
        ),
        case(
            "timeout_in_timeout",
            &["timer/timeout Timeout"],
            || limited!(gate => |_, work| timeout(LIMIT * 2, timeout(LIMIT, work))),
        ),
        case(
            "move_on_after",
            &["timer/limits move_on_after", "timer/limits MoveOn"],
            || limited!(gate => |_, work| move_on_after(LIMIT, work)),
        ),
        case("move_on_at", &["timer/limits move_on_at"], || limited!(gate => move_on_at)),
        case(
            "fail_after",
            &["timer/limits fail_after"],
            || limited!(gate => |_, work| fail_after(LIMIT, work)),
        ),
        case("fail_at", &["timer/limits fail_at"], || limited!(gate => fail_at)),
    ]
}

/// What is cut short has ended, clean-up and all, before who cut it goes on.
fn endings() -> Vec<Case> {
    fn cleaned(gate: &Gate, clean: &Gate, held: &Arc<()>) -> impl Future<Output = Token> + use<> {
        let (gate, clean, held) = (gate.clone(), clean.clone(), held.clone());
        async move {
            defer(async move {
                clean.wait().await;
                drop(held);
            });
            work(gate).await
        }
    }
    vec![
        case("timeout_of_a_task", &["context/endings Endings", "timer/timeout Timeout"], || {
            let (local, world) = on_local();
            let (gate, clean, held) = (gate(), gate(), Arc::new(()));
            let inner = local.spawn(cleaned(&gate, &clean, &held));
            let weak = Arc::downgrade(&held);
            let outer = local.spawn(async move {
                drop(timeout(LIMIT, inner).await);
                assert_eq!(weak.strong_count(), 0, "its clean-up is not over");
            });
            let world = world.alone(&gate).alone(&held).event("clean", move || clean.set());
            drop((gate, held));
            timed(world.in_order()).future(outer).victim_may_wait()
        }),
        case("timeout_of_a_clean_up", &["timer/timeout Timeout"], || {
            let (gate, clean, held) = (gate(), gate(), Arc::new(()));
            let inner = cleaned(&gate, &clean, &held);
            let (weak, opens) = (Arc::downgrade(&held), gate.clone());
            let world = World::new().alone(&gate).alone(&held);
            let world = world.event("clean", move || clean.set());
            let world = world.event("finish", move || opens.set());
            drop((gate, held));
            timed(world).future(async move {
                drop(timeout(LIMIT, inner).await);
                assert_eq!(weak.strong_count(), 0, "its clean-up is not over");
            })
        }),
    ]
}

fn scopes() -> Vec<Case> {
    fn idle(scope: &CancelScope, world: World) -> World {
        let scope = scope.clone();
        world.check(move |_| {
            let statistics = scope.statistics();
            assert_eq!((statistics.waiting, statistics.children), (0, 0));
        })
    }
    fn world(scope: &CancelScope) -> (Gate, World) {
        let gate = gate();
        let (opens, cancels) = (gate.clone(), scope.clone());
        let world = World::new()
            .alone(&gate)
            .event("finish", move || opens.set())
            .event("cancel", move || assert!(cancels.cancel()));
        (gate, idle(scope, world))
    }
    vec![
        case("scope_run", &["timer/scope CancelScope::run", "timer/run Run"], || {
            let scope = CancelScope::new();
            let (gate, world) = world(&scope);
            let make = each!(scope, gate => drop(scope.run(work(gate)).await));
            world.futures(3, make)
        }),
        case("scope_enter", &["timer/scope CancelScope::enter"], || {
            let scope = CancelScope::new();
            let (gate, world) = world(&scope);
            let make = each!(scope, gate => drop(scope.enter(async |_| work(gate).await).await));
            world.futures(2, make)
        }),
        case("scope_in_scope", &["timer/run Run"], || {
            let scope = CancelScope::new();
            let (gate, world) = world(&scope);
            let make = each!(scope, gate => {
                let inner = scope.child();
                drop(inner.run(work(gate)).await);
            });
            world.futures(2, make)
        }),
        case("scope_with_a_deadline", &["timer/run Run"], || {
            limited!(gate => |deadline, work| {
                async move { CancelScope::until(deadline).run(work).await }
            })
        }),
        case("scope_cancelled", &["timer/scope CancelScope::cancelled"], || {
            let scope = CancelScope::new();
            let cancels = scope.clone();
            let world = idle(&scope, World::new());
            world
                .futures(3, each!(scope => drop(scope.cancelled().await)))
                .event("cancel", move || assert!(cancels.cancel()))
        }),
    ]
}
