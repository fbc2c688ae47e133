//! evenkeel, on as many workers as asked for.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::ops::DerefMut;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use evenkeel::net::{TcpListener, TcpStream};
use evenkeel::{Lock, Options, Runner, Task};
use futures_lite::{AsyncReadExt, AsyncWriteExt};

use super::Rt;

/// The subject.
pub(crate) struct Evenkeel;

/// A receiver whose sender is known to send.
pub(crate) struct Receiver(evenkeel::sync::Receiver<u64>);

impl Future for Receiver {
    type Output = u64;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u64> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll(cx)).expect("the sender sends"))
    }
}

impl Rt for Evenkeel {
    type Handle<T: Send + 'static> = Task<T>;
    type Lock = Lock<u64>;
    type Sender = evenkeel::sync::Sender<u64>;
    type Receiver = Receiver;
    type Listener = TcpListener;
    type Stream = TcpStream;

    fn run<F>(threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let options = Options { workers: threads, ..Options::default() };
        let mut runner = Runner::new(options).expect("threads and descriptors are to be had");
        runner.run(async { evenkeel::create_task(main).await })
    }

    fn spawn<F>(future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        evenkeel::create_task(future)
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        evenkeel::yield_now()
    }

    fn gather<F>(futures: Vec<F>) -> impl Future<Output = Vec<F::Output>> + Send
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        evenkeel::gather(futures)
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send + 'static {
        evenkeel::sleep(time)
    }

    async fn timeout<F>(time: Duration, future: F) -> Option<F::Output>
    where
        F: Future + Send,
        F::Output: Send,
    {
        evenkeel::timeout(time, future).await.ok()
    }

    fn new_lock(value: u64) -> Lock<u64> {
        Lock::new(value)
    }

    fn lock(lock: &Lock<u64>) -> impl Future<Output = impl DerefMut<Target = u64> + Send> + Send {
        lock.lock()
    }

    fn oneshot() -> (Self::Sender, Receiver) {
        let (sender, receiver) = evenkeel::oneshot();
        (sender, Receiver(receiver))
    }

    fn send(sender: Self::Sender, value: u64) {
        sender.send(value).expect("the receiver waits");
    }

    fn to_thread<T, F>(call: F) -> impl Future<Output = T> + Send + 'static
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        evenkeel::to_thread(call)
    }

    async fn listen() -> io::Result<(TcpListener, SocketAddr)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    }

    async fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
        Ok(listener.accept().await?.0)
    }

    async fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
        stream.read(buffer).await
    }

    async fn write_all(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
        stream.write_all(bytes).await
    }
}
