//! Signals as streams. Each test is a process of its own.

use std::future::poll_fn;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use evenkeel::signal::{Signal, Signals, asked_to_end, ctrl_c};
use evenkeel::{
    Interrupted, Options, Runner, create_task, gather, run, run_interruptible, sleep, timeout,
};
use futures_lite::{
    StreamExt,
    future::{block_on, poll_once},
};
use rustix::process::{getpid, kill_process};

use crate::child;
use crate::interrupt::{at_a_terminal, interrupted};

fn send(signal: Signal) {
    let signal = rustix::process::Signal::from_named_raw(signal.as_raw()).unwrap();
    kill_process(getpid(), signal).unwrap();
}

/// In a process of its own.
fn alone(name: &str, test: impl FnOnce()) {
    match child::is_this() {
        true => test(),
        false => drop(child::run(name, &[])),
    }
}

fn on_each<F: Future<Output = ()>>(main: impl Fn() -> F) {
    for workers in [1, 2] {
        Runner::new(Options { workers, ..Options::default() }).unwrap().run(main());
    }
}

fn ready() {
    println!("ready");
}

fn say(word: &str) {
    println!("> {word}");
}

#[test]
fn every_listener_hears_every_signal_it_listens_for() {
    alone("signals::every_listener_hears_every_signal_it_listens_for", || {
        on_each(|| async {
            let mut both = Signals::new([Signal::USR2, Signal::USR1, Signal::USR1]).unwrap();
            let mut one = Signals::new([Signal::USR1]).unwrap();
            assert!(poll_once(one.recv()).await.is_none());
            send(Signal::USR2);
            send(Signal::USR1);
            assert_eq!(one.recv().await.unwrap(), Signal::USR1);
            // The lower number first.
            assert_eq!(both.next().await.unwrap().unwrap(), Signal::USR1);
            assert_eq!(both.next().await.unwrap().unwrap(), Signal::USR2);
            assert!(poll_once(one.recv()).await.is_none());
            assert!(poll_once(both.recv()).await.is_none());
            // By the poll function.
            let waits = poll_fn(|cx| Poll::Ready(both.poll_recv(cx).is_pending())).await;
            assert!(waits);
            send(Signal::USR2);
            assert_eq!(poll_fn(|cx| both.poll_recv(cx)).await.unwrap(), Signal::USR2);
            // From a task that waits already.
            let waits = create_task(async move { one.recv().await.unwrap() });
            sleep(Duration::from_millis(5)).await;
            send(Signal::USR1);
            assert_eq!(waits.await, Signal::USR1);
        });
        // Under any executor.
        let mut signals = Signals::new([Signal::HUP]).unwrap();
        std::thread::spawn(|| {
            std::thread::sleep(Duration::from_millis(10));
            send(Signal::HUP);
        });
        assert_eq!(block_on(signals.recv()).unwrap(), Signal::HUP);
    });
}

#[test]
fn a_storm_is_heard_and_costs_no_descriptor() {
    alone("signals::a_storm_is_heard_and_costs_no_descriptor", || {
        let descriptors = || std::fs::read_dir("/proc/self/fd").unwrap().count();
        on_each(|| async {
            let _keeps_it_from_killing = Signals::new([Signal::USR1]).unwrap();
            let before = descriptors();
            for _ in 0..3 {
                let mut signals = Signals::new([Signal::USR1, Signal::USR2]).unwrap();
                let storm = std::thread::spawn(|| {
                    (0..20_000).for_each(|_| send(Signal::USR1));
                    send(Signal::USR2);
                });
                let mut heard = 0;
                while signals.recv().await.unwrap() == Signal::USR1 {
                    heard += 1;
                }
                assert!((1..=20_000).contains(&heard), "{heard}");
                storm.join().unwrap();
            }
            for _ in 0..2_000 {
                drop(Signals::new([Signal::USR1, Signal::USR2]).unwrap());
            }
            assert_eq!(descriptors(), before);
        });
    });
}

#[test]
fn what_cannot_be_listened_for_is_an_error() {
    alone("signals::what_cannot_be_listened_for_is_an_error", || {
        for signal in [Signal::KILL, Signal::STOP, Signal::from_raw(libc::SIGSEGV).unwrap()] {
            let refused = Signals::new([Signal::USR1, signal]).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidInput);
        }
    });
}

#[test]
fn ignored_by_default_stays_harmless_when_nobody_listens() {
    alone("signals::ignored_by_default_stays_harmless_when_nobody_listens", || {
        drop(Signals::new([Signal::CHLD, Signal::WINCH]).unwrap());
        send(Signal::CHLD);
        send(Signal::WINCH);
    });
}

/// How often somebody else's handler was called, one that is registered by signal-hook's means.
#[expect(unsafe_code, reason = "what runs in a signal handler must be safe there")]
fn of_somebody_else(signal: Signal) -> Arc<AtomicUsize> {
    let heard = Arc::new(AtomicUsize::new(0));
    let hears = Arc::clone(&heard);
    let action = move || {
        hears.fetch_add(1, Ordering::SeqCst);
    };
    // SAFETY: it counts, and nothing else.
    unsafe { signal_hook_registry::register(signal.as_raw(), action).unwrap() };
    heard
}

