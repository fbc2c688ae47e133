//! What monoio's users take for locks and channels; it has none of its own.

use std::future::Future;
use std::ops::DerefMut;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::lock::Mutex;
use local_sync::oneshot;

use super::{Monoio, here};
use crate::rt::one_thread::OneThread;
use crate::rt::sync::{Mutexes, Oneshots};

impl Mutexes for Monoio {
    type Lock = Mutex<u64>;

    fn new_lock(value: u64) -> Mutex<u64> {
        Mutex::new(value)
    }

    fn lock(lock: &Mutex<u64>) -> impl Future<Output = impl DerefMut<Target = u64> + Send> + Send {
        lock.lock()
    }
}

/// A receiver whose sender is known to send.
pub(crate) struct Receiver(OneThread<oneshot::Receiver<u64>>);

impl Future for Receiver {
    type Output = u64;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u64> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll(cx)).expect("the sender sends"))
    }
}

impl Oneshots for Monoio {
    type Sender = OneThread<oneshot::Sender<u64>>;
    type Receiver = Receiver;

    fn oneshot() -> (Self::Sender, Receiver) {
        let (sender, receiver) = oneshot::channel();
        (here(sender), Receiver(here(receiver)))
    }

    fn send(sender: Self::Sender, value: u64) {
        sender.into_inner().send(value).expect("the receiver waits");
    }
}
