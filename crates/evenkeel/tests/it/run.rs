//! asyncio's cases of `run`.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use evenkeel::blocking::StartThread;
use evenkeel::{
    Builder, Handle, Options, Runner, create_task, now, run, sleep, to_thread, yield_now,
};

use crate::child;
use crate::loops::{ms, on_one_and_two, options, settle};
use crate::transcript::{Count, Grenade, Transcript};

#[test]
fn run_01_the_value_of_main_needs_neither_debug_nor_clone_nor_send() {
    struct Bare(Rc<u8>);
    let main = || async {
        yield_now().await;
        Bare(Rc::new(42))
    };
    assert_eq!(*run(main()).0, 42);
    for workers in [1, 2] {
        let mut runner = Runner::new(options(workers).0).unwrap();
        assert_eq!(*runner.run(main()).0, 42);
    }
}

#[test]
fn run_02_an_error_of_main_comes_out_although_a_leftover_fails_too() {
    for workers in [1, 2] {
        let reports = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&reports);
        let options = Options {
            on_failure: Some(Arc::new(move |report| {
                heard.lock().unwrap().push(report.message.clone());
            })),
            ..options(workers).0
        };
        let mut runner = Runner::new(options).unwrap();
        let outcome: Result<(), &str> = runner.run(async {
            let left = async {
                let _clean_up = Grenade("the leftover failed");
                pending::<()>().await;
            };
            create_task(left).detach();
            settle().await;
            Err("main failed")
        });
        runner.close();
        assert_eq!(outcome, Err("main failed"));
        assert_eq!(*reports.lock().unwrap(), ["the leftover failed"]);
    }
}

#[test]
fn run_02_a_panic_of_main_comes_out_when_all_is_released() {
    let log = Transcript::new();
    let guard = log.guard("leftover");
    let left = async move {
        let _guard = guard;
        pending::<()>().await;
    };
    let panic = catch_unwind(AssertUnwindSafe(|| {
        run(async {
            create_task(left).detach();
            yield_now().await;
            std::panic::panic_any(17_u8);
        });
    }))
    .unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&17_u8));
    assert_eq!(log.said(), "leftover");
}

#[test]
fn run_02_no_thread_is_left_when_main_panics() {
    let (begun, ended) = (Count::default(), Count::default());
    let counts = (begun.clone(), ended.clone());
    let start = StartThread::new(move |builder, work| {
        let (begun, ended) = counts.clone();
        begun.one();
        builder.spawn(move || {
            work();
            ended.one();
        })
    });
    let options = Options { start, ..options(3).0 };
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let mut runner = Runner::new(options).unwrap();
        runner.run(async {
            to_thread(|| ()).await;
            std::panic::panic_any("main");
        });
    }))
    .unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"main"));
    assert!(begun.get() >= 3, "two workers and a thread for calls");
    assert_eq!(ended.get(), begun.get());
}

#[test]
fn run_03_a_run_inside_a_run_is_an_error_at_once() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let inner = |guard| async move {
            let _guard = guard;
            unreachable!("polled");
        };
        type Way = fn(std::pin::Pin<Box<dyn Future<Output = ()> + Send>>);
        let ways: [Way; 3] = [
            |inner| run(inner),
            |inner| Runner::new(Options::default()).unwrap().run(inner),
            |inner| Handle::current().block_on(inner),
        ];
        for way in ways {
            let inner = Box::pin(inner(log.guard("dropped")));
            let error = create_task(async move { way(inner) }).join().await.unwrap_err();
            let text = error.to_string();
            assert!(text.contains("cannot be called from a running event loop"), "{text}");
            assert!(text.contains("await the future instead"), "{text}");
        }
        assert_eq!(log.said(), "dropped dropped dropped");
        // The loop around it is well.
        assert_eq!(create_task(async { sleep(ms(1)).await }).join().await.ok(), Some(()));
    });
}

