//! The cooperative budget: who never has to wait lets the others go first nevertheless.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::task::{Context, Poll, ready};

use evenkeel_context::{has_budget, poll_budget, spend, unconstrained};
use evenkeel_task::{
    LocalExecutor, LocalGroup, Raced, Task, as_completed, block_on, gather, race, wait, yield_now,
};

/// Receives from a channel that is never empty.
fn receive() -> impl Future<Output = u32> {
    poll_fn(|cx| {
        ready!(poll_budget(cx));
        spend();
        Poll::Ready(7)
    })
}

/// Receives from one that is always empty.
fn receive_in_vain(polls: &Cell<u32>) -> impl Future<Output = ()> {
    poll_fn(|cx: &mut Context<'_>| {
        polls.set(polls.get() + 1);
        ready!(poll_budget(cx));
        Poll::Pending
    })
}

/// Polls a future as a task of an executor, and answers how often it was polled.
fn polls_of<T>(future: impl Future<Output = T>) -> (T, u32) {
    let executor = LocalExecutor::new();
    let mut future = std::pin::pin!(future);
    let polls = Cell::new(0);
    let counted = poll_fn(|cx| {
        polls.set(polls.get() + 1);
        future.as_mut().poll(cx)
    });
    let value = executor.drive(Default::default(), counted, |_| {}).unwrap();
    (value, polls.get())
}

#[test]
fn a_task_that_never_waits_lets_the_others_run() {
    let (received, seen) = (Cell::new(0), RefCell::new(Vec::new()));
    let executor = LocalExecutor::new();
    let busy = executor.spawn(async {
        loop {
            received.set(received.get() + receive().await.min(1));
        }
    });
    let main = executor.spawn(async {
        for _ in 0..3 {
            seen.borrow_mut().push(received.get());
            yield_now().await;
        }
    });
    block_on(executor.run(main));
    drop(busy);
    drop(executor);
    assert_eq!(*seen.borrow(), [128, 256, 384]);
}

#[test]
fn what_waits_costs_nothing_and_is_polled_to_the_last() {
    let vain = Cell::new(0);
    let hundreds = gather((0..200).map(|_| receive_in_vain(&vain)).collect::<Vec<_>>());
    let (Raced { index, .. }, polls) = polls_of(async {
        let mut hundreds = std::pin::pin!(hundreds);
        poll_fn(|cx| {
            assert!(hundreds.as_mut().poll(cx).is_pending());
            assert!(has_budget());
            Poll::Ready(Raced { index: 200, value: () })
        })
        .await
    });
    assert_eq!((index, vain.get(), polls), (200, 200, 1));
}

#[test]
fn a_gather_of_many_that_are_ready_polls_each_of_them_once() {
    let begun = Cell::new(0);
    let many = (0..1000).map(|_| async {
        begun.set(begun.get() + 1);
        receive().await
    });
    let (values, polls) = polls_of(gather(many.collect::<Vec<_>>()));
    assert_eq!((values.len(), begun.get(), polls), (1000, 1000, 8)); // 1000 / 128, and the rest
}

#[test]
fn a_local_group_goes_on_with_those_it_did_not_come_to() {
    let order = RefCell::new(Vec::new());
    let (result, polls) = polls_of(LocalGroup::<()>::scope(async |group| {
        for n in 0..300 {
            let order = &order;
            group.create_task(async move {
                receive().await;
                order.borrow_mut().push(n);
            });
        }
    }));
    result.unwrap();
    assert!(polls >= 3, "{polls}");
    assert_eq!(*order.borrow(), (0..300).collect::<Vec<_>>());
}

#[test]
fn joins_count_and_a_wait_looks_at_all() {
    let (_, polls) = polls_of(async {
        for n in 0..256 {
            assert_eq!(Task::ready(n).await, n);
        }
    });
    assert_eq!(polls, 2);
    let (waited, polls) = polls_of(async { wait((0..500).map(Task::ready)).await });
    assert_eq!((waited.done.len(), polls), (500, 1));
    let (sum, polls) = polls_of(async {
        let mut tasks = as_completed((0..256).map(Task::ready));
        let mut sum = 0;
        while let Some(task) = tasks.next().await {
            sum += task.result();
        }
        sum
    });
    assert_eq!((sum, polls), (255 * 128, 3)); // The end of the stream is asked for with nothing left.
}

#[test]
fn the_first_argument_wins_also_when_the_budget_is_used_up() {
    let (winner, polls) = polls_of(async {
        for _ in 0..128 {
            receive().await;
        }
        race((receive(), async { 1 })).await.index
    });
    assert_eq!((winner, polls), (0, 2));
}

#[test]
fn unconstrained_work_goes_on_and_outside_of_tasks_there_is_no_budget() {
    let thousand = || async {
        for _ in 0..1000 {
            receive().await;
        }
        has_budget()
    };
    assert_eq!(polls_of(unconstrained(thousand())), (true, 1));
    assert_eq!(polls_of(thousand()).1, 8);
    block_on(thousand());
    assert!(futures_lite::future::block_on(thousand()));
    let mut cx = Context::from_waker(std::task::Waker::noop());
    assert!(std::pin::pin!(thousand()).poll(&mut cx).is_ready());
}

#[test]
fn a_loop_within_a_task_that_does_not_return_is_not_held_up_for_ever() {
    let (sum, polls) = polls_of(async {
        // Ours knows that it does not return; a foreign one takes the refusal for news, and is let off.
        let ours = block_on(async { sum_of(1000).await });
        ours + futures_lite::future::block_on(sum_of(1000))
    });
    assert_eq!((sum, polls), (14_000, 1));
}

async fn sum_of(count: u32) -> u32 {
    let mut sum = 0;
    for _ in 0..count {
        sum += receive().await;
    }
    sum
}

#[test]
fn a_task_polled_within_anothers_poll_has_a_budget_of_its_own() {
    let (polls, _) = polls_of(async {
        let inner = LocalExecutor::new();
        let counted = inner.spawn(async { sum_of(128).await });
        for _ in 0..100 {
            receive().await;
        }
        assert!(inner.try_tick() && counted.is_finished());
        for _ in 0..28 {
            receive().await;
        }
        assert!(!has_budget());
        1
    });
    assert_eq!(polls, 1);
}
