//! Which pool the calls of this thread go to: the one a runner entered, or the process's own.

use std::{
    cell::RefCell,
    marker::PhantomData,
    sync::{OnceLock, Weak},
};

use crate::{
    options::PoolOptions,
    pool::{Owner, ThreadPool},
};

thread_local! {
    /// Weak, so that a thread which ends with a pool entered does not keep that pool's threads.
    static CURRENT: RefCell<Weak<Owner>> = const { RefCell::new(Weak::new()) };
}

static PROCESS_WIDE: OnceLock<ThreadPool> = OnceLock::new();

impl ThreadPool {
    /// Makes this the pool that [`to_thread`](crate::to_thread) uses on this thread, until the
    /// guard is dropped; then it is the one before again.
    ///
    /// ```
    /// use evenkeel_blocking::{ThreadPool, to_thread};
    ///
    /// let pool = ThreadPool::new(1);
    /// let entered = pool.enter();
    /// futures_lite::future::block_on(to_thread(|| ()));
    /// assert_eq!(pool.statistics().submitted, 1);
    /// drop(entered);
    /// assert!(ThreadPool::current().is_none());
    /// ```
    pub fn enter(&self) -> Entered {
        let before = CURRENT.with(|current| current.replace(self.downgrade()));
        Entered { pool: self.clone(), before, not_send: PhantomData }
    }

    /// The pool entered on this thread, if there is one and its last handle still lives. On a
    /// pool's own threads it is that pool, so what a job hands on stays where the job was.
    pub fn current() -> Option<ThreadPool> {
        // Err: the thread is ending and its thread-locals are gone.
        let weak = CURRENT.try_with(|current| current.borrow().clone()).ok()?;
        ThreadPool::upgrade(&weak)
    }

    /// The pool that serves calls made where no pool was entered: of the default options, made
    /// when it is first asked for, there until the process ends. Its idle threads end like others.
    ///
    /// It is never shut down by this crate; a program that does so gets refused calls ever after.
    pub fn process_wide() -> ThreadPool {
        PROCESS_WIDE
            .get_or_init(|| {
                ThreadPool::try_new(PoolOptions::default()).expect("the default options are valid")
            })
            .clone()
    }

    pub(crate) fn current_or_process_wide() -> ThreadPool {
        ThreadPool::current().unwrap_or_else(ThreadPool::process_wide)
    }
}

/// Makes the pool of `owner` the current one of this thread, for good: it is one of its own.
pub(crate) fn settle_in(owner: &Weak<Owner>) {
    CURRENT.with(|current| current.replace(Weak::clone(owner)));
}

/// While it lives, [`to_thread`](crate::to_thread) on this thread uses the pool that was
/// [entered](ThreadPool::enter). Guards are dropped in the reverse of the order they were made in.
#[must_use = "the pool is current only while this lives"]
#[derive(Debug)]
pub struct Entered {
    /// Keeps the pool open while it is current.
    #[expect(dead_code, reason = "held, not read")]
    pool: ThreadPool,
    before: Weak<Owner>,
    /// It belongs to the thread it was made on.
    not_send: PhantomData<*const ()>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        let before = std::mem::take(&mut self.before);
        // Err: the thread is ending; nothing is current any more.
        let _ = CURRENT.try_with(|current| current.replace(before));
    }
}
