//! Waiting in the kernel: deadlines, signals, and nothing in vain.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use evenkeel_reactor::Reactor;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{alone, alone_with};

#[test]
fn a_deadline_is_never_early_and_not_very_late() {
    let reactor = Reactor::new().unwrap();
    for micros in [1, 50, 500, 3000, 20_000] {
        let deadline = Instant::now() + Duration::from_micros(micros);
        assert_eq!(reactor.wait_until(Some(deadline)).unwrap(), 0);
        let late = Instant::now().checked_duration_since(deadline).expect("early");
        assert!(late < Duration::from_secs(5), "{late:?} late");
    }
}

#[test]
fn a_rest_is_never_cut_short() {
    let reactor = Reactor::new().unwrap();
    let begun = Instant::now();
    reactor.wait(Some(Duration::from_millis(10))).unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(10));
}

#[test]
fn a_deadline_in_the_past_only_looks() {
    let reactor = Reactor::new().unwrap();
    for _ in 0..3 {
        reactor.wait_until(Some(Instant::now() - Duration::from_millis(1))).unwrap();
    }
}

#[test]
fn an_endless_rest_is_no_overflow() {
    let reactor = Reactor::new().unwrap();
    reactor.notify();
    assert_eq!(reactor.wait(Some(Duration::MAX)).unwrap(), 0);
    let (mut one, two) = UnixStream::pair().unwrap();
    one.write_all(b"x").unwrap();
    // News ends the wait; the deadline is beyond what the timer can be set for.
    let _source = reactor.register(two).unwrap();
    let far = Instant::now() + Duration::from_secs(1 << 40);
    assert_eq!(reactor.wait_until(Some(far)).unwrap(), 0);
}

#[test]
fn a_deadline_moves_either_way() {
    let reactor = Reactor::new().unwrap();
    let ms = |ms| Instant::now() + Duration::from_millis(ms);
    // Set for later, then for earlier: the earlier one holds.
    let (late, soon) = (ms(60_000), ms(5));
    reactor.notify();
    reactor.wait_until(Some(late)).unwrap();
    reactor.wait_until(Some(soon)).unwrap();
    assert!(Instant::now() >= soon);
    assert!(Instant::now() < late);
    // Set for earlier, then for later: the stale one does not end the wait.
    let (soon, late) = (ms(5), ms(15));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| reactor.wait_until(Some(soon)).unwrap());
        std::thread::sleep(Duration::from_millis(1));
        reactor.notify();
        waiting.join().unwrap();
        reactor.wait(Some(Duration::ZERO)).unwrap();
        let end = ms(15).max(late);
        while Instant::now() < end {
            reactor.wait_until(Some(end)).unwrap();
        }
    });
    // And one that is gone does not matter for long: `None` waits until notified.
    let waiting = std::thread::spawn({
        let reactor = reactor.clone();
        move || reactor.wait_until(None).unwrap()
    });
    crate::support::soon("it is notified", || {
        reactor.notify();
        waiting.is_finished()
    });
}

#[test]
fn signals_do_not_end_a_wait() {
    // Stopping and continuing a process makes the system's wait fail with EINTR, without any handler.
    let stop_and_go = |child: &mut std::process::Child| {
        let pid = Pid::from_child(child);
        for _ in 0..50 {
            std::thread::sleep(Duration::from_millis(4));
            let sent =
                kill_process(pid, Signal::STOP).and_then(|()| kill_process(pid, Signal::CONT));
            if sent.is_err() {
                break;
            }
        }
    };
    alone_with("wait::signals_do_not_end_a_wait", stop_and_go, || {
        let reactor = Reactor::new().unwrap();
        let deadline = Instant::now() + Duration::from_millis(150);
        reactor.wait_until(Some(deadline)).unwrap();
        assert!(Instant::now() >= deadline, "ended early");
        assert_eq!(reactor.statistics().waits, 1);
    });
}

#[test]
fn waiting_costs_no_processor_time() {
    alone("wait::waiting_costs_no_processor_time", || {
        let reactor = Reactor::new().unwrap();
        let (one, _two) = UnixStream::pair().unwrap();
        let _source = reactor.register(one).unwrap();
        reactor.wait(Some(Duration::ZERO)).unwrap();
        let switches = || {
            let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
            let line = status.lines().find(|line| line.starts_with("voluntary_ctxt")).unwrap();
            line.rsplit('\t').next().unwrap().parse::<u64>().unwrap()
        };
        let before = switches();
        reactor.wait_until(Some(Instant::now() + Duration::from_millis(300))).unwrap();
        assert!(switches() - before <= 2, "it woke up in between");
    });
}
