//! A task's handle: its value, its cancel, its panic, its name.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use evenkeel_task::{
    Builder, Ended, Executor, LocalExecutor, Task, block_on, check_cancelled, current, task_local,
    yield_now,
};

fn on_local<T>(run: impl AsyncFnOnce(&LocalExecutor<'static>) -> T) -> T {
    let local = LocalExecutor::new();
    block_on(local.run(run(&local)))
}

#[test]
fn crt_02_given_names_stand_and_numbers_rise() {
    let local = LocalExecutor::new();
    let named = Builder::new().name("fetch").spawn_local(&local, async {});
    let (a, b) = (local.spawn(async {}), local.spawn(async {}));
    assert_eq!(named.name(), "fetch");
    assert!(a.id() < b.id());
    assert_eq!(a.name(), format!("Task-{}", a.id().get()));
    while local.try_tick() {}
    assert_eq!(named.name(), "fetch", "also when it is done");
}

#[test]
fn crt_03_cancel_ends_a_waiting_task_and_says_whether_it_could() {
    on_local(async |local| {
        let waits = local.spawn(std::future::pending::<()>());
        yield_now().await;
        assert!(waits.cancel());
        assert!(waits.cancel(), "a request may be repeated");
        assert!(waits.join().await.unwrap_err().is_cancelled());
        let done = local.spawn(async { 5 });
        yield_now().await;
        assert!(!done.cancel());
        assert_eq!(done.await, 5);
    });
}

#[test]
fn crt_04_cancelled_before_its_first_poll_it_never_runs() {
    on_local(async |local| {
        let witness = Arc::new(());
        let captured = Arc::clone(&witness);
        let task = local.spawn(async move {
            let _captured = captured;
            unreachable!("it must not run");
        });
        assert!(task.cancel());
        let outcome: Result<(), _> = task.join().await;
        assert!(outcome.unwrap_err().is_cancelled());
        assert_eq!(Arc::strong_count(&witness), 1);
    });
}

#[test]
fn crt_05_cancelled_between_two_yields_the_rest_never_runs() {
    on_local(async |local| {
        let (sender, receiver) = mpsc::channel();
        let task = local.spawn(async move {
            sender.send(1).unwrap();
            yield_now().await;
            yield_now().await;
            sender.send(2).unwrap();
        });
        yield_now().await;
        task.cancel();
        assert!(task.join().await.is_err());
        assert_eq!(receiver.into_iter().collect::<Vec<_>>(), [1]);
    });
}

#[test]
fn crt_07_a_task_that_cancels_itself_ends_where_it_waits() {
    on_local(async |local| {
        let (sender, receiver) = mpsc::channel();
        let task = local.spawn(async move {
            assert!(current().unwrap().cancel());
            sender.send("still here").unwrap();
            std::future::pending::<()>().await;
            sender.send("never").unwrap();
        });
        assert!(task.join().await.unwrap_err().is_cancelled());
        assert_eq!(receiver.into_iter().collect::<Vec<_>>(), ["still here"]);
    });
}

#[test]
fn crt_09_cancelled_while_it_runs_to_its_end_it_is_cancelled() {
    on_local(async |local| {
        let task = local.spawn(async {
            current().unwrap().cancel();
            assert!(check_cancelled().is_err());
            async {}.await; // Does not suspend.
            7
        });
        assert!(task.join().await.unwrap_err().is_cancelled());
    });
}

#[test]
fn crt_14_the_reason_arrives() {
    on_local(async |local| {
        let early = local.spawn(std::future::pending::<()>());
        early.cancel_with("before it started");
        early.cancel_with("too late");
        assert_eq!(early.join().await.unwrap_err().reason(), Some("before it started"));
        let late = local.spawn(std::future::pending::<()>());
        yield_now().await;
        late.canceller().cancel_with("my message");
        assert_eq!(late.join().await.unwrap_err().reason(), Some("my message"));
        let none = local.spawn(std::future::pending::<()>());
        none.cancel();
        assert_eq!(none.join().await.unwrap_err().reason(), None);
    });
}

struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("in a guard");
        }
    }
}

