//! The operations: what is done between the two marks.
//!
//! Each begins by doing some of what it counts, so that pools have their threads and lists their
//! room. What is shared by many operations (the wake-up of the one who waits for a hundred tasks)
//! is part of each by its share.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::countdown::Countdown;
use crate::held::{Workers, hold};
use crate::mark::Mark;
use crate::rt::Rt;

mod remote; // from a thread outside
mod tasks; // spawn, wake, yield
mod time; // timers
mod waits; // channels, locks, sockets, blocking calls

/// An operation.
pub(crate) struct Op {
    pub(crate) name: &'static str,
    /// How often it is done between the marks.
    pub(crate) times: u64,
    pub(crate) workers: &'static [Workers],
    pub(crate) meaning: &'static str,
}

const EXACT: &[Workers] = &[Workers::One, Workers::Held];
const ALL: &[Workers] = Workers::ALL;

/// All of them; each name has its line in [`run`].
pub(crate) const OPS: &[Op] = &[
    Op { name: "spawn_join", times: 1000, workers: ALL, meaning: "spawn a task and await it" },
    Op { name: "spawn_detached", times: 1000, workers: ALL, meaning: "spawn a task and let it go" },
    Op { name: "wake", times: 1000, workers: ALL, meaning: "wake a task that waits; its poll" },
    Op { name: "yield", times: 1000, workers: ALL, meaning: "yield, among a hundred tasks" },
    Op { name: "yield_alone", times: 1000, workers: EXACT, meaning: "yield, with nobody else" },
    Op { name: "channel", times: 1000, workers: ALL, meaning: "an item through a channel of 128" },
    Op {
        name: "ping_pong",
        times: 500,
        workers: ALL,
        meaning: "an item there and one back, channels of 1",
    },
    Op { name: "lock_free", times: 1000, workers: EXACT, meaning: "take and release a free lock" },
    Op {
        name: "lock_contended",
        times: 1000,
        workers: EXACT,
        meaning: "the same, another task waiting; and a yield",
    },
    Op { name: "timer_arm", times: 1000, workers: EXACT, meaning: "arm a timer and disarm it" },
    Op {
        name: "timer_fire",
        times: 200,
        workers: EXACT,
        meaning: "arm a timer and let it fire, with 199 others",
    },
    Op {
        name: "sleep",
        times: 20,
        workers: EXACT,
        meaning: "sleep for a millisecond, nothing else to do",
    },
    Op {
        name: "to_thread",
        times: 200,
        workers: EXACT,
        meaning: "an empty call on another thread, one at a time",
    },
    Op {
        name: "socket",
        times: 400,
        workers: EXACT,
        meaning: "64 bytes through a pair of sockets to one who waits",
    },
    Op {
        name: "remote_spawn",
        times: 1000,
        workers: EXACT,
        meaning: "spawn a task from a thread outside; its run",
    },
    Op {
        name: "remote_wake",
        times: 1000,
        workers: EXACT,
        meaning: "wake a task from a thread outside; its poll",
    },
    Op {
        name: "wake_sleeper",
        times: 50,
        workers: ALL,
        meaning: "the same, all workers being asleep",
    },
];

/// Does one on a fresh runtime.
pub(crate) fn run<R: Rt>(op: &'static Op, workers: Workers) {
    R::run(workers.count(), async move {
        let _hold = (workers == Workers::Held && op.name != "wake_sleeper").then(hold::<R>);
        let work = Work { name: op.name, times: op.times as usize, workers };
        match op.name {
            "spawn_join" => tasks::spawn_join::<R>(work).await,
            "spawn_detached" => tasks::spawn_detached::<R>(work).await,
            "wake" => tasks::wake::<R>(work).await,
            "yield" => tasks::yields::<R>(work, 100).await,
            "yield_alone" => tasks::yields::<R>(work, 1).await,
            "channel" => waits::channel::<R>(work).await,
            "ping_pong" => waits::ping_pong::<R>(work).await,
            "lock_free" => waits::lock_free::<R>(work).await,
            "lock_contended" => waits::lock_contended::<R>(work).await,
            "timer_arm" => time::arm::<R>(work).await,
            "timer_fire" => time::fire::<R>(work).await,
            "sleep" => time::sleep::<R>(work).await,
            "to_thread" => waits::to_thread::<R>(work).await,
            "socket" => waits::socket::<R>(work).await,
            "remote_spawn" => remote::spawn::<R>(work).await,
            "remote_wake" => remote::wake::<R>(work).await,
            "wake_sleeper" => remote::wake_sleeper::<R>(work).await,
            other => unreachable!("`{other}` has no line here"),
        }
    });
}

/// What an operation is told.
#[derive(Clone, Copy)]
struct Work {
    name: &'static str,
    times: usize,
    workers: Workers,
}

impl Work {
    fn begin(self) -> Mark {
        Mark::begin(self.name)
    }

    fn countdown(self) -> &'static Countdown {
        Countdown::new(self.workers != Workers::Free)
    }
}

/// Whether the counting is over, for tasks that go on meanwhile. Leaked, as a countdown is.
#[derive(Clone, Copy, Debug)]
struct Over(&'static AtomicBool);

impl Over {
    fn new() -> Over {
        Over(Box::leak(Box::default()))
    }

    // Relaxed, both: nothing is published by it.
    fn set(self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_set(self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
