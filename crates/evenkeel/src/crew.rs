//! The loop of a seeded runner: all workers on one thread, in an order drawn by lot.
//!
//! What runs is the real thing: the lanes, slots and rings of the shared executor, its injector, its
//! stealing, and the protocol of falling asleep and being woken. Only who takes the next step, and with
//! which task of its local executor, comes from the seed. So a schedule can be had again, and one that goes
//! wrong is not had once in a thousand runs of a program but once in a thousand seeds.
//!
//! A step is one poll; tasks are not interrupted between two awaits. Threads of the pool and of others are
//! real, and come in when they come.

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use evenkeel_reactor::Reactor;
use evenkeel_task::{Builder, JoinError, Turn};

use crate::lot::Lots;
use crate::shared::Shared;
use crate::worker::{Loop, Wait};

/// Steps between two looks outside while there is work. A number of steps and not a time, so that a seed
/// repeats it.
const LOOK_EVERY: usize = 61;

/// How long, in real time, all may wait for nothing before that is called a deadlock: somebody else's
/// thread may still wake them. Longer makes it dearer to shrink a schedule that ends in one.
const PATIENCE: Duration = Duration::from_millis(200);

/// The workers of a seeded runner.
pub(crate) struct Crew {
    shared: Arc<Shared>,
    members: Vec<Member>,
    lots: Lots,
    /// Who took the last step, for when the lots are blank: each in turn.
    last: Cell<usize>,
    /// Steps since the last look outside.
    unseen: Cell<usize>,
    /// Gets the thread out of the reactor.
    bell: Waker,
}

struct Member {
    own: Rc<Loop>,
    /// It sleeps, or has been woken and not begun yet.
    asleep: Cell<bool>,
    /// Its local tasks came last: with blank lots, they and the shared ones take turns.
    was_local: Cell<bool>,
}

struct Bell(Reactor);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.notify();
    }
}

impl Crew {
    /// `loops` are those of all workers, made on this thread.
    pub(crate) fn new(shared: &Arc<Shared>, loops: Vec<Rc<Loop>>, lots: Lots) -> Crew {
        let member = |own| Member { own, asleep: Cell::new(false), was_local: Cell::new(false) };
        Crew {
            shared: Arc::clone(shared),
            members: loops.into_iter().map(member).collect(),
            lots,
            last: Cell::new(0),
            unseen: Cell::new(0),
            bell: Waker::from(Arc::new(Bell(shared.reactor.clone()))),
        }
    }

    pub(crate) fn lots(&self) -> &Lots {
        &self.lots
    }

    /// [`LocalExecutor::drive`](evenkeel_task::LocalExecutor::drive), step by step.
    pub(crate) fn drive<F: Future>(
        &self,
        builder: Builder,
        main: F,
    ) -> Result<F::Output, JoinError> {
        self.members[0].own.local.drive_by(builder, main, || self.step(None))
    }

    /// The end: cancels, and steps until all tasks are gone, or `limit` has passed.
    pub(crate) fn run_out(&self, limit: Instant) {
        self.members.iter().for_each(|member| member.own.wind_down());
        while !self.is_empty() && Instant::now() < limit {
            self.step(Some(limit));
        }
        if self.is_empty() {
            self.members.iter().for_each(|_| self.shared.one_is_empty());
        }
    }

    fn is_empty(&self) -> bool {
        self.members.iter().all(|member| member.own.local.is_empty())
            && self.shared.executor_is_empty()
    }

    /// One poll of one task by one worker; or, if all of them sleep, whatever ends that.
    fn step(&self, limit: Option<Instant>) {
        let awake: Vec<usize> =
            (0..self.members.len()).filter(|&index| self.members[index].is_awake()).collect();
        if awake.is_empty() {
            return self.rest(limit);
        }
        let index = match self.lots.draw(awake.len()) {
            Some(lot) => awake[lot],
            // The first after the last one, in a circle.
            None => *awake.iter().find(|&&index| index > self.last.get()).unwrap_or(&awake[0]),
        };
        self.last.set(index);
        let member = &self.members[index];
        {
            let _entered = member.own.enter();
            member.own.as_worker(|| self.step_of(member));
        }
        self.unseen.set(self.unseen.get() + 1);
        // A made-up clock is looked at each time, as by the loop of threads.
        if self.unseen.get() >= LOOK_EVERY || self.shared.is_manual_and_due() {
            self.as_driver(member, || self.look(member, Wait::Look));
        }
    }

