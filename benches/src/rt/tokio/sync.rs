//! tokio's locks and channels.

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::sync::{Mutex, Notify, RwLock, Semaphore, broadcast, mpsc, oneshot, watch};

use super::Tokio;
use crate::rt::sync::{
    Bounded, Broadcasts, Channels, Events, Mutexes, Notifies, Oneshots, Queued, RwLocks,
    Semaphores, Unbounded, Watches,
};

impl Mutexes for Tokio {
    type Lock = Mutex<u64>;

    fn new_lock(value: u64) -> Mutex<u64> {
        Mutex::new(value)
    }

    fn lock(lock: &Mutex<u64>) -> impl Future<Output = impl DerefMut<Target = u64> + Send> + Send {
        lock.lock()
    }
}

impl Semaphores for Tokio {
    type Semaphore = Semaphore;

    fn new_semaphore(permits: usize) -> Semaphore {
        Semaphore::new(permits)
    }

    async fn acquire(semaphore: &Semaphore) -> impl Send {
        semaphore.acquire().await.expect("the semaphore is open")
    }
}

impl RwLocks for Tokio {
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

impl Events for Tokio {
    type Event = Notify;

    fn new_event() -> Notify {
        Notify::new()
    }

    fn occur(event: &Notify) {
        event.notify_waiters();
    }

    fn wait(event: &Notify) -> impl Future<Output = ()> + Send {
        event.notified()
    }
}

impl Notifies for Tokio {
    type Notify = Notify;

    fn new_notify() -> Notify {
        Notify::new()
    }

    fn notify(notify: &Notify) {
        notify.notify_one();
    }

    fn notified(notify: &Notify) -> impl Future<Output = ()> + Send {
        notify.notified()
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

impl Oneshots for Tokio {
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
    ($($kind:ident),*) => {
        $(impl Channels<$kind> for Tokio {
            type Sender = mpsc::Sender<u64>;
            type Receiver = mpsc::Receiver<u64>;

            fn channel(places: usize) -> (Self::Sender, Self::Receiver) {
                mpsc::channel(places)
            }

            async fn put(sender: &Self::Sender, value: u64) {
                sender.send(value).await.expect("somebody receives");
            }

            async fn take(receiver: &mut Self::Receiver) -> Option<u64> {
                receiver.recv().await
            }
        })*
    };
}

channels!(Bounded, Queued);

impl Channels<Unbounded> for Tokio {
    type Sender = mpsc::UnboundedSender<u64>;
    type Receiver = mpsc::UnboundedReceiver<u64>;

    fn channel(_: usize) -> (Self::Sender, Self::Receiver) {
        mpsc::unbounded_channel()
    }

    async fn put(sender: &Self::Sender, value: u64) {
        sender.send(value).expect("somebody receives");
    }

    async fn take(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.recv().await
    }
}

impl Broadcasts for Tokio {
    type Sender = broadcast::Sender<u64>;
    type Receiver = broadcast::Receiver<u64>;

    fn broadcast(places: usize) -> Self::Sender {
        broadcast::channel(places).0
    }

    fn subscribe(sender: &Self::Sender) -> Self::Receiver {
        sender.subscribe()
    }

    fn send_all(sender: &Self::Sender, value: u64) {
        sender.send(value).expect("somebody receives");
    }

    async fn receive(receiver: &mut Self::Receiver) -> u64 {
        receiver.recv().await.expect("nothing is missed")
    }
}

impl Watches for Tokio {
    type Sender = watch::Sender<u64>;
    type Receiver = watch::Receiver<u64>;

    fn watch(value: u64) -> Self::Sender {
        watch::channel(value).0
    }

    fn watcher(sender: &Self::Sender) -> Self::Receiver {
        sender.subscribe()
    }

    fn change(sender: &Self::Sender, value: u64) {
        sender.send(value).expect("somebody looks");
    }

    async fn changed(receiver: &mut Self::Receiver) -> u64 {
        receiver.changed().await.expect("the sender is there");
        *receiver.borrow_and_update()
    }
}
