//! The runner this thread belongs to: spawning, sleeping and connecting without a handle.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use evenkeel_task::{LocalExecutor, Spawner};

use crate::shared::Shared;

thread_local! {
    static AMBIENT: RefCell<Option<Ambient>> = const { RefCell::new(None) };
}

/// What a thread of a runner finds around it.
pub(crate) struct Ambient {
    pub(crate) shared: Arc<Shared>,
    pub(crate) spawner: Spawner,
    pub(crate) local: Rc<LocalExecutor<'static>>,
}

/// No runner runs on this thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoRunner;

impl fmt::Display for NoRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "no running event loop: call this inside `evenkeel::run`, or take a `Handle` along to \
             other threads",
        )
    }
}

impl std::error::Error for NoRunner {}

impl Ambient {
    /// Until the guard is dropped, this thread is worker `index` of the runner.
    pub(crate) fn enter(
        shared: &Arc<Shared>,
        local: &Rc<LocalExecutor<'static>>,
        index: usize,
    ) -> Entered {
        let ambient = Ambient {
            shared: Arc::clone(shared),
            spawner: shared.spawner(),
            local: Rc::clone(local),
        };
        let outer = AMBIENT.with_borrow_mut(|slot| slot.replace(ambient));
        Entered {
            outer,
            _spawner: shared.spawner().enter(),
            _timers: shared.timers.enter(index),
            _reactor: shared.reactor.enter(),
            _pool: shared.pool.enter(),
        }
    }

    /// Runs `look` on this thread's runner.
    pub(crate) fn with<R>(look: impl FnOnce(&Ambient) -> R) -> Result<R, NoRunner> {
        let look = |slot: &RefCell<Option<Ambient>>| slot.borrow().as_ref().map(look);
        AMBIENT.try_with(look).ok().flatten().ok_or(NoRunner)
    }

    pub(crate) fn is_set() -> bool {
        Ambient::with(|_| ()).is_ok()
    }
}

/// Makes the thread what it was before.
pub(crate) struct Entered {
    outer: Option<Ambient>,
    _spawner: evenkeel_task::EnteredSpawner,
    _timers: evenkeel_timer::Entered,
    _reactor: evenkeel_reactor::Entered,
    _pool: evenkeel_blocking::Entered,
}

impl Drop for Entered {
    fn drop(&mut self) {
        // Dropped outside the borrow: the last reference to an executor may drop futures.
        let ambient = AMBIENT.with_borrow_mut(|slot| std::mem::replace(slot, self.outer.take()));
        drop(ambient);
    }
}