#[test]
fn crt_15_a_guard_that_panics_while_it_is_cancelled() {
    on_local(async |local| {
        let task = local.spawn(async {
            let _guard = PanicsOnDrop;
            std::future::pending::<()>().await;
        });
        yield_now().await;
        task.cancel();
        let error = task.join().await.unwrap_err();
        assert!(error.is_panic(), "{error}");
        assert_eq!(local.spawn(async { 1 }).await, 1, "the executor lives");
    });
}

#[test]
fn crt_16_a_panic_nobody_can_hear_of_is_reported_once() {
    let (sender, receiver) = mpsc::channel();
    let executor = Executor::new();
    assert!(executor.on_failure(move |report| sender.send(report.to_string()).unwrap()));
    Builder::new().name("lost").spawn(&executor, async { panic!("detached") }).detach();
    let heard = executor.spawn(async { panic!("heard") });
    let dropped = executor.spawn(async {
        std::future::pending::<()>().await;
    });
    while executor.try_tick() {}
    assert!(block_on(heard.join()).unwrap_err().is_panic());
    dropped.cancel();
    drop(dropped);
    while executor.try_tick() {}
    drop(executor);
    let reports: Vec<String> = receiver.into_iter().collect();
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(reports[0].contains("\"lost\"") && reports[0].contains("detached"), "{reports:?}");
    assert!(reports[0].contains("handle.rs"), "the spawn site: {reports:?}");
}

#[test]
fn crt_18_the_current_task_and_all_of_them() {
    assert!(current().is_none());
    on_local(async |local| {
        let task = local.spawn(async {
            let before = current().unwrap().id();
            yield_now().await;
            (before, current().unwrap().id())
        });
        let id = task.id();
        let waits = local.spawn(std::future::pending::<()>());
        yield_now().await;
        let all: Vec<_> = local.tasks().iter().map(|task| task.id()).collect();
        assert_eq!(all, [id, waits.id()]);
        assert_eq!(task.await, (id, id));
        assert_eq!(local.tasks().len(), 1, "done tasks are not among them");
    });
}

#[test]
fn crt_19_a_task_cannot_await_itself() {
    let local = LocalExecutor::new();
    let (sender, receiver) = mpsc::channel::<Task<()>>();
    let task = local.spawn(async move {
        let me = receiver.recv().unwrap();
        me.await;
    });
    let info = local.tasks().remove(0);
    assert!(sender.send(task).is_ok());
    let quiet = std::panic::catch_unwind(|| block_on(local.run(async { yield_now().await })));
    assert!(quiet.is_ok(), "the panic stays in the task");
    assert!(!info.cancel(), "the task has ended");
}

task_local! {
    static USER: String = "nobody".to_string();
}

#[test]
fn crt_20_a_child_sees_the_value_at_its_spawn() {
    let local = LocalExecutor::new();
    let spawner = local.spawner();
    block_on(local.run(local.spawn(async move {
        USER.set("at spawn".into());
        let child = spawner.spawn(async {
            let seen = USER.get();
            USER.set("child's".into());
            seen
        });
        USER.set("later".into());
        assert_eq!(child.await, "at spawn");
        assert_eq!(USER.get(), "later");
    })));
    assert_eq!(USER.get(), "nobody");
    assert!(USER.try_set(String::new()).is_err());
}

