//! Two workers, of which one may be held: then what the other does is the same each time.
//!
//! A held worker is a busy one: nobody has to be woken, and nobody steals. What an operation costs
//! then is what it costs on a machine whose every core has work.

use std::sync::mpsc;
use std::thread;

use crate::rt::Rt;

/// How many workers, and what the other one does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workers {
    /// One, of the kind for one.
    One,
    /// Two, the other being busy all the time.
    Held,
    /// Two, the other being free to sleep, to search and to steal: never the same twice.
    Free,
}

impl Workers {
    pub(crate) const ALL: &[Workers] = &[Workers::One, Workers::Held, Workers::Free];

    pub(crate) fn of(name: &str) -> Option<Workers> {
        Workers::ALL.iter().copied().find(|workers| workers.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Workers::One => "1",
            Workers::Held => "2",
            Workers::Free => "2-free",
        }
    }

    pub(crate) fn count(self) -> usize {
        if self == Workers::One { 1 } else { 2 }
    }
}

/// Lets the held worker go when dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    _release: mpsc::Sender<()>,
}

/// Keeps a worker other than the caller's from doing anything else.
pub(crate) fn hold<R: Rt>() -> Hold {
    let (release, released) = mpsc::channel::<()>();
    let (begin, begun) = mpsc::channel();
    let spawner = R::spawner();
    // From a thread outside, or the task might lie where only this worker looks, who now waits.
    let outside = thread::spawn(move || {
        R::detach_on(&spawner, async move {
            begin.send(()).expect("the caller waits");
            let _ = released.recv();
        });
    });
    outside.join().expect("spawning does not panic");
    begun.recv().expect("the other worker takes the task");
    Hold { _release: release }
}
