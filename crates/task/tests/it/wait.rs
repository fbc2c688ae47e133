//! What is done and what is not.

use std::future::{pending, ready};
use std::sync::Arc;
use std::task::Poll;

use evenkeel_task::{LocalExecutor, Task, Waited, WaitedIndices, block_on, wait, wait_mut};

use crate::gate::{Gate, Log, Wakes, gates, poll, ticks};
use crate::heap::bytes;

fn run<T>(main: impl AsyncFnOnce(&LocalExecutor<'static>) -> T) -> T {
    let executor = LocalExecutor::new();
    block_on(executor.run(main(&executor)))
}

fn after<T: 'static>(executor: &LocalExecutor<'static>, count: usize, value: T) -> Task<T> {
    executor.spawn(async move {
        ticks(count).await;
        value
    })
}

#[test]
fn wai_01_all_are_done_in_argument_order() {
    run(async |executor| {
        let Waited { done, pending } =
            wait([after(executor, 3, "slow"), after(executor, 1, "fast")]).await;
        let results: Vec<_> = done.into_iter().map(|task| task.result()).collect();
        assert_eq!(results, ["slow", "fast"]);
        assert!(pending.is_empty());
    });
}

#[test]
fn wai_01_done_tasks_need_no_yield() {
    let wakes: Arc<Wakes> = Arc::default();
    let mut all = wait([Task::ready(1), Task::ready(2)]);
    let Poll::Ready(waited) = poll(&mut all, &wakes) else { panic!("pending") };
    assert_eq!((waited.done.len(), waited.pending.len(), wakes.take()), (2, 0, 0));
}

#[test]
fn wai_02_first_completed_leaves_the_others_running() {
    run(async |executor| {
        let a = after(executor, 10, "a");
        let b = after(executor, 1, "b");
        let (id_a, id_b) = (a.id(), b.id());
        let Waited { done, mut pending } = wait([a, b]).first_completed().await;
        assert_eq!((done.len(), done[0].id()), (1, id_b));
        assert_eq!((pending.len(), pending[0].id()), (1, id_a));
        assert_eq!(pending.remove(0).await, "a");
    });
}

#[test]
fn wai_02_done_is_all_that_has_ended_when_the_waiter_goes_on() {
    run(async |executor| {
        let gates = gates(3);
        let tasks: Vec<_> = gates.iter().map(|gate| executor.spawn(gate.wait())).collect();
        let opener = executor.spawn(async move {
            ticks(3).await;
            gates[2].open(2);
            gates[0].open(0);
            gates
        });
        let Waited { done, pending } = wait(tasks).first_completed().await;
        let results: Vec<_> = done.into_iter().map(|task| task.result()).collect();
        assert_eq!((results, pending.len()), (vec![0, 2], 1));
        drop(opener.await);
    });
}

#[test]
fn wai_04_first_exception() {
    run(async |executor| {
        let a = after(executor, 10, Ok(1));
        let b = after(executor, 2, Err("no"));
        let c = after(executor, 0, Ok(3));
        let Waited { done, pending } = wait([a, b, c]).first_exception().await;
        let results: Vec<_> = done.into_iter().map(|task| task.result()).collect();
        assert_eq!(results, [Err("no"), Ok(3)]);
        assert_eq!(pending.len(), 1);
    });
}

#[test]
fn wai_04_a_panic_is_an_exception_and_a_cancel_is_not() {
    run(async |executor| {
        let a = after(executor, 10, Ok::<i32, ()>(1));
        let cancelled = executor.spawn(pending());
        cancelled.cancel();
        let panics = executor.spawn(async {
            ticks(4).await;
            std::panic::resume_unwind(Box::new("a bug"))
        });
        let Waited { done, pending } = wait([a, cancelled, panics]).first_exception().await;
        let errors: Vec<_> = done.into_iter().map(|task| task.outcome().unwrap_err()).collect();
        assert!(errors.len() == 2 && errors[0].is_cancelled() && errors[1].is_panic());
        assert_eq!(pending.len(), 1);
    });
}

#[test]
fn wai_04_all_completed_keeps_the_error_in_its_handle() {
    run(async |executor| {
        let tasks = [after(executor, 2, Ok(1)), after(executor, 0, Err("no"))];
        let Waited { done, .. } = wait(tasks).all_completed().await;
        let results: Vec<_> = done.into_iter().map(|task| task.result()).collect();
        assert_eq!(results, [Ok(1), Err("no")]);
    });
}

#[test]
fn wai_06_until_ends_the_wait_and_no_task() {
    run(async |executor| {
        let tasks = [after(executor, 1, "a"), after(executor, 9, "b")];
        let Waited { done, pending } = wait(tasks).until(ticks(5)).await;
        assert_eq!((done.len(), pending.len()), (1, 1));
        assert_eq!(pending.into_iter().next().unwrap().await, "b");
    });
}

