//! asyncio's cases of a completed task.

use std::time::Duration;

use evenkeel::{
    Ended, Task, Waited, as_completed, create_task, gather, timeout, try_gather, wait, wait_mut,
};

use crate::loops::{on_one, on_one_and_two, settle, ticks};
use crate::transcript::{Count, Transcript};

#[test]
fn cmp_01_a_finished_task_gives_its_value_at_the_first_poll() {
    on_one_and_two(|| async {
        let tasks = [1, 2, 3].map(|n| create_task(async move { n }));
        settle().await;
        assert!(tasks.iter().all(Task::is_finished));
        let [a, b, c] = tasks;
        let polls = Count::default();
        assert_eq!(polls.polls_of(a).await, 1);
        assert_eq!(polls.get(), 1);
        assert_eq!(polls.polls_of(gather((b, c))).await, (2, 3));
        assert_eq!(polls.get(), 2);
    });
}

#[test]
fn cmp_02_a_finished_task_may_be_awaited_again_and_again_if_it_is_shared() {
    on_one_and_two(|| async {
        let mut done = create_task(async { "result".to_owned() }).shared();
        for _ in 0..3 {
            assert_eq!((&mut done).await, "result");
            assert_eq!(done.clone().await, "result");
        }
        let failed = create_task(async { Err::<(), _>("failed") }).shared();
        let panicked = create_task(async { std::panic::panic_any("went wrong") }).shared();
        for _ in 0..3 {
            assert_eq!(failed.clone().await, Err("failed"));
            let error: Result<(), _> = panicked.join().await;
            assert_eq!(error.unwrap_err().message(), Some("went wrong"));
        }
        let cancelled = create_task(std::future::pending::<()>()).shared();
        cancelled.cancel_with("enough");
        for _ in 0..3 {
            assert_eq!(cancelled.join().await.unwrap_err().reason(), Some("enough"));
        }
    });
}

#[test]
fn cmp_03_a_cancel_after_the_end_changes_nothing() {
    on_one_and_two(|| async {
        let polls = Count::default();
        let task = create_task(polls.polls_of(async { 7 }));
        settle().await;
        let canceller = task.canceller();
        assert!(!task.cancel() && !task.cancel_with("late") && !canceller.cancel());
        settle().await;
        assert_eq!((task.await, polls.get()), (7, 1));

        let ready = Task::ready(8);
        assert!(!ready.cancel() && ready.is_finished());
        assert_eq!(ready.await, 8);
    });
}

#[test]
fn cmp_04_a_task_made_ready_works_wherever_a_task_does() {
    let everywhere = || async {
        assert_eq!(Task::ready(1).await, 1);
        assert_eq!(Task::ready(1).join().await.ok(), Some(1));
        assert_eq!(Task::ready(1).cancelled().await, Some(1));
        assert_eq!(gather((Task::ready(1), Task::ready("two"))).await, (1, "two"));
        assert_eq!(gather([Task::ready(1), Task::ready(2)]).await, [1, 2]);
        let tried = try_gather([Task::ready(Ok(1)), Task::ready(Err("failed"))]).await;
        assert_eq!(tried, Err("failed"));
        let Waited { done, pending } = wait([Task::ready(1), Task::ready(2)]).await;
        assert_eq!(done.into_iter().map(evenkeel::Done::result).sum::<i32>(), 3);
        assert!(pending.is_empty());
        assert_eq!(wait_mut(&mut [Task::ready(1)]).await.done, [0]);
        let mut completed = as_completed([Task::ready(1)]);
        assert_eq!(completed.next().await.unwrap().result(), 1);
        assert!(completed.next().await.is_none());
        assert_eq!(timeout(Duration::ZERO, Task::ready(1)).await, Ok(1));
        assert_eq!(Task::ready(1).shared().await, 1);
        assert!(Task::ready(1).try_take().unwrap().is_ok());
        Task::ready(1).detach();
    };
    evenkeel::block_on(everywhere()); // No loop is needed.
    on_one_and_two(everywhere);
}

#[test]
fn cmp_04_the_result_of_a_pending_task_is_none_yet() {
    on_one_and_two(|| async {
        let (sender, receiver) = evenkeel::oneshot();
        let mut task = create_task(receiver);
        settle().await;
        assert!(task.try_take().is_none() && !task.is_finished());
        sender.send(5).unwrap();
        settle().await;
        assert!(task.is_finished());
        assert_eq!(task.try_take().unwrap().unwrap(), Ok(5));
    });
}

#[test]
fn done_callbacks_run_in_order_after_the_end_and_never_inline() {
    on_one(|| async {
        let log = Transcript::new();
        let task = create_task(async {});
        for word in ["a", "b"] {
            let log = log.clone();
            task.add_done_callback(move |_| log.say(word));
        }
        task.add_done_callback(|_| std::panic::panic_any("a callback that fails"));
        let last = log.clone();
        task.add_done_callback(move |ended| last.say(format!("{ended:?}")));
        assert_eq!(log.said(), "");
        ticks(2).await;
        assert_eq!(log.said(), "a b Completed");
    });
}

#[test]
fn a_done_callback_of_a_finished_task_goes_through_the_loop_and_is_told_how_it_ended() {
    on_one(|| async {
        let log = Transcript::new();
        let add = |task: &Task<()>| {
            let log = log.clone();
            task.add_done_callback(move |ended| log.say(format!("{ended:?}")));
        };
        let completed = create_task(async {});
        let cancelled = create_task(std::future::pending::<()>());
        let panicked = create_task(async { std::panic::panic_any("went wrong") });
        ticks(1).await;
        cancelled.cancel();
        ticks(2).await;
        for (task, how) in [
            (completed, Ended::Completed),
            (cancelled, Ended::Cancelled),
            (panicked, Ended::Panicked),
            (Task::ready(()), Ended::Completed),
        ] {
            let before = log.said();
            add(&task);
            assert_eq!(log.said(), before, "{how:?}: inline");
            ticks(1).await;
            assert_eq!(log.said().trim_start_matches(&before).trim(), format!("{how:?}"));
            drop(task.join().await);
        }
    });
}

evenkeel::task_local! {
    static WORD: &'static str = "unset";
}

#[test]
fn a_done_callback_runs_in_the_context_of_whoever_registered_it_and_in_no_task() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let task = create_task(async { WORD.set("the task's") });
        WORD.set("registered");
        let early = log.clone();
        task.add_done_callback(move |_| early.say(WORD.get()));
        WORD.set("later");
        settle().await;
        let late = log.clone();
        task.add_done_callback(move |_| {
            assert!(evenkeel::current().is_none());
            late.say(WORD.get());
        });
        settle().await;
        assert_eq!(log.said(), "registered later");
    });
}
