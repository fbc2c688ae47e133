//! THE loop: run what is ready, look outside, sleep until there is news.
//!
//! One thread per worker runs it. With several workers, one idle worker at a time sleeps in the driver
//! (the reactor, no longer than to the next deadline); the others sleep on their threads. Only the
//! driver's holder looks at the reactor and fires timers, so nothing is looked at twice.

use std::cell::Cell;
use std::mem::forget;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use evenkeel_task::{Builder, JoinError, LocalExecutor, Parker, Turn, Worker};

use crate::ambient::{Ambient, Entered};
use crate::options::{OnFailure, failure_hook};
use crate::pace::Pace;
use crate::shared::Shared;

/// Shared tasks between two turns of the local ones, at most. Go and tokio use the same number for their look
/// at the queue that all share.
pub(crate) const TURN: usize = 61;

/// With a clock that is moved by hand or jumps: how long, in real time, main may wait with nothing in sight
/// that could wake it before that is called a deadlock. Another thread may be about to; a person who
/// waits for a test does not want this much longer.
const PATIENCE: Duration = Duration::from_secs(3);

/// One thread's loop.
pub(crate) struct Loop {
    shared: Arc<Shared>,
    pub(crate) local: Rc<LocalExecutor<'static>>,
    /// `None` with a single worker.
    pub(crate) worker: Option<Worker<'static>>,
    pub(crate) parker: Parker,
    index: usize,
    /// Real time does not pass on the runner's clock.
    manual: bool,
    /// When to look outside while there is work.
    pace: Pace,
    /// The last wait brought news, for which a second worker is always worth waking; timers are small.
    heard: Cell<bool>,
    /// How often a driver had left when this worker last stood by.
    seen_leaving: Cell<usize>,
    /// When the end must be over, in real time, while it is under way.
    limit: Cell<Option<Instant>>,
    said: Cell<Said>,
}

/// What a worker has said of the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    /// Nothing, for it has not begun.
    NotEnding,
    /// That it has seen it begin.
    Begun,
    /// That nothing was left for it when so many shared tasks had been spawned.
    Empty(usize),
}

impl Loop {
    /// The loop of worker `index`, on its thread.
    pub(crate) fn new(shared: &Arc<Shared>, index: usize, on_failure: Option<OnFailure>) -> Loop {
        let reactor = shared.reactor.clone();
        let parker = Parker::with_driver(move || reactor.notify());
        let worker = shared.executor.as_ref().map(|executor| executor.worker_with(parker.clone()));
        let local = Rc::new(LocalExecutor::with_parker(parker.clone()));
        local.on_failure(failure_hook(on_failure, Arc::clone(&shared.ending)));
        shared.add_local(local.spawner(), parker.clone());
        Loop {
            shared: Arc::clone(shared),
            local,
            worker,
            parker,
            index,
            manual: shared.timers.clock().is_manual(),
            pace: Pace::new(shared.look_every),
            heard: Cell::new(false),
            seen_leaving: Cell::new(0),
            limit: Cell::new(None),
            said: Cell::new(Said::NotEnding),
        }
    }

    /// Makes this thread the worker's: spawning, sleeping and sockets find the runner.
    pub(crate) fn enter(&self) -> Entered {
        Ambient::enter(&self.shared, &self.local, self.index)
    }

    /// Runs `call` with what it spawns and wakes going to this worker's own queue.
    pub(crate) fn as_worker<R>(&self, call: impl FnOnce() -> R) -> R {
        match &self.worker {
            Some(worker) => worker.enter(call),
            None => call(),
        }
    }

    /// Before this thread leaves the loop for a while: the others go on with what it had queued.
    pub(crate) fn hand_over(&self) {
        if let Some(worker) = &self.worker {
            worker.hand_over();
            self.shared.standby.driver_left();
        }
    }

    /// Runs `main`, and whatever tasks there are, until it has ended.
    pub(crate) fn drive<F: Future>(
        &self,
        builder: Builder,
        main: F,
    ) -> Result<F::Output, JoinError> {
        let mut left = None;
        self.local.drive_by(builder, main, || {
            if let Some(turn) = left {
                self.between(turn);
            }
            left = Some(self.turn());
        })
    }

    /// A turn of the local executor.
    fn turn(&self) -> Turn {
        match &self.shared.slow {
            None => self.local.turn(),
            Some(watch) => self.local.turn_watched(watch),
        }
    }

    /// Everything after a turn of the local executor: the shared tasks' turn, a look outside, sleep.
    pub(crate) fn between(&self, local: Turn) {
        let Some(worker) = &self.worker else {
            match local {
                Turn::More => self.ran(1 + self.local.ready()),
                Turn::Idle => self.rest(),
            }
            return;
        };
        let limit = self.pace.left().min(TURN);
        let shared = match &self.shared.slow {
            None => worker.turn(limit),
            Some(watch) => worker.turn_watched(limit, watch),
        };
        // A shared task may have woken a local one since the local turn.
        if local == Turn::Idle && shared == Turn::Idle && self.local.ready() == 0 {
            self.rest();
        } else {
            self.ran(self.local.ready() + if shared == Turn::More { limit } else { 1 });
        }
    }

