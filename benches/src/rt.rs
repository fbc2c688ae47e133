//! What a workload may ask of a runtime; each answers with the best it has.
//!
//! Every case is written once, on these traits. A method maps to the call that the runtime's own
//! documentation would send a user to. [`Rt`] is what each of them can do; the other traits are
//! for what some lack, and `able!` says who has what. A runtime that lacks a thing does not list
//! its cases.

use std::future::Future;
use std::time::Duration;

mod sync; // locks, events, channels: traits
mod net; // sockets: the traits
mod system; // children and files: the traits
#[cfg(feature = "thread-per-core")]
#[expect(unsafe_code, reason = "only a promise can say that a value stays on its thread")]
mod one_thread; // for runtimes whose tasks stay on one thread
#[expect(unsafe_code, reason = "hyper's buffers are not initialised")]
mod hyper_io; // hyper on the traits of futures-io
mod ours;
mod tokio;
mod smol;
#[cfg(feature = "thread-per-core")]
#[expect(unsafe_code, reason = "of one thread, and says so")]
mod compio;
#[cfg(feature = "thread-per-core")]
#[expect(unsafe_code, reason = "of one thread, and says so")]
mod monoio;

#[cfg(feature = "thread-per-core")]
pub(crate) use compio::Compio;
#[cfg(feature = "thread-per-core")]
pub(crate) use monoio::Monoio;
pub(crate) use net::{Http, Names, Net, Pipes, Tcp, Unix};
pub(crate) use ours::Evenkeel;
pub(crate) use smol::{SmolLocal, SmolShared};
pub(crate) use sync::{
    Bounded, Broadcasts, Channels, Events, Mutexes, Notifies, Oneshots, Queued, RwLocks,
    Semaphores, Shared, Unbounded, Watches,
};
pub(crate) use system::{Files, Processes};
pub(crate) use tokio::Tokio;

/// The numbers of threads there are flavours for.
pub(crate) const THREADS: [usize; 2] = [1, 2];

/// Who has what: one line a trait. A runtime joins all cases that ask for no more than a trait by
/// standing in its line.
macro_rules! able {
    (Rt, $then:ident, $($rest:tt)*) => {
        crate::rt::all!($then, $($rest)*)
    };
    (Threads, $then:ident, $($rest:tt)*) => {
        crate::rt::all!($then, $($rest)*)
    };
    (Remote, $then:ident, $($rest:tt)*) => {
        $then!([Evenkeel, Tokio, SmolShared], $($rest)*)
    };
    (Mutexes, $then:ident, $($rest:tt)*) => {
        crate::rt::all!($then, $($rest)*)
    };
    (Oneshots, $then:ident, $($rest:tt)*) => {
        crate::rt::all!($then, $($rest)*)
    };
    (Semaphores, $then:ident, $($rest:tt)*) => {
        $then!([Evenkeel, Tokio, SmolLocal, SmolShared], $($rest)*)
    };
    (RwLocks, $then:ident, $($rest:tt)*) => {
        $then!([Evenkeel, Tokio, SmolLocal, SmolShared], $($rest)*)
    };
    (Events, $then:ident, $($rest:tt)*) => {
        $then!([Evenkeel, Tokio, SmolLocal, SmolShared], $($rest)*)
    };
    (Notifies, $then:ident, $($rest:tt)*) => {
        $then!([Evenkeel, Tokio, SmolLocal, SmolShared], $($rest)*)
    };
    (Channels, $then:ident, $($rest:tt)*) => {
        $then!([Evenkeel, Tokio, SmolLocal, SmolShared], $($rest)*)
    };
    (ManyReceivers, $then:ident, $($rest:tt)*) => {
        $then!([Evenkeel, SmolLocal, SmolShared], $($rest)*)
    };
    (Broadcasts, $then:ident, $($rest:tt)*) => {
        $then!([Evenkeel, Tokio, SmolLocal, SmolShared], $($rest)*)
    };
    (Watches, $then:ident, $($rest:tt)*) => {
        $then!([Evenkeel, Tokio], $($rest)*)
    };
    (Tcp, $then:ident, $($rest:tt)*) => {
        crate::rt::all!($then, $($rest)*)
    };
    (Unix, $then:ident, $($rest:tt)*) => {
        crate::rt::all!($then, $($rest)*)
    };
    (Http, $then:ident, $($rest:tt)*) => {
        crate::rt::all!($then, $($rest)*)
    };
    (Pipes, $then:ident, $($rest:tt)*) => {
        $then!([Evenkeel, Tokio], $($rest)*)
    };
    (Names, $then:ident, $($rest:tt)*) => {
        $then!([Evenkeel, Tokio, SmolLocal, SmolShared], $($rest)*)
    };
    (Processes, $then:ident, $($rest:tt)*) => {
        $then!([Evenkeel, Tokio, SmolLocal, SmolShared], $($rest)*)
    };
    (Files, $then:ident, $($rest:tt)*) => {
        $then!([Evenkeel, Tokio, SmolLocal, SmolShared], $($rest)*)
    };
    (Mixed, $then:ident, $($rest:tt)*) => {
        crate::rt::all!($then, $($rest)*)
    };
    (Rotating, $then:ident, $($rest:tt)*) => {
        crate::rt::rotating!($then, $($rest)*)
    };
}
pub(crate) use able;

