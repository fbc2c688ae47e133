//! What the umbrella adds to the leaves: limits on waiting, races and shields with its clock.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use evenkeel::WaitTimeout;
use evenkeel::sync::{Condition, Event, Lock};
use evenkeel::{Task, as_completed, race_staggered, shield, wait, wait_mut};

use crate::harness::{Case, Token, World, case, each};
use crate::task::{gate, on_local, work};
use crate::timer::timed;

const LIMIT: Duration = Duration::from_millis(10);

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case("wait_timeout", &["evenkeel/wait wait"], || {
            let (tasks, world) = two();
            world.future(async move { drop(wait(tasks).timeout(LIMIT).await) })
        }),
        case("wait_mut_timeout", &["evenkeel/wait wait_mut"], || {
            let (mut tasks, world) = two();
            world.future(async move { drop(wait_mut(&mut tasks).timeout(LIMIT).await) })
        }),
        case("condition_wait_timeout", &["evenkeel/wait_timeout wait_timeout"], || {
            let room = Arc::new((Lock::new(0), Condition::new()));
            let (told, seen) = (room.clone(), room.clone());
            let make = each!(room => {
                let guard = room.0.lock().await;
                let (mut guard, _) = room.1.wait_timeout(guard, LIMIT).await;
                *guard += 1;
            });
            let world = World::new().futures(2, make).event("notify", move || told.1.notify(1));
            // Who begins to wait when the time has passed waits for another limit.
            timed(world).victim_may_wait().check(move |end| {
                assert_eq!((seen.0.statistics().waiting, seen.1.statistics().waiting), (0, 0));
                assert_eq!(*seen.0.try_lock().expect("nobody holds it"), end.finished());
            })
        }),
        case("as_completed_umbrella", &["evenkeel/as_completed AsCompleted::next"], || {
            let (tasks, world) = two();
            world.future(async move {
                let mut tasks = as_completed(tasks);
                while tasks.next().await.is_some() {}
            })
        }),
        case("as_completed_timeout", TIMED, || {
            let (tasks, world) = two();
            world.future(async move {
                let mut tasks = as_completed(tasks).timeout(LIMIT);
                while tasks.next().await.is_some() {}
            })
        }),
        case("race_macro", &["evenkeel/race race!"], || {
            let (mut tasks, world) = two();
            let (second, first) = (tasks.pop().unwrap(), tasks.pop().unwrap());
            world.future(async move {
                evenkeel::race! {
                    token = first => drop(token),
                    _token = second => (),
                    () = evenkeel::sleep(LIMIT) => (),
                }
            })
        }),
        case("race_staggered_delay", &["evenkeel/race race_staggered"], || {
            let (mut tasks, world) = two();
            let (second, first) = (tasks.pop().unwrap(), tasks.pop().unwrap());
            world.future(async move {
                let attempts = [(first, false), (second, true)].map(|(task, good)| async move {
                    let token = task.await;
                    if good { Ok(token) } else { Err(token) }
                });
                drop(race_staggered(attempts, LIMIT / 2).await);
            })
        }),
        case("shield_umbrella", &["evenkeel/cleanup shield"], || {
            let (local, world) = on_local();
            let (gate, begun, ended) = (gate(), Arc::new(Event::new()), Arc::new(Event::new()));
            let (opens, begins, ends) = (gate.clone(), begun.clone(), ended.clone());
            let task = local.spawn(shield(async move {
                begins.set();
                gate.wait().await;
                ends.set();
            }));
            world
                .future(task)
                .event("finish", move || opens.set())
                .check(move |_| assert_eq!(begun.is_set(), ended.is_set(), "begun and given up"))
        }),
    ]
}

const TIMED: &[&str] = &["evenkeel/as_completed AsCompletedTimeout::next"];

/// Two tasks behind two gates, and a clock.
fn two() -> (Vec<Task<Token>>, World) {
    let (local, world) = on_local();
    let (one, two) = (gate(), gate());
    let tasks = vec![local.spawn(work(one.clone())), local.spawn(work(two.clone()))];
    let world = world.alone(&one).alone(&two).keep(Rc::clone(&local));
    let world = timed(world.event("finish-1", move || one.set()));
    // In other orders the leaves' own cases play it; all of them here would be too many.
    (tasks, world.event("finish-2", move || two.set()).in_order())
}