    /// So many tasks have run, about: now and then a look outside follows.
    fn ran(&self, tasks: usize) {
        // A made-up clock is looked at each time: it costs nothing, and a test's order is exact.
        if self.pace.ran(tasks) || self.manual {
            let looked = self.batch(|| self.shared.try_drive(|| self.look()));
            self.pace.looked(looked.is_some());
        }
    }

    /// What `call` wakes fills this worker's queue; another is woken once, at the end, if it is needed.
    pub(crate) fn batch<R>(&self, call: impl FnOnce() -> R) -> R {
        match &self.worker {
            Some(worker) => worker.batch(call),
            None => call(),
        }
    }

    /// Wakes what is ready and what is due, without sleeping. As the driver.
    fn look(&self) {
        self.wait(Wait::Look);
        self.fire();
    }

    /// Wakes what is due; how many that were.
    pub(crate) fn fire(&self) -> usize {
        let timers = &self.shared.timers;
        // Only if there is a timer: reading the clock costs as much as arming one.
        if timers.next_deadline().is_none() {
            return 0;
        }
        let now = timers.now();
        let count = timers.fire(now);
        if count > 0 {
            self.shared.together.fired(now);
        }
        count
    }

    pub(crate) fn wait(&self, how: Wait) {
        let wait = || match how {
            Wait::Look => self.shared.reactor.wait(Some(Duration::ZERO)),
            Wait::Until(deadline) => self.shared.reactor.wait_until(deadline),
        };
        match catch_unwind(AssertUnwindSafe(wait)) {
            // The kernel refuses to wait only if our own descriptors were closed by somebody else.
            Ok(waited) => self.heard.set(
                waited.expect(
                    "the reactor's descriptors are gone: some code closed descriptors it does not own",
                ) > 0,
            ),
            // A foreign waker panicked, after all others were woken. The panic hook has told of it, and
            // the loop is not the place for it to go.
            Err(payload) => {
                self.heard.set(true);
                // Dropping what it threw may panic too; then that is let go of without dropping.
                forget(catch_unwind(AssertUnwindSafe(|| drop(payload))));
            }
        }
    }

    /// Sleeps until there is work, news or a deadline.
    fn rest(&self) {
        if self.fires_instead() {
            return;
        }
        self.pace.rest();
        match &self.worker {
            None => self.park(&self.parker, None),
            // A clock that is moved by hand moves when all sleep; a seed has its own loop.
            Some(worker) if self.manual => {
                worker.batch(|| worker.sleep(|parker| self.park(parker, None)));
            }
            Some(worker) => {
                self.heard.set(false);
                worker.batch_lightly(|| {
                    worker.sleep_lightly(|parker, limit| self.park(parker, limit));
                });
                if self.heard.get() {
                    worker.batch(|| ()); // Not lightly: what came is in the queue.
                }
            }
        }
    }

    /// Wakes what has come due while tasks ran. It is no look outside: that follows in its time.
    fn fires_instead(&self) -> bool {
        let timers = &self.shared.timers;
        if self.manual || timers.next_deadline().is_none_or(|at| at > timers.now()) {
            return false;
        }
        // Who was called to help the driver with a few tasks leaves what comes next to it.
        if self.worker.as_ref().is_some_and(Worker::was_hardly_needed) {
            return false;
        }
        let fire = || self.shared.try_drive(|| self.fire());
        let fired = match &self.worker {
            Some(worker) => worker.batch_lightly(fire),
            None => fire(),
        };
        let count = fired.unwrap_or(0);
        if count > 0 {
            self.ran(count);
        }
        count > 0
    }

