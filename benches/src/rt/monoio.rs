//! monoio: one thread, io_uring, buffers lent to the kernel.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_lite::future;
use monoio::blocking::DefaultThreadPool;
use monoio::task::JoinHandle;
use monoio::{FusionDriver, RuntimeBuilder};

use super::one_thread::OneThread;
use super::{Rt, Threads};

mod sync;
mod net;

/// The peer with the cheapest tasks.
pub(crate) struct Monoio;

/// Its pool is of a fixed size, and there is no default.
const POOL: usize = 16;

/// A call on the pool, known to end well.
struct Call<F>(F);

impl<T, E: std::fmt::Debug, F: Future<Output = Result<T, E>> + Unpin> Future for Call<F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll(cx)).expect("the call ends well"))
    }
}

/// Says that a value of this runtime may be sent.
fn here<T>(value: T) -> OneThread<T> {
    // SAFETY: ONE THREAD: this runtime has one.
    unsafe { OneThread::new(value) }
}

fn block_on<F: Future>(main: F) -> F::Output {
    let pool = DefaultThreadPool::new(POOL);
    RuntimeBuilder::<FusionDriver>::new()
        .enable_timer()
        .attach_thread_pool(Box::new(pool))
        .build()
        .expect("a ring is to be had")
        .block_on(main)
}

impl Rt for Monoio {
    const NAME: &'static str = "monoio";
    const THREADS: &'static [usize] = &[1];

    type Handle<T: Send + 'static> = JoinHandle<T>;

    fn run<F>(_threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        block_on(async { Self::spawn(main).await })
    }

    fn block_on<F>(_threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        block_on(main)
    }

    /// Without a pool, which it does not start by itself.
    fn start_stop(_threads: usize) {
        RuntimeBuilder::<FusionDriver>::new()
            .enable_timer()
            .build()
            .expect("a ring is to be had")
            .block_on(async { Self::spawn(async {}).await });
    }

    fn spawn<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        monoio::spawn(future)
    }

    fn spawn_detached<F>(future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        drop(monoio::spawn(future));
    }

    /// It has none of its own.
    fn yield_now() -> impl Future<Output = ()> + Send {
        future::yield_now()
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send + 'static {
        here(async move { monoio::time::sleep(time).await })
    }

    async fn timeout<F>(time: Duration, future: F) -> Option<F::Output>
    where
        F: Future + Send,
        F::Output: Send,
    {
        here(monoio::time::timeout(time, future)).await.ok()
    }
}

impl Threads for Monoio {
    fn to_thread<T, F>(call: F) -> impl Future<Output = T> + Send + 'static
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        here(Call(monoio::spawn_blocking(call)))
    }
}
