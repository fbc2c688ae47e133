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
        let brief = self.called.take().is_some_and(|called| called.elapsed() < BRIEF);
        let row = if brief { (self.brief_in_a_row.get() + 1).min(MOST_BRIEF) } else { 0 };
        self.brief_in_a_row.set(row);
        let light = row > 0;
        if light {
            idle.spare(SPARED << row); // Before the look at the queues in `sleep`.
        }
        self.sleep(|parker| block(parker, light.then_some(LIGHT)));
        if light {
            // SOMEBODY WATCHES, until now: TELL THEN LOOK. If we were chosen we look anyway.
            idle.spare(0);
            full_fence();
            if !self.searching.get() && self.queue().has_work() {
                self.queue().wake_one();
            }
        }
        if self.searching.get() {
            self.called.set(Some(Instant::now()));
        }
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