/// Those who can do anything that is asked of more than one.
#[cfg(feature = "thread-per-core")]
macro_rules! all {
    ($then:ident, $($rest:tt)*) => {
        $then!([Evenkeel, Tokio, SmolLocal, SmolShared, Compio, Monoio], $($rest)*)
    };
}
#[cfg(not(feature = "thread-per-core"))]
macro_rules! all {
    ($then:ident, $($rest:tt)*) => {
        $then!([Evenkeel, Tokio, SmolLocal, SmolShared], $($rest)*)
    };
}
pub(crate) use all;

/// Those whose yield lets the other tasks go first. monoio's puts the task in front of them, so
/// cases that wait by yielding would wait for ever.
#[cfg(feature = "thread-per-core")]
macro_rules! rotating {
    ($then:ident, $($rest:tt)*) => {
        $then!([Evenkeel, Tokio, SmolLocal, SmolShared, Compio], $($rest)*)
    };
}
#[cfg(not(feature = "thread-per-core"))]
macro_rules! rotating {
    ($then:ident, $($rest:tt)*) => { crate::rt::all!($then, $($rest)*) };
}
pub(crate) use rotating;

/// A runtime. All calls but `run`, `block_on` and `start_stop` are made from inside a task.
///
/// Futures and handles are `Send`, which a runtime of one thread may not need; such a one wraps its
/// own into [`one_thread::OneThread`].
pub(crate) trait Rt: 'static {
    /// As in the list. Two flavours that are two types share it.
    const NAME: &'static str;

    /// On how many threads this type can run.
    const THREADS: &'static [usize];

    /// A task; awaiting it gives what it returned.
    type Handle<T: Send + 'static>: Future<Output = T> + Send + Unpin + 'static;

    /// Runs `main` as a task of a runtime of that many threads, so that what it spawns is spawned
    /// by a task and not by a foreign thread.
    fn run<F>(threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// The same on a runtime that may let timers be a millisecond late, if it has the choice.
    fn run_coarse<F>(threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Self::run(threads, main)
    }

    /// Runs `main` where the runtime has main futures run: beside its workers in some.
    fn block_on<F>(threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// Starts a runtime, runs one task on it, and ends it: no thread is left.
    fn start_stop(threads: usize);

    fn spawn<F>(future: F) -> Self::Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// Spawns a task that nobody will await.
    fn spawn_detached<F>(future: F)
    where
        F: Future<Output = ()> + Send + 'static;

    fn yield_now() -> impl Future<Output = ()> + Send;

    /// Peers without a call of their own for it use `join_all` of futures-util.
    fn gather<F>(futures: Vec<F>) -> impl Future<Output = Vec<F::Output>> + Send
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        futures_util::future::join_all(futures)
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send + 'static;

    fn timeout<F>(time: Duration, future: F) -> impl Future<Output = Option<F::Output>> + Send
    where
        F: Future + Send,
        F::Output: Send;

    /// Runs `future` without the runtime's own interruptions, where it has any.
    fn uninterrupted<F: Future + Send>(future: F) -> impl Future<Output = F::Output> + Send {
        future
    }
}

/// Spawning from threads that are not the runtime's.
pub(crate) trait Remote: Rt {
    type Spawner: Send + 'static;

    /// To be taken to another thread.
    fn spawner() -> Self::Spawner;

    /// Spawns a task that nobody will await.
    fn spawn_from<F>(spawner: &Self::Spawner, future: F)
    where
        F: Future<Output = ()> + Send + 'static;
}

/// A pool for calls that block.
pub(crate) trait Threads: Rt {
    /// Begins at once, or when first polled, as the runtime has it.
    fn to_thread<T, F>(call: F) -> impl Future<Output = T> + Send + 'static
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static;

    /// The same where many calls block at once, if the usual pool is not for that.
    fn to_one_of_many<T, F>(call: F) -> impl Future<Output = T> + Send + 'static
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        Self::to_thread(call)
    }
}

/// What a server of everything asks for.
pub(crate) trait Mixed: Net<Tcp> + Mutexes + Threads {}

impl<R: Net<Tcp> + Mutexes + Threads> Mixed for R {}
