//! Panics where nobody expects them: in wakers, in values that are dropped, in a future's drop.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use evenkeel_task::{
    Builder, Executor, JoinError, LocalExecutor, LocalGroup, TaskGroup, block_on, defer,
    task_local, yield_now,
};

struct Bad(Arc<AtomicUsize>);

impl Wake for Bad {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
        panic!("in a waker");
    }
}

#[test]
fn a_foreign_waker_that_panics_hurts_neither_the_task_nor_the_executor() {
    let woken = Arc::new(AtomicUsize::new(0));
    let bad = Waker::from(Arc::new(Bad(Arc::clone(&woken))));
    let executor = Executor::new();
    let mut task = executor.spawn(async { 3 });
    assert!(Pin::new(&mut task).poll(&mut Context::from_waker(&bad)).is_pending());
    while executor.try_tick() {}
    assert_eq!(woken.load(Ordering::SeqCst), 1);
    assert_eq!(block_on(task), 3);
    assert_eq!(block_on(executor.run(executor.spawn(async { 4 }))), 4);
}

#[test]
fn a_waker_that_panics_keeps_no_other_from_hearing_of_the_end() {
    let woken = Arc::new(AtomicUsize::new(0));
    let bad = Waker::from(Arc::new(Bad(Arc::clone(&woken))));
    let executor = Executor::new();
    let mut tasks = [executor.spawn(async { 3 })];
    {
        // `wait_mut` hears of the end without taking the value.
        let mut waits = pin!(evenkeel_task::wait_mut(&mut tasks));
        assert!(waits.as_mut().poll(&mut Context::from_waker(&bad)).is_pending());
        while executor.try_tick() {}
        assert_eq!(woken.load(Ordering::SeqCst), 1);
        assert_eq!(block_on(waits).done, [0]);
    }
    let [task] = tasks;
    assert_eq!(block_on(task), 3);
    assert!(executor.is_empty(), "its slot was given back");
}

#[test]
fn a_sleeping_run_whose_waker_panics_does_not_hurt_who_spawns() {
    let woken = Arc::new(AtomicUsize::new(0));
    let bad = Waker::from(Arc::new(Bad(Arc::clone(&woken))));
    let executor = Executor::new();
    let mut run = pin!(executor.run(std::future::pending::<()>()));
    assert!(run.as_mut().poll(&mut Context::from_waker(&bad)).is_pending());
    let task = executor.spawn(async { 5 });
    assert_eq!(woken.load(Ordering::SeqCst), 1);
    while executor.try_tick() {}
    assert_eq!(block_on(task), 5);
}

/// Asks its task to end while it runs its last step, and leaves a value that panics when dropped.
#[test]
fn a_value_dropped_by_a_cancel_panics_in_its_own_name() {
    let local = LocalExecutor::new();
    let task = Builder::new().name("mine").spawn_local(&local, async {
        evenkeel_task::current().unwrap().cancel();
        PanicsOnDrop
    });
    let id = task.id();
    let error = block_on(local.run(task.join())).err().unwrap();
    assert!(error.is_panic() && error.id() == id && error.name() == Some("mine"), "{error}");
}

struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("in a drop");
        }
    }
}

#[test]
fn a_value_nobody_reads_may_panic_when_it_is_dropped() {
    let executor = Executor::new();
    executor.spawn(async { PanicsOnDrop }).detach();
    while executor.try_tick() {}
    let (job, task) = Builder::new().job(|| PanicsOnDrop);
    task.detach();
    job.run();
    assert_eq!(block_on(executor.run(executor.spawn(async { 4 }))), 4);
}

#[test]
fn a_future_may_panic_when_its_executor_drops_it() {
    for polled in [false, true] {
        let executor = Executor::new();
        executor.on_failure(|_| ());
        let guard = PanicsOnDrop;
        executor
            .spawn(async move {
                let _guard = guard;
                std::future::pending::<()>().await;
            })
            .detach();
        if polled {
            executor.try_tick();
        }
        drop(executor);
    }
}

#[test]
fn clean_ups_that_do_not_end_may_panic_when_they_are_dropped() {
    let executor = Executor::new();
    executor.on_failure(|_| ());
    let never_run = async {
        for always in [Always, Always] {
            defer(async move {
                let _always = always;
                std::future::pending().await
            });
        }
        std::future::pending::<()>().await;
    };
    executor.spawn(never_run).detach();
    executor.try_tick();
    drop(executor);
}

#[test]
fn callbacks_that_nobody_will_call_may_panic_when_they_are_dropped() {
    let (job, task) = Builder::new().job(|| ());
    for _ in 0..2 {
        let captured = PanicsOnDrop;
        task.add_done_callback(move |_| drop(captured));
    }
    drop(job);
    assert!(block_on(task.join()).is_err_and(|error| error.is_cancelled()));
}

