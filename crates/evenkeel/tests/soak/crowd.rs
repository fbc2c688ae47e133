//! What programs are made of: numbers, pauses, waits that are cut short, and crowds some of whom are
//! cancelled.

use std::future::{Future, IntoFuture, poll_fn};
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use evenkeel::testing::Seed;
use evenkeel::{CancelScope, Task, create_task, sleep, timeout, yield_now};

/// Numbers that a seed decides, and that each task has of its own.
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn of(seed: Seed) -> Draw {
        Draw(seed.numbers().next().expect("it has no end") | 1)
    }

    pub(crate) fn of_number(number: u64) -> Draw {
        Draw(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) % bound
    }

    pub(crate) fn place(&mut self, bound: usize) -> usize {
        self.below(bound as u64) as usize
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// A time short enough that several deadlines fall on one moment.
    pub(crate) fn ms(&mut self) -> Duration {
        Duration::from_millis(self.below(4))
    }

    pub(crate) fn fork(&mut self) -> Draw {
        Draw::of_number(self.below(1 << 32) << 20 | self.below(1 << 20))
    }
}

/// Goes on at once, a few polls later, or later by the clock.
pub(crate) async fn pause(draw: &mut Draw) {
    match draw.below(4) {
        0 => {}
        1 => yield_now().await,
        2 => {
            for _ in 0..draw.below(4) {
                yield_now().await;
            }
        }
        _ => sleep(draw.ms()).await,
    }
}

/// Waits for `future`; or gives up by a timeout, a cancelled scope, its deadline, or by dropping it.
pub(crate) async fn bounded<F: IntoFuture>(draw: &mut Draw, future: F) -> Option<F::Output> {
    match draw.below(8) {
        0 | 1 => timeout(draw.ms(), future).await.ok(),
        2 => CancelScope::within(draw.ms()).run(future).await.ok(),
        3 => {
            let scope = CancelScope::new();
            let (remote, mut own) = (scope.clone(), draw.fork());
            let canceller = create_task(async move {
                pause(&mut own).await;
                remote.cancel();
            });
            let output = scope.run(future).await.ok();
            drop(canceller);
            output
        }
        4 => give_up(draw.below(4), future).await,
        _ => Some(future.await),
    }
}

/// Drops `future` when it has been polled so often.
async fn give_up<F: IntoFuture>(polls: u64, future: F) -> Option<F::Output> {
    let mut future = pin!(future.into_future());
    for _ in 0..polls {
        let poll = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
        if let Poll::Ready(output) = poll {
            return Some(output);
        }
        yield_now().await;
    }
    None
}

/// Starts `count` tasks, cancels some of the first `victims` at some moment, and waits for all: what they
/// answered, `None` of those who were cancelled.
pub(crate) async fn crowd<F>(
    draw: &mut Draw,
    count: usize,
    victims: usize,
    member: impl Fn(usize, Draw) -> F,
) -> Vec<Option<F::Output>>
where
    F: Future<Output: Send> + Send + 'static,
{
    let tasks = start(draw, count, member);
    harass(draw, &tasks[..victims]).await;
    outcomes(tasks).await
}

/// The first half of [`crowd`].
pub(crate) fn start<F>(
    draw: &mut Draw,
    count: usize,
    member: impl Fn(usize, Draw) -> F,
) -> Vec<Task<F::Output>>
where
    F: Future<Output: Send> + Send + 'static,
{
    (0..count).map(|n| create_task(member(n, draw.fork()))).collect()
}

/// Cancels none, one or two, wherever they are.
pub(crate) async fn harass<T>(draw: &mut Draw, victims: &[Task<T>]) {
    for _ in 0..draw.below(3) {
        pause(draw).await;
        pause(draw).await;
        if !victims.is_empty() {
            victims[draw.place(victims.len())].cancel();
        }
    }
}

/// Waits for all; a panic goes on here.
pub(crate) async fn outcomes<T>(tasks: Vec<Task<T>>) -> Vec<Option<T>> {
    let mut values = Vec::with_capacity(tasks.len());
    for task in tasks {
        values.push(match task.join().await {
            Ok(value) => Some(value),
            Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
            Err(_) => None,
        });
    }
    values
}

/// How many of some kind there are, and were.
#[derive(Clone, Default)]
pub(crate) struct Census(Arc<[AtomicUsize; 2]>);

/// One of them.
pub(crate) struct Alive(Census);

impl Census {
    pub(crate) fn enter(&self) -> Alive {
        self.0[0].fetch_add(1, Ordering::Relaxed);
        self.0[1].fetch_add(1, Ordering::Relaxed);
        Alive(self.clone())
    }

    pub(crate) fn alive(&self) -> usize {
        self.0[0].load(Ordering::Relaxed)
    }

    pub(crate) fn ever(&self) -> usize {
        self.0[1].load(Ordering::Relaxed)
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.0[0].fetch_sub(1, Ordering::Relaxed);
    }
}
