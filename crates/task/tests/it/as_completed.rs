//! In order of ending.

use std::future::pending;
use std::sync::Arc;

use evenkeel_task::{LocalExecutor, Task, Waited, as_completed, block_on};
use futures_lite::StreamExt;

use crate::gate::{Log, gates, poll, ticks};

fn run<T>(main: impl AsyncFnOnce(&LocalExecutor<'static>) -> T) -> T {
    let executor = LocalExecutor::new();
    block_on(executor.run(main(&executor)))
}

fn after(executor: &LocalExecutor<'static>, count: usize) -> Task<usize> {
    executor.spawn(async move {
        ticks(count).await;
        count
    })
}

#[test]
fn asc_01_in_order_of_completion() {
    run(async |executor| {
        let mut tasks = as_completed([3, 1, 2].map(|count| after(executor, count)));
        let mut order = Vec::new();
        while let Some(task) = tasks.next().await {
            order.push(task.result());
        }
        assert_eq!(order, [1, 2, 3]);
        assert!(tasks.next().await.is_none(), "and stays ended");
    });
}

#[test]
fn asc_01_the_order_holds_while_nobody_asks() {
    run(async |executor| {
        let gates = gates(100);
        let tasks = gates.iter().map(|gate| executor.spawn(gate.wait()));
        let mut tasks = as_completed(tasks.collect::<Vec<_>>());
        assert!(poll(&mut tasks.next(), &Arc::default()).is_pending());
        ticks(2).await;
        let order: Vec<usize> = (0..100).map(|k| k * 37 % 100).collect();
        for k in &order {
            gates[*k].open(*k);
        }
        ticks(3).await; // All end before the first is asked for.
        let ended: Vec<_> = StreamExt::map(&mut tasks, |task| task.result()).collect().await;
        assert_eq!(ended, order);
    });
}

#[test]
fn asc_02_items_say_which_task_they_are() {
    run(async |executor| {
        let tasks = [after(executor, 2), after(executor, 1)];
        let (slow, fast) = (tasks[0].id(), tasks[1].id());
        let names = [tasks[0].name(), tasks[1].name()];
        let mut tasks = as_completed(tasks);
        let first = tasks.next().await.unwrap();
        assert_eq!((first.id(), first.name()), (fast, names[1].clone()));
        assert_eq!(tasks.next().await.unwrap().id(), slow);
    });
}

#[test]
fn asc_04_leave_and_resume_loses_nothing() {
    run(async |executor| {
        let mut tasks = as_completed([4, 2, 1, 3].map(|count| after(executor, count)));
        assert_eq!(tasks.len(), 4);
        let two: Vec<_> = StreamExt::take(&mut tasks, 2).map(|task| task.result()).collect().await;
        assert_eq!((two, tasks.len()), (vec![1, 2], 2));
        drop(tasks.next()); // Asked for and left.
        assert!(poll(&mut tasks.next(), &Arc::default()).is_pending()); // Polled and left.
        ticks(5).await;
        let rest: Vec<_> = StreamExt::map(tasks, |task| task.result()).collect().await;
        assert_eq!(rest, [3, 4]);
    });
}

#[test]
fn asc_06_failures_are_items_and_empty_ends_at_once() {
    run(async |executor| {
        let cancelled = executor.spawn(pending());
        cancelled.cancel();
        let panics = executor.spawn(async {
            ticks(2).await;
            std::panic::resume_unwind(Box::new("a bug"))
        });
        let mut tasks = as_completed([after(executor, 4), panics, cancelled]);
        assert!(tasks.next().await.unwrap().outcome().unwrap_err().is_cancelled());
        assert!(tasks.next().await.unwrap().outcome().unwrap_err().is_panic());
        assert_eq!(tasks.next().await.unwrap().result(), 4);
        assert!(tasks.next().await.is_none());
    });
    let none: [Task<()>; 0] = [];
    assert!(block_on(as_completed(none).next()).is_none());
}

#[test]
fn asc_07_dropping_it_cancels_the_rest() {
    let log = Log::default();
    run(async |executor| {
        let inner = log.clone();
        let endless = executor.spawn(async move {
            let _guard = inner.guard("cancelled");
            pending::<()>().await;
            0
        });
        let mut tasks = as_completed([endless, after(executor, 1)]);
        assert_eq!(tasks.next().await.unwrap().result(), 1);
        drop(tasks);
        ticks(2).await;
    });
    assert_eq!(log.take(), ["cancelled"]);
}

#[test]
fn asc_07_the_rest_may_be_kept() {
    run(async |executor| {
        let tasks = [after(executor, 6), Task::ready(7), Task::ready(8), after(executor, 5)];
        let mut tasks = as_completed(tasks);
        assert_eq!(tasks.next().await.unwrap().result(), 7);
        let Waited { done, pending } = tasks.into_pending();
        assert_eq!(done.into_iter().map(|task| task.result()).collect::<Vec<_>>(), [8]);
        let mut rest = Vec::new();
        for task in pending {
            rest.push(task.await);
        }
        assert_eq!(rest, [6, 5]);
    });
}

#[test]
fn cmp_04_ready_tasks_come_first_in_argument_order() {
    let tasks = as_completed([Task::ready(1), Task::ready(2), Task::ready(3)]);
    let all: Vec<_> = block_on(StreamExt::map(tasks, |task| task.result()).collect());
    assert_eq!(all, [1, 2, 3]);
}
