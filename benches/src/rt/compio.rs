//! compio: one thread, io_uring, buffers lent to the kernel.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use compio::runtime::{JoinHandle, Runtime};
use futures_lite::future;

use super::one_thread::OneThread;
use super::{Rt, Threads};

mod sync;
mod net;

/// The faster of the two thread-per-core peers that have timers and a pool.
pub(crate) struct Compio;

/// A task known to end well.
pub(crate) struct Handle<T>(JoinHandle<T>);

impl<T> Future for Handle<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll(cx)).expect("the task ends well"))
    }
}

/// Says that a value of this runtime may be sent.
fn here<T>(value: T) -> OneThread<T> {
    // SAFETY: ONE THREAD: this runtime has one.
    unsafe { OneThread::new(value) }
}

fn runtime() -> Runtime {
    Runtime::new().expect("a ring is to be had")
}

impl Rt for Compio {
    const NAME: &'static str = "compio";
    const THREADS: &'static [usize] = &[1];

    type Handle<T: Send + 'static> = Handle<T>;

    fn run<F>(_threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        runtime().block_on(async { Self::spawn(main).await })
    }

    fn block_on<F>(_threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        runtime().block_on(main)
    }

    fn start_stop(threads: usize) {
        Self::run(threads, async {});
    }

    fn spawn<F>(future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Handle(compio::runtime::spawn(future))
    }

    fn spawn_detached<F>(future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        compio::runtime::spawn(future).detach();
    }

    /// It has none of its own.
    fn yield_now() -> impl Future<Output = ()> + Send {
        future::yield_now()
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send + 'static {
        here(compio::time::sleep(time))
    }

    async fn timeout<F>(time: Duration, future: F) -> Option<F::Output>
    where
        F: Future + Send,
        F::Output: Send,
    {
        here(compio::time::timeout(time, future)).await.ok()
    }
}

impl Threads for Compio {
    fn to_thread<T, F>(call: F) -> impl Future<Output = T> + Send + 'static
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        Handle(compio::runtime::spawn_blocking(call))
    }
}