    /// Sleeps, for `limit` at most if there is one.
    fn park(&self, parker: &Parker, limit: Option<Duration>) {
        // Again: the last task may have ended in the turn before. And here, after the fence of whoever falls
        // asleep: of two workers that each end a last task, one sees that they were the last.
        if self.has_to_tell().is_some() {
            return;
        }
        let mut resting = self.manual.then(|| self.shared.rest());
        let drove = self.shared.try_drive(|| {
            if !self.jump() {
                let deadline = self.shared.timers.about_to_sleep();
                // Manual deadlines mean nothing to the kernel; who moves the clock wakes us.
                let deadline = deadline.filter(|_| !self.manual).map(|at| self.sleep_for(at));
                let again = self.shared.look_again();
                let patience = self.stalls().then(|| Instant::now() + PATIENCE);
                let light = limit.map(|limit| Instant::now() + limit);
                let rest = [self.limit.get(), again, patience, light].into_iter().flatten();
                let until = deadline.into_iter().chain(rest).min();
                parker.park_in(|| self.wait(Wait::Until(until)));
                self.shared.timers.awake();
                self.fire();
                if patience.is_some_and(|at| at <= Instant::now()) && self.stalls() {
                    self.shared.tell_of_stall();
                }
            }
            // Before another may drive: what was woken is in our own queue, where nobody else sees it.
            drop(resting.take());
        });
        if drove.is_some() {
            if self.worker.is_some() {
                self.shared.standby.driver_left();
            }
            return;
        }
        if self.manual && (self.shared.all_rest() || self.shared.has_waiting_call()) {
            self.shared.reactor.notify(); // Its holder waits to hear that everybody rests.
        }
        match self.limit.get() {
            // A clock that is moved by hand asks for no watch: who moves it wakes the driver.
            None if self.manual => parker.park(),
            None => {
                let is_driven = || self.shared.is_driven();
                self.shared.standby.sleep(parker, &self.seen_leaving, limit, is_driven);
            }
            Some(at) => {
                let left = at.saturating_duration_since(Instant::now());
                parker.park_timeout(limit.map_or(left, |limit| limit.min(left)));
            }
        }
    }

    /// Until when to sleep for the earliest deadline.
    fn sleep_for(&self, deadline: Instant) -> Instant {
        let until = self.shared.together.until(deadline);
        if until > deadline {
            // We are up as soon as we would sleep for any but those that were due when some fired last.
            self.shared.timers.call_only_by(self.shared.together.last());
        }
        until
    }

    /// With a clock that jumps when nothing is left to do: looks once more, then lets it jump.
    fn jump(&self) -> bool {
        if !self.manual || !self.shared.all_rest() {
            return false;
        }
        let before = self.shared.reactor.statistics().woken;
        self.wait(Wait::Look);
        if self.shared.reactor.statistics().woken != before {
            return true;
        }
        self.let_time_pass()
    }

    /// All rest: whoever waits for that goes on, or else the clock may jump. Whether anything came of it.
    pub(crate) fn let_time_pass(&self) -> bool {
        if self.shared.stall.tell_that_all_rest() {
            return true;
        }
        let timers = &self.shared.timers;
        let jumped = timers.clock().idle(timers.next_deadline());
        // A deadline that passed while the clock was moved by hand is due without a jump.
        self.fire() > 0 || jumped
    }

    /// Whether main waits and nothing in sight can wake it; only a clock that is moved by hand or jumps
    /// tells.
    fn stalls(&self) -> bool {
        self.manual && self.shared.is_stalled() && self.shared.all_rest()
    }

    /// The loop of a worker that has no main: until the runner ends.
    pub(crate) fn run(&self) {
        self.as_worker(|| {
            while !self.shared.is_ending() {
                let turn = self.turn();
                self.between(turn);
            }
            self.run_out(None);
        });
    }

    /// Asks every task of this worker and every shared one to end, those too that are spawned later. That is a
    /// walk over all that are alive.
    pub(crate) fn wind_down(&self) {
        self.local.wind_down();
        self.shared.executor.iter().for_each(|executor| {
            executor.wind_down();
        });
    }

    /// Whether nothing is left for this worker, and it has not said so since the last shared task was spawned; how
    /// many there have been. Those that came after it had said so may have run here, and kept another worker waiting.
    fn has_to_tell(&self) -> Option<usize> {
        if self.said.get() == Said::NotEnding {
            return None;
        }
        // Counted before the look: one that comes between the two is one more the next time.
        let spawned = self.shared.spawned();
        let is_said = self.said.get() == Said::Empty(spawned);
        let is_empty = || self.local.is_empty() && self.shared.executor_is_empty();
        (!is_said && is_empty()).then_some(spawned)
    }

    /// The end: cancels, and turns until all tasks of the runner are gone, or `limit` has passed.
    pub(crate) fn run_out(&self, limit: Option<Instant>) {
        self.said.set(Said::Begun);
        // Once: asked, a task is asked for good, and more walks would cost the square of their number.
        self.wind_down();
        while !self.shared.is_stopped() {
            let turn = self.turn();
            if let Some(spawned) = self.has_to_tell() {
                match self.said.replace(Said::Empty(spawned)) {
                    Said::Empty(_) => self.shared.wake_all(),
                    Said::NotEnding | Said::Begun => self.shared.one_is_empty(),
                }
            }
            let is_main = limit.is_some();
            if is_main
                && (self.shared.all_are_empty() || limit.is_some_and(|at| at <= Instant::now()))
            {
                return;
            }
            let again = limit.and_then(|_| self.shared.look_for_latecomers());
            self.limit.set(limit.into_iter().chain(again).min());
            self.between(turn);
        }
    }
}

/// How to wait in the reactor.
pub(crate) enum Wait {
    Look,
    Until(Option<Instant>),
}
