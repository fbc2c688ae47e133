//! What an operation may ask of a runtime. All calls but `run` are made from inside a task.

use std::future::Future;
use std::time::{Duration, Instant};

mod ours;
#[cfg(feature = "peers")]
mod tokio;
#[cfg(feature = "peers")]
mod smol;

pub(crate) use ours::Evenkeel;
#[cfg(feature = "peers")]
pub(crate) use {
    self::smol::{SmolLocal, SmolStatic},
    self::tokio::Tokio,
};

/// A runtime, with the calls its users are told to make.
pub(crate) trait Rt: 'static {
    /// Awaiting it gives what the task returned.
    type Task: Future<Output = ()> + Send + 'static;
    /// What a thread outside spawns by.
    type Spawner: Send + 'static;
    type Lock: Send + Sync + 'static;
    type Sender: Send + 'static;
    type Receiver: Send + 'static;
    type Stream: Send + 'static;

    /// Runs `main` as a task among others.
    fn run(workers: usize, main: impl Future<Output = ()> + Send + 'static);

    fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Self::Task;

    fn detach(future: impl Future<Output = ()> + Send + 'static);

    fn spawner() -> Self::Spawner;

    fn detach_on(spawner: &Self::Spawner, future: impl Future<Output = ()> + Send + 'static);

    fn yield_now() -> impl Future<Output = ()> + Send;

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send + 'static;

    fn sleep_until(deadline: Instant) -> impl Future<Output = ()> + Send + 'static;

    fn new_lock() -> Self::Lock;

    fn lock(lock: &Self::Lock) -> impl Future<Output = impl Sized + Send> + Send;

    fn channel(places: usize) -> (Self::Sender, Self::Receiver);

    fn send(sender: &mut Self::Sender, item: u64) -> impl Future<Output = ()> + Send;

    fn recv(receiver: &mut Self::Receiver) -> impl Future<Output = u64> + Send;

    fn to_thread(call: impl FnOnce() + Send + 'static) -> impl Future<Output = ()> + Send;

    fn pair() -> (Self::Stream, Self::Stream);

    fn read(stream: &mut Self::Stream, buffer: &mut [u8]) -> impl Future<Output = ()> + Send;

    fn write(stream: &mut Self::Stream, bytes: &[u8]) -> impl Future<Output = ()> + Send;
}
