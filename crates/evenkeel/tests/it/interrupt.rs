//! Ctrl-C. Each test runs itself in a process of its own, which says when it is ready, and sends that
//! process SIGINT.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use evenkeel::task::defer;
use evenkeel::{
    Interrupted, Options, Runner, check_cancelled, create_task, oneshot, run_interruptible, sleep,
    to_thread, yield_now,
};

use crate::child;
use crate::transcript::Transcript;

/// The child: it has what a program started at a terminal has, SIGINT's default action.
#[expect(unsafe_code, reason = "a test run in the background is started with SIGINT ignored")]
pub(crate) fn at_a_terminal() {
    // SAFETY: the default action calls nothing of ours.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) };
}

/// What SIGINT does now.
#[expect(unsafe_code, reason = "std does not tell")]
fn action() -> libc::sighandler_t {
    // SAFETY: zeroes are values of it, and `sigaction` writes it anew.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        assert_eq!(libc::sigaction(libc::SIGINT, std::ptr::null(), &mut action), 0);
        action.sa_sigaction
    }
}

fn interrupt(process: &Child) {
    let kill = Command::new("sh").args(["-c", &format!("kill -INT {}", process.id())]).status();
    assert!(kill.unwrap().success());
}

/// In the test's own process: runs the test in a child, and sends SIGINT each time the child says `ready`.
/// What the child said besides, and how it ended. Nothing in the child.
pub(crate) fn interrupted(name: &str) -> Option<(String, ExitStatus)> {
    if child::is_this() {
        at_a_terminal();
        return None;
    }
    let mut process =
        child::command(name).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    for line in BufReader::new(process.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        match line.strip_prefix("> ") {
            // libtest writes the test's name in front of the first line, without ending the line.
            _ if line.ends_with("ready") => interrupt(&process),
            Some(word) => said = said + word + " ",
            None => {}
        }
    }
    let status = process.wait().unwrap();
    if status.code() == Some(101) {
        let mut errors = String::new();
        process.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        panic!("the child failed: {errors}");
    }
    Some((said, status))
}

fn ready() {
    println!("ready");
}

fn say(word: &str) {
    println!("> {word}");
}

