//! One task, many awaiters.

use std::future::pending;
use std::sync::Arc;
use std::task::{Poll, Wake, Waker};

use evenkeel_task::{Cancelled, LocalExecutor, SharedTask, Task, block_on, gather};

use crate::gate::{Gate, Log, Wakes, poll, ticks};

fn run<T>(main: impl AsyncFnOnce(&LocalExecutor<'static>) -> T) -> T {
    let executor = LocalExecutor::new();
    block_on(executor.run(main(&executor)))
}

#[test]
fn cmp_02_awaited_again_and_again_with_the_same_outcome() {
    run(async |executor| {
        let mut task = executor.spawn(async { String::from("value") }).shared();
        let copy = task.clone();
        for _ in 0..3 {
            assert_eq!((&mut task).await, "value");
            assert_eq!(copy.join().await.unwrap(), "value");
        }
        assert_eq!(copy.await, "value");
        assert!(task.is_finished() && !task.cancel());
    });
    assert_eq!(block_on(Task::ready(1).shared()), 1);
}

#[test]
fn every_awaiter_is_woken() {
    let gate = Gate::new();
    let executor = LocalExecutor::new();
    let task = executor.spawn(gate.wait()).shared();
    let wakes: Vec<Arc<Wakes>> = (0..10).map(|_| Arc::default()).collect();
    let mut copies: Vec<SharedTask<i32>> = wakes.iter().map(|_| task.clone()).collect();
    for (copy, wakes) in copies.iter_mut().zip(&wakes) {
        assert!(poll(copy, wakes).is_pending());
    }
    gate.open(5);
    while executor.try_tick() {}
    assert!(wakes.iter().all(|wakes| wakes.take() == 1));
    for (copy, wakes) in copies.iter_mut().zip(&wakes) {
        assert_eq!(poll(copy, wakes), Poll::Ready(5));
    }
}

#[test]
fn an_awaiter_that_leaves_strands_nobody() {
    let gate = Gate::new();
    let executor = LocalExecutor::new();
    let (mut stays, wakes) = (executor.spawn(gate.wait()).shared(), Arc::default());
    let mut leaves = stays.clone();
    assert!(poll(&mut stays, &wakes).is_pending());
    let other: Arc<Wakes> = Arc::default();
    assert!(poll(&mut leaves, &other).is_pending()); // The last to have polled the task.
    drop(leaves);
    assert_eq!(Arc::strong_count(&other), 1, "its waker went with it");
    gate.open(1);
    while executor.try_tick() {}
    assert_eq!((wakes.take(), other.take()), (1, 0));
    assert_eq!(poll(&mut stays, &wakes), Poll::Ready(1));
}

#[test]
fn a_waker_that_panics_keeps_no_other_waiting() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            std::panic::resume_unwind(Box::new("a waker's bug"));
        }
    }
    let gate = Gate::new();
    let executor = LocalExecutor::new();
    let (mut one, mut two) = {
        let task = executor.spawn(gate.wait()).shared();
        (task.clone(), task)
    };
    let bad = Waker::from(Arc::new(Panics));
    let mut cx = std::task::Context::from_waker(&bad);
    assert!(std::future::Future::poll(std::pin::Pin::new(&mut one), &mut cx).is_pending());
    let wakes = Arc::default();
    assert!(poll(&mut two, &wakes).is_pending());
    gate.open(1);
    while executor.try_tick() {}
    assert_eq!(wakes.take(), 1);
    assert_eq!(poll(&mut two, &wakes), Poll::Ready(1));
    assert_eq!(poll(&mut one, &wakes), Poll::Ready(1));
}

#[test]
fn the_last_drop_cancels() {
    let log = Log::default();
    run(async |executor| {
        let inner = log.clone();
        let task = executor.spawn(async move {
            let _guard = inner.guard("cancelled");
            pending::<()>().await;
        });
        let one = task.shared();
        let two = one.clone();
        ticks(1).await;
        drop(one);
        ticks(2).await;
        assert!(log.take().is_empty() && !two.is_finished());
        drop(two);
        ticks(2).await;
        assert_eq!(log.take(), ["cancelled"]);
    });
}

#[test]
fn a_panic_resumes_once_and_then_as_its_text() {
    run(async |executor| {
        #[derive(Debug, PartialEq)]
        struct Payload(u8);
        let task: SharedTask<()> =
            executor.spawn(async { std::panic::resume_unwind(Box::new(Payload(7))) }).shared();
        let joined = task.join().await.unwrap_err();
        assert!(joined.is_panic() && !joined.is_cancelled());
        let first = executor.spawn(task.clone()).join().await.unwrap_err().into_panic();
        assert_eq!(first.downcast_ref(), Some(&Payload(7)));
        let second = executor.spawn(task.clone()).join().await.unwrap_err().into_panic();
        assert_eq!(second.downcast_ref::<String>().map(String::as_str), joined.message());
    });
}

#[test]
fn a_cancel_is_told_to_all_with_its_reason() {
    run(async |executor| {
        let task: SharedTask<()> = executor.spawn(pending()).shared();
        assert!(task.cancel_with("enough"));
        let (one, two) = gather((task.join(), task.join())).await;
        assert_eq!(one.unwrap_err().reason(), Some("enough"));
        let two = two.unwrap_err();
        assert!(two.is_cancelled() && two.to_string().ends_with("was cancelled: enough"));
        for _ in 0..2 {
            let awaiter = executor.spawn(task.clone()).join().await.unwrap_err();
            assert!(awaiter.is_cancelled(), "unwinds as {}", std::any::type_name::<Cancelled>());
        }
    });
}

#[test]
fn awaiters_on_many_threads_get_the_one_value() {
    for _ in 0..50 {
        let gate = Gate::new();
        let executor = evenkeel_task::Executor::new();
        let task = executor.spawn(gate.wait()).shared();
        std::thread::scope(|scope| {
            for _ in 0..3 {
                let task = task.clone();
                scope.spawn(move || assert_eq!(block_on(task), 9));
            }
            scope.spawn(|| gate.open(9));
            block_on(executor.run(task.clone()));
        });
    }
}

#[test]
fn it_can_be_sent_and_shared() {
    fn send_sync<T: Send + Sync + Unpin + Clone>(_: &T) {}
    let task = Task::ready(1).shared();
    send_sync(&task);
    assert_eq!(task.name(), format!("Task-{}", task.id().get()));
}
