//! Where a worker puts what is woken and spawned on its thread.

use async_task::Runnable;

use super::Core;
use crate::meta::Meta;
use crate::queue::{Lane, from_raw, into_raw};

impl Core {
    /// The task that runs is about to report its end.
    pub(crate) fn task_is_ending(&self) {
        self.ending.set(true);
    }

    /// A task of ours was woken on this thread.
    #[inline]
    pub(crate) fn woken(&self, runnable: Runnable<Meta>, while_running: bool) {
        // One that woke itself lets the others go first. The awaiter of a task that ended goes to the
        // back, so that a parent of many is polled once for many, not once for each. What the driver
        // wakes keeps the kernel's order.
        if while_running || self.batching.get() {
            // A task that woke itself makes the queue no longer than it was when it was taken.
            self.push_last(runnable, false);
        } else if self.ending.get() {
            // This worker is about to be free, and takes it itself if there is nothing before it.
            let alone = !self.nested.get() && self.lane().is_some_and(Lane::is_empty);
            self.push_last(runnable, !alone);
        } else {
            self.push_first(runnable);
        }
    }

    /// A new task of ours.
    #[inline]
    pub(crate) fn spawned(&self, runnable: Runnable<Meta>) {
        if self.batching.get() {
            self.push_last(runnable, false);
        } else {
            self.push_first(runnable);
        }
    }

    #[inline]
    fn push_first(&self, runnable: Runnable<Meta>) {
        let Some(lane) = self.lane() else { return self.queue().inject(runnable) };
        if let Some(second) = lane.put_first(runnable) {
            self.push_last(second, true);
        }
    }

    #[inline]
    fn push_last(&self, runnable: Runnable<Meta>, wake: bool) {
        let Some(lane) = self.lane() else { return self.queue().inject(runnable) };
        if let Err(pointer) = lane.ring.push(into_raw(runnable)) {
            let _ = from_raw(pointer).map(|runnable| self.queue().overflow(lane, runnable));
        }
        if wake {
            self.queue().wake_helper();
        }
    }

    /// `spares`: the wake-up at the end may be left out, if those before were not worth it.
    pub(crate) fn batch<R>(&self, spares: bool, call: impl FnOnce() -> R) -> R {
        /// Also if the call unwinds, what came of it is in the queue.
        struct Batch<'c> {
            core: &'c Core,
            outer: bool,
            spares: bool,
        }
        impl Drop for Batch<'_> {
            fn drop(&mut self) {
                self.core.batching.set(self.outer);
                if self.core.lane().is_some_and(|lane| lane.ring.len() > 1) {
                    match self.spares {
                        true => self.core.queue().wake_helper(),
                        false => self.core.queue().wake_one(),
                    }
                }
            }
        }
        let _batch = Batch { core: self, outer: self.batching.replace(true), spares };
        self.enter(call)
    }
}
