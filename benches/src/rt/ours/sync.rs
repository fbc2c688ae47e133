//! evenkeel's locks and channels.

use std::future::Future;
use std::ops::DerefMut;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use evenkeel::Lock;

use super::Evenkeel;
use crate::rt::sync::{Mutexes, Oneshots};

impl Mutexes for Evenkeel {
    type Lock = Lock<u64>;

    fn new_lock(value: u64) -> Lock<u64> {
        Lock::new(value)
    }

    fn lock(lock: &Lock<u64>) -> impl Future<Output = impl DerefMut<Target = u64> + Send> + Send {
        lock.lock()
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
