//! smol: its static executors, which are faster than the borrowing ones, driven by `block_on`.
//!
//! One thread has the local executor, more share the other one. Everything else is the same.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::DerefMut;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_executor::{LocalExecutor, StaticExecutor, StaticLocalExecutor};
use futures_channel::oneshot;
use futures_lite::{AsyncReadExt, AsyncWriteExt, future};
use smol::lock::Mutex;
use smol::{Async, Task, Timer};

use super::Rt;

/// smol on several threads.
pub(crate) struct SmolStatic;

/// smol on one.
pub(crate) struct SmolLocal;

static EXECUTOR: StaticExecutor = StaticExecutor::new();

thread_local! {
    static LOCAL: &'static StaticLocalExecutor = LocalExecutor::new().leak();
}

/// A receiver whose sender is known to send.
pub(crate) struct Receiver(oneshot::Receiver<u64>);

impl Future for Receiver {
    type Output = u64;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u64> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll(cx)).expect("the sender sends"))
    }
}

/// All but `run` and `spawn`, which are what the two flavours differ in.
macro_rules! shared {
    () => {
        type Handle<T: Send + 'static> = Task<T>;
        type Lock = Mutex<u64>;
        type Sender = oneshot::Sender<u64>;
        type Receiver = Receiver;
        type Listener = Async<TcpListener>;
        type Stream = Async<TcpStream>;

        fn yield_now() -> impl Future<Output = ()> + Send {
            future::yield_now()
        }

        fn gather<F>(futures: Vec<F>) -> impl Future<Output = Vec<F::Output>> + Send
        where
            F: Future + Send + 'static,
            F::Output: Send + 'static,
        {
            futures_util::future::join_all(futures)
        }

        async fn sleep(time: Duration) {
            Timer::after(time).await;
        }

        async fn timeout<F>(time: Duration, future: F) -> Option<F::Output>
        where
            F: Future + Send,
            F::Output: Send,
        {
            let work = async { Some(future.await) };
            let limit = async {
                Timer::after(time).await;
                None
            };
            future::or(work, limit).await
        }

        fn new_lock(value: u64) -> Mutex<u64> {
            Mutex::new(value)
        }

        fn lock(
            lock: &Mutex<u64>,
        ) -> impl Future<Output = impl DerefMut<Target = u64> + Send> + Send {
            lock.lock()
        }

        fn oneshot() -> (oneshot::Sender<u64>, Receiver) {
            let (sender, receiver) = oneshot::channel();
            (sender, Receiver(receiver))
        }

        fn send(sender: oneshot::Sender<u64>, value: u64) {
            sender.send(value).expect("the receiver waits");
        }

        fn to_thread<T, F>(call: F) -> impl Future<Output = T> + Send + 'static
        where
            T: Send + 'static,
            F: FnOnce() -> T + Send + 'static,
        {
            smol::unblock(call)
        }

        async fn listen() -> io::Result<(Async<TcpListener>, SocketAddr)> {
            let listener = Async::<TcpListener>::bind(([127, 0, 0, 1], 0))?;
            let address = listener.get_ref().local_addr()?;
            Ok((listener, address))
        }

        async fn accept(listener: &Async<TcpListener>) -> io::Result<Async<TcpStream>> {
            Ok(listener.accept().await?.0)
        }

        async fn read(stream: &mut Async<TcpStream>, buffer: &mut [u8]) -> io::Result<usize> {
            stream.read(buffer).await
        }

        async fn write_all(stream: &mut Async<TcpStream>, bytes: &[u8]) -> io::Result<()> {
            stream.write_all(bytes).await
        }
    };
}

impl Rt for SmolStatic {
    shared!();

    fn run<F>(threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        for _ in 1..threads {
            // They outlive `run`, as the executor does; the process ends soon after.
            std::thread::spawn(|| smol::block_on(EXECUTOR.run(future::pending::<()>())));
        }
        let main = EXECUTOR.spawn(main);
        smol::block_on(EXECUTOR.run(main))
    }

    fn spawn<F>(future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        EXECUTOR.spawn(future)
    }
}

impl Rt for SmolLocal {
    shared!();

    fn run<F>(_threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        LOCAL.with(|executor| smol::block_on(executor.run(executor.spawn(main))))
    }

    fn spawn<F>(future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        LOCAL.with(|executor| executor.spawn(future))
    }
}
