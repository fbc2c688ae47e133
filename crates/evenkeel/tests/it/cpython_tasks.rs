//! What CPython's test_tasks asks of tasks beyond the cases: each test says which of its tests it answers.
//!
//! docs/CONFORMANCE.md has all of them, with the tests elsewhere that answer the others.

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use evenkeel::task::WaitReason;
use evenkeel::{
    Builder, Handle, Lock, Options, Runner, Task, TaskInfo, all_tasks, create_task, current,
    gather, now, oneshot, sleep, task_local, wait, yield_now,
};

use crate::loops::{ms, on_one, on_one_and_two, options, runner, secs, settle, ticks};
use crate::transcript::{Count, Transcript};

fn info(task: &Task<impl Send>) -> TaskInfo {
    let id = task.id();
    all_tasks().into_iter().find(|info| info.id() == id).expect("it lives")
}

/// test_other_loop_future, test_constructor_heterogenous_futures, test_constructor_homogenous_futures:
/// asyncio refuses, since a future belongs to its loop. Here a task is awaited wherever one likes.
#[test]
fn tasks_of_another_loop_may_be_awaited_and_gathered() {
    let other = runner(2);
    let there = other.handle();
    for workers in [1, 2] {
        let (there, mut here) = (there.clone(), runner(workers));
        here.run(async move {
            assert_eq!(there.spawn(async { 1 }).await, 1);
            let (sender, receiver) = oneshot();
            let theirs = there.spawn(async move { receiver.await.unwrap() });
            let ours = create_task(async move {
                yield_now().await;
                sender.send(2).unwrap();
                3
            });
            assert_eq!(gather((theirs, ours)).await, (2, 3));
            assert_eq!(gather([4, 5].map(|n| there.spawn(async move { n }))).await, [4, 5]);
        });
    }
}

/// test_task_class: a task runs on the loop it was made for, and nowhere else.
#[test]
#[expect(clippy::async_yields_async, reason = "the task outlives the run that made it")]
fn a_task_belongs_to_the_loop_it_was_made_for() {
    let (mut first, mut second) = (runner(1), runner(1));
    let mut task = first.run(async { create_task(async { "ok" }) });
    second.run(ticks(5));
    assert!(!task.is_finished());
    let of_second = second.handle().spawn(async { "ok" });
    first.run(ticks(5));
    assert!(task.is_finished() && !of_second.is_finished());
    assert_eq!(task.try_take().unwrap().unwrap(), "ok");
    assert_eq!(second.run(of_second), "ok");
}

/// test_task_basics.
#[test]
fn a_task_awaits_what_its_functions_await() {
    async fn inner(value: u32) -> u32 {
        yield_now().await;
        value
    }
    on_one_and_two(|| async {
        let outer = create_task(async { inner(42).await + inner(1000).await });
        assert_eq!(outer.await, 1042);
    });
}

/// test_get_stack, test_task_repr_wait_for, test_task_source_traceback: where a task was made and what
/// it waits for is known, instead of its frames.
#[test]
fn what_a_task_waits_for_and_where_it_was_made_is_known() {
    on_one_and_two(|| async {
        let lock = Arc::new(Lock::new(()));
        let held = lock.lock().await;
        let waits = Arc::clone(&lock);
        let line = line!() + 1;
        let locks = create_task(async move { drop(waits.lock().await) });
        let sleeps = create_task(sleep(secs(60)));
        let joined = create_task(pending::<()>());
        let joined_id = joined.id();
        let canceller = joined.canceller();
        let joins = create_task(joined.join());
        settle().await;
        let place = info(&locks).spawned_at().expect("it is kept");
        assert!(place.file().ends_with("cpython_tasks.rs"), "{place}");
        assert_eq!(place.line(), line);
        assert_eq!(info(&locks).waits_for().0, WaitReason::Lock);
        assert_eq!(info(&sleeps).waits_for().0, WaitReason::Sleep);
        assert_eq!(info(&joins).waits_for(), (WaitReason::Join, joined_id.get()));
        assert_eq!(info(&locks).parent(), current().map(|main| main.id()));
        drop(held);
        canceller.cancel();
        drop((locks, sleeps, joins));
    });
}