/// Whose last copy panics when it is dropped.
#[derive(Clone)]
struct Shared(#[expect(dead_code, reason = "for its drop")] Arc<PanicsOnDrop>);

task_local! {
    static GUEST: Option<Shared> = None;
}

#[test]
fn a_task_local_may_panic_when_its_task_is_gone() {
    let executor = Executor::new();
    executor.spawn(async { GUEST.set(Some(Shared(Arc::new(PanicsOnDrop)))) }).detach();
    while executor.try_tick() {}
    assert_eq!(block_on(executor.run(executor.spawn(async { 4 }))), 4);
}

/// Whose last copy panics when it is dropped, also while another panic is under way.
#[derive(Clone)]
struct Relentless(#[expect(dead_code, reason = "for its drop")] Arc<Always>);

struct Always;

impl Drop for Always {
    fn drop(&mut self) {
        panic!("in a drop, come what may");
    }
}

/// Whose last copy panics with something that panics when it is dropped.
#[derive(Clone)]
struct Doubly(#[expect(dead_code, reason = "for its drop")] Arc<Twice>);

struct Twice;

impl Drop for Twice {
    fn drop(&mut self) {
        std::panic::panic_any(PanicsOnDrop);
    }
}

task_local! {
    static FIRST: Option<Relentless> = None;
    static SECOND: Option<Relentless> = None;
    static DOUBLY: Option<Doubly> = None;
}

fn relentless() -> Option<Relentless> {
    Some(Relentless(Arc::new(Always)))
}

#[test]
fn several_task_locals_may_panic_when_their_task_is_gone() {
    let executor = Executor::new();
    let set = async {
        FIRST.set(relentless());
        SECOND.set(relentless());
    };
    executor.spawn(set).detach();
    while executor.try_tick() {}
    // The same, where they go with what a panic left to be told.
    let task = executor.spawn(async {
        FIRST.set(relentless());
        SECOND.set(relentless());
        panic!("on purpose");
    });
    while executor.try_tick() {}
    let outcome: Result<(), _> = block_on(task.join());
    assert!(outcome.unwrap_err().is_panic());
    assert_eq!(block_on(executor.run(executor.spawn(async { 4 }))), 4);
}

/// Panics with something that panics when it is dropped.
struct Worse(Arc<AtomicUsize>);

impl Wake for Worse {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
        std::panic::panic_any(PanicsOnDrop);
    }
}

#[test]
fn what_a_panic_was_raised_with_may_panic_when_it_is_dropped() {
    let executor = Executor::new();
    executor.spawn(async { DOUBLY.set(Some(Doubly(Arc::new(Twice)))) }).detach();
    while executor.try_tick() {}
    let woken = Arc::new(AtomicUsize::new(0));
    let worse = Waker::from(Arc::new(Worse(Arc::clone(&woken))));
    let mut task = executor.spawn(async { 3 });
    assert!(Pin::new(&mut task).poll(&mut Context::from_waker(&worse)).is_pending());
    let called = Arc::clone(&woken);
    task.add_done_callback(|_| std::panic::panic_any(PanicsOnDrop));
    task.add_done_callback(move |_| {
        called.fetch_add(10, Ordering::SeqCst);
    });
    while executor.try_tick() {}
    assert_eq!(woken.load(Ordering::SeqCst), 11);
    assert_eq!(block_on(task), 3);
}

#[test]
fn the_later_panics_of_a_group_may_panic_when_they_are_dropped() {
    let local = LocalExecutor::new();
    let group = local.spawn(TaskGroup::<()>::scope(async |group| {
        group.create_task(worse());
        group.create_task(worse());
        Ok(())
    }));
    assert!(block_on(local.run(group.join())).is_err_and(forgotten));
    let group = local.spawn(LocalGroup::<()>::scope(async |group| {
        group.create_task(worse());
        group.create_task(worse());
        Ok(())
    }));
    assert!(block_on(local.run(group.join())).is_err_and(forgotten));
}

async fn worse() -> Result<(), ()> {
    std::panic::panic_any(Twice)
}

/// It is a panic; what it was raised with is given up, or it would panic in the test.
fn forgotten(error: JoinError) -> bool {
    error.try_into_panic().map(std::mem::forget).is_ok()
}

#[test]
fn a_panic_inside_a_nested_block_on_stays_in_its_task() {
    let local = LocalExecutor::new();
    let task = local.spawn(async {
        block_on(async {
            yield_now().await;
            panic!("two deep");
        })
    });
    let outcome: Result<(), _> = block_on(local.run(task.join()));
    assert!(outcome.unwrap_err().is_panic());
    // The thread's own sleeper is usable again.
    assert_eq!(block_on(async { 1 }), 1);
}

/// Ready once its waker was given to another thread and came back from there.
struct FromAnotherThread(Option<std::thread::JoinHandle<()>>);

impl Future for FromAnotherThread {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &self.0 {
            Some(thread) if thread.is_finished() => Poll::Ready(()),
            Some(_) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            None => {
                let waker = cx.waker().clone();
                self.0 = Some(std::thread::spawn(move || waker.wake()));
                Poll::Pending
            }
        }
    }
}

#[test]
fn a_hundred_thousand_remote_wakes_fill_the_injector_and_lose_nothing() {
    const TASKS: usize = 100_000;
    let executor = Executor::with_workers(2);
    let done = Arc::new(AtomicUsize::new(0));
    for _ in 0..TASKS {
        let done = Arc::clone(&done);
        // Spawned by a thread that works for nobody: through the injector, which has no bound.
        executor
            .spawn(async move {
                done.fetch_add(1, Ordering::SeqCst);
            })
            .detach();
    }
    assert_eq!(executor.statistics().injected, TASKS);
    block_on(executor.run(async {
        while done.load(Ordering::SeqCst) < TASKS {
            yield_now().await;
        }
    }));
    assert!(executor.is_empty());
}

#[test]
fn a_wake_from_another_thread_reaches_a_sleeping_run() {
    let executor = Executor::new();
    let task = executor.spawn(FromAnotherThread(None));
    let mut run = pin!(executor.run(task));
    block_on(run.as_mut());
}
