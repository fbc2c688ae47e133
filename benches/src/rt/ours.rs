//! evenkeel, on as many workers as asked for.

use std::future::Future;
use std::sync::LazyLock;
use std::time::Duration;

use evenkeel::{Handle, Options, Runner, Task, ThreadPool};

use super::{Remote, Rt, Threads};

mod sync;
mod net;
mod system;

/// The subject.
pub(crate) struct Evenkeel;

/// The peers' pools may have about five hundred.
const MANY: usize = 512;

fn runner(threads: usize) -> Runner {
    let options = Options { workers: threads, ..Options::default() };
    Runner::new(options).expect("threads and descriptors are to be had")
}

impl Rt for Evenkeel {
    const NAME: &'static str = "evenkeel";
    const THREADS: &'static [usize] = &super::THREADS;

    type Handle<T: Send + 'static> = Task<T>;

    fn run<F>(threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        runner(threads).run(async { evenkeel::create_task(main).await })
    }

    fn run_coarse<F>(threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let timer_resolution = Duration::from_millis(1);
        let options = Options { workers: threads, timer_resolution, ..Options::default() };
        let mut runner = Runner::new(options).expect("threads and descriptors are to be had");
        runner.run(async { evenkeel::create_task(main).await })
    }

    fn block_on<F>(threads: usize, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        runner(threads).run(main)
    }

    fn start_stop(threads: usize) {
        Self::run(threads, async {});
    }

    fn spawn<F>(future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        evenkeel::create_task(future)
    }

    fn spawn_detached<F>(future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        evenkeel::create_task(future).detach();
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

    /// As tokio's: our tasks have a budget, too.
    fn uninterrupted<F: Future + Send>(future: F) -> impl Future<Output = F::Output> + Send {
        evenkeel::unconstrained(future)
    }
}

impl Threads for Evenkeel {
    fn to_thread<T, F>(call: F) -> impl Future<Output = T> + Send + 'static
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        evenkeel::to_thread(call)
    }

    /// The runner's pool has as few threads as asyncio's; who blocks many makes one of their own.
    fn to_one_of_many<T, F>(call: F) -> impl Future<Output = T> + Send + 'static
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        static POOL: LazyLock<ThreadPool> = LazyLock::new(|| ThreadPool::new(MANY));
        POOL.run(call)
    }
}

impl Remote for Evenkeel {
    type Spawner = Handle;

    fn spawner() -> Handle {
        Handle::current()
    }

    fn spawn_from<F>(handle: &Handle, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        handle.spawn(future).detach();
    }
}
