//! The loops a program runs on: one worker, where the order is asyncio's, and two, where it is nobody's.
//!
//! Both have a clock that jumps when all tasks wait, so a program may sleep for hours and takes no time.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use evenkeel::{ManualClock, Options, Runner, sleep, yield_now};

/// Options of a runner on a clock of its own, which jumps.
pub(crate) fn options(workers: usize) -> (Options, ManualClock) {
    let clock = ManualClock::auto_jump();
    (Options { workers, clock: Arc::new(clock.clone()), ..Options::default() }, clock)
}

pub(crate) fn runner(workers: usize) -> Runner {
    Runner::new(options(workers).0).unwrap()
}

/// Runs `program` as asyncio would: one thread, strict order.
pub(crate) fn on_one<F: Future>(program: impl FnOnce() -> F) -> F::Output {
    let mut runner = runner(1);
    let output = runner.run(program());
    runner.close();
    output
}

/// Runs `program` on one worker, then the same on two. What it asserts may not rest on who is first.
pub(crate) fn on_one_and_two<F: Future<Output = ()>>(program: impl Fn() -> F) {
    for workers in [1, 2] {
        let mut runner = runner(workers);
        runner.run(program());
        runner.close();
    }
}

/// Goes on when all other tasks wait for something: the clock, which jumps only then, moves by a
/// nanosecond. What `sleep(0)`, said often enough, is to asyncio's own tests.
pub(crate) async fn settle() {
    sleep(Duration::from_nanos(1)).await;
}

/// `count` passes of the loop.
pub(crate) async fn ticks(count: usize) {
    for _ in 0..count {
        yield_now().await;
    }
}

pub(crate) const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

pub(crate) const fn secs(count: u64) -> Duration {
    Duration::from_secs(count)
}
