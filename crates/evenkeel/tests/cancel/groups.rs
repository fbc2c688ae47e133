//! Groups: children end before their scope does, and go with it if it is dropped.

use std::convert::Infallible;

use evenkeel::task::{LocalGroup, TaskGroup};

use crate::harness::{Case, Token, World, case};
use crate::task::{Gate, gate, on_local, work};

/// An error that counts.
#[derive(Debug)]
struct Oh(#[expect(dead_code, reason = "it is there to be dropped")] Token);

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = groups();
    cases.extend(children());
    cases.extend(local_groups());
    cases
}

fn opens(world: World, one: &Gate, two: &Gate) -> World {
    let (first, second) = (one.clone(), two.clone());
    world
        .alone(one)
        .alone(two)
        .event("finish-1", move || first.set())
        .event("finish-2", move || second.set())
}

async fn fails(gate: Gate) -> Result<Token, Oh> {
    Err(Oh(work(gate).await))
}

fn groups() -> Vec<Case> {
    vec![
        case("group_scope", &["task/group TaskGroup::scope"], || {
            let (local, world) = on_local();
            let (one, two) = (gate(), gate());
            let world = opens(world, &one, &two);
            let task = local.spawn(async move {
                let scope = TaskGroup::<Oh>::scope(async |group| {
                    let _in_hand = Token::new();
                    group.create_task(fails(one));
                    drop(group.create_task(async { Ok(work(two).await) }).await);
                    Ok(Token::new())
                });
                drop(scope.await);
            });
            world.future(task)
        }),
        case("group_scope_on", &["task/group TaskGroup::scope_on"], || {
            // Not in a task: nobody is there to wait for the children when it is dropped.
            let (local, world) = on_local();
            let (one, two) = (gate(), gate());
            let spawner = local.spawner();
            opens(world, &one, &two).future(async move {
                let scope = TaskGroup::<Infallible>::scope_on(&spawner, async |group| {
                    group.create_task(async { Ok(work(one).await) });
                    group.create_task(async { Ok(work(two).await) });
                    Ok(())
                });
                scope.await.unwrap();
            })
        }),
    ]
}

fn children() -> Vec<Case> {
    fn joined(join: bool) -> World {
        let (local, world) = on_local();
        let (one, two) = (gate(), gate());
        let world = opens(world, &one, &two);
        world.future(local.spawn(async move {
            let scope = TaskGroup::<Infallible>::scope(async |group| {
                let mut first = group.create_task(async { Ok(work(one).await) });
                let second = group.create_task(async { Ok(work(two).await) });
                if join {
                    drop(first.join().await.unwrap());
                } else {
                    drop(first.await);
                }
                drop(second);
                Ok(())
            });
            scope.await.unwrap();
        }))
    }
    vec![
        case("group_child", &["task/group/child Child"], || joined(false)),
        case("group_child_join", &["task/group/child Child::join"], || joined(true)),
        case("group_start", &["task/group/start TaskGroup::start"], || {
            let (local, world) = on_local();
            let (one, two) = (gate(), gate());
            opens(world, &one, &two).future(local.spawn(async move {
                let scope = TaskGroup::<Infallible>::scope(async |group| {
                    let ready = group.start(|started| async move {
                        started.set(work(one).await);
                        drop(work(two).await);
                    });
                    drop(ready.await);
                    Ok(())
                });
                scope.await.unwrap();
            }))
        }),
    ]
}

fn local_groups() -> Vec<Case> {
    vec![
        case("local_group_scope", &["task/local_group LocalGroup::scope"], || {
            let (one, two) = (gate(), gate());
            opens(World::new(), &one, &two).future(async move {
                let scope = LocalGroup::<Oh>::scope(async |group| {
                    let _in_hand = Token::new();
                    group.create_task(fails(one));
                    group.create_task(async { Ok(work(two).await) });
                    Ok(Token::new())
                });
                assert!(scope.await.is_err());
            })
        }),
        case("local_child", &["task/local_group/child LocalChild"], || {
            let (one, two) = (gate(), gate());
            opens(World::new(), &one, &two).future(async move {
                let scope = LocalGroup::<Infallible>::scope(async |group| {
                    let first = group.create_task(async { Ok(work(one).await) });
                    group.create_task(async { Ok(work(two).await) });
                    drop(first.await);
                    Ok(())
                });
                scope.await.unwrap();
            })
        }),
    ]
}
