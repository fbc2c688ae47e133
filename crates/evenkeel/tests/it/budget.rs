//! The budget of a task, where everything of a runner meets: main, tasks, sleeps and blocking calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use evenkeel::net::UnixStream;
use evenkeel::{
    Options, Runner, Task, block_on, create_task, run, sleep, timeout, to_thread, unconstrained,
};
use futures_lite::{AsyncReadExt, AsyncWriteExt};

/// Joins a task that is there already, again and again.
async fn busy(done: Arc<AtomicU32>) {
    loop {
        Task::ready(()).await;
        done.fetch_add(1, Relaxed);
    }
}

#[test]
fn a_task_that_never_waits_starves_neither_main_nor_timers() {
    let done = Arc::new(AtomicU32::new(0));
    run(async {
        let tasks = [0; 8].map(|_| create_task(busy(Arc::clone(&done))));
        sleep(Duration::from_millis(5)).await;
        let limited = timeout(Duration::from_millis(5), busy(Arc::clone(&done)));
        assert!(limited.await.is_err());
        drop(tasks);
    });
    assert!(done.load(Relaxed) > 0);
}

#[test]
fn what_does_not_return_to_its_task_is_not_held_up() {
    let joins = |count| async move {
        for _ in 0..count {
            Task::ready(()).await;
        }
        count
    };
    run(async move {
        assert_eq!(to_thread(move || block_on(joins(1000))).await, 1000);
        assert_eq!(to_thread(move || futures_lite::future::block_on(joins(1000))).await, 1000);
        assert_eq!(unconstrained(joins(1000)).await, 1000);
    });
}

/// Sends to itself: both directions are ready whenever it asks.
async fn talks_to_itself() -> std::io::Result<()> {
    let (mut one, mut two) = UnixStream::pair()?;
    let mut byte = [0];
    loop {
        one.write_all(b"x").await?;
        two.read_exact(&mut byte).await?;
    }
}

#[test]
fn a_socket_that_is_always_ready_starves_neither_main_nor_timers() {
    let mut runner = Runner::new(Options { workers: 1, ..Options::default() }).unwrap();
    runner.run(async {
        let talk = create_task(talks_to_itself());
        sleep(Duration::from_millis(5)).await;
        assert!(timeout(Duration::from_millis(5), talks_to_itself()).await.is_err());
        drop(talk);
    });
}
