//! evenkeel's locks and channels.

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use evenkeel::sync::{broadcast, channel, watch};
use evenkeel::{Event, Lock, Queue, RwLock, Semaphore};

use super::Evenkeel;
use crate::rt::sync::{
    Bounded, Broadcasts, Channels, Events, Mutexes, Notifies, Oneshots, Queued, RwLocks,
    Semaphores, Shared, Unbounded, Watches,
};

impl Mutexes for Evenkeel {
    type Lock = Lock<u64>;

    fn new_lock(value: u64) -> Lock<u64> {
        Lock::new(value)
    }

    fn lock(lock: &Lock<u64>) -> impl Future<Output = impl DerefMut<Target = u64> + Send> + Send {
        lock.lock()
    }
}

impl Semaphores for Evenkeel {
    type Semaphore = Semaphore;

    fn new_semaphore(permits: usize) -> Semaphore {
        Semaphore::new(permits)
    }

    fn acquire(semaphore: &Semaphore) -> impl Future<Output = impl Send> + Send {
        semaphore.acquire()
    }
}

impl RwLocks for Evenkeel {
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

impl Events for Evenkeel {
    type Event = Event;

    fn new_event() -> Event {
        Event::new()
    }

    fn occur(event: &Event) {
        event.set();
        event.clear();
    }

    fn wait(event: &Event) -> impl Future<Output = ()> + Send {
        event.wait()
    }
}

/// An event that its one waiter clears.
impl Notifies for Evenkeel {
    type Notify = Event;

    fn new_notify() -> Event {
        Event::new()
    }

    fn notify(event: &Event) {
        event.set();
    }

    async fn notified(event: &Event) {
        event.wait().await;
        event.clear();
    }
}

/// A receiver whose sender is known to send.
pub(crate) struct Receiver(evenkeel::sync::Receiver<u64>);

impl Future for Receiver {
    type Output = u64;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u64> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll(cx)).expect("the sender sends"))
    }
}

impl Oneshots for Evenkeel {
    type Sender = evenkeel::sync::Sender<u64>;
    type Receiver = Receiver;

    fn oneshot() -> (Self::Sender, Receiver) {
        let (sender, receiver) = evenkeel::oneshot();
        (sender, Receiver(receiver))
    }

    fn send(sender: Self::Sender, value: u64) {
        sender.send(value).expect("the receiver waits");
    }
}

macro_rules! channels {
    ($($kind:ident: $make:expr, |$sender:ident, $value:ident| $put:expr;)*) => {
        $(impl Channels<$kind> for Evenkeel {
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
    Bounded: evenkeel::channel, |sender, value| sender.send(value).await;
    Shared: evenkeel::channel, |sender, value| sender.send(value).await;
    // There is always room.
    Unbounded: |_| evenkeel::unbounded(), |sender, value| sender.try_send(value);
}

/// asyncio's, which has no ends: the receiver is told by a number no one sends.
impl Channels<Queued> for Evenkeel {
    type Sender = Queue<u64>;
    type Receiver = Queue<u64>;

    fn channel(places: usize) -> (Queue<u64>, Queue<u64>) {
        let queue = Queue::bounded(places);
        (queue.clone(), queue)
    }

    async fn put(queue: &Queue<u64>, value: u64) {
        queue.put(value).await.expect("the queue is not shut down");
    }

    async fn take(queue: &mut Queue<u64>) -> Option<u64> {
        queue.get().await.ok().map(|item| *item)
    }
}

impl Broadcasts for Evenkeel {
    type Sender = broadcast::Sender<u64>;
    type Receiver = broadcast::Receiver<u64>;

    fn broadcast(places: usize) -> Self::Sender {
        evenkeel::broadcast(places).0
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

impl Watches for Evenkeel {
    type Sender = watch::Sender<u64>;
    type Receiver = watch::Receiver<u64>;

    fn watch(value: u64) -> Self::Sender {
        evenkeel::watch(value).0
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
