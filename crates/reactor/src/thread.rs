//! The thread that drives a reactor nobody else drives.
//!
//! There are two reasons for one: sources made outside any runner (the process-wide fall-back, which
//! is never given up and sleeps in the kernel for good while nothing is registered), and sources
//! that outlive the runner they were made in (that thread ends with the last of them).

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::loom::{Mutex, locked, thread};
use crate::reactor::Reactor;

const NAME: &str = "evenkeel-reactor";

/// Rest after the kernel refused to let us wait, which it has no reason to: long enough not to burn a
/// processor, short enough not to be noticed if it was for a moment.
const REFUSED: Duration = Duration::from_millis(10);

static FALL_BACK: Mutex<Option<Reactor>> = Mutex::new(None);

/// The process-wide reactor and its thread, both started by the first call.
pub(crate) fn fall_back() -> io::Result<Reactor> {
    let mut fall_back = locked(&FALL_BACK);
    if let Some(reactor) = &*fall_back {
        return Ok(reactor.clone());
    }
    // A failure is the caller's error and is forgotten: the next call tries anew.
    let reactor = Reactor::new()?;
    let driven = reactor.clone();
    start(move || {
        loop {
            turn(&driven);
        }
    })?;
    *fall_back = Some(reactor.clone());
    Ok(reactor)
}

/// Drives `reactor` until `is_over` says that nothing is left.
pub(crate) fn drive(
    reactor: Reactor,
    is_over: impl Fn(&Reactor) -> bool + Send + 'static,
) -> io::Result<()> {
    start(move || {
        while !is_over(&reactor) {
            turn(&reactor);
        }
    })
}

fn start(run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(NAME.into()).spawn(run).map(drop)
}

fn turn(reactor: &Reactor) {
    // A waker that panics has been reported by the panic hook, and the others were woken.
    if let Ok(Err(_)) = catch_unwind(AssertUnwindSafe(|| reactor.wait(None))) {
        thread::sleep(REFUSED);
    }
}
