//! Locks, events and channels, as far as a runtime or its kin has them.

use std::future::Future;
use std::ops::DerefMut;

use super::Rt;

/// A lock held across `await`.
pub(crate) trait Mutexes: Rt {
    type Lock: Send + Sync + 'static;

    fn new_lock(value: u64) -> Self::Lock;

    fn lock(lock: &Self::Lock) -> impl Future<Output = impl DerefMut<Target = u64> + Send> + Send;
}

/// One value, once.
pub(crate) trait Oneshots: Rt {
    type Sender: Send + 'static;
    type Receiver: Future<Output = u64> + Send + Unpin + 'static;

    fn oneshot() -> (Self::Sender, Self::Receiver);

    fn send(sender: Self::Sender, value: u64);
}
