//! tokio: `current_thread` for one worker, `multi_thread` for more.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::runtime::{Builder, Handle};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use super::Rt;

/// The larger peer.
pub(crate) struct Tokio;

/// A task known to end well.
pub(crate) struct Task(JoinHandle<()>);

impl Future for Task {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(|ended| ended.expect("the task ends well"))
    }
}

impl Rt for Tokio {
    type Task = Task;
    type Spawner = Handle;
    type Lock = Mutex<u64>;
    type Sender = mpsc::Sender<u64>;
    type Receiver = mpsc::Receiver<u64>;
    type Stream = UnixStream;

    fn run(workers: usize, main: impl Future<Output = ()> + Send + 'static) {
        let mut builder =
            if workers == 1 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
        if workers > 1 {
            builder.worker_threads(workers);
        }
        let runtime = builder.enable_all().build().expect("threads and descriptors are to be had");
        runtime.block_on(async { tokio::spawn(main).await.expect("the task ends well") });
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Task {
        Task(tokio::spawn(future))
    }

    fn detach(future: impl Future<Output = ()> + Send + 'static) {
        drop(tokio::spawn(future));
    }

    fn spawner() -> Handle {
        Handle::current()
    }

    fn detach_on(spawner: &Handle, future: impl Future<Output = ()> + Send + 'static) {
        drop(spawner.spawn(future));
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        tokio::task::yield_now()
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send + 'static {
        tokio::time::sleep(time)
    }

    fn sleep_until(deadline: Instant) -> impl Future<Output = ()> + Send + 'static {
        tokio::time::sleep_until(deadline.into())
    }

    fn new_lock() -> Mutex<u64> {
        Mutex::new(0)
    }

    fn lock(lock: &Mutex<u64>) -> impl Future<Output = impl Sized + Send> + Send {
        lock.lock()
    }

    fn channel(places: usize) -> (mpsc::Sender<u64>, mpsc::Receiver<u64>) {
        mpsc::channel(places)
    }

    async fn send(sender: &mut mpsc::Sender<u64>, item: u64) {
        sender.send(item).await.expect("the receiver is there");
    }

    async fn recv(receiver: &mut mpsc::Receiver<u64>) -> u64 {
        receiver.recv().await.expect("the sender is there")
    }

    async fn to_thread(call: impl FnOnce() + Send + 'static) {
        tokio::task::spawn_blocking(call).await.expect("the call ends well");
    }

    fn pair() -> (UnixStream, UnixStream) {
        UnixStream::pair().expect("descriptors are to be had")
    }

    async fn read(stream: &mut UnixStream, buffer: &mut [u8]) {
        stream.read_exact(buffer).await.expect("the other end is there");
    }

    async fn write(stream: &mut UnixStream, bytes: &[u8]) {
        stream.write_all(bytes).await.expect("the other end is there");
    }
}
