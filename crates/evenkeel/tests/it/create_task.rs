//! asyncio's cases of `create_task` and of a task: cancelling it, knowing it, hearing of its failure.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evenkeel::{
    Builder, Handle, JoinError, Lock, Options, Runner, Task, TimeoutError, all_tasks, create_task,
    current, gather, now, oneshot, sleep, task_local, timeout, to_thread, yield_now,
};

use crate::child;
use crate::loops::{ms, on_one, on_one_and_two, options, secs, settle, ticks};
use crate::transcript::{Count, Grenade, Transcript};

#[test]
fn crt_01_tasks_begin_in_order_and_take_turns() {
    on_one(|| async {
        let log = Transcript::new();
        let tasks = ["a", "b", "c"].map(|name| {
            let log = log.clone();
            create_task(async move {
                for step in 0..3 {
                    log.say(format!("{name}{step}"));
                    yield_now().await;
                }
            })
        });
        log.say("main");
        gather(tasks).await;
        assert_eq!(log.said(), "main a0 b0 c0 a1 b1 c1 a2 b2 c2");
    });
}

#[test]
fn crt_02_a_name_is_kept_and_without_one_the_number_grows() {
    on_one_and_two(|| async {
        let named = Builder::new().name("aname").create_task(async { current().unwrap().name() });
        assert_eq!(named.name(), "aname");
        assert_eq!(named.await, "aname");
        let mut last = 0;
        for _ in 0..3 {
            let task = create_task(async { current().unwrap().name() });
            let number: u64 = task.name().strip_prefix("Task-").unwrap().parse().unwrap();
            assert_eq!(number, task.id().get());
            assert!(number > last, "{number} after {last}");
            last = number;
            assert_eq!(task.await, format!("Task-{number}"));
        }
    });
}

#[test]
fn crt_03_a_cancel_ends_a_sleeper_at_once_and_does_nothing_after_the_end() {
    on_one_and_two(|| async {
        let begun = now();
        let sleeper = create_task(async {
            sleep(secs(10)).await;
            12
        });
        let (a, b) = (sleeper.canceller(), sleeper.canceller());
        create_task(async move { assert!(a.cancel()) }).detach();
        assert!(sleeper.join().await.unwrap_err().is_cancelled());
        assert_eq!(now(), begun);
        assert!(!b.cancel());
    });
}

#[test]
fn crt_03_a_cancel_may_be_repeated() {
    on_one(|| async {
        let task = create_task(pending::<()>());
        ticks(1).await;
        assert!(task.cancel() && task.cancel(), "true until it has ended");
        ticks(1).await;
        assert!(task.is_finished() && !task.cancel());
    });
}

#[test]
fn crt_04_cancelled_before_its_first_step_it_never_runs() {
    on_one(|| async {
        let log = Transcript::new();
        let (captured, body) = (log.guard("dropped"), log.clone());
        let task = create_task(async move {
            let _captured = captured;
            body.say("body");
            let _guard = body.guard("finally");
        });
        assert!(task.cancel());
        assert!(task.join().await.unwrap_err().is_cancelled());
        assert_eq!(log.said(), "dropped");
    });
}

#[test]
fn crt_05_between_two_yields() {
    on_one(|| async {
        let log = Transcript::new();
        let said = log.clone();
        let task = create_task(async move {
            for step in 1..=3 {
                said.say(step);
                yield_now().await;
            }
        });
        ticks(2).await;
        assert!(task.cancel());
        assert!(task.join().await.unwrap_err().is_cancelled());
        assert_eq!(log.said(), "1 2");
    });
}

#[test]
fn crt_05_what_it_waits_for_and_itself_cancelled_in_one_step() {
    on_one(|| async {
        let polls = Count::default();
        let (sender, receiver) = oneshot::<()>();
        let task = create_task(polls.polls_of(receiver));
        ticks(1).await;
        drop(sender);
        assert!(task.cancel());
        ticks(2).await;
        assert_eq!(
            (task.is_finished(), polls.get()),
            (true, 1),
            "not woken twice, not polled again"
        );
        assert!(task.join().await.unwrap_err().is_cancelled());
    });
    // The result came, but the cancel came before the task ran: the result is dropped.
    on_one(|| async {
        let log = Transcript::new();
        let (sender, receiver) = oneshot();
        let task = create_task(receiver);
        ticks(1).await;
        assert!(sender.send(log.guard("result")).is_ok());
        assert!(task.cancel());
        assert!(task.join().await.map(drop).unwrap_err().is_cancelled());
        assert_eq!(log.said(), "result");
    });
}

