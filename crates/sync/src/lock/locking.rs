//! Waiting for a lock.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::{Guard, Lock, OwnedGuard};
use crate::waitlist::Waiter;
use crate::who::Who;

pin_project! {
    /// Waits for a lock. Made by [`Lock::lock`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct Locking<'a, T: ?Sized> {
        #[pin]
        pub(super) waiter: Waiter<&'a Lock<T>>,
    }
}

pin_project! {
    /// Waits for a lock and keeps it alive. Made by [`Lock::lock_owned`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct LockingOwned<T: ?Sized> {
        #[pin]
        pub(super) waiter: Waiter<Arc<Lock<T>>>,
    }
}

impl<'a, T: ?Sized> Future for Locking<'a, T> {
    type Output = Guard<'a, T>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut waiter = self.project().waiter;
        match waiter.as_mut().poll(cx) {
            Poll::Ready(lock) => Poll::Ready(Guard::taken(lock, Who::polls(cx))),
            Poll::Pending => {
                let waiter = waiter.as_ref().get_ref();
                if let Some(lock) = waiter.owner() {
                    lock.waits(waiter, cx);
                }
                Poll::Pending
            }
        }
    }
}

impl<T: ?Sized> Future for LockingOwned<T> {
    type Output = OwnedGuard<T>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut waiter = self.project().waiter;
        match waiter.as_mut().poll(cx) {
            Poll::Ready(lock) => Poll::Ready(OwnedGuard::taken(lock, Who::polls(cx))),
            Poll::Pending => {
                let waiter = waiter.as_ref().get_ref();
                if let Some(lock) = waiter.owner() {
                    lock.waits(waiter, cx);
                }
                Poll::Pending
            }
        }
    }
}

impl<T: ?Sized> fmt::Debug for Locking<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locking").finish_non_exhaustive()
    }
}

impl<T: ?Sized> fmt::Debug for LockingOwned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockingOwned").finish_non_exhaustive()
    }
}