/// test_cancel_awaited_task (bpo-34872): a task that was runnable when it was cancelled takes along
/// whatever it awaits next.
#[test]
fn a_task_cancelled_while_it_runs_takes_along_what_it_awaits_next() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let guard = log.guard("nested gone");
        let said = log.clone();
        let (sender, receiver) = oneshot::<()>();
        let outer = create_task(async move {
            let nested = create_task(async move {
                let _guard = guard;
                let _ = receiver.await;
            });
            yield_now().await;
            current().unwrap().cancel();
            nested.await;
            said.say("after");
        });
        assert!(outer.join().await.unwrap_err().is_cancelled());
        settle().await;
        assert!(sender.is_closed());
        assert_eq!(log.said(), "nested gone");
    });
}

/// test_cancel_inner_future: who awaits what is cancelled ends as cancelled too, at once.
#[test]
fn a_task_whose_awaited_task_is_cancelled_is_cancelled() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let inner = create_task(pending::<()>());
        let canceller = inner.canceller();
        let said = log.clone();
        let outer = create_task(async move {
            inner.await;
            said.say("after");
        });
        settle().await;
        let begun = now();
        assert!(canceller.cancel());
        assert!(outer.join().await.unwrap_err().is_cancelled());
        assert_eq!((log.said().as_str(), now()), ("", begun));
    });
}

/// test_task_cancel_waiter_future.
#[test]
fn a_cancelled_task_lets_go_of_what_it_waited_for() {
    on_one(|| async {
        let (sender, receiver) = oneshot::<()>();
        let task = create_task(receiver);
        ticks(1).await;
        assert!(!sender.is_closed());
        task.cancel();
        ticks(1).await;
        assert!(sender.is_closed());
        assert!(task.join().await.unwrap_err().is_cancelled());
    });
}

/// test_step_result_future: the value that is awaited is the very one that was sent.
#[test]
fn a_value_arrives_as_it_was_sent() {
    on_one_and_two(|| async {
        let (sender, receiver) = oneshot();
        let task = create_task(async move { receiver.await.unwrap() });
        settle().await;
        let value = Arc::new(());
        sender.send(Arc::clone(&value)).unwrap();
        assert!(Arc::ptr_eq(&task.await, &value));
    });
}

/// test_coroutine_non_gen_function_return_future: what a task returns is not awaited for it.
#[test]
#[expect(clippy::async_yields_async, reason = "the case")]
fn a_task_may_return_a_task() {
    on_one_and_two(|| async {
        let (sender, receiver) = oneshot();
        let outer = create_task(async move { create_task(receiver) });
        let inner = outer.await;
        assert!(!inner.is_finished());
        sender.send("test").unwrap();
        assert_eq!(inner.await, Ok("test"));
    });
}

/// test_yield_future_passes_cancel: the cancel goes through the calls from the inside out.
#[test]
fn a_cancel_ends_the_innermost_call_first() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let (inner, outer) = (log.guard("inner"), log.guard("outer"));
        let (sender, receiver) = oneshot::<()>();
        let task = create_task(async move {
            let _guard = outer;
            let inner = async move {
                let _guard = inner;
                let _ = receiver.await;
            };
            inner.await;
        });
        settle().await;
        task.cancel();
        assert!(task.join().await.unwrap_err().is_cancelled());
        assert!(sender.is_closed());
        assert_eq!(log.said(), "inner outer");
    });
}

/// test_tb_logger_not_called_after_cancel. There a cancel after the failure silences it; here a failure
/// that nobody reads is told, since a request that came too late says nothing about it. It is told once.
#[test]
fn a_failure_before_the_cancel_is_told_once_when_the_handle_goes() {
    for workers in [1, 2] {
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&told);
        let options = Options {
            on_failure: Some(Arc::new(move |report| {
                heard.lock().unwrap().push(report.message.clone());
            })),
            ..options(workers).0
        };
        let mut runner = Runner::new(options).unwrap();
        runner.run(async {
            let task: Task<()> = create_task(async { std::panic::panic_any("failed") });
            sleep(ms(50)).await;
            assert!(!task.cancel());
            drop(task);
            settle().await;
        });
        runner.close();
        assert_eq!(*told.lock().unwrap(), ["failed"]);
    }
}