#[test]
fn run_04_what_main_leaves_behind_is_cancelled_and_gone_and_nobody_waited_for_it() {
    for workers in [1, 2] {
        let (options, clock) = options(workers);
        let (mut runner, log) = (Runner::new(options).unwrap(), Transcript::new());
        let guard = log.guard("gone");
        let output = runner.run(async {
            let left = async move {
                let _guard = guard;
                sleep(ms(100)).await;
                unreachable!("it was not cancelled");
            };
            create_task(left).detach();
            yield_now().await;
            123
        });
        assert_eq!((output, log.said().as_str()), (123, ""));
        runner.close();
        assert_eq!((log.said().as_str(), clock.elapsed()), ("gone", Duration::ZERO));
    }
    // `run` does both.
    let log = Transcript::new();
    let guard = log.guard("gone");
    let begun = Instant::now();
    let output = run(async {
        let left = async move {
            let _guard = guard;
            sleep(Duration::from_secs(3600)).await;
        };
        create_task(left).detach();
        123
    });
    assert_eq!((output, log.said().as_str()), (123, "gone"));
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[test]
fn run_07_a_blocking_call_outlives_the_grace() {
    if !child::is_this() {
        let errors =
            child::errors(&child::run("run::run_07_a_blocking_call_outlives_the_grace", &[]));
        assert!(errors.contains("the runner closed without waiting longer"), "{errors}");
        assert!(errors.contains("run.rs"), "it says where the call was made: {errors}");
        return;
    }
    let grace = ms(30);
    for workers in [1, 2] {
        let options = Options { workers, shutdown_grace: grace, ..Options::default() };
        let mut runner = Runner::new(options).unwrap();
        let (release, held) = mpsc::channel::<()>();
        let ended = Count::default();
        let count = ended.clone();
        let (begun, has_begun) = evenkeel::oneshot();
        let value = runner.run(async move {
            let call = to_thread(move || {
                begun.send(()).unwrap();
                let _ = held.recv();
                count.one();
            });
            call.detach();
            has_begun.await.unwrap(); // One that has not begun is taken back.
            7
        });
        let begun = Instant::now();
        runner.close();
        assert!(begun.elapsed() >= grace);
        assert_eq!((value, ended.get()), (7, 0), "the call still runs");
        drop(release);
    }
}

#[test]
fn run_10_the_flag_beats_the_variable_and_the_variable_the_default() {
    if !child::is_this() {
        for (variable, debug) in [("1", "on"), ("0", "off"), ("", "off")] {
            let variables = [("EVENKEEL_DEBUG", variable), ("EXPECTED", debug)];
            child::run(
                "run::run_10_the_flag_beats_the_variable_and_the_variable_the_default",
                &variables,
            );
        }
        child::run(
            "run::run_10_the_flag_beats_the_variable_and_the_variable_the_default",
            &[("EXPECTED", "off")],
        );
        return;
    }
    let by_variable = std::env::var("EXPECTED").unwrap() == "on";
    for (flag, expected) in [(None, by_variable), (Some(true), true), (Some(false), false)] {
        let mut runner = Runner::new(Options { debug: flag, ..options(1).0 }).unwrap();
        assert_eq!(runner.handle().is_debug(), expected);
        assert_eq!(runner.run(async { Handle::current().is_debug() }), expected, "inside");
    }
    assert_eq!(run(async { Handle::current().is_debug() }), by_variable);
}

/// What the child below writes to standard error.
fn told_of_slow_polls(variables: &[(&str, &str)]) -> String {
    let name = "run::debug_mode_names_a_task_that_holds_its_worker";
    child::errors(&child::run(name, variables))
}

#[test]
fn debug_mode_names_a_task_that_holds_its_worker() {
    if child::is_this() {
        return hold_workers();
    }
    let told = told_of_slow_polls(&[("EVENKEEL_DEBUG", "1")]);
    for who in ["holds 1", "holds 2", "local", "main"] {
        let count =
            told.lines().filter(|line| line.contains(&format!("{who:?} (spawned at "))).count();
        let of = if who.starts_with("holds") { 1 } else { 2 };
        assert!(count >= of, "{who}: {told}");
    }
    let is_whole = |line: &str| line.contains("run.rs:") && line.contains(" held a worker for ");
    assert!(told.lines().all(is_whole), "{told}");
    assert_eq!(told_of_slow_polls(&[]), "", "not out of debug mode");
    let variables = [("EVENKEEL_DEBUG", "1"), ("NEVER", "1")];
    assert_eq!(told_of_slow_polls(&variables), "", "nor without a limit");
}

/// For longer than the limit; only in debug mode and with one is that told.
fn hold_workers() {
    let hold = || std::thread::sleep(Duration::from_millis(150));
    let mut options = Options::default();
    assert_eq!(options.slow_poll, Duration::from_millis(100));
    if std::env::var_os("NEVER").is_some() {
        options.slow_poll = Duration::MAX;
    }
    for workers in [1, 2] {
        let mut runner = Runner::new(Options { workers, ..options.clone() }).unwrap();
        runner.run(async {
            let name = format!("holds {workers}");
            Builder::new().name(&*name).create_task(async move { hold() }).await;
            Builder::new().name("local").create_local_task(async move { hold() }).await;
            hold();
        });
    }
}

#[test]
fn a_run_begins_on_the_clock_it_was_given() {
    let (options, clock) = options(1);
    let mut runner = Runner::new(options).unwrap();
    assert_eq!(runner.run(async { now() }), clock.now());
}
