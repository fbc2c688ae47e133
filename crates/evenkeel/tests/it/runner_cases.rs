//! asyncio's cases of `Runner`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use evenkeel::{Handle, create_task, task_local, yield_now};

use crate::loops::{runner, ticks};
use crate::transcript::{Count, Transcript};

#[test]
fn rnr_01_after_close_any_use_is_an_error_and_a_second_close_is_none() {
    for workers in [1, 2] {
        let mut runner = runner(workers);
        assert_eq!(runner.run(async { "done" }), "done");
        let handle = runner.handle();
        assert!(!runner.is_closed() && !handle.is_closed());
        runner.close();
        runner.close();
        assert!(runner.is_closed() && handle.is_closed());

        let polls = Count::default();
        let second = polls.polls_of(async {});
        let panic = catch_unwind(AssertUnwindSafe(|| runner.run(second))).unwrap_err();
        let text = panic
            .downcast_ref::<String>()
            .map_or_else(|| (*panic.downcast_ref::<&str>().unwrap()).to_owned(), String::clone);
        assert!(text.contains("Runner is closed"), "{text}");
        assert_eq!(polls.get(), 0);
        assert!(catch_unwind(AssertUnwindSafe(|| runner.handle())).is_err());
    }
}

#[test]
fn rnr_01_a_handle_of_a_closed_runner_refuses_without_polling() {
    for workers in [1, 2] {
        let mut runner = runner(workers);
        let handle: Handle = runner.run(async { Handle::current() });
        runner.close();
        let (polls, log) = (Count::default(), Transcript::new());
        let guard = log.guard("dropped");
        let task = handle.spawn(polls.polls_of(async move { drop(guard) }));
        assert!(evenkeel::block_on(task.join()).unwrap_err().is_cancelled());
        assert_eq!((polls.get(), log.said().as_str()), (0, "dropped"));
        assert!(handle.all_tasks().is_empty());
    }
}

task_local! {
    static LAST: i32 = -1;
}

#[test]
fn rnr_02_task_locals_of_one_run_are_seen_by_the_next() {
    async fn next(value: i32) -> i32 {
        yield_now().await;
        let last = LAST.get();
        LAST.set(value);
        last
    }
    for workers in [1, 2] {
        let mut runner = runner(workers);
        assert_eq!(runner.run(next(1)), -1);
        assert_eq!(LAST.get(), -1, "outside nothing is set");
        assert_eq!(runner.run(next(2)), 1);
        assert_eq!(runner.run(next(3)), 2);
    }
}

#[test]
#[expect(clippy::async_yields_async, reason = "the task outlives the run that made it")]
fn rnr_03_a_task_stands_still_between_runs_and_goes_on_in_the_next() {
    let (mut runner, steps, log) = (runner(1), Count::default(), Transcript::new());
    let (counted, guard) = (steps.clone(), log.guard("gone"));
    let task = runner.run(async move {
        let task = create_task(async move {
            let _guard = guard;
            loop {
                counted.one();
                yield_now().await;
            }
        });
        ticks(3).await;
        task
    });
    assert_eq!(steps.get(), 3);
    runner.run(ticks(2));
    assert_eq!(steps.get(), 6);
    assert!(!task.is_finished());
    assert_eq!(log.said(), "");
    runner.close();
    assert_eq!((steps.get(), log.said().as_str()), (6, "gone"));
    let end: Result<(), _> = evenkeel::block_on(task.join());
    assert!(end.unwrap_err().is_cancelled());
}

#[test]
#[expect(clippy::async_yields_async, reason = "the task outlives the run that made it")]
fn rnr_03_on_two_workers_it_goes_on_meanwhile() {
    let (mut runner, log) = (runner(2), Transcript::new());
    let (sender, receiver) = evenkeel::oneshot();
    let guard = log.guard("gone");
    let waits = runner.run(async move {
        create_task(async move {
            let _guard = guard;
            std::future::pending::<()>().await;
        })
        .detach();
        create_task(async move { 2 * receiver.await.unwrap() })
    });
    sender.send(21).unwrap();
    assert_eq!(evenkeel::block_on(waits), 42);
    assert_eq!(log.said(), "");
    runner.close();
    assert_eq!(log.said(), "gone");
}
