//! smol: its static executors, which are faster than the borrowing ones, driven by `block_on`.
//!
//! One thread has the local executor, more share the other one. Everything else is the same.

use std::future::Future;
use std::marker::PhantomData;
use std::time::Duration;

use async_executor::{Executor, LocalExecutor, StaticExecutor, StaticLocalExecutor};
use futures_lite::future;
use smol::{Task, Timer};

use super::{Remote, Rt, Threads};

mod sync;
mod net;
mod system;

/// smol on one of its executors.
pub(crate) struct Smol<E>(PhantomData<E>);

/// smol on one thread.
pub(crate) type SmolLocal = Smol<Local>;

/// smol on several.
pub(crate) type SmolShared = Smol<Shared>;

/// What the two executors differ in.
pub(crate) trait Exec: 'static {
    const THREADS: &'static [usize];

    fn run<F>(threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    fn block_on<F>(threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    fn start_stop(threads: usize);

    fn spawn<F>(future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;
}

/// The executor of one thread.
pub(crate) struct Local;

/// The executor that threads share.
pub(crate) struct Shared;

static EXECUTOR: StaticExecutor = StaticExecutor::new();

thread_local! {
    static LOCAL: &'static StaticLocalExecutor = LocalExecutor::new().leak();
}

impl Exec for Shared {
    const THREADS: &'static [usize] = &[2];

    fn run<F>(threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Self::block_on(threads, EXECUTOR.spawn(main))
    }

    fn block_on<F>(threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        for _ in 1..threads {
            // They outlive `run`, as the executor does; the process ends soon after.
            std::thread::spawn(|| smol::block_on(EXECUTOR.run(future::pending::<()>())));
        }
        smol::block_on(EXECUTOR.run(main))
    }

    /// A static executor's threads have no end; so this is the other one, as its documentation
    /// ends it: by a channel that closes.
    fn start_stop(threads: usize) {
        let executor = Executor::new();
        let (signal, shutdown) = smol::channel::unbounded::<()>();
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(|| smol::block_on(executor.run(shutdown.recv())));
            }
            smol::block_on(executor.run(executor.spawn(async {})));
            drop(signal);
        });
    }

    fn spawn<F>(future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        EXECUTOR.spawn(future)
    }
}

impl Exec for Local {
    const THREADS: &'static [usize] = &[1];

    fn run<F>(threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        LOCAL.with(|executor| Self::block_on(threads, executor.spawn(main)))
    }

    fn block_on<F>(_threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        LOCAL.with(|executor| smol::block_on(executor.run(main)))
    }

    fn start_stop(_threads: usize) {
        let executor = LocalExecutor::new();
        smol::block_on(executor.run(executor.spawn(async {})));
    }

    fn spawn<F>(future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        LOCAL.with(|executor| executor.spawn(future))
    }
}

impl<E: Exec> Rt for Smol<E> {
    const NAME: &'static str = "smol";
    const THREADS: &'static [usize] = E::THREADS;

    type Handle<T: Send + 'static> = Task<T>;

    fn run<F>(threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        E::run(threads, main)
    }

    fn block_on<F>(threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        E::block_on(threads, main)
    }

    fn start_stop(threads: usize) {
        E::start_stop(threads);
    }

    fn spawn<F>(future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        E::spawn(future)
    }

    fn spawn_detached<F>(future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        E::spawn(future).detach();
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        future::yield_now()
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
}

impl<E: Exec> Threads for Smol<E> {
    fn to_thread<T, F>(call: F) -> impl Future<Output = T> + Send + 'static
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        smol::unblock(call)
    }
}

/// The local executor takes nothing from other threads.
impl Remote for SmolShared {
    type Spawner = ();

    fn spawner() {}

    fn spawn_from<F>((): &(), future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        EXECUTOR.spawn(future).detach();
    }
}
