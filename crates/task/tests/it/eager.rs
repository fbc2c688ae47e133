//! Tasks whose first step runs inside the call that spawns them.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use evenkeel_task::{
    Builder, Executor, FailureReport, LocalExecutor, Spawner, Task, block_on, current, gather,
    task_local, yield_now,
};

task_local! {
    static WHO: &'static str = "nobody";
}

fn eager() -> Builder {
    Builder::new().eager(true)
}

/// Runs `program` as a task of a local executor, then as one of a shared executor with one worker.
fn on_both<F>(program: impl Fn(Spawner) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let local = LocalExecutor::new();
    block_on(local.run(local.spawn(program(local.spawner()))));
    let shared = Executor::with_workers(1);
    block_on(shared.run(shared.spawn(program(shared.spawner()))));
}

#[test]
fn crt_22_a_task_that_never_waits_is_done_when_it_is_spawned() {
    on_both(async |spawner| {
        let mut task = eager().spawn_with(&spawner, async { 6 * 7 });
        assert!(task.is_finished());
        assert!(!task.cancel(), "there is nothing left to cancel");
        assert_eq!(task.try_take().unwrap().unwrap(), 42);
    });
}

#[test]
fn crt_22_a_task_that_waits_goes_on_as_any_other() {
    on_both(async |spawner| {
        let steps = Arc::new(AtomicUsize::new(0));
        let child = {
            let steps = Arc::clone(&steps);
            eager().spawn_with(&spawner, async move {
                for _ in 0..3 {
                    steps.fetch_add(1, SeqCst);
                    yield_now().await;
                }
                "done"
            })
        };
        assert_eq!((steps.load(SeqCst), child.is_finished()), (1, false));
        assert_eq!(child.await, "done");
        assert_eq!(steps.load(SeqCst), 3);
        let waits = eager().spawn_with(&spawner, std::future::pending::<()>());
        assert!(waits.cancel(), "it waits, so it can be cancelled");
        assert!(waits.join().await.unwrap_err().is_cancelled());
    });
}

/// `width` children, each with `width` of its own, `depth` levels deep; counts all of them.
fn tree(
    spawner: Spawner,
    width: usize,
    depth: usize,
    count: Arc<AtomicUsize>,
) -> Pin<Box<dyn Future<Output = usize> + Send>> {
    Box::pin(async move {
        count.fetch_add(1, SeqCst);
        if depth == 0 {
            return 1;
        }
        let spawn = |_| {
            let child = tree(spawner.clone(), width, depth - 1, Arc::clone(&count));
            eager().spawn_with(&spawner, child)
        };
        let children: Vec<Task<usize>> = (0..width).map(spawn).collect();
        gather(children).await.into_iter().sum()
    })
}

#[test]
fn crt_22_a_tree_of_gathers_goes_through_no_queue() {
    let local = LocalExecutor::new();
    let count = Arc::new(AtomicUsize::new(0));
    let mut root = eager().spawn_local(&local, tree(local.spawner(), 5, 4, Arc::clone(&count)));
    // Nobody has turned the executor: nothing can have come out of a queue, and nothing is in one.
    assert_eq!((local.ready(), local.is_empty()), (0, true));
    assert_eq!(root.try_take().unwrap().unwrap(), 625);
    assert_eq!(count.load(SeqCst), 781);

    let shared = Executor::with_workers(1);
    let worker = shared.worker();
    let mut root =
        worker.enter(|| eager().spawn(&shared, tree(shared.spawner(), 5, 4, Arc::clone(&count))));
    assert_eq!(root.try_take().unwrap().unwrap(), 625);
    let statistics = shared.statistics();
    assert_eq!((statistics.spawned, statistics.live, statistics.injected), (781, 0, 0));
}

#[test]
fn crt_23_in_its_eager_step_the_child_is_current_and_then_its_parent_again() {
    on_both(async |spawner| {
        let me = current().unwrap().id();
        WHO.set("parent");
        let child = eager().spawn_with(&spawner, async {
            let before = (current().unwrap().id(), WHO.get());
            WHO.set("child");
            yield_now().await;
            (before, (current().unwrap().id(), WHO.get()), current().unwrap().parent())
        });
        assert_eq!(current().unwrap().id(), me);
        assert_eq!(WHO.get(), "parent", "what the child sets stays with it");
        let id = child.id();
        assert_eq!(child.await, ((id, "parent"), (id, "child"), Some(me)));
    });
}

#[test]
fn crt_23_the_task_in_its_eager_step_is_among_the_tasks() {
    let local = LocalExecutor::new();
    let spawner = local.spawner();
    let task = eager().name("eager").spawn_local(&local, async move {
        spawner.tasks().iter().map(|task| task.name()).collect::<Vec<_>>()
    });
    assert_eq!(block_on(local.run(task)), ["eager"]);
    assert!(local.tasks().is_empty());
}

