//! What callers get wrong, and what breaks: each a clear error, and the loop goes on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use evenkeel::{
    Handle, Options, Runner, create_local_task, create_task, run, sleep, timeout, to_thread,
};

fn message(panics: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(panics)).unwrap_err();
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload.downcast_ref::<&str>().unwrap().to_string(),
    }
}

#[test]
fn run_inside_run_names_the_remedy_and_polls_nothing() {
    let text = run(async {
        message(|| run(async { unreachable!("the inner future must not be polled") }))
    });
    assert!(text.contains("run() cannot be called from a running event loop"), "{text}");
    assert!(text.contains("create_task"), "{text}");
    assert_eq!(run(async { create_task(async { 1 }).await }), 1, "the thread is free again");
}

#[test]
fn create_task_outside_a_loop_says_so() {
    for text in [
        message(|| create_task(async {}).detach()),
        message(|| create_local_task(async {}).detach()),
        message(|| drop(Handle::current())),
    ] {
        assert!(text.contains("no running event loop"), "{text}");
    }
    assert!(Handle::try_current().is_err());
}

#[test]
fn a_closed_runner_refuses() {
    let mut runner = Runner::new(Options { workers: 1, ..Options::default() }).unwrap();
    let handle = runner.handle();
    runner.close();
    let text = message(|| runner.run(async {}));
    assert!(text.contains("Runner is closed"), "{text}");
    let task = handle.spawn(async { unreachable!("not polled") });
    let outcome: Result<(), _> = evenkeel::block_on(task.join());
    assert!(outcome.unwrap_err().is_cancelled());
    assert!(handle.is_closed() && handle.statistics().is_none());
}

#[test]
fn a_panic_in_main_comes_out_after_everything_is_released() {
    let dropped = Arc::new(AtomicUsize::new(0));
    struct Guard(Arc<AtomicUsize>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let guard = Guard(Arc::clone(&dropped));
    let text = message(|| {
        run(async {
            create_task(async move {
                let _guard = guard;
                std::future::pending::<()>().await;
            })
            .detach();
            panic!("main is lost")
        })
    });
    assert_eq!(text, "main is lost");
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
}

#[test]
fn a_panic_in_a_detached_task_is_told_once_and_hurts_nobody() {
    let (sender, receiver) = mpsc::channel();
    let sender = std::sync::Mutex::new(sender);
    let on_failure: evenkeel::OnFailure = Arc::new(move |report: &evenkeel::FailureReport| {
        sender.lock().unwrap().send(report.to_string()).unwrap();
    });
    for workers in [1, 2] {
        let on_failure = Some(Arc::clone(&on_failure));
        let mut runner =
            Runner::new(Options { workers, on_failure, ..Options::default() }).unwrap();
        runner.run(async {
            evenkeel::Builder::new().name("lost").create_task(async { panic!("alone") }).detach();
            sleep(Duration::from_millis(5)).await;
            assert_eq!(create_task(async { 2 }).await, 2);
        });
        runner.close();
        let report = receiver.try_recv().unwrap();
        assert!(report.contains("\"lost\"") && report.contains("alone"), "{report}");
        assert!(report.contains("faults.rs"), "{report}");
        assert!(receiver.try_recv().is_err());
    }
}

#[test]
fn a_main_that_awaits_a_cancelled_task_is_told_about_join() {
    let text = message(|| {
        run(async {
            let task = create_task(std::future::pending::<()>());
            task.cancel();
            task.await;
        })
    });
    assert!(text.contains("join"), "{text}");
}

#[test]
fn the_longest_sleep_neither_ends_nor_overflows() {
    run(async {
        assert!(timeout(Duration::from_millis(5), sleep(Duration::MAX)).await.is_err());
        let task = create_task(sleep(Duration::MAX));
        evenkeel::yield_now().await;
        task.cancel();
        assert!(task.join().await.unwrap_err().is_cancelled());
    });
    assert!(evenkeel::timer::sleep_secs(f64::NAN).is_err());
}

#[test]
fn block_on_inside_a_loop_would_hold_it_up_and_says_so() {
    let text = run(async {
        let handle = Handle::current();
        message(|| handle.block_on(async {}))
    });
    assert!(text.contains("await the future instead"), "{text}");
}

#[test]
fn a_blocking_call_without_a_thread_is_an_error_and_the_loop_goes_on() {
    let start = evenkeel::blocking::StartThread::new(|builder, work| {
        drop((builder, work));
        Err(std::io::Error::from_raw_os_error(11))
    });
    let mut runner = Runner::new(Options { workers: 1, start, ..Options::default() }).unwrap();
    runner.run(async {
        let error = to_thread(|| 1).join().await.unwrap_err();
        assert!(error.is_refused(), "{error}");
        assert_eq!(create_task(async { 2 }).await, 2);
    });
}

#[test]
fn a_foreign_waker_that_panics_does_not_end_the_loop() {
    use std::future::Future;
    use std::io::Write;
    use std::pin::pin;
    use std::task::{Context, Wake, Waker};

    struct Bad(AtomicUsize);
    impl Wake for Bad {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
            panic!("in a waker");
        }
    }
    for workers in [1, 2] {
        let bad = Arc::new(Bad(AtomicUsize::new(0)));
        let waker = Waker::from(Arc::clone(&bad));
        let mut runner = Runner::new(Options { workers, ..Options::default() }).unwrap();
        runner.run(async {
            let (near, mut far) = std::os::unix::net::UnixStream::pair().unwrap();
            let source = evenkeel::reactor::Source::new(near).unwrap();
            let cx = &mut Context::from_waker(&waker);
            let mut readable = pin!(source.readable());
            assert!(readable.as_mut().poll(cx).is_pending());
            let mut due = pin!(sleep(Duration::from_millis(2)));
            assert!(due.as_mut().poll(cx).is_pending());
            far.write_all(b"x").unwrap();
            while bad.0.load(Ordering::SeqCst) < 2 {
                sleep(Duration::from_millis(1)).await;
            }
            readable.await.unwrap();
            assert_eq!(create_task(async { 2 }).await, 2);
        });
    }
}

#[test]
fn a_task_that_spawns_while_it_is_cancelled_does_not_keep_the_loop_open() {
    struct Respawns(u32);
    impl Drop for Respawns {
        fn drop(&mut self) {
            if self.0 > 0 {
                let next = Respawns(self.0 - 1);
                create_task(async move {
                    let _next = next;
                    std::future::pending::<()>().await;
                })
                .detach();
            }
        }
    }
    for workers in [1, 2] {
        let mut runner = Runner::new(Options { workers, ..Options::default() }).unwrap();
        runner.run(async {
            let first = Respawns(5);
            create_task(async move {
                let _first = first;
                std::future::pending::<()>().await;
            })
            .detach();
        });
        runner.close();
    }
}
