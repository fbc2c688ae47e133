//! tokio's locks and channels.

use std::future::Future;
use std::ops::DerefMut;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::sync::{Mutex, oneshot};

use super::Tokio;
use crate::rt::sync::{Mutexes, Oneshots};

impl Mutexes for Tokio {
    type Lock = Mutex<u64>;

    fn new_lock(value: u64) -> Mutex<u64> {
        Mutex::new(value)
    }

    fn lock(lock: &Mutex<u64>) -> impl Future<Output = impl DerefMut<Target = u64> + Send> + Send {
        lock.lock()
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
