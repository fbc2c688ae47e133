//! smol's locks and channels; where it has none, what its users take.

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use event_listener::{Event, listener};
use futures_channel::oneshot;
use smol::channel;
use smol::lock::{Mutex, RwLock, Semaphore};

use super::{Exec, Smol};
use crate::rt::sync::{
    Bounded, Broadcasts, Channels, Events, Mutexes, Notifies, Oneshots, Queued, RwLocks,
    Semaphores, Shared, Unbounded,
};

impl<E: Exec> Mutexes for Smol<E> {
    type Lock = Mutex<u64>;

    fn new_lock(value: u64) -> Mutex<u64> {
        Mutex::new(value)
    }

    fn lock(lock: &Mutex<u64>) -> impl Future<Output = impl DerefMut<Target = u64> + Send> + Send {
        lock.lock()
    }
}

impl<E: Exec> Semaphores for Smol<E> {
    type Semaphore = Semaphore;

    fn new_semaphore(permits: usize) -> Semaphore {
        Semaphore::new(permits)
    }

    fn acquire(semaphore: &Semaphore) -> impl Future<Output = impl Send> + Send {
        semaphore.acquire()
    }
}

impl<E: Exec> RwLocks for Smol<E> {
    type RwLock = RwLock<u64>;

    fn new_rwlock(value: u64) -> RwLock<u64> {
        RwLock::new(value)
    }

    fn read(lock: &RwLock<u64>) -> impl Future<Output = impl Deref<Target = u64> + Send> + Send {
        lock.read()
    }

    fn write(
        lock: &RwLock<u64>,
    ) -> impl Future<Output = impl DerefMut<Target = u64> + Send> + Send {
        lock.write()
    }
}

impl<E: Exec> Events for Smol<E> {
    type Event = Event;

    fn new_event() -> Event {
        Event::new()
    }

    fn occur(event: &Event) {
        event.notify(usize::MAX);
    }

    async fn wait(event: &Event) {
        listener!(event => listener);
        listener.await;
    }
}

/// A flag, and an event for it, as the documentation of event-listener has it.
#[derive(Default)]
pub(crate) struct Flag {
    set: AtomicBool,
    event: Event,
}

impl Flag {
    fn take(&self) -> bool {
        // AcqRel: pairs with the Release in `notify`, and tells it that the flag was taken.
        self.set.load(Ordering::Acquire) && self.set.swap(false, Ordering::AcqRel)
    }
}

impl<E: Exec> Notifies for Smol<E> {
    type Notify = Flag;

    fn new_notify() -> Flag {
        Flag::default()
    }

    fn notify(flag: &Flag) {
        // Release: pairs with `take`.
        flag.set.store(true, Ordering::Release);
        flag.event.notify(1);
    }

    async fn notified(flag: &Flag) {
        while !flag.take() {
            listener!(flag.event => listener);
            if flag.take() {
                return;
            }
            listener.await;
        }
    }
}

/// A receiver whose sender is known to send.
pub(crate) struct Receiver(oneshot::Receiver<u64>);

impl Future for Receiver {
    type Output = u64;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u64> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll(cx)).expect("the sender sends"))
    }
}

impl<E: Exec> Oneshots for Smol<E> {
    type Sender = oneshot::Sender<u64>;
    type Receiver = Receiver;

    fn oneshot() -> (oneshot::Sender<u64>, Receiver) {
        let (sender, receiver) = oneshot::channel();
        (sender, Receiver(receiver))
    }

    fn send(sender: oneshot::Sender<u64>, value: u64) {
        sender.send(value).expect("the receiver waits");
    }
}

macro_rules! channels {
    ($($kind:ident: $make:expr, |$sender:ident, $value:ident| $put:expr;)*) => {
        $(impl<E: Exec> Channels<$kind> for Smol<E> {
            type Sender = channel::Sender<u64>;
            type Receiver = channel::Receiver<u64>;

            fn channel(places: usize) -> (Self::Sender, Self::Receiver) {
                $make(places)
            }

            async fn put($sender: &Self::Sender, $value: u64) {
                $put.expect("somebody receives");
            }

            async fn take(receiver: &mut Self::Receiver) -> Option<u64> {
                receiver.recv().await.ok()
            }
        })*
    };
}

channels! {
    Bounded: channel::bounded, |sender, value| sender.send(value).await;
    Queued: channel::bounded, |sender, value| sender.send(value).await;
    Shared: channel::bounded, |sender, value| sender.send(value).await;
    // There is always room.
    Unbounded: |_| channel::unbounded(), |sender, value| sender.try_send(value);
}

/// From async-broadcast, of the same makers.
impl<E: Exec> Broadcasts for Smol<E> {
    /// A channel without receivers would be closed.
    type Sender = (async_broadcast::Sender<u64>, async_broadcast::InactiveReceiver<u64>);
    type Receiver = async_broadcast::Receiver<u64>;

    fn broadcast(places: usize) -> Self::Sender {
        let (sender, receiver) = async_broadcast::broadcast(places);
        (sender, receiver.deactivate())
    }

    fn subscribe(sender: &Self::Sender) -> Self::Receiver {
        sender.0.new_receiver()
    }

    fn send_all(sender: &Self::Sender, value: u64) {
        sender.0.try_broadcast(value).expect("there is room, and somebody receives");
    }

    async fn receive(receiver: &mut Self::Receiver) -> u64 {
        receiver.recv().await.expect("nothing is missed")
    }
}