#[test]
fn crt_05_wherever_the_cancel_falls_there_is_one_end_and_nothing_is_dropped_twice() {
    on_one_and_two(|| async {
        for round in 0..300 {
            let log = Transcript::new();
            let (sender, receiver) = oneshot();
            let guard = log.guard("guard");
            let task = create_task(async move {
                let _guard = guard;
                receiver.await
            });
            let value = log.guard("value");
            let sends = create_task(async move { drop(sender.send(value)) });
            ticks(round % 4).await;
            let asked = task.cancel();
            match timeout(secs(1), task.join()).await.expect("it hangs") {
                Ok(value) => assert!(!asked && value.is_ok()),
                Err(error) => assert!(asked && error.is_cancelled()),
            }
            sends.await;
            assert_eq!(log.sorted(), "guard value");
        }
    });
}

#[test]
fn crt_07_a_task_that_cancels_itself_ends_at_its_next_await() {
    on_one_and_two(|| async {
        let (log, begun) = (Transcript::new(), now());
        let said = log.clone();
        let task = create_task(async move {
            assert!(current().unwrap().cancel());
            said.say("goes on");
            sleep(secs(100)).await;
            said.say("after");
        });
        assert!(task.join().await.unwrap_err().is_cancelled());
        assert_eq!((log.said().as_str(), now()), ("goes on", begun));
    });
}

#[test]
fn crt_09_awaits_that_do_not_suspend_still_succeed_and_the_value_is_dropped() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let said = log.clone();
        let task = create_task(async move {
            current().unwrap().cancel();
            let lock = Lock::new(1);
            assert_eq!(*lock.lock().await, 1);
            assert_eq!(Task::ready(2).await, 2);
            assert_eq!(gather((async { 3 }, async { 4 })).await, (3, 4));
            said.say("end");
            said.guard("value")
        });
        assert!(task.join().await.map(drop).unwrap_err().is_cancelled());
        assert_eq!(log.said(), "end value");
    });
}

#[test]
fn crt_14_the_reason_of_a_cancel_arrives() {
    on_one_and_two(|| async {
        let before = create_task(pending::<()>());
        assert!(before.cancel_with("my message"));
        assert_eq!(before.join().await.unwrap_err().reason(), Some("my message"));

        let (sender, receiver) = oneshot();
        let suspended = create_task(receiver);
        settle().await;
        assert!(suspended.cancel_with("my message"));
        let _ = sender.send(()); // Too late.
        let error = suspended.join().await.unwrap_err();
        assert_eq!(error.reason(), Some("my message"));
        assert!(error.to_string().ends_with("was cancelled: my message"), "{error}");

        let without = create_task(pending::<()>());
        without.cancel();
        assert_eq!(without.join().await.unwrap_err().reason(), None);

        let twice = create_task(pending::<()>());
        assert!(twice.cancel_with("first") && twice.cancel_with("second"));
        assert_eq!(twice.join().await.unwrap_err().reason(), Some("first"));
    });
}

#[test]
fn crt_14_the_reason_goes_up_through_those_who_await() {
    on_one_and_two(|| async {
        let inner = create_task(pending::<()>());
        let canceller = inner.canceller();
        let outer = create_task(async move { create_task(inner).await });
        settle().await;
        canceller.cancel_with("my message");
        assert_eq!(outer.join().await.unwrap_err().reason(), Some("my message"));
    });
}

#[test]
fn crt_15_a_clean_up_that_panics_during_a_cancel_is_the_outcome() {
    on_one_and_two(|| async {
        let task = create_task(async {
            let _clean_up = Grenade("clean-up failed");
            pending::<()>().await;
        });
        settle().await;
        assert!(task.cancel());
        let error = task.join().await.unwrap_err();
        assert_eq!(error.into_panic().downcast_ref(), Some(&"clean-up failed"));
        assert_eq!(create_task(async { 1 }).await, 1, "the loop is well");
    });
}

task_local! {
    static WORD: &'static str = "unset";
}

