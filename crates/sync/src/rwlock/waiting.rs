//! Waiting to read and to write.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::{OwnedReadGuard, OwnedWriteGuard, ReadGuard, RwLock, WriteGuard};
use crate::waitlist::Waiter;

pin_project! {
    /// Waits to read. Made by [`RwLock::read`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct Reading<'a, T: ?Sized> {
        #[pin]
        pub(super) waiter: Waiter<&'a RwLock<T>>,
    }
}

pin_project! {
    /// Waits to read and keeps the lock alive. Made by [`RwLock::read_owned`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct ReadingOwned<T: ?Sized> {
        #[pin]
        pub(super) waiter: Waiter<Arc<RwLock<T>>>,
    }
}

pin_project! {
    /// Waits to write. Made by [`RwLock::write`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct Writing<'a, T: ?Sized> {
        #[pin]
        pub(super) waiter: Waiter<&'a RwLock<T>>,
    }
}

pin_project! {
    /// Waits to write and keeps the lock alive. Made by [`RwLock::write_owned`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct WritingOwned<T: ?Sized> {
        #[pin]
        pub(super) waiter: Waiter<Arc<RwLock<T>>>,
    }
}

macro_rules! waiting {
    ($waiting:ident $(<$lifetime:lifetime>)?, $guard:ident) => {
        impl<$($lifetime,)? T: ?Sized> Future for $waiting<$($lifetime,)? T> {
            type Output = $guard<$($lifetime,)? T>;

            #[inline]
            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                self.project().waiter.poll(cx).map(|lock| $guard { lock })
            }
        }

        impl<$($lifetime,)? T: ?Sized> fmt::Debug for $waiting<$($lifetime,)? T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($waiting)).finish_non_exhaustive()
            }
        }
    };
}
waiting!(Reading<'a>, ReadGuard);
waiting!(ReadingOwned, OwnedReadGuard);
waiting!(Writing<'a>, WriteGuard);
waiting!(WritingOwned, OwnedWriteGuard);
