//! `lock_checked`: waiting for a lock, unless that would be for ever.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::deadlock::{self, Deadlock};
use crate::lock::{Guard, Lock};
use crate::waitlist::{Handle, Waiter};
use crate::who::Who;

impl<T: ?Sized> Lock<T> {
    /// As [`lock`](Lock::lock), unless that would wait for ever: then it is an error at once.
    ///
    /// It would, if this task has the lock itself, or if the task that has it waits, perhaps by way
    /// of others, for a lock of this one. What is seen is this:
    ///
    /// - Tasks of evenkeel. Under other executors, and on plain threads, this waits as
    ///   [`lock`](Lock::lock) does.
    /// - A lock's holder is who took it, by awaiting it. One taken with
    ///   [`try_lock`](Lock::try_lock) has no holder to speak of; a guard that was handed to another
    ///   task still counts for the first.
    /// - Waits that go through this call, too. [`watch_deadlocks`](crate::watch_deadlocks) makes it
    ///   all of them.
    /// - Branches of one task, those of a `gather` for one, may rightly wait for each other's locks.
    ///   They are told apart by their wakers; so a macro that polls several branches with one waker,
    ///   as some other `join!` do, makes them look like one, and the second that asks for what the
    ///   first has gets this error. That is why [`lock`](Lock::lock) never fails by this rule.
    ///
    /// ```
    /// use evenkeel_sync::Lock;
    ///
    /// # futures_lite::future::block_on(async {
    /// let lock = Lock::new(1);
    /// match lock.lock_checked().await {
    ///     Ok(guard) => assert_eq!(*guard, 1),
    ///     Err(deadlock) => println!("{deadlock}"), // task #3 waits for a lock that it holds itself
    /// }
    /// # })
    /// ```
    ///
    /// # Errors
    ///
    /// [`Deadlock`], which names the tasks. Nothing was waited for and nothing is held.
    ///
    /// # Cancellation
    ///
    /// Place lost: as [`lock`](Lock::lock).
    pub fn lock_checked(&self) -> LockingChecked<'_, T> {
        LockingChecked { waiter: Some(Waiter::new(self, 1)) }
    }

    /// Lists a wait for this lock that has just begun, and answers the circle that it closes.
    #[cold]
    pub(crate) fn list<P>(&self, waiter: &Waiter<P>, cx: &Context<'_>) -> Option<Deadlock>
    where
        P: Handle<Target = Lock<T>>,
    {
        let listed = waiter.list(|called| {
            let holder = self.holder.look()?;
            Some(deadlock::list(called, self.address(), holder))
        });
        match listed {
            Some(Some(circle)) => circle,
            Some(None) => {
                // Taken, and the taker is about to write down who it is.
                cx.waker().wake_by_ref();
                None
            }
            None => None,
        }
    }
}

pin_project! {
    /// Waits for a lock, unless that would be for ever. Made by [`Lock::lock_checked`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct LockingChecked<'a, T: ?Sized> {
        // None once it is ready.
        #[pin]
        waiter: Option<Waiter<&'a Lock<T>>>,
    }
}

impl<'a, T: ?Sized> Future for LockingChecked<'a, T> {
    type Output = Result<Guard<'a, T>, Deadlock>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let mut waiter =
            this.waiter.as_mut().as_pin_mut().expect("polled again after it was ready");
        let outcome = match waiter.as_mut().poll(cx) {
            Poll::Ready(lock) => Ok(Guard::taken(lock, Who::polls(cx))),
            Poll::Pending => {
                let waiter = waiter.as_ref().get_ref();
                match waiter.owner().and_then(|lock| lock.list(waiter, cx)) {
                    Some(deadlock) => Err(deadlock),
                    None => return Poll::Pending,
                }
            }
        };
        this.waiter.set(None); // In line, it leaves.
        Poll::Ready(outcome)
    }
}

impl<T: ?Sized> fmt::Debug for LockingChecked<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockingChecked").finish_non_exhaustive()
    }
}