#[test]
fn crt_16_a_failure_nobody_hears_of_is_told_once_with_the_tasks_name_and_in_its_context() {
    for workers in [1, 2] {
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&told);
        let options = Options {
            on_failure: Some(Arc::new(move |report| {
                let name = report.name.as_deref().unwrap_or("?").to_owned();
                heard.lock().unwrap().push((name, report.message.clone(), WORD.get()));
            })),
            ..options(workers).0
        };
        let mut runner = Runner::new(options).unwrap();
        runner.run(async {
            let task = Builder::new().name("fails").create_task(async {
                WORD.set("the task's own");
                std::panic::panic_any("went wrong");
            });
            task.detach();
            settle().await;
        });
        runner.close();
        let expected = ("fails".to_owned(), "went wrong".to_owned(), "the task's own");
        assert_eq!(*told.lock().unwrap(), [expected]);
    }
}

#[test]
fn crt_16_a_hook_that_fails_itself_harms_nobody() {
    let options = Options {
        on_failure: Some(Arc::new(|_| std::panic::panic_any("the hook"))),
        ..options(1).0
    };
    Runner::new(options).unwrap().run(async {
        let fails: Task<()> = create_task(async { std::panic::panic_any("went wrong") });
        fails.detach();
        settle().await;
        assert_eq!(create_task(async { 1 }).await, 1);
    });
}

#[test]
fn crt_16_nothing_is_told_of_what_was_awaited_or_cancelled() {
    for workers in [1, 2] {
        let told = Count::default();
        let count = told.clone();
        let options =
            Options { on_failure: Some(Arc::new(move |_| count.one())), ..options(workers).0 };
        let mut runner = Runner::new(options).unwrap();
        runner.run(async {
            let awaited: Task<()> = create_task(async { std::panic::panic_any("awaited") });
            assert!(awaited.join().await.unwrap_err().is_panic());

            let cancelled = create_task(pending::<()>());
            settle().await;
            cancelled.cancel();
            drop(cancelled);
            let dropped = create_task(pending::<()>());
            drop(dropped);
            settle().await;
        });
        runner.close();
        assert_eq!(told.get(), 0);
    }
}

#[test]
fn crt_17_a_pending_task_without_handle_or_waker_lives_until_the_close_which_names_it() {
    if !child::is_this() {
        let output = child::run(
            "create_task::crt_17_a_pending_task_without_handle_or_waker_lives_until_the_close_which_names_it",
            &[("EVENKEEL_DEBUG", "1")],
        );
        let errors = child::errors(&output);
        let told: Vec<_> = errors.lines().filter(|line| line.contains("still pending")).collect();
        assert_eq!(told.len(), 2, "{errors}"); // Once in each of two runs.
        for line in told {
            assert!(line.contains("\"lost\"") && line.contains("create_task.rs:"), "{line}");
        }
        return;
    }
    for workers in [1, 2] {
        let (mut runner, log) = (Runner::new(options(workers).0).unwrap(), Transcript::new());
        let guard = log.guard("dropped");
        runner.run(async move {
            let lost = async move {
                let _guard = guard;
                pending::<()>().await; // Keeps no waker.
            };
            Builder::new().name("lost").create_task(lost).detach();
            settle().await;
            assert!(all_tasks().iter().any(|task| task.name() == "lost"));
        });
        assert_eq!(log.said(), "");
        runner.close();
        assert_eq!(log.said(), "dropped");
    }
}

#[test]
fn crt_18_who_runs_is_known_after_every_await_and_who_is_done_is_not_listed() {
    assert!(current().is_none() && all_tasks().is_empty());
    on_one_and_two(|| async {
        let main = current().unwrap().id();
        let tasks: Vec<_> = (0..10)
            .map(|_| {
                create_task(async {
                    let mine = current().unwrap().id();
                    for step in 0..10 {
                        if step % 3 == 0 {
                            sleep(ms(step)).await;
                        } else {
                            yield_now().await;
                        }
                        assert_eq!(current().unwrap().id(), mine);
                    }
                    mine
                })
            })
            .collect();
        let ids: Vec<_> = tasks.iter().map(Task::id).collect();
        let listed = all_tasks();
        assert!(listed.iter().any(|task| task.id() == main && task.name() == "main"));
        for id in &ids {
            let task = listed.iter().find(|task| task.id() == *id);
            assert_eq!(task.expect("it lives").parent(), Some(main));
        }
        assert_eq!(gather(tasks).await, ids);
        assert_eq!(current().unwrap().id(), main);
        settle().await;
        assert_eq!(all_tasks().iter().map(|task| task.id()).collect::<Vec<_>>(), [main]);
    });
}