#[test]
fn crt_21_each_of_many_tasks_has_its_own() {
    on_local(async |local| {
        let tasks: Vec<_> = (0..100)
            .map(|i| {
                local.spawn(async move {
                    for round in 0..10 {
                        USER.set(format!("{i} {round}"));
                        for _ in 0..i % 3 {
                            yield_now().await;
                        }
                        assert_eq!(USER.get(), format!("{i} {round}"));
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await;
        }
        assert_eq!(USER.get(), "nobody");
    });
}

#[test]
fn an_awaiter_of_a_cancelled_task_unwinds_as_cancelled() {
    on_local(async |local| {
        let inner = local.spawn(std::future::pending::<()>());
        let canceller = inner.canceller();
        let outer = local.spawn(inner);
        yield_now().await;
        canceller.cancel();
        let error = outer.join().await.unwrap_err();
        assert!(error.is_cancelled(), "{error}");
    });
}

#[test]
fn a_panic_resumes_in_the_awaiter() {
    on_local(async |local| {
        let inner = local.spawn(async { panic!("from within") });
        let outer = local.spawn(inner);
        let error = outer.join().await.unwrap_err();
        assert!(error.to_string().ends_with("panicked: from within"), "{error}");
        assert_eq!(*error.into_panic().downcast::<&str>().unwrap(), "from within");
    });
}

#[test]
fn a_cancelled_parent_takes_its_child_along_unless_it_borrows_it() {
    on_local(async |local| {
        let child = local.spawn(std::future::pending::<()>());
        let seen = child.canceller();
        let parent = local.spawn(child);
        yield_now().await;
        drop(parent);
        yield_now().await;
        yield_now().await;
        assert!(!seen.cancel(), "the child is gone");

        let mut child = local.spawn(async {
            yield_now().await;
            yield_now().await;
            3
        });
        {
            let mut borrowed = std::pin::pin!(&mut child);
            std::future::poll_fn(|cx| {
                assert!(borrowed.as_mut().poll(cx).is_pending());
                std::task::Poll::Ready(())
            })
            .await;
        }
        assert_eq!(child.await, 3);
    });
}

#[test]
fn cmp_01_a_finished_task_gives_its_value_at_the_first_poll() {
    on_local(async |local| {
        let mut task = local.spawn(async { 8 });
        assert!(task.try_take().is_none());
        yield_now().await;
        assert!(task.is_finished());
        assert_eq!(task.try_take().unwrap().unwrap(), 8);
    });
}

#[test]
fn cmp_04_a_ready_task_needs_no_executor() {
    let task = Task::ready(7);
    assert!(task.is_finished() && !task.cancel());
    assert_eq!(block_on(task), 7);
    assert_eq!(block_on(Task::ready(7).join()).unwrap(), 7);
}

#[test]
fn done_callbacks_run_in_order_and_never_inline() {
    on_local(async |local| {
        let (sender, receiver) = mpsc::channel();
        let task = local.spawn(async { 1 });
        for i in 0..3 {
            let sender = sender.clone();
            task.add_done_callback(move |ended| {
                if i == 1 {
                    panic!("keeps nobody else from being called");
                }
                sender.send((i, ended)).unwrap();
            });
        }
        yield_now().await;
        assert!(task.is_finished() && receiver.try_recv().is_err());
        yield_now().await;
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [0, 2].map(|i| (i, Ended::Completed)));
        let late = sender.clone();
        task.add_done_callback(move |ended| late.send((9, ended)).unwrap());
        assert!(receiver.try_recv().is_err());
        yield_now().await;
        assert_eq!(receiver.try_recv().unwrap(), (9, Ended::Completed));
    });
}

// They are a task of their own, which was asked to end before it began.
#[test]
fn done_callbacks_of_what_ends_with_the_run_are_called() {
    let local = LocalExecutor::new();
    let (sender, receiver) = mpsc::channel();
    let task = local.spawn(std::future::pending::<()>());
    task.add_done_callback(move |ended| sender.send(ended).unwrap());
    task.detach();
    assert_eq!(local.wind_down(), 1);
    while local.try_tick() {}
    assert!(local.is_empty());
    assert_eq!(receiver.try_recv(), Ok(Ended::Cancelled));
}

#[test]
fn cancelled_waits_for_the_end() {
    on_local(async |local| {
        let dropped = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&dropped);
        struct Counts(Arc<AtomicUsize>);
        impl Drop for Counts {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let guard = Counts(count);
        let task = local.spawn(async move {
            let _guard = guard;
            std::future::pending::<()>().await;
        });
        yield_now().await;
        assert_eq!(task.cancelled().await, None);
        assert_eq!(dropped.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_task_dropped_by_a_combinator_leaves_its_end() {
    on_local(async |local| {
        let witness = Arc::new(());
        let captured = Arc::clone(&witness);
        let task = local.spawn(async move {
            let _captured = captured;
            std::future::pending::<()>().await;
        });
        yield_now().await;
        let ((), endings) = evenkeel_context::collect_endings(|| drop(task));
        assert!(!endings.is_empty());
        endings.await;
        assert_eq!(Arc::strong_count(&witness), 1);
    });
}