#[test]
fn a_panic_in_the_eager_step_ends_in_the_handle() {
    on_both(async |spawner| {
        let task: Task<()> = eager().spawn_with(&spawner, async { panic!("at once") });
        assert!(task.is_finished());
        assert!(task.join().await.unwrap_err().is_panic());
        assert!(current().is_some());
    });
}

#[test]
fn a_panic_in_a_detached_eager_step_is_reported_with_its_site() {
    let local = LocalExecutor::new();
    let told: Arc<Mutex<Vec<FailureReport>>> = Arc::default();
    let keep = Arc::clone(&told);
    local.on_failure(move |report| keep.lock().unwrap().push(report.clone()));
    let line = line!() + 1;
    eager().spawn_local(&local, async { panic!("at once") }).detach();
    let told = told.lock().unwrap();
    assert_eq!((told.len(), told[0].spawned_at.unwrap().line()), (1, line));
}

#[test]
fn a_closed_executor_does_not_begin_it() {
    let local = LocalExecutor::new();
    local.close();
    let mut task = eager().spawn_local(&local, async { unreachable!("it must not run") });
    let outcome: Result<(), _> = task.try_take().unwrap();
    assert!(outcome.unwrap_err().is_cancelled());
}

#[test]
fn a_thread_that_is_not_the_executors_queues_it() {
    let local = LocalExecutor::new();
    let spawner = local.spawner();
    let task = std::thread::spawn(move || {
        let task = eager().spawn_with(&spawner, async { std::thread::current().id() });
        assert!(!task.is_finished());
        task
    });
    let task = task.join().unwrap();
    assert_eq!(block_on(local.run(task)), std::thread::current().id());

    let shared = Executor::with_workers(1);
    let task = eager().spawn(&shared, async {});
    assert!(!task.is_finished(), "nobody works here");
    assert!(shared.try_tick() && task.is_finished());
}

#[test]
fn a_clean_up_that_spawns_queues_it() {
    // What the task drops would be taken for something that the collector has dropped.
    let local = LocalExecutor::new();
    let spawn = || eager().spawn_local(&local, async {});
    let (task, endings) = evenkeel_context::collect_endings(spawn);
    assert!(!task.is_finished() && endings.is_empty());
    block_on(local.run(task));
}

#[test]
fn eager_steps_without_end_do_not_run_out_of_stack() {
    fn again(spawner: Spawner, left: usize) -> Pin<Box<dyn Future<Output = usize> + Send>> {
        Box::pin(async move {
            match left {
                0 => 0,
                _ => 1 + eager().spawn_with(&spawner, again(spawner.clone(), left - 1)).await,
            }
        })
    }
    on_both(async |spawner| {
        assert_eq!(eager().spawn_with(&spawner, again(spawner.clone(), 10_000)).await, 10_000);
    });
}

#[test]
fn an_eager_child_that_ends_says_nothing_about_the_order_of_what_its_parent_wakes() {
    // On a shared executor, what a task wakes comes first unless that task has ended.
    let shared = Executor::with_workers(1);
    let spawner = shared.spawner();
    let order = Arc::new(Mutex::new(Vec::new()));
    let say = |word: &'static str| {
        let order = Arc::clone(&order);
        move || order.lock().unwrap().push(word)
    };
    let (woken, last) = (say("woken"), say("last"));
    block_on(shared.run(shared.spawn(async move {
        let (send, wait) = signal();
        let waiter = spawner.spawn(async move {
            wait.await;
            woken();
        });
        yield_now().await;
        let other = spawner.spawn(async move { last() });
        eager().spawn_with(&spawner, async {}).await;
        send.wake();
        gather((waiter, other)).await;
    })));
    assert_eq!(*order.lock().unwrap(), ["woken", "last"]);
}

/// A waker's worth of a oneshot: `wake` ends the wait.
fn signal() -> (Sender, impl Future<Output = ()> + Send) {
    let shared: Arc<Mutex<(bool, Option<std::task::Waker>)>> = Arc::default();
    let sender = Sender(Arc::clone(&shared));
    let wait = std::future::poll_fn(move |cx| {
        let mut shared = shared.lock().unwrap();
        shared.1 = Some(cx.waker().clone());
        if shared.0 { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    });
    (sender, wait)
}

struct Sender(Arc<Mutex<(bool, Option<std::task::Waker>)>>);

impl Sender {
    fn wake(self) {
        let waker = {
            let mut shared = self.0.lock().unwrap();
            shared.0 = true;
            shared.1.take()
        };
        waker.into_iter().for_each(std::task::Waker::wake);
    }
}
