//! Locks, events and channels, as far as a runtime or its kin has them.

use std::future::Future;
use std::ops::{Deref, DerefMut};

use super::Rt;

/// A lock held across `await`.
pub(crate) trait Mutexes: Rt {
    type Lock: Send + Sync + 'static;

    fn new_lock(value: u64) -> Self::Lock;

    fn lock(lock: &Self::Lock) -> impl Future<Output = impl DerefMut<Target = u64> + Send> + Send;
}

/// Permits.
pub(crate) trait Semaphores: Rt {
    type Semaphore: Send + Sync + 'static;

    fn new_semaphore(permits: usize) -> Self::Semaphore;

    /// The permit goes back when it is dropped.
    fn acquire(semaphore: &Self::Semaphore) -> impl Future<Output = impl Send> + Send;
}

/// A lock for one writer or many readers.
pub(crate) trait RwLocks: Rt {
    type RwLock: Send + Sync + 'static;

    fn new_rwlock(value: u64) -> Self::RwLock;

    fn read(lock: &Self::RwLock) -> impl Future<Output = impl Deref<Target = u64> + Send> + Send;

    fn write(
        lock: &Self::RwLock,
    ) -> impl Future<Output = impl DerefMut<Target = u64> + Send> + Send;
}

/// What many wait for at once.
pub(crate) trait Events: Rt {
    type Event: Send + Sync + 'static;

    fn new_event() -> Self::Event;

    /// Whoever has been polled in `wait` goes on; who comes later waits again.
    fn occur(event: &Self::Event);

    fn wait(event: &Self::Event) -> impl Future<Output = ()> + Send;
}

/// What tells one task that it may go on.
pub(crate) trait Notifies: Rt {
    type Notify: Send + Sync + 'static;

    fn new_notify() -> Self::Notify;

    /// Is kept, once, if nobody waits.
    fn notify(notify: &Self::Notify);

    /// For one task at a time.
    fn notified(notify: &Self::Notify) -> impl Future<Output = ()> + Send;
}

/// One value, once.
pub(crate) trait Oneshots: Rt {
    type Sender: Send + 'static;
    type Receiver: Future<Output = u64> + Send + Unpin + 'static;

    fn oneshot() -> (Self::Sender, Self::Receiver);

    fn send(sender: Self::Sender, value: u64);
}

/// A channel with so many places.
pub(crate) struct Bounded;

/// A channel that always has room.
pub(crate) struct Unbounded;

/// A bounded channel with many receivers, of whom one gets an item.
pub(crate) struct Shared;

/// A bounded queue, where a runtime tells it from a channel.
pub(crate) struct Queued;

/// A channel of the kind `K`.
pub(crate) trait Channels<K>: Rt {
    type Sender: Clone + Send + Sync + 'static;
    type Receiver: Send + 'static;

    /// Kinds without bounds have no use for the number.
    fn channel(places: usize) -> (Self::Sender, Self::Receiver);

    fn put(sender: &Self::Sender, value: u64) -> impl Future<Output = ()> + Send;

    /// Nothing: all senders are gone.
    fn take(receiver: &mut Self::Receiver) -> impl Future<Output = Option<u64>> + Send;
}

/// A channel whose receivers see every value.
pub(crate) trait Broadcasts: Rt {
    type Sender: Send + Sync + 'static;
    type Receiver: Send + 'static;

    /// Not more than `places` values are ever on their way.
    fn broadcast(places: usize) -> Self::Sender;

    fn subscribe(sender: &Self::Sender) -> Self::Receiver;

    fn send_all(sender: &Self::Sender, value: u64);

    fn receive(receiver: &mut Self::Receiver) -> impl Future<Output = u64> + Send;
}

/// A channel that keeps the latest value.
pub(crate) trait Watches: Rt {
    type Sender: Send + Sync + 'static;
    type Receiver: Send + 'static;

    fn watch(value: u64) -> Self::Sender;

    fn watcher(sender: &Self::Sender) -> Self::Receiver;

    fn change(sender: &Self::Sender, value: u64);

    /// The next value that this receiver has not seen.
    fn changed(receiver: &mut Self::Receiver) -> impl Future<Output = u64> + Send;
}
