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
    /// Whether threads that sleep and wake make each run a little different.
    pub(crate) loose: bool,
    pub(crate) meaning: &'static str,
}

const EXACT: &[Workers] = &[Workers::One, Workers::Held];
const ALL: &[Workers] = Workers::ALL;

impl Op {
    const fn new(name: &'static str, times: u64, meaning: &'static str) -> Op {
        Op { name, times, workers: EXACT, loose: false, meaning }
    }

    /// Where it matters whether the other worker is free to help.
    const fn all(self) -> Op {
        Op { workers: ALL, ..self }
    }

    const fn loose(self) -> Op {
        Op { loose: true, ..self }
    }
}

/// All of them; each name has its line in [`run`].
pub(crate) const OPS: &[Op] = &[
    Op::new("spawn_join", 1000, "spawn a task and await it").all(),
    Op::new("spawn_detached", 1000, "spawn a task and let it go; its run").all(),
    Op::new("wake", 1000, "wake a task that waits; its poll").all(),
    Op::new("yield", 1000, "yield, among a hundred tasks").all(),
    Op::new("yield_alone", 1000, "yield, with nobody else there"),
    Op::new("channel", 1000, "an item through a channel of 128").all(),
    Op::new("ping_pong", 500, "an item there and one back, channels of 1").all(),
    Op::new("lock_free", 1000, "take a free lock and let go of it"),
    Op::new("lock_contended", 1000, "the same, another task being in line; and a yield"),
    Op::new("timer_arm", 1000, "arm a timer and disarm it"),
    Op::new("timer_fire", 200, "arm a timer and let it fire, with 199 others"),
    Op::new("sleep", 20, "sleep for a millisecond, with nothing else to do"),
    Op::new("to_thread", 200, "an empty call on another thread, one at a time").loose(),
    Op::new("socket", 400, "64 bytes through a pair of sockets to one who waits"),
    Op::new("remote_spawn", 1000, "spawn a task from a thread outside; its run"),
    Op::new("remote_wake", 1000, "wake a task from a thread outside; its poll"),
    Op::new("wake_sleeper", 50, "the same, all workers being asleep").all().loose(),
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
