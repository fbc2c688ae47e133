//! The loop: runs, what they leave, threads that do not start.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use evenkeel::blocking::StartThread;
use evenkeel::{
    Builder, ManualClock, Options, Runner, create_local_task, create_task, defer, gather, run,
    sleep, to_thread, yield_now,
};

fn manual(workers: usize) -> (Runner, ManualClock) {
    let clock = ManualClock::auto_jump();
    let options = Options { workers, clock: Arc::new(clock.clone()), ..Options::default() };
    (Runner::new(options).unwrap(), clock)
}

#[test]
fn main_borrows_and_need_not_be_send() {
    let name = std::rc::Rc::new(String::from("anna"));
    assert_eq!(
        run(async {
            yield_now().await;
            name.len()
        }),
        4
    );
}

#[test]
fn tasks_run_on_every_number_of_workers() {
    for workers in 1..=3 {
        let mut runner = Runner::new(Options { workers, ..Options::default() }).unwrap();
        let sum = runner.run(async {
            let tasks: Vec<_> = (0..100)
                .map(|i| {
                    create_task(async move {
                        yield_now().await;
                        i
                    })
                })
                .collect();
            gather(tasks).await.into_iter().sum::<i32>()
        });
        assert_eq!(sum, 4950);
    }
}

#[test]
fn a_clock_that_jumps_makes_an_hour_pass_at_once() {
    for workers in [1, 2] {
        let (mut runner, clock) = manual(workers);
        let begun = Instant::now();
        runner.run(async {
            let tasks: Vec<_> =
                (0..50_u64).map(|i| create_task(sleep(Duration::from_secs(i * 60)))).collect();
            gather(tasks).await;
        });
        assert_eq!(clock.elapsed(), Duration::from_secs(49 * 60));
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn a_blocking_call_holds_a_jumping_clock() {
    for workers in [1, 2] {
        let (mut runner, clock) = manual(workers);
        runner.run(async {
            let call = to_thread(|| std::thread::sleep(Duration::from_millis(30)));
            call.await;
        });
        assert_eq!(clock.elapsed(), Duration::ZERO);
        runner.run(async { sleep(Duration::from_secs(5)).await });
        assert_eq!(clock.elapsed(), Duration::from_secs(5));
    }
}

#[test]
fn real_sleeps_are_never_early() {
    for workers in [1, 2] {
        let mut runner = Runner::new(Options { workers, ..Options::default() }).unwrap();
        let begun = Instant::now();
        runner.run(gather([20_u64, 10, 30].map(|ms| sleep(Duration::from_millis(ms)))));
        assert!(begun.elapsed() >= Duration::from_millis(30));
    }
}

#[test]
fn local_tasks_stay_on_their_thread() {
    let here = std::thread::current().id();
    run(async {
        let task = create_local_task(async move {
            let kept = std::rc::Rc::new(1);
            yield_now().await;
            (std::thread::current().id(), *kept)
        });
        assert_eq!(task.await, (here, 1));
    });
}

#[test]
fn a_worker_that_does_not_start_is_an_error_and_the_others_are_gone() {
    for fails_at in 1..4 {
        let started = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = Arc::clone(&started);
        let start = StartThread::new(move |builder, work| {
            let n = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
            if n == fails_at {
                return Err(std::io::Error::from_raw_os_error(11));
            }
            builder.spawn(work)
        });
        let options = Options { workers: 4, start, ..Options::default() };
        let error = Runner::new(options).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
        assert!(error.to_string().contains(&format!("worker {fails_at} of 4")), "{error}");
        assert_eq!(started.load(std::sync::atomic::Ordering::SeqCst), fails_at);
    }
}

#[test]
fn zero_workers_are_refused() {
    let error = Runner::new(Options { workers: 0, ..Options::default() }).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    assert!(error.to_string().contains("at least one worker"), "{error}");
}

#[test]
#[expect(clippy::async_yields_async, reason = "the task outlives the run that made it")]
fn what_main_had_queued_when_it_returned_is_run_by_the_others() {
    let mut runner = Runner::new(Options { workers: 2, ..Options::default() }).unwrap();
    for _ in 0..100 {
        // It is in main's slot, of which nobody is told.
        let task = runner.run(async { create_task(async { 7 }) });
        assert_eq!(evenkeel::block_on(task), 7);
    }
}

#[test]
fn a_task_that_holds_the_driver_stops_neither_timers_nor_sockets() {
    let mut runner = Runner::new(Options { workers: 2, ..Options::default() }).unwrap();
    let worst = runner.run(async {
        // Main sleeps, so that its thread is the driver when it wakes; then it computes.
        let ticker = create_task(async {
            let (mut worst, mut last) = (Duration::ZERO, Instant::now());
            for _ in 0..40 {
                sleep(Duration::from_millis(10)).await;
                worst = worst.max(last.elapsed());
                last = Instant::now();
            }
            worst
        });
        sleep(Duration::from_millis(15)).await;
        std::thread::sleep(Duration::from_millis(800));
        ticker.await
    });
    // Without the standby it is 800 ms; with it a few, or some more on a machine busy with other tests.
    assert!(worst < Duration::from_millis(500), "{worst:?}");
}

#[test]
fn between_runs_the_other_workers_fire_timers() {
    let mut runner = Runner::new(Options { workers: 2, ..Options::default() }).unwrap();
    for _ in 0..5 {
        let (sender, receiver) = std::sync::mpsc::channel();
        runner.run(async {
            create_task(async move {
                sleep(Duration::from_millis(20)).await;
                sender.send(()).unwrap();
            })
            .detach();
            sleep(Duration::from_millis(5)).await;
        });
        receiver.recv_timeout(Duration::from_secs(5)).expect("nobody drives");
    }
}

/// Two tasks come while their worker is held, once after work that was not worth a second worker's while.
#[test]
fn a_held_worker_s_tasks_are_run_by_the_others_whatever_was_before() {
    let mut runner = Runner::new(Options { workers: 2, ..Options::default() }).unwrap();
    for bursts in [0, 1, 100] {
        let held = create_in(&mut runner, async move {
            for _ in 0..bursts {
                // The other worker is woken for these, finds next to nothing, and is woken less.
                evenkeel::gather((0..16).map(|_| create_task(async {})).collect::<Vec<_>>()).await;
            }
            let (sender, receiver) = std::sync::mpsc::channel();
            let tasks = [(); 2].map(|()| {
                let sender = sender.clone();
                create_task(async move { sender.send(()).unwrap() })
            });
            // It waits for them without a yield: they run elsewhere or not at all.
            let ran = [(); 2].map(|()| receiver.recv_timeout(Duration::from_secs(10)).is_ok());
            drop(tasks);
            ran
        });
        assert_eq!(held, [true, true], "after {bursts} bursts");
    }
}

/// Main's clean-up leaves work behind when the other worker has said that it has none; that one makes it a task of
/// its own, with a clean-up, and main's worker sees no task that all share any more.
#[test]
fn what_comes_late_to_a_worker_that_had_nothing_left_is_waited_for() {
    let mut runner = Runner::new(Options { workers: 2, ..Options::default() }).unwrap();
    let cleaned = Arc::new(AtomicBool::new(false));
    let cleans = Arc::clone(&cleaned);
    let late = move || {
        let cleans = Arc::clone(&cleans);
        let waits = async move {
            defer(async move {
                sleep(Duration::from_millis(100)).await;
                cleans.store(true, Ordering::SeqCst);
            });
            std::future::pending::<()>().await;
        };
        Builder::new().eager(true).create_local_task(waits).detach();
    };
    runner.run(async {
        let waits = async move {
            defer(async move {
                sleep(Duration::from_millis(50)).await; // The other worker has told.
                let (here, (sender, receiver)) = (thread::current().id(), mpsc::channel());
                // This worker is held: the other one runs them. Two, for it is not woken for one.
                let ends = [(); 2].map(|()| create_task(async {}));
                for ends in &ends {
                    let (late, sender) = (late.clone(), sender.clone());
                    ends.add_done_callback(move |_| {
                        if thread::current().id() != here {
                            late();
                            let _ = sender.send(());
                        }
                    });
                }
                receiver.recv_timeout(Duration::from_secs(10)).unwrap();
            });
            std::future::pending::<()>().await;
        };
        create_local_task(waits).detach();
        sleep(Duration::from_millis(1)).await;
    });
    let left = runner.close();
    assert!(left.is_empty(), "{left:?}");
    assert!(cleaned.load(Ordering::SeqCst), "its clean-up was cut off");
}

fn create_in<T: Send + 'static>(
    runner: &mut Runner,
    future: impl Future<Output = T> + Send + 'static,
) -> T {
    runner.run(async { create_task(future).await })
}