    /// One task of its local executor or of the shared one; the other kind if there is none. If there is
    /// neither, it falls asleep.
    fn step_of(&self, member: &Member) {
        member.wake();
        let local = || member.own.local.tick_nth(|ready| self.lots.draw(ready).unwrap_or(0));
        let worker = member.own.worker.as_ref();
        let shared = || worker.is_some_and(|worker| worker.turn(1) == Turn::More);
        let has_both = worker.is_some() && member.own.local.ready() > 0;
        let local_first =
            has_both && self.lots.draw(2).map_or(!member.was_local.get(), |lot| lot == 0);
        member.was_local.set(local_first);
        let ran = (local_first && local()) || shared() || (!local_first && local());
        self.lots.note((self.last.get() as u64) << 1 | u64::from(ran));
        if !ran {
            member.sleep(&self.bell);
        }
    }

    /// What `call` wakes goes to the lane of `member`, as to that of a driver. One that sleeps does so during
    /// the call, so that the bell is rung for it, and gets up afterwards if there is work.
    fn as_driver<R>(&self, member: &Member, call: impl FnOnce() -> R) -> R {
        let result = {
            let _entered = member.own.enter();
            member.own.batch(call)
        };
        if member.asleep.get() {
            member.wake();
            member.sleep(&self.bell);
        }
        result
    }

    fn look(&self, member: &Member, how: Wait) {
        self.unseen.set(0);
        member.own.wait(how);
        member.own.fire();
    }

    /// All workers sleep: the clock jumps, or the thread sleeps until news, a deadline or the bell.
    fn rest(&self, limit: Option<Instant>) {
        let (shared, manual) = (&self.shared, self.shared.timers.clock().is_manual());
        // Who fell asleep last. Not by lot: how often we come here may depend on real time.
        let driver = &self.members[self.last.get()];
        // Calls before queues: one that has ended has queued whom it woke.
        let calls_rest = shared.calls_rest();
        if manual {
            self.as_driver(driver, || self.look(driver, Wait::Look));
            if self.anybody_is_awake() {
                return;
            }
            if calls_rest && self.as_driver(driver, || driver.own.let_time_pass()) {
                return;
            }
        }
        let patience = (calls_rest && shared.is_stalled()).then(|| Instant::now() + PATIENCE);
        let deadline = shared.timers.about_to_sleep().filter(|_| !manual);
        let again = shared.look_again();
        let until = deadline.into_iter().chain(limit).chain(again).chain(patience).min();
        if !self.anybody_is_awake() {
            self.as_driver(driver, || self.look(driver, Wait::Until(until)));
        }
        shared.timers.awake();
        if patience.is_some_and(|at| at <= Instant::now())
            && shared.calls_rest()
            && !self.anybody_is_awake()
        {
            shared.tell_of_stall();
        }
    }

    fn anybody_is_awake(&self) -> bool {
        self.members.iter().any(Member::is_awake)
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.members.iter().for_each(Member::wake);
    }
}

impl Member {
    fn is_awake(&self) -> bool {
        !self.asleep.get() || !self.own.parker.is_asleep() || !self.own.local.is_idle()
    }

    fn wake(&self) {
        if self.asleep.replace(false) {
            match &self.own.worker {
                Some(worker) => worker.wake_as_task(),
                None => self.own.parker.end_task(),
            }
        }
    }

    /// Unless there is work that it should stay up for.
    fn sleep(&self, bell: &Waker) {
        self.asleep.set(match &self.own.worker {
            Some(worker) => worker.sleep_as_task(bell),
            None => self.own.parker.park_task(bell),
        });
        // Whoever pushed before we slept told nobody, or was heard by `wake`.
        if !self.own.local.is_idle() {
            self.wake();
        }
    }
}
