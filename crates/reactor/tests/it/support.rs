//! What the tests share: a loop around a reactor, wakers that count, a child process of one's own.

use std::future::Future;
use std::pin::pin;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use evenkeel_reactor::Reactor;

/// Far more than anything here takes: a hang becomes a failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Counts its wakes.
#[derive(Default)]
pub(crate) struct Count(AtomicUsize);

impl Count {
    pub(crate) fn new() -> (Arc<Count>, Waker) {
        let count = Arc::new(Count::default());
        (count.clone(), Waker::from(count))
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

struct Notify(Reactor, AtomicUsize);

impl Wake for Notify {
    fn wake(self: Arc<Self>) {
        self.1.store(1, Ordering::SeqCst);
        self.0.notify();
    }
}

/// A runner in five lines: the reactor is entered, and waited on whenever nothing was woken.
pub(crate) fn run<F: Future>(reactor: &Reactor, future: F) -> F::Output {
    let _entered = reactor.enter();
    let mut future = pin!(future);
    let notify = Arc::new(Notify(reactor.clone(), AtomicUsize::new(1)));
    let waker = Waker::from(notify.clone());
    let end = Instant::now() + PATIENCE;
    loop {
        if notify.1.swap(0, Ordering::SeqCst) == 1 {
            if let Poll::Ready(out) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return out;
            }
            continue;
        }
        assert!(Instant::now() < end, "nothing woke the future");
        reactor.wait_until(Some(end)).unwrap();
    }
}

pub(crate) fn poll_once<F: Future>(
    future: std::pin::Pin<&mut F>,
    waker: &Waker,
) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(waker))
}

const CHILD: &str = "EVENKEEL_REACTOR_TEST_CHILD";

/// Runs `body` in a process of its own: limits, signals and counts of descriptors are the process's.
/// `test` is the full name of the calling test.
pub(crate) fn alone(test: &str, body: impl FnOnce()) {
    alone_with(test, |_| {}, body);
}

/// As `alone`; `meanwhile` runs in this process while the child does.
pub(crate) fn alone_with(test: &str, meanwhile: impl FnOnce(&mut Child), body: impl FnOnce()) {
    if std::env::var_os(CHILD).is_some() {
        return body();
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    meanwhile(&mut child);
    let end = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > end {
            let _ = child.kill();
            panic!("{test} hangs");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    assert!(status.success(), "{test} failed in its own process");
}

/// Descriptors of this process, less the one it takes to count them.
pub(crate) fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count() - 1
}

pub(crate) fn threads() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let name = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm"));
    tasks.filter_map(|task| name(task.unwrap()).ok()).map(|name| name.trim().into()).collect()
}

/// Waits, for the little while threads need to end, until `holds`.
pub(crate) fn soon(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}