#[test]
fn crt_19_a_task_that_awaits_itself_is_told_so() {
    on_one_and_two(|| async {
        let (sender, receiver) = oneshot::<evenkeel::SharedTask<()>>();
        let task = create_task(async move { receiver.await.unwrap().await }).shared();
        assert!(sender.send(task.clone()).is_ok());
        let error = timeout(secs(1), task.join()).await.expect("it hangs").unwrap_err();
        assert!(error.message().unwrap().contains("cannot await itself"), "{error}");
    });
}

#[test]
fn crt_20_a_child_sees_what_was_set_when_it_was_spawned() {
    on_one_and_two(|| async {
        WORD.set("at spawn");
        let child = create_task(async {
            let first = WORD.get();
            yield_now().await;
            let again = WORD.get();
            WORD.set("the child's");
            (first, again, create_task(async { WORD.get() }).await)
        });
        WORD.set("later");
        assert_eq!(child.await, ("at spawn", "at spawn", "the child's"));
        assert_eq!(WORD.get(), "later");
    });
}

task_local! {
    static NUMBER: u64 = 0;
}

#[test]
fn crt_21_a_hundred_tasks_each_read_what_they_set() {
    on_one_and_two(|| async {
        let tasks: Vec<_> = (1..=100_u64)
            .map(|n| {
                create_task(async move {
                    for round in 0..10 {
                        NUMBER.set(n * 100 + round);
                        sleep(ms((n * 7 + round * 13) % 5)).await;
                        assert_eq!(NUMBER.get(), n * 100 + round);
                    }
                })
            })
            .collect();
        gather(tasks).await;
        assert_eq!(NUMBER.get(), 0);
    });
}

#[test]
fn crt_21_a_task_may_be_given_a_context() {
    on_one_and_two(|| async {
        WORD.set("given");
        let context = evenkeel::task::TaskLocals::current();
        WORD.set("mine");
        let child = Builder::new().locals(context).create_task(async { WORD.get() });
        assert_eq!((child.await, WORD.get()), ("given", "mine"));
    });
}

#[test]
fn crt_22_a_gather_five_wide_and_four_deep() {
    fn tree(depth: u32, count: Count) -> std::pin::Pin<Box<dyn Future<Output = usize> + Send>> {
        Box::pin(async move {
            count.one();
            if depth == 0 {
                return 1;
            }
            let children = [0; 5].map(|_| create_task(tree(depth - 1, count.clone())));
            1 + gather(children).await.iter().sum::<usize>()
        })
    }
    on_one_and_two(|| async {
        let count = Count::default();
        assert_eq!(create_task(tree(4, count.clone())).await, 781);
        assert_eq!(count.get(), 781);
    });
}

#[test]
fn crt_24_a_thread_has_the_loop_run_something_and_waits_for_it() {
    async fn add(a: i32, b: i32, fails: bool) -> Result<i32, &'static str> {
        sleep(ms(50)).await;
        if fails { Err("fail!") } else { Ok(a + b) }
    }
    on_one_and_two(|| async {
        let (handle, begun) = (Handle::current(), now());
        let there = handle.clone();
        assert_eq!(to_thread(move || there.block_on(add(1, 2, false))).await, Ok(3));
        assert_eq!(now() - begun, ms(50));
        let there = handle.clone();
        assert_eq!(to_thread(move || there.block_on(add(1, 2, true))).await, Err("fail!"));

        let there = handle.clone();
        let late = to_thread(move || there.block_on(timeout(Duration::ZERO, sleep(secs(10)))));
        assert_eq!(late.await, Err(TimeoutError));
        settle().await;
        assert_eq!(all_tasks().len(), 1, "main alone");

        let there = handle.clone();
        let cancelled: Result<(), JoinError> = to_thread(move || {
            let cancels_itself = async {
                current().unwrap().cancel();
                yield_now().await;
            };
            evenkeel::block_on(there.spawn(cancels_itself).join())
        })
        .await;
        assert!(cancelled.unwrap_err().is_cancelled());

        let there = handle.clone();
        let from_outside = to_thread(move || {
            let task = there.spawn(pending::<()>());
            task.cancel();
            evenkeel::block_on(task.join()).unwrap_err().is_cancelled()
        });
        assert!(from_outside.await);
    });
}

#[test]
fn create_task_outside_a_loop_names_the_remedy() {
    let panic = std::panic::catch_unwind(|| create_task(async {}).detach()).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(text.contains("no running event loop"), "{text}");
}
