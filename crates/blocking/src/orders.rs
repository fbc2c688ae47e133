//! What a thread says when it comes to the queue, what it is told, and what it must do on the way.

use crate::loom::Sleeper;

/// What a thread shall do now; the lock is released first.
pub(crate) enum Next<J> {
    Run {
        job: J,
        errands: [Errand; 2],
        /// No other waited when it was taken.
        is_last: bool,
    },
    Park(Rest),
    Leave,
}

/// What a parked thread waits for besides being called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// The end of keep-alive.
    Idle,
    /// The next look at the backlog.
    Look,
}

/// Why a thread asks what to do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum News {
    Started,
    Called,
    Done,
    Over(Rest),
}

/// What somebody must do about the queue once the lock is released.
#[must_use = "a job may be stranded"]
pub(crate) enum Errand {
    None,
    Call(Sleeper),
    /// Start a thread for this seat, reserved for it.
    Start {
        seat: usize,
        sitting: u64,
    },
}