/// test_wait_with_iterator_of_tasks, test_wait_generator.
#[test]
fn wait_takes_whatever_iterates_over_tasks() {
    on_one_and_two(|| async {
        let begun = now();
        let tasks = vec![create_task(sleep(ms(100))), create_task(sleep(ms(150)))];
        let waited = wait(tasks.into_iter().rev()).await;
        assert_eq!((waited.done.len(), waited.pending.len()), (2, 0));
        assert_eq!(now() - begun, ms(150));
        let waited = wait((0..10).map(|n| create_task(async move { n }))).await;
        assert_eq!((waited.done.len(), waited.pending.len()), (10, 0));
    });
}

/// test_create_task_with_asynclike_function, test_ensure_future_awaitable,
/// test_ensure_future_task_awaitable: whatever is a future will do.
#[test]
fn a_future_written_by_hand_is_as_good_as_an_async_function() {
    struct Twice(u8);
    impl Future for Twice {
        type Output = u8;
        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u8> {
            self.0 += 1;
            if self.0 == 2 {
                return Poll::Ready(42);
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    }
    on_one_and_two(|| async {
        assert_eq!(create_task(Twice(0)).await, 42);
        assert_eq!(gather((Twice(0), create_task(Twice(0)))).await, (42, 42));
        assert_eq!(wait([create_task(Twice(0))]).await.done.len(), 1);
        assert_eq!(evenkeel::wait_for(Twice(0), ms(1)).await, Ok(42));
    });
}

task_local! {
    static WORD: String = "nope".to_owned();
}

/// test_context_2: what a callback sets is seen by nobody else.
#[test]
fn what_a_done_callback_sets_stays_there() {
    on_one(|| async {
        let log = Transcript::new();
        for round in 0..2 {
            let (sender, receiver) = oneshot();
            let mut task = create_task(receiver);
            WORD.set(format!("yes{round}"));
            let said = log.clone();
            task.add_done_callback(move |_| {
                said.say(WORD.get());
                WORD.set("something else".to_owned());
            });
            create_task(async move { sender.send(()).unwrap() }).detach();
            (&mut task).await.unwrap();
            ticks(2).await;
            assert_eq!(WORD.get(), format!("yes{round}"));
            for step in 0..3 {
                WORD.set(format!("{step}-{round}"));
                sleep(ms(1)).await;
                assert_eq!(WORD.get(), format!("{step}-{round}"));
            }
        }
        assert_eq!(log.said(), "yes0 yes1");
    });
    assert_eq!(WORD.get(), "nope");
}

/// test_cancel_gather_1: once all children are done and the gathering task has gone on, there is nothing
/// left to cancel.
#[test]
fn a_gather_whose_children_are_done_is_not_cancelled() {
    on_one(|| async {
        let (sender, receiver) = oneshot();
        let gathers = create_task(gather([receiver]));
        ticks(1).await;
        sender.send(42).unwrap();
        ticks(1).await;
        assert!(!gathers.cancel());
        assert_eq!(gathers.await, [Ok(42)]);
    });
}

/// test_exception_marking: of two failures the first is the gather's, and the other is nobody's surprise.
#[test]
fn the_second_failure_under_a_gather_is_not_reported_as_unheard() {
    for workers in [1, 2] {
        let told = Count::default();
        let count = told.clone();
        let options =
            Options { on_failure: Some(Arc::new(move |_| count.one())), ..options(workers).0 };
        let mut runner = Runner::new(options).unwrap();
        runner.run(async {
            let fails = |after| async move {
                sleep(ms(after)).await;
                Err::<(), _>(after)
            };
            assert_eq!(evenkeel::try_gather((fails(1), fails(2))).await, Err(1));
            let tasks = (create_task(fails(1)), create_task(fails(2)));
            assert_eq!(evenkeel::try_gather(tasks).await, Err(1));
            sleep(ms(10)).await;
        });
        runner.close();
        assert_eq!(told.get(), 0);
    }
}

/// test_current_task_with_implicit_loop, test_current_task_no_running_loop and its implicit twin.
#[test]
fn there_is_a_current_task_inside_a_loop_and_none_outside() {
    assert!(current().is_none());
    let mut runner = runner(1);
    assert!(current().is_none(), "a loop that does not run has none");
    let handle = runner.handle();
    let seen = runner.run(async move {
        let task = Builder::new().name("who").create_task(async { current().unwrap().name() });
        assert_eq!(Handle::current().all_tasks().len(), handle.all_tasks().len());
        task.await
    });
    assert_eq!(seen, "who");
    assert!(current().is_none());
}