#[test]
fn wai_06_tasks_are_looked_at_before_the_limit() {
    let tasks = [Task::ready(1), Task::ready(2)];
    let Waited { done, .. } = block_on(wait(tasks).until(ready(())).first_completed());
    assert_eq!(done.len(), 2);
    run(async |executor| {
        let tasks = [Task::ready(1), after(executor, 1, 2)];
        let Waited { done, pending } = wait(tasks).until(ready(())).await;
        assert_eq!((done.len(), pending.len()), (1, 1));
    });
}

#[test]
fn wai_08_an_empty_set_returns_at_once() {
    let none: [Task<i32>; 0] = [];
    let Waited { done, pending } = block_on(wait(none).first_completed());
    assert!(done.is_empty() && pending.is_empty());
    let mut none: [Task<i32>; 0] = [];
    let waited = block_on(wait_mut(&mut none));
    assert_eq!(waited, WaitedIndices { done: vec![], pending: vec![] });
}

#[test]
fn wai_09_a_borrowing_wait_that_is_dropped_leaves_the_tasks() {
    run(async |executor| {
        let mut tasks = [after(executor, 6, 1), after(executor, 7, 2)];
        let first = wait_mut(&mut tasks).until(ticks(2)).await;
        assert_eq!(first, WaitedIndices { done: vec![], pending: vec![0, 1] });
        let mut left = wait_mut(&mut tasks);
        assert!(poll(&mut left, &Arc::default()).is_pending());
        drop(left);
        let waited = wait_mut(&mut tasks).first_completed().await;
        assert!(waited.done.contains(&0));
        let waited = wait_mut(&mut tasks).await;
        assert_eq!(waited, WaitedIndices { done: vec![0, 1], pending: vec![] });
        let [a, b] = tasks;
        assert_eq!((a.await, b.await), (1, 2));
    });
}

// Each wait's waker stayed with the tasks that were pending, until they ended.
#[test]
fn a_borrowing_wait_again_and_again_needs_no_more_memory() {
    run(async |executor| {
        let mut tasks = [executor.spawn(pending::<()>()), executor.spawn(pending::<()>())];
        let mut wait_once = || {
            let mut all = wait_mut(&mut tasks);
            assert!(poll(&mut all, &Arc::default()).is_pending());
        };
        wait_once();
        let before = bytes();
        (0..100).for_each(|_| wait_once());
        assert_eq!(bytes() - before, 0);
    });
}

#[test]
fn wai_09_results_stay_in_borrowed_tasks() {
    run(async |executor| {
        let cancelled = executor.spawn(pending());
        cancelled.cancel_with("enough");
        let mut tasks = [Task::ready(1), after(executor, 2, 2), cancelled];
        for _ in 0..2 {
            assert_eq!(wait_mut(&mut tasks).await.done, [0, 1, 2]);
        }
        let [a, b, c] = tasks;
        assert!(a.is_finished() && b.is_finished() && !b.cancel());
        assert_eq!((a.await, b.await), (1, 2));
        assert_eq!(c.join().await.unwrap_err().reason(), Some("enough"));
    });
}

#[test]
fn dropping_an_owning_wait_cancels_its_tasks() {
    let log = Log::default();
    run(async |executor| {
        let inner = log.clone();
        let task = executor.spawn(async move {
            let _guard = inner.guard("cancelled");
            pending::<()>().await;
        });
        let waiter = executor.spawn(async move { wait([task]).await.done.len() });
        ticks(2).await;
        assert!(waiter.cancelled().await.is_none());
        ticks(2).await;
    });
    assert_eq!(log.take(), ["cancelled"]);
}

#[test]
fn a_pending_task_may_be_waited_for_again() {
    run(async |executor| {
        let gates = gates(20);
        let mut tasks: Vec<_> = gates.iter().map(|gate| executor.spawn(gate.wait())).collect();
        for (k, gate) in gates.iter().enumerate() {
            gate.open(k);
            let Waited { done, pending } = wait(tasks).first_completed().await;
            assert_eq!(done.into_iter().map(|task| task.result()).collect::<Vec<_>>(), [k]);
            tasks = pending;
        }
        assert!(tasks.is_empty());
    });
}

#[test]
fn a_waiter_is_not_polled_once_per_task() {
    let gates: Vec<Gate<()>> = gates(50);
    let executor = LocalExecutor::new();
    let tasks: Vec<_> = gates.iter().map(|gate| executor.spawn(gate.wait())).collect();
    let wakes: Arc<Wakes> = Arc::default();
    let mut all = wait(tasks);
    assert!(poll(&mut all, &wakes).is_pending());
    while executor.try_tick() {}
    for gate in &gates {
        gate.open(());
    }
    while executor.try_tick() {}
    assert_eq!(wakes.take(), 1);
    assert!(poll(&mut all, &wakes).is_ready());
}
