//! How a child's end is noticed: by a descriptor that becomes readable, or by a thread that waits for it.

use std::future::poll_fn;
use std::io;
use std::os::fd::OwnedFd;
use std::process;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;

use evenkeel_reactor::Source;
use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::loom::{Mutex, lock};

/// Tells when a child may be worth asking how it ended.
pub(super) enum Watch {
    /// Linux 5.3 and later.
    Descriptor(Source<OwnedFd>),
    /// Everywhere else.
    Thread(Arc<Watcher>),
}

impl Watch {
    /// For a child that nobody has waited for.
    pub(super) fn new(id: u32) -> io::Result<Watch> {
        let pid = i32::try_from(id).ok().and_then(Pid::from_raw).ok_or(Errno::CHILD)?;
        // Whatever is against it (an old kernel, a sandbox, no descriptors left): a thread does as well.
        match descriptor(pid) {
            Some(source) => Ok(Watch::Descriptor(source)),
            None => Watcher::start(pid).map(Watch::Thread),
        }
    }

    /// Until the child seems to have ended: to be asked again after each.
    pub(super) async fn ended(&self) -> io::Result<()> {
        match self {
            Watch::Descriptor(source) => source.readable().await,
            Watch::Thread(watcher) => {
                let _leaves = Leaves(watcher);
                poll_fn(|cx| watcher.poll_ended(cx)).await
            }
        }
    }

    /// [`ended`](Watch::ended), for a waker that waits for as long as it lives.
    pub(super) fn poll_ended(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Watch::Descriptor(source) => source.poll_readable(cx),
            Watch::Thread(watcher) => watcher.poll_ended(cx),
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn descriptor(pid: Pid) -> Option<Source<OwnedFd>> {
    use rustix::process::{PidfdFlags, pidfd_open};

    if is_forbidden() {
        return None;
    }
    let descriptor = pidfd_open(pid, PidfdFlags::empty()).ok()?;
    // It is only polled, never read, so it need not be non-blocking.
    Source::new_nonblocking(descriptor).ok()
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn descriptor(_: Pid) -> Option<Source<OwnedFd>> {
    None
}

/// By the environment, read once.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_forbidden() -> bool {
    static FORBIDDEN: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    let asked = || std::env::var_os("EVENKEEL_NO_PIDFD").is_some_and(|value| value == "1");
    *FORBIDDEN.get_or_init(asked)
}

/// A thread that sleeps until one child has ended, and what it shares with those who wait.
pub(super) struct Watcher {
    state: Mutex<State>,
}

/// Takes the waker back with the future that left it.
struct Leaves<'a>(&'a Watcher);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        let waker = lock(&self.0.state).waker.take();
        drop(waker);
    }
}

#[derive(Default)]
struct State {
    ended: bool,
    waker: Option<Waker>,
    /// A child that nobody has a handle of any more: the thread takes its end.
    orphan: Option<process::Child>,
}

impl Watcher {
    fn start(pid: Pid) -> io::Result<Arc<Watcher>> {
        let watcher = Arc::new(Watcher { state: Mutex::new(State::default()) });
        let ours = Arc::clone(&watcher);
        let builder = thread::Builder::new().name("evenkeel-child".into());
        // It does next to nothing.
        builder.stack_size(128 << 10).spawn(move || ours.watch(pid))?;
        Ok(watcher)
    }

    /// On its thread.
    fn watch(&self, pid: Pid) {
        // Leaves the end for whoever has the child. Anything but a signal in between means that there is no
        // such child any more: somebody else has waited for it.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Err(Errno::INTR) = waitid(WaitId::Pid(pid), options) {}
        let mut state = lock(&self.state);
        state.ended = true;
        let (waker, orphan) = (state.waker.take(), state.orphan.take());
        drop(state);
        if let Some(orphan) = orphan {
            super::orphan::bury(orphan);
        }
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn poll_ended(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let waker = cx.waker().clone();
        let mut state = lock(&self.state);
        if state.ended {
            // Dropped after the lock.
            drop(state);
            return Poll::Ready(Ok(()));
        }
        let before = state.waker.replace(waker);
        drop(state);
        drop(before);
        Poll::Pending
    }

    /// Gives it the child: `Some` if the thread is through, and the child can be asked at once.
    pub(super) fn adopt(&self, child: process::Child) -> Option<process::Child> {
        let mut state = lock(&self.state);
        if state.ended {
            return Some(child);
        }
        state.orphan = Some(child);
        None
    }
}
