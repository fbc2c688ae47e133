//! How a worker goes to sleep, and how lightly.
//!
//! Every way follows TELL THEN LOOK, see `idle.rs`.

use std::time::{Duration, Instant};

use super::Core;
use crate::idle::Woke;
use crate::loom::full_fence;
use crate::parker::Parker;

/// A worker that was woken for work and asks for more sleep within this time was not worth waking: a wake-up
/// costs the two of them five to fifteen microseconds.
const BRIEF: Duration = Duration::from_micros(20);

/// How long a worker sleeps that was not worth waking, before it looks by itself.
const LIGHT: Duration = Duration::from_millis(1);

/// Wake-ups that are spared after the first that was not worth it; twice as many after each that follows, up to
/// `MOST_BRIEF` times.
const SPARED: u32 = 32;
const MOST_BRIEF: u32 = 5;

impl Core {
    /// [`sleep`](Core::sleep) by one who comes back by itself after the time that `block` is given. Then
    /// wake-ups that were not worth it lead to fewer of them.
    pub(crate) fn sleep_lightly(&self, block: impl FnOnce(&Parker, Option<Duration>)) {
        let idle = &self.queue().idle;
        // Before the look at the queues in `sleep`.
        let light = match self.called.take() {
            Some(called) if is_brief(called) => {
                let row = (self.brief_in_a_row.get() + 1).min(MOST_BRIEF);
                self.brief_in_a_row.set(row);
                idle.watch(SPARED << row);
                true
            }
            Some(_) => {
                self.brief_in_a_row.set(0);
                false
            }
            // Else all would go on watching for each other when there is nothing to do any more.
            None => self.has_run() && idle.watch_too(),
        };
        self.sleep(|parker| block(parker, light.then_some(LIGHT)));
        self.slept_at.set(self.tick.get());
        if light && idle.stop_watching() {
            // SOMEBODY WATCHES, until now: TELL THEN LOOK. If we were chosen we look anyway.
            full_fence();
            if !self.searching.get() && self.queue().has_work() {
                self.queue().wake_one();
            }
        }
        if self.searching.get() {
            self.called.set(Some(Instant::now()));
        }
    }

    /// Whether it was woken for work that is done already, so that waking it was not worth it.
    pub(crate) fn was_hardly_needed(&self) -> bool {
        self.called.get().is_some_and(is_brief)
    }

    /// Whether any task since the last sleep: a turn that finds none asks once.
    fn has_run(&self) -> bool {
        self.tick.get().wrapping_sub(self.slept_at.get()) > 1
    }

    pub(crate) fn sleep(&self, block: impl FnOnce(&Parker)) {
        let queue = self.queue();
        queue.idle.sleep(&self.parker, self.searching.replace(false));
        // TELL THEN LOOK, see `idle.rs`.
        full_fence();
        if !queue.has_work() {
            block(&self.parker);
        }
        self.searching.set(queue.idle.leave(&self.parker) == Woke::ToSearch);
    }

    /// A foreign task that works as this worker goes to sleep: `waker` is woken when there may be work.
    ///
    /// False: there is work already, do not sleep.
    pub(crate) fn sleep_as_task(&self, waker: &std::task::Waker) -> bool {
        let queue = self.queue();
        queue.idle.sleep(&self.parker, self.searching.replace(false));
        let asleep = self.parker.park_task(waker);
        full_fence(); // TELL THEN LOOK
        if asleep && !queue.has_work() {
            return true;
        }
        self.wake_as_task();
        false
    }

    /// The foreign task is polled again, for whatever reason.
    pub(crate) fn wake_as_task(&self) {
        self.parker.end_task();
        self.searching.set(self.queue().idle.leave(&self.parker) == Woke::ToSearch);
    }
}

fn is_brief(called: Instant) -> bool {
    called.elapsed() < BRIEF
}
