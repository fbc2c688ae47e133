//! smol: its static executors, which are faster than the borrowing ones, driven by `block_on`.

use std::future::Future;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use async_executor::{LocalExecutor, StaticExecutor, StaticLocalExecutor};
use futures_lite::{AsyncReadExt, AsyncWriteExt, future};
use smol::channel::{Receiver, Sender};
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

/// All but what the two flavours differ in.
macro_rules! shared {
    () => {
        type Task = Task<()>;
        type Spawner = ();
        type Lock = Mutex<u64>;
        type Sender = Sender<u64>;
        type Receiver = Receiver<u64>;
        type Stream = Async<UnixStream>;

        fn spawner() {}

        fn detach(future: impl Future<Output = ()> + Send + 'static) {
            Self::spawn(future).detach();
        }

        fn yield_now() -> impl Future<Output = ()> + Send {
            future::yield_now()
        }

        async fn sleep(time: Duration) {
            Timer::after(time).await;
        }

        async fn sleep_until(deadline: Instant) {
            Timer::at(deadline).await;
        }

        fn new_lock() -> Mutex<u64> {
            Mutex::new(0)
        }

        fn lock(lock: &Mutex<u64>) -> impl Future<Output = impl Sized + Send> + Send {
            lock.lock()
        }

        fn channel(places: usize) -> (Sender<u64>, Receiver<u64>) {
            smol::channel::bounded(places)
        }

        async fn send(sender: &mut Sender<u64>, item: u64) {
            sender.send(item).await.expect("the receiver is there");
        }

        async fn recv(receiver: &mut Receiver<u64>) -> u64 {
            receiver.recv().await.expect("the sender is there")
        }

        fn to_thread(call: impl FnOnce() + Send + 'static) -> impl Future<Output = ()> + Send {
            smol::unblock(call)
        }

        fn pair() -> (Async<UnixStream>, Async<UnixStream>) {
            Async::<UnixStream>::pair().expect("descriptors are to be had")
        }

        async fn read(stream: &mut Async<UnixStream>, buffer: &mut [u8]) {
            stream.read_exact(buffer).await.expect("the other end is there");
        }

        async fn write(stream: &mut Async<UnixStream>, bytes: &[u8]) {
            stream.write_all(bytes).await.expect("the other end is there");
        }
    };
}

impl Rt for SmolStatic {
    shared!();

    fn run(workers: usize, main: impl Future<Output = ()> + Send + 'static) {
        for _ in 1..workers {
            // They outlive `run`, as the executor does; the process ends soon after.
            std::thread::spawn(|| smol::block_on(EXECUTOR.run(future::pending::<()>())));
        }
        let main = EXECUTOR.spawn(main);
        smol::block_on(EXECUTOR.run(main));
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Task<()> {
        EXECUTOR.spawn(future)
    }

    fn detach_on(_: &(), future: impl Future<Output = ()> + Send + 'static) {
        EXECUTOR.spawn(future).detach();
    }
}

impl Rt for SmolLocal {
    shared!();

    fn run(_workers: usize, main: impl Future<Output = ()> + Send + 'static) {
        LOCAL.with(|executor| smol::block_on(executor.run(executor.spawn(main))));
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Task<()> {
        LOCAL.with(|executor| executor.spawn(future))
    }

    fn detach_on(_: &(), _future: impl Future<Output = ()> + Send + 'static) {
        unimplemented!("a local executor takes nothing from other threads");
    }
}