#[test]
fn somebody_elses_handler_is_called_too_and_stays() {
    alone("signals::somebody_elses_handler_is_called_too_and_stays", || {
        let before = of_somebody_else(Signal::USR1);
        on_each(|| async {
            let was = before.load(Ordering::SeqCst);
            let mut signals = Signals::new([Signal::USR1, Signal::USR2]).unwrap();
            let after = of_somebody_else(Signal::USR2);
            send(Signal::USR1);
            assert_eq!(signals.recv().await.unwrap(), Signal::USR1);
            send(Signal::USR2);
            assert_eq!(signals.recv().await.unwrap(), Signal::USR2);
            // Theirs came after ours, and is called after it.
            while after.load(Ordering::SeqCst) < 1 {
                sleep(Duration::from_millis(1)).await;
            }
            drop(signals);
            // Theirs was there before ours: what the signal did before is to call it, and not to kill.
            send(Signal::USR1);
            while before.load(Ordering::SeqCst) < was + 2 {
                sleep(Duration::from_millis(1)).await;
            }
        });
    });
}

#[test]
fn the_next_ctrl_c_after_one_that_was_heard_ends_the_process() {
    let name = "signals::the_next_ctrl_c_after_one_that_was_heard_ends_the_process";
    if let Some((said, status)) = interrupted(name) {
        assert_eq!(said, "heard ");
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(libc::SIGINT));
        return;
    }
    run(async {
        let ctrl_c = ctrl_c();
        ready(); // Heard from the call, not from the first poll.
        ctrl_c.await.unwrap();
        say("heard");
        ready();
        sleep(Duration::from_secs(10)).await;
        unreachable!("it ends the process");
    });
}

#[test]
fn sigterm_is_a_request_to_end_and_then_the_end() {
    let name = "signals::sigterm_is_a_request_to_end_and_then_the_end";
    if child::is_this() {
        return run(async {
            let asked = asked_to_end();
            send(Signal::TERM);
            assert_eq!(asked.await.unwrap(), Signal::TERM);
            send(Signal::TERM);
            // Another thread may be the one that it comes to, a moment later.
            std::thread::sleep(Duration::from_secs(10));
            unreachable!("it ends the process");
        });
    }
    let status = child::command(name).status().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(libc::SIGTERM));
}

#[test]
fn a_main_that_listens_itself_is_not_cancelled() {
    let name = "signals::a_main_that_listens_itself_is_not_cancelled";
    if let Some((said, status)) = interrupted(name) {
        assert_eq!((said.as_str(), status.code()), ("first second cancelled ", Some(0)));
        return;
    }
    let outcome = run_interruptible(async {
        for word in ["first", "second"] {
            let ctrl_c = ctrl_c();
            ready();
            ctrl_c.await.unwrap();
            say(word);
        }
        // It listens no more: as before.
        ready();
        sleep(Duration::from_secs(10)).await;
    });
    assert_eq!(outcome, Err(Interrupted));
    say("cancelled");
}

#[test]
fn a_run_can_be_interrupted_after_a_stream_listened() {
    let name = "signals::a_run_can_be_interrupted_after_a_stream_listened";
    if let Some((said, status)) = interrupted(name) {
        assert_eq!(said, "heard cancelled heard cancelled ");
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(libc::SIGINT));
        return;
    }
    let listen = || {
        run(async {
            let (first, second) = (ctrl_c(), ctrl_c());
            ready();
            let (one, two) = gather((first, second)).await;
            one.and(two).unwrap();
            say("heard");
        });
    };
    let interrupt = || {
        let outcome = run_interruptible(async {
            ready();
            timeout(Duration::from_secs(10), std::future::pending::<()>()).await
        });
        assert_eq!(outcome, Err(Interrupted));
        say("cancelled");
    };
    listen();
    interrupt();
    listen();
    interrupt();
    ready();
    std::thread::sleep(Duration::from_secs(10));
    unreachable!("Ctrl-C does what it did before all this");
}

/// A stream that comes where runs begin and end: both look at what SIGINT does, and change it. Only the first stream
/// of a process does, so each try is a process. Where look and change were not one step, three of a hundred failed.
#[test]
fn the_first_stream_comes_while_runs_begin_and_end() {
    let name = "signals::the_first_stream_comes_while_runs_begin_and_end";
    if child::is_this() {
        at_a_terminal();
        return listens_while_runs_begin_and_end();
    }
    for delay_us in 0..TRIES {
        let variables = [("EVENKEEL_TEST_DELAY_US", delay_us.to_string())];
        let output = child::command(name).envs(variables).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.ends_with("> heard\n"), "after {delay_us} us: {output:?}");
        let by = std::os::unix::process::ExitStatusExt::signal(&output.status);
        assert_eq!(by, Some(libc::SIGINT), "after {delay_us} us");
    }
}

const TRIES: u64 = 100;

fn listens_while_runs_begin_and_end() {
    let delay_us = std::env::var("EVENKEEL_TEST_DELAY_US").unwrap().parse().unwrap();
    let mut runner = Runner::new(Options { workers: 1, ..Options::default() }).unwrap();
    let mut short = move || runner.run_interruptible(async {}).unwrap();
    short();
    let begun = Arc::new(AtomicBool::new(false));
    let streams = std::thread::spawn({
        let begun = Arc::clone(&begun);
        move || {
            while !begun.load(Ordering::SeqCst) {
                std::hint::spin_loop();
            }
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_micros(delay_us) {
                std::hint::spin_loop();
            }
            Signals::new([Signal::INT]).unwrap()
        }
    });
    begun.store(true, Ordering::SeqCst);
    while !streams.is_finished() {
        short();
    }
    let mut signals = streams.join().unwrap();
    send(Signal::INT);
    assert_eq!(block_on(signals.recv()).unwrap(), Signal::INT);
    say("heard");
    drop(signals);
    send(Signal::INT);
    // Another thread may be the one that it comes to, a moment later.
    std::thread::sleep(Duration::from_secs(10));
}
