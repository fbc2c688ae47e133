//! A runner that waits does nothing, and one that has ended leaves nothing: counted by the kernel.
//!
//! Linux tells, per thread, how often it gave up the processor to wait; a thread that makes no system
//! call and no progress keeps its count.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use evenkeel::{Options, Runner, create_task, oneshot, sleep, to_thread};

use crate::child;

/// How often each thread of this process but the caller has waited.
fn waits() -> BTreeMap<String, u64> {
    let me = fs::read_link("/proc/thread-self").unwrap();
    let me = me.file_name().unwrap().to_owned();
    let threads = fs::read_dir("/proc/self/task").unwrap().map(|entry| entry.unwrap());
    threads
        .filter(|thread| thread.file_name() != me)
        .filter_map(|thread| {
            // A thread that ends meanwhile is none.
            let status = fs::read_to_string(thread.path().join("status")).ok()?;
            let field = |name| status.lines().find_map(|line| line.strip_prefix(name));
            let name = field("Name:")?.trim().to_owned();
            let count = field("voluntary_ctxt_switches:")?.trim().parse().ok()?;
            Some((format!("{name} {}", thread.file_name().to_string_lossy()), count))
        })
        .collect()
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn a_runner_that_waits_makes_no_system_call() {
    if !child::is_this() {
        child::run("idle::a_runner_that_waits_makes_no_system_call", &[]);
        return;
    }
    let before = threads();
    let workers = 2;
    let mut runner = Runner::new(Options { workers, ..Options::default() }).unwrap();
    let watched = runner.run(async move {
        let (sender, receiver) = oneshot();
        #[cfg(feature = "net")]
        let _waits = create_task(async {
            let listener = evenkeel::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.accept().await.unwrap();
        });
        let _far = create_task(sleep(Duration::from_secs(3600)));
        std::thread::spawn(move || {
            // Real time is what is measured here: a second in which nothing may happen.
            std::thread::sleep(Duration::from_millis(300));
            let (first, count) = (waits(), threads());
            std::thread::sleep(Duration::from_secs(1));
            sender.send((first == waits(), count, first)).ok().unwrap();
        });
        receiver.await.unwrap()
    });
    assert!(watched.0, "some thread woke up: {:?} then {:?}", watched.2, waits());
    // The caller's thread is a worker; the watcher is one more.
    assert_eq!(watched.1, before + (workers - 1) + 1, "threads: {:?}", watched.2);
}

#[test]
fn a_run_that_has_ended_leaves_no_thread_and_no_descriptor() {
    if !child::is_this() {
        child::run("idle::a_run_that_has_ended_leaves_no_thread_and_no_descriptor", &[]);
        return;
    }
    let before = (threads(), descriptors());
    for workers in [1, 3] {
        let mut runner = Runner::new(Options { workers, ..Options::default() }).unwrap();
        runner.run(async {
            create_task(std::future::pending::<()>()).detach();
            create_task(sleep(Duration::from_secs(3600))).detach();
            assert_eq!(to_thread(|| 1).await, 1);
            #[cfg(feature = "net")]
            {
                use evenkeel::net::{TcpListener, TcpStream};
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
                create_task(async move {
                    let accepted = listener.accept().await.unwrap();
                    sleep(Duration::from_secs(3600)).await;
                    drop((accepted, stream));
                })
                .detach();
                evenkeel::yield_now().await;
            }
        });
        runner.close();
        drop(runner);
        // A thread that was joined may be listed for a moment longer.
        for _ in 0..1000 {
            if threads() == before.0 {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!((threads(), descriptors()), before, "with {workers} workers");
    }
}
