//! tokio: `current_thread` for one thread, `multi_thread` for more.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::runtime::{self, Builder, Runtime};
use tokio::task::JoinHandle;

use super::{Remote, Rt, Threads};

mod sync;
mod net;
mod system;

/// The larger peer.
pub(crate) struct Tokio;

/// A task known to end well.
pub(crate) struct Handle<T>(JoinHandle<T>);

impl<T> Future for Handle<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll(cx)).expect("the task ends well"))
    }
}

fn runtime(threads: usize) -> Runtime {
    let mut builder =
        if threads == 1 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    if threads > 1 {
        builder.worker_threads(threads);
    }
    builder.enable_all().build().expect("threads and descriptors are to be had")
}

impl Rt for Tokio {
    const NAME: &'static str = "tokio";
    const THREADS: &'static [usize] = &super::THREADS;

    type Handle<T: Send + 'static> = Handle<T>;

    fn run<F>(threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        runtime(threads).block_on(async { tokio::spawn(main).await.expect("the task ends well") })
    }

    fn block_on<F>(threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        runtime(threads).block_on(main)
    }

    fn start_stop(threads: usize) {
        Self::run(threads, async {});
    }

    fn spawn<F>(future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Handle(tokio::spawn(future))
    }

    fn spawn_detached<F>(future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        drop(tokio::spawn(future));
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        tokio::task::yield_now()
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send + 'static {
        tokio::time::sleep(time)
    }

    async fn timeout<F>(time: Duration, future: F) -> Option<F::Output>
    where
        F: Future + Send,
        F::Output: Send,
    {
        tokio::time::timeout(time, future).await.ok()
    }

    /// Without it every 128th operation of a task is refused once, and a case that polls by hand
    /// would count work that was not done.
    fn uninterrupted<F: Future + Send>(future: F) -> impl Future<Output = F::Output> + Send {
        tokio::task::unconstrained(future)
    }
}

impl Threads for Tokio {
    fn to_thread<T, F>(call: F) -> impl Future<Output = T> + Send + 'static
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        Handle(tokio::task::spawn_blocking(call))
    }
}

impl Remote for Tokio {
    type Spawner = runtime::Handle;

    fn spawner() -> runtime::Handle {
        runtime::Handle::current()
    }

    fn spawn_from<F>(handle: &runtime::Handle, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        drop(handle.spawn(future));
    }
}