/// Says its word when it is dropped.
struct Guard(&'static str);

impl Drop for Guard {
    fn drop(&mut self) {
        say(self.0);
    }
}

fn runners() -> impl Iterator<Item = Runner> {
    [1, 2]
        .map(|workers| Runner::new(Options { workers, ..Options::default() }).unwrap())
        .into_iter()
}

#[test]
fn run_08_main_that_yields_in_a_loop_is_cancelled_at_its_next_yield() {
    let name = "interrupt::run_08_main_that_yields_in_a_loop_is_cancelled_at_its_next_yield";
    if let Some((said, status)) = interrupted(name) {
        assert_eq!((said.as_str(), status.code()), ("main main ", Some(0)));
        return;
    }
    for mut runner in runners() {
        let outcome = runner.run_interruptible(async {
            let _guard = Guard("main");
            ready();
            loop {
                yield_now().await;
            }
        });
        assert_eq!(outcome, Err::<(), _>(Interrupted));
    }
}

#[test]
fn run_08_main_that_waits_is_dropped_and_so_is_what_it_waited_for() {
    let name = "interrupt::run_08_main_that_waits_is_dropped_and_so_is_what_it_waited_for";
    if let Some((said, status)) = interrupted(name) {
        assert_eq!((said.as_str(), status.code()), ("main main ", Some(0)));
        return;
    }
    for mut runner in runners() {
        let (sender, receiver) = oneshot::<()>();
        let outcome = runner.run_interruptible(async {
            let _guard = Guard("main");
            ready();
            receiver.await
        });
        assert_eq!(outcome, Err(Interrupted));
        assert!(sender.send(()).is_err(), "the receiver is gone");
        // The runner goes on, and its next run hears nothing of it.
        assert_eq!(runner.run(async { 1 }), 1);
        assert_eq!(
            runner.run_interruptible(async { sleep(Duration::from_millis(5)).await }),
            Ok(())
        );
        assert_eq!(action(), libc::SIG_DFL, "as it was");
    }
}

#[test]
fn clean_ups_of_main_and_of_what_is_left_have_run_when_it_returns() {
    let name = "interrupt::clean_ups_of_main_and_of_what_is_left_have_run_when_it_returns";
    if let Some((said, status)) = interrupted(name) {
        assert_eq!(said, "main main's clean-up left left's clean-up returned ");
        assert_eq!(status.code(), Some(0));
        return;
    }
    let outcome = run_interruptible(async {
        let (tell, told) = oneshot();
        create_task(async move {
            let _guard = Guard("left");
            defer(async {
                sleep(Duration::from_millis(20)).await;
                say("left's clean-up");
            });
            tell.send(()).unwrap();
            std::future::pending::<()>().await;
        })
        .detach();
        told.await.unwrap();
        let _guard = Guard("main");
        defer(async {
            sleep(Duration::from_millis(20)).await;
            say("main's clean-up");
        });
        ready();
        std::future::pending::<()>().await;
    });
    assert_eq!(outcome, Err(Interrupted));
    assert_eq!(action(), libc::SIG_DFL);
    say("returned");
}

#[test]
fn a_second_sigint_ends_the_process_while_a_clean_up_hangs() {
    let name = "interrupt::a_second_sigint_ends_the_process_while_a_clean_up_hangs";
    if let Some((said, status)) = interrupted(name) {
        assert_eq!(said, "cleaning up ");
        assert_eq!(status.signal(), Some(libc::SIGINT), "by the signal itself: {status:?}");
        return;
    }
    let _ = run_interruptible(async {
        defer(async {
            say("cleaning up");
            ready();
            std::future::pending::<()>().await;
        });
        ready();
        std::future::pending::<()>().await;
    });
    unreachable!("the second SIGINT ends the process");
}

#[test]
fn a_sigint_while_a_runner_closes_ends_the_process() {
    let name = "interrupt::a_sigint_while_a_runner_closes_ends_the_process";
    if let Some((_, status)) = interrupted(name) {
        assert_eq!(status.signal(), Some(libc::SIGINT));
        return;
    }
    let _ = run_interruptible(async {
        let (tell, told) = oneshot();
        let call = to_thread(move || {
            tell.send(()).unwrap();
            std::thread::sleep(Duration::from_millis(50));
            ready(); // Main has ended by now; if not, it is told the same.
            std::thread::sleep(Duration::from_secs(60));
        });
        told.await.unwrap();
        call.detach();
    });
    unreachable!("the call is waited for, and SIGINT ends the process");
}

#[test]
fn the_exit_code_of_an_interrupted_program_is_130() {
    let name = "interrupt::the_exit_code_of_an_interrupted_program_is_130";
    if let Some((_, status)) = interrupted(name) {
        assert_eq!(status.code(), Some(130));
        return;
    }
    let outcome = run_interruptible(async {
        ready();
        std::future::pending::<()>().await;
    });
    assert_eq!(outcome.unwrap_err().to_string(), "interrupted by SIGINT");
    std::process::exit(Interrupted::EXIT_CODE.into());
}

#[test]
fn a_main_that_computes_sees_the_cancel_when_another_worker_hears_it() {
    let name = "interrupt::a_main_that_computes_sees_the_cancel_when_another_worker_hears_it";
    if let Some((said, status)) = interrupted(name) {
        assert_eq!((said.as_str(), status.code()), ("interrupted by SIGINT ", Some(0)));
        return;
    }
    let mut runner = Runner::new(Options { workers: 2, ..Options::default() }).unwrap();
    let outcome = runner.run_interruptible(async {
        yield_now().await;
        ready();
        loop {
            if let Err(cancelled) = check_cancelled() {
                say(cancelled.reason.as_deref().unwrap());
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        yield_now().await;
        unreachable!("cancelled");
    });
    assert_eq!(outcome, Err::<(), _>(Interrupted));
}

#[test]
fn where_sigint_is_ignored_it_stays_ignored_and_a_second_run_listens_to_nothing() {
    let name =
        "interrupt::where_sigint_is_ignored_it_stays_ignored_and_a_second_run_listens_to_nothing";
    if let Some((said, status)) = interrupted(name) {
        assert_eq!((said.as_str(), status.code()), ("went on inner ", Some(0)));
        return;
    }
    #[expect(unsafe_code, reason = "what nohup does")]
    // SAFETY: nothing of ours is called.
    unsafe {
        libc::signal(libc::SIGINT, libc::SIG_IGN)
    };
    let log = Transcript::new();
    let went_on = run_interruptible(async {
        ready();
        sleep(Duration::from_millis(300)).await;
        log.say("went on");
    });
    assert_eq!(went_on, Ok(()));
    say(&log.said());
    assert_eq!(action(), libc::SIG_IGN);
    at_a_terminal();
    let outer = run_interruptible(async {
        let inner = std::thread::spawn(|| run_interruptible(async { action() != libc::SIG_DFL }));
        let listens = to_thread(move || inner.join().unwrap()).await;
        assert_eq!(listens, Ok(true), "the outer run still listens when the inner one has ended");
        assert_ne!(action(), libc::SIG_DFL);
        say("inner");
    });
    assert_eq!((outer, action()), (Ok(()), libc::SIG_DFL));
}

#[test]
fn a_main_that_is_cancelled_by_the_program_is_no_interrupt() {
    let name = "interrupt::a_main_that_is_cancelled_by_the_program_is_no_interrupt";
    if let Some((_, status)) = interrupted(name) {
        assert_eq!(status.code(), Some(0));
        return;
    }
    let run = || {
        run_interruptible(async {
            evenkeel::current().unwrap().cancel();
            yield_now().await;
        })
    };
    let panicked = std::panic::catch_unwind(run).unwrap_err();
    assert!(panicked.downcast_ref::<String>().unwrap().contains("the main future was cancelled"));
    assert_eq!(action(), libc::SIG_DFL);
}
