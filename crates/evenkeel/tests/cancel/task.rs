//! Tasks and what waits for them: who is dropped cancels what it owns, and leaves the rest alone.

use std::rc::Rc;
use std::sync::Arc;

use evenkeel::sync::{Event, Lock};
use evenkeel::task::{
    Executor, LocalExecutor, Task, as_completed, gather, race, race_staggered, shield, try_gather,
    wait, wait_mut, yield_now,
};

use crate::harness::{Case, Token, World, case, each};

pub(crate) type Local = Rc<LocalExecutor<'static>>;
pub(crate) type Gate = Arc<Event>;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = handles();
    cases.extend(shared());
    cases.extend(several_tasks());
    cases.extend(several_futures());
    cases.extend(staggered());
    cases.extend(executors());
    cases.extend(local_executors());
    cases
}

/// A world with an executor that runs all that is ready, as one step; no task is left at the end.
pub(crate) fn on_local() -> (Local, World) {
    local(|local| {
        let _whether_more = local.turn();
    })
}

/// The same, with one task at a step: more orders.
fn task_by_task() -> (Local, World) {
    local(|local| assert!(local.try_tick()))
}

fn local(step: fn(&LocalExecutor<'static>)) -> (Local, World) {
    let local: Local = Rc::new(LocalExecutor::new());
    local.on_failure(|_| ()); // An error of a child whose scope is gone: it is dropped all the same.
    let (ready, ticks, seen) = (local.clone(), local.clone(), local.clone());
    let world = World::new()
        .wakers_stay("a cancelled task keeps its last awaiter's waker until it is gone")
        .runtime(move || ready.ready() > 0, move || step(&ticks))
        .check(move |_| assert!(seen.is_empty(), "tasks are left: {:?}", seen.tasks()));
    (local, world)
}

pub(crate) fn gate() -> Gate {
    Arc::new(Event::new())
}

/// Waits with one value in hand, and answers another.
pub(crate) async fn work(gate: Gate) -> Token {
    let _in_hand = Token::new();
    gate.wait().await;
    Token::new()
}

fn handles() -> Vec<Case> {
    vec![
        case("task", &["task/handle Task"], || {
            let (local, world) = task_by_task();
            let gate = gate();
            let task = local.spawn(work(gate.clone()));
            world
                .alone(&gate)
                .future(async move { drop(task.await) })
                .event("finish", move || gate.set())
        }),
        case("task_two_with_one_gate", &["task/handle Task"], || {
            let (local, world) = task_by_task();
            let gate = gate();
            let (one, two) = (local.spawn(work(gate.clone())), local.spawn(work(gate.clone())));
            world
                .alone(&gate)
                .future(async move { drop(one.await) })
                .future(async move { drop(two.await) })
                .event("finish", move || gate.set())
        }),
        case("task_join", &["task/handle Task::join"], || {
            let (local, world) = task_by_task();
            let gate = gate();
            let task = local.spawn(work(gate.clone()));
            let canceller = task.canceller();
            world
                .alone(&gate)
                .future(async move { drop(task.join().await) })
                .event("finish", move || gate.set())
                .event("cancel", move || {
                    canceller.cancel();
                })
        }),
        case("task_join_mut", &["task/handle Task::join_mut"], || {
            let (local, world) = task_by_task();
            let gate = gate();
            let task = Arc::new(Lock::new(local.spawn(work(gate.clone()))));
            let kept = task.clone();
            world
                .alone(&gate)
                .alone(&task)
                .future(async move { drop(task.lock().await.join_mut().await.unwrap()) })
                .event("finish", move || gate.set())
                .check(move |end| {
                    // The task went on without its awaiter, and keeps its value.
                    let value = kept.try_lock().unwrap().try_take();
                    assert!(!end.cut() || value.is_some_and(|value| value.is_ok()));
                })
        }),
        case("task_cancelled", &["task/handle Task::cancelled"], || {
            let (local, world) = task_by_task();
            let gate = gate();
            let task = local.spawn(work(gate.clone()));
            world
                .alone(&gate)
                .future(async move { drop(task.cancelled().await) })
                .event("finish", move || gate.set())
        }),
        case("shield", &["task/shield shield"], || {
            // Outside any task there is nobody for whom it could go on.
            let gate = gate();
            let inner = work(gate.clone());
            World::new()
                .alone(&gate)
                .future(async move { drop(shield(inner).await) })
                .event("finish", move || gate.set())
        }),
        case("shield_goes_on", &["task/shield shield"], || {
            let (local, world) = task_by_task();
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

fn shared() -> Vec<Case> {
    fn world(join: bool) -> World {
        let (local, world) = on_local();
        let gate = gate();
        let task = local.spawn(work(gate.clone())).shared();
        let make = each!(task => {
            if join {
                drop(task.join().await.unwrap());
            } else {
                drop(task.await);
            }
        });
        world
            .alone(&gate)
            .futures(3, make)
            .event("drop-first-handle", move || drop(task))
            .event("finish", move || gate.set())
    }
    vec![
        case("shared_task", &["task/shared SharedTask"], || world(false)),
        case("shared_task_join", &["task/shared SharedTask::join"], || world(true)),
    ]
}

/// Two tasks and their gates.
fn two() -> (Vec<Task<Token>>, World) {
    let (local, world) = on_local();
    let (one, two) = (gate(), gate());
    let tasks = vec![local.spawn(work(one.clone())), local.spawn(work(two.clone()))];
    let world = world
        .alone(&one)
        .alone(&two)
        .event("finish-1", move || one.set())
        .event("finish-2", move || two.set());
    (tasks, world)
}

fn several_tasks() -> Vec<Case> {
    vec![
        case("wait", &["task/wait wait"], || {
            let (tasks, world) = two();
            world.future(async move { assert_eq!(wait(tasks).await.done.len(), 2) })
        }),
        case("wait_first_completed", &["task/wait wait"], || {
            let (tasks, world) = two();
            world.future(async move {
                let waited = wait(tasks).first_completed().await;
                assert!(!waited.done.is_empty());
                drop(wait(waited.pending).await);
            })
        }),
        case("wait_until", &["task/wait wait"], || {
            let (tasks, world) = two();
            let stop = gate();
            let stopped = stop.clone();
            world
                .future(async move { drop(wait(tasks).until(stopped.wait()).await) })
                .event("stop", move || stop.set())
        }),
        case("wait_mut", &["task/wait_mut wait_mut"], || {
            let (tasks, world) = two();
            let tasks = Arc::new(Lock::new(tasks));
            let kept = tasks.clone();
            world
                .alone(&tasks)
                .future(async move {
                    let mut tasks = tasks.lock().await;
                    assert_eq!(wait_mut(&mut tasks).await.done.len(), 2);
                })
                .check(move |_| {
                    // They went on, with or without it.
                    for task in kept.try_lock().unwrap().iter_mut() {
                        assert!(task.try_take().is_some_and(|value| value.is_ok()));
                    }
                })
        }),
        case("as_completed", &["task/as_completed AsCompleted::next"], || {
            let (tasks, world) = two();
            world.future(async move {
                let mut tasks = as_completed(tasks);
                while let Some(done) = tasks.next().await {
                    drop(done.result());
                }
            })
        }),
        case("as_completed_next", &["task/as_completed AsCompleted::next"], || {
            let (tasks, world) = two();
            let tasks = Arc::new(Lock::new(as_completed(tasks)));
            let kept = tasks.clone();
            world
                .alone(&tasks)
                .future(async move { drop(tasks.lock().await.next().await.unwrap()) })
                .check(move |end| {
                    let tasks = kept.try_lock().unwrap();
                    assert_eq!(tasks.len(), 2 - end.finished());
                })
        }),
    ]
}

/// A world that opens two gates.
fn gates() -> (Gate, Gate, World) {
    let (one, two) = (gate(), gate());
    let (first, second) = (one.clone(), two.clone());
    let world = World::new()
        .alone(&one)
        .alone(&two)
        .event("finish-1", move || first.set())
        .event("finish-2", move || second.set());
    (one, two, world)
}

fn several_futures() -> Vec<Case> {
    vec![
        case("gather", &["task/gather gather"], || {
            let (one, two, world) = gates();
            world.future(async move { drop(gather((work(one), work(two))).await) })
        }),
        case("gather_limit", &["task/gather gather"], || {
            let (one, two, world) = gates();
            let three = one.clone();
            world.future(async move {
                drop(
                    gather([one, two, three].map(work).into_iter().collect::<Vec<_>>())
                        .limit(2)
                        .await,
                );
            })
        }),
        case("gather_tasks", &["task/gather gather"], || {
            let (tasks, world) = two();
            world.future(async move { drop(gather(tasks).await) })
        }),
        case("try_gather", &["task/try_gather try_gather"], || {
            let (one, two, world) = gates();
            world.future(async move {
                let fails = async { Err::<Token, Token>(work(one).await) };
                let succeeds = async { Ok::<Token, Token>(work(two).await) };
                assert!(try_gather((fails, succeeds)).await.is_err());
            })
        }),
        case("try_gather_tasks", &["task/try_gather try_gather"], || {
            let (local, world) = on_local();
            let (one, two) = (gate(), gate());
            let (first, second) = (one.clone(), two.clone());
            let fails = local.spawn(async { Err::<Token, Token>(work(one).await) });
            let succeeds = local.spawn(async { Ok::<Token, Token>(work(two).await) });
            let seen = local.clone();
            world
                .future(async move {
                    assert!(try_gather((fails, succeeds)).await.is_err());
                    assert!(seen.is_empty(), "the sibling has ended");
                })
                .event("fail", move || first.set())
                .event("succeed", move || second.set())
        }),
        case("race", &["task/race race"], || {
            let (one, two, world) = gates();
            world.future(async move { drop(race([work(one), work(two)]).await) })
        }),
        case("race_tasks", &["task/race race"], || {
            let (tasks, world) = two();
            world.future(async move { drop(race(tasks).await) })
        }),
        case("yield_now", &["task/yield_now yield_now"], || {
            World::new().futures(2, || async {
                yield_now().await;
                yield_now().await;
            })
        }),
    ]
}

fn staggered() -> Vec<Case> {
    vec![case("race_staggered", &["task/staggered race_staggered"], || {
        let (one, two, world) = gates();
        let pause = gate();
        let elapse = pause.clone();
        world
            .future(async move {
                let first = Box::pin(async move { Err::<Token, Token>(work(one).await) });
                let second = Box::pin(async move { Ok::<Token, Token>(work(two).await) });
                let attempts: Vec<std::pin::Pin<Box<dyn Future<Output = _>>>> = vec![first, second];
                drop(race_staggered(attempts, || pause.wait_owned()).await);
            })
            .event("elapse", move || elapse.set())
    })]
}

fn executors() -> Vec<Case> {
    vec![
        case("executor_run", &["task/executor Executor::run"], || {
            let executor = Arc::new(Executor::new());
            let (gate, stop) = (gate(), gate());
            let (opens, stops, seen) = (gate.clone(), stop.clone(), executor.clone());
            let task = executor.spawn(work(gate));
            let run = each!(executor, stop => executor.run(stop.wait()).await);
            // The one who is left takes over what the other had in its queue, or was woken for.
            World::new()
                .future(run())
                .future({
                    let executor = executor.clone();
                    async move { drop(executor.run(task).await) }
                })
                .victims(1)
                .event("finish", move || opens.set())
                .event("stop", move || stops.set())
                .check(move |_| assert_eq!((seen.is_empty(), seen.statistics().asleep), (true, 0)))
        }),
        case("executor_run_dropped_with_its_task", &["task/executor Executor::run"], || {
            let executor = Arc::new(Executor::new());
            let gate = gate();
            let (opens, seen) = (gate.clone(), executor.clone());
            let run = each!(executor, gate => {
                let task = executor.spawn(work(gate.clone()));
                drop(executor.run(task).await);
            });
            World::new()
                .wakers_stay("a cancelled task keeps its last awaiter's waker until it is gone")
                .futures(2, run)
                .event("finish", move || opens.set())
                .check(move |_| {
                    while seen.try_tick() {}
                    assert_eq!((seen.is_empty(), seen.statistics().asleep), (true, 0));
                })
        }),
        case("executor_tick", &["task/executor Executor::tick"], || {
            let executor = Arc::new(Executor::new());
            let (spawns, seen) = (executor.clone(), executor.clone());
            // One task, two who wait for it: exactly one of them runs it.
            World::new()
                .futures(2, each!(executor => executor.tick().await))
                .event("spawn", move || spawns.spawn(async { drop(Token::new()) }).detach())
                .all_may_wait()
                .check(move |end| {
                    assert_eq!((end.finished(), seen.is_empty()), (1, true));
                    assert_eq!(seen.statistics().asleep, 0);
                })
        }),
    ]
}

fn local_executors() -> Vec<Case> {
    vec![
        case("local_executor_run", &["task/local_executor LocalExecutor::run"], || {
            let local: Local = Rc::new(LocalExecutor::new());
            let gate = gate();
            let (opens, seen) = (gate.clone(), local.clone());
            let task = local.spawn(work(gate));
            World::new()
                .wakers_stay("the executor keeps it until it is run again")
                .future(async move { drop(local.run(task).await) })
                .event("finish", move || opens.set())
                .check(move |_| {
                    while seen.try_tick() {}
                    assert!(seen.is_empty());
                })
        }),
        case("local_executor_tick", &["task/local_executor LocalExecutor::tick"], || {
            let local: Local = Rc::new(LocalExecutor::new());
            let (spawns, seen) = (local.clone(), local.clone());
            World::new()
                .wakers_stay("the executor keeps it until it is run again")
                .future(async move { local.tick().await })
                .event("spawn", move || spawns.spawn(async { drop(Token::new()) }).detach())
                .check(move |end| assert_eq!(seen.try_tick(), end.cut()))
        }),
    ]
}
