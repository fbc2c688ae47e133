//! Which reactor new sources of this thread register with.

use std::cell::RefCell;
use std::marker::PhantomData;

use crate::reactor::Reactor;

thread_local! {
    static CURRENT: RefCell<Option<Reactor>> = const { RefCell::new(None) };
}

/// The reactor entered on this thread; `None` also while the thread is being torn down.
pub(crate) fn current() -> Option<Reactor> {
    CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
}

/// Until this is dropped, sources made on this thread register with the reactor that was entered.
///
/// Made by [`Reactor::enter`]. Guards nest, and are dropped in the reverse order.
#[must_use = "the reactor is left when the guard is dropped"]
#[derive(Debug)]
pub struct Entered {
    outer: Option<Reactor>,
    /// Of this thread: `!Send`.
    _here: PhantomData<*const ()>,
}

impl Entered {
    pub(crate) fn enter(reactor: Reactor) -> Entered {
        let outer = CURRENT.try_with(|current| current.replace(Some(reactor))).ok().flatten();
        Entered { outer, _here: PhantomData }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let outer = self.outer.take();
        // The reactor that was entered is dropped here, outside the cell's borrow.
        drop(CURRENT.try_with(|current| current.replace(outer)));
    }
}
