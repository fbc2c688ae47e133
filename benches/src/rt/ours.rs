//! evenkeel, on as many workers as asked for.

use std::future::Future;
use std::time::Duration;

use evenkeel::{Options, Runner, Task};

use super::{Rt, Threads};

mod sync;
mod net;

/// The subject.
pub(crate) struct Evenkeel;

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
}

impl Threads for Evenkeel {
    fn to_thread<T, F>(call: F) -> impl Future<Output = T> + Send + 'static
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        evenkeel::to_thread(call)
    }
}
