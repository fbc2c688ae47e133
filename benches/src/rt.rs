//! What a workload may ask of a runtime; each answers with the best it has.
//!
//! Every case is written once, on this trait. A method maps to the call that the runtime's own
//! documentation would send a user to.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::ops::DerefMut;
use std::time::Duration;

mod ours;
mod tokio;
mod smol;

pub(crate) use ours::Evenkeel;
pub(crate) use smol::{SmolLocal, SmolStatic};
pub(crate) use tokio::Tokio;

/// The numbers of threads there are flavours for.
pub(crate) const THREADS: [usize; 2] = [1, 2];

/// A runtime. All calls but `run` are made from inside a task.
pub(crate) trait Rt: 'static {
    /// A task; awaiting it gives what it returned.
    type Handle<T: Send + 'static>: Future<Output = T> + Send + Unpin + 'static;
    type Lock: Send + Sync + 'static;
    type Sender: Send + 'static;
    type Receiver: Future<Output = u64> + Send + Unpin + 'static;
    type Listener: Send + Sync + 'static;
    type Stream: Send + 'static;

    /// Runs `main` as a task of a runtime of that many threads, so that what it spawns is spawned
    /// by a task and not by a foreign thread.
    fn run<F>(threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    fn spawn<F>(future: F) -> Self::Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    fn yield_now() -> impl Future<Output = ()> + Send;

    fn gather<F>(futures: Vec<F>) -> impl Future<Output = Vec<F::Output>> + Send
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send + 'static;

    fn timeout<F>(time: Duration, future: F) -> impl Future<Output = Option<F::Output>> + Send
    where
        F: Future + Send,
        F::Output: Send;

    /// Runs `future` without the runtime's own interruptions, where it has any.
    fn uninterrupted<F: Future + Send>(future: F) -> impl Future<Output = F::Output> + Send {
        future
    }

    fn new_lock(value: u64) -> Self::Lock;

    fn lock(lock: &Self::Lock) -> impl Future<Output = impl DerefMut<Target = u64> + Send> + Send;

    fn oneshot() -> (Self::Sender, Self::Receiver);

    fn send(sender: Self::Sender, value: u64);

    /// Begins at once, or when first polled, as the runtime has it.
    fn to_thread<T, F>(call: F) -> impl Future<Output = T> + Send + 'static
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static;

    fn listen() -> impl Future<Output = io::Result<(Self::Listener, SocketAddr)>> + Send;

    fn accept(listener: &Self::Listener) -> impl Future<Output = io::Result<Self::Stream>> + Send;

    fn read(
        stream: &mut Self::Stream,
        buffer: &mut [u8],
    ) -> impl Future<Output = io::Result<usize>> + Send;

    fn write_all(
        stream: &mut Self::Stream,
        bytes: &[u8],
    ) -> impl Future<Output = io::Result<()>> + Send;
}
