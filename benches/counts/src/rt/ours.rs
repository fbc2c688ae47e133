//! evenkeel, on as many workers as asked for.

use std::future::Future;
use std::time::{Duration, Instant};

use evenkeel::net::UnixStream;
use evenkeel::sync::channel::{Receiver, Sender};
use evenkeel::{Handle, Lock, Options, Runner, Task};
use futures_lite::{AsyncReadExt, AsyncWriteExt};

use super::Rt;

/// The subject.
pub(crate) struct Evenkeel;

impl Rt for Evenkeel {
    type Task = Task<()>;
    type Spawner = Handle;
    type Lock = Lock<u64>;
    type Sender = Sender<u64>;
    type Receiver = Receiver<u64>;
    type Stream = UnixStream;

    fn run(workers: usize, main: impl Future<Output = ()> + Send + 'static) {
        // By number: by time they would depend on how slow it is to be watched.
        let options = Options { workers, look_every: Some(61), ..Options::default() };
        let mut runner = Runner::new(options).expect("threads and descriptors are to be had");
        runner.run(async { evenkeel::create_task(main).await });
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Task<()> {
        evenkeel::create_task(future)
    }

    fn detach(future: impl Future<Output = ()> + Send + 'static) {
        evenkeel::create_task(future).detach();
    }

    fn spawner() -> Handle {
        Handle::current()
    }

    fn detach_on(spawner: &Handle, future: impl Future<Output = ()> + Send + 'static) {
        spawner.spawn(future).detach();
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        evenkeel::yield_now()
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send + 'static {
        evenkeel::sleep(time)
    }

    fn sleep_until(deadline: Instant) -> impl Future<Output = ()> + Send + 'static {
        evenkeel::sleep_until(deadline)
    }

    fn new_lock() -> Lock<u64> {
        Lock::new(0)
    }

    fn lock(lock: &Lock<u64>) -> impl Future<Output = impl Sized + Send> + Send {
        lock.lock()
    }

    fn channel(places: usize) -> (Sender<u64>, Receiver<u64>) {
        evenkeel::channel(places)
    }

    async fn send(sender: &mut Sender<u64>, item: u64) {
        sender.send(item).await.expect("the receiver is there");
    }

    async fn recv(receiver: &mut Receiver<u64>) -> u64 {
        receiver.recv().await.expect("the sender is there")
    }

    fn to_thread(call: impl FnOnce() + Send + 'static) -> impl Future<Output = ()> + Send {
        evenkeel::to_thread(call)
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
