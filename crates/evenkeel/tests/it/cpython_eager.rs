//! What CPython's test_eager_task_factory asks beyond the cases.

use std::future::Future;
use std::pin::Pin;

use evenkeel::{
    Task, all_tasks, create_eager_task, create_task, current, now, oneshot, sleep, task_local,
};

use crate::loops::{ms, on_one, on_one_and_two, settle};
use crate::transcript::Transcript;

/// test_eager_task_factory_set: there is no factory; whoever makes a task says how it begins.
#[test]
fn eager_or_not_it_is_a_task() {
    on_one_and_two(|| async {
        let tasks: [Task<u8>; 2] = [create_eager_task(async { 1 }), create_task(async { 1 })];
        assert!(tasks[0].is_finished());
        for task in tasks {
            assert_eq!(task.await, 1);
        }
    });
}

/// test_await_future_during_eager_step.
#[test]
fn what_an_eager_step_sends_is_there_at_once() {
    on_one_and_two(|| async {
        let (sender, receiver) = oneshot();
        let task = create_eager_task(async move { sender.send("my message").unwrap() });
        assert!(task.is_finished());
        assert_eq!(receiver.await, Ok("my message"));
    });
}

/// test_block_after_eager_step.
#[test]
fn an_eager_task_that_waits_goes_on_as_any_other() {
    on_one_and_two(|| async {
        let (log, begun) = (Transcript::new(), now());
        let said = log.clone();
        let task = create_eager_task(async move {
            said.say("began");
            sleep(ms(100)).await;
            "finished after blocking"
        });
        assert_eq!((task.is_finished(), log.said().as_str()), (false, "began"));
        assert_eq!(task.await, "finished after blocking");
        assert_eq!(now() - begun, ms(100));
    });
}

/// test_cancellation_after_eager_step_blocks.
#[test]
fn an_eager_task_that_waits_can_be_cancelled_and_says_why() {
    on_one_and_two(|| async {
        let (log, begun) = (Transcript::new(), now());
        let guard = log.guard("gone");
        let task = create_eager_task(async move {
            let _guard = guard;
            sleep(ms(100)).await;
        });
        assert!(task.cancel_with("cancellation message"));
        let error = task.join().await.unwrap_err();
        assert_eq!(error.reason(), Some("cancellation message"));
        assert_eq!((log.said().as_str(), now()), ("gone", begun));
    });
}

fn is_listed(task: &Task<()>) -> bool {
    all_tasks().iter().any(|listed| listed.id() == task.id())
}

/// test_all_tasks_with_eager_completion, test_all_tasks_with_blocking.
#[test]
fn an_eager_task_is_listed_from_its_first_step_to_its_end() {
    on_one_and_two(|| async {
        let lists_itself = || {
            let me = current().unwrap().id();
            all_tasks().iter().any(|listed| listed.id() == me)
        };
        let task = create_eager_task(async move { assert!(lists_itself()) });
        assert!(task.is_finished() && !is_listed(&task));
        task.await;

        let (sender, receiver) = oneshot::<()>();
        let task = create_eager_task(async move {
            assert!(lists_itself());
            receiver.await.unwrap();
        });
        assert!(is_listed(&task));
        sender.send(()).unwrap();
        settle().await;
        assert!(task.is_finished() && !is_listed(&task));
        task.await;
    });
}

task_local! {
    static VALUE: u8 = 0;
}

/// test_context_vars.
#[test]
fn the_context_of_an_eager_task_is_its_own_in_every_step() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let said = log.clone();
        VALUE.set(1);
        let task = create_eager_task(async move {
            said.say(VALUE.get());
            VALUE.set(2);
            said.say(VALUE.get());
            sleep(ms(100)).await;
            said.say(VALUE.get());
            VALUE.set(3);
            said.say(VALUE.get());
        });
        assert_eq!((log.said().as_str(), VALUE.get()), ("1 2", 1));
        task.await;
        assert_eq!((log.said().as_str(), VALUE.get()), ("1 2 2 3", 1));
    });
}

/// test_awaitables_chain: a hundred calls deep there is one task, or none.
#[test]
fn calls_are_no_tasks() {
    fn chain(depth: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
        Box::pin(async move { if depth == 0 { 0 } else { 1 + chain(depth - 1).await } })
    }
    on_one(|| async {
        assert_eq!((chain(100).await, all_tasks().len()), (100, 1));
        let task = create_task(chain(100));
        assert_eq!(all_tasks().len(), 2, "main and one");
        assert_eq!(task.await, 100);
        let mut eager = create_eager_task(chain(100));
        assert_eq!(eager.try_take().unwrap().unwrap(), 100);
        settle().await;
        assert_eq!(all_tasks().len(), 1, "main alone");
    });
}
