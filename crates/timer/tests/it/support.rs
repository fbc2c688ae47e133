//! A small single-threaded loop over manual time: strict FIFO, in batches, as asyncio's is.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use evenkeel_timer::{Clock, Entered, ManualClock, Timers, TimersOptions};

/// Timers on a clock moved by hand, or by itself.
pub(crate) fn timers(clock: &ManualClock) -> Timers {
    sharded(clock, 1)
}

pub(crate) fn sharded(clock: &ManualClock, shards: usize) -> Timers {
    let options = TimersOptions { shards, clock: Arc::new(clock.clone()) };
    Timers::new(options, || {})
}

/// A waker that counts.
#[derive(Default)]
pub(crate) struct Count(AtomicUsize);

impl Count {
    pub(crate) fn new() -> (Arc<Count>, Waker) {
        let count = Arc::new(Count::default());
        (count.clone(), count.into())
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Polls once.
pub(crate) fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

pub(crate) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

type Ready = Arc<Mutex<VecDeque<Arc<Task>>>>;

struct Task {
    future: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
    ready: Ready,
    woken: Mutex<bool>,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        let mut woken = self.woken.lock().unwrap();
        if !*woken {
            *woken = true;
            self.ready.lock().unwrap().push_back(self.clone());
        }
    }
}

/// Tasks, timers and a clock that jumps when nothing is ready.
pub(crate) struct Loop {
    pub(crate) clock: ManualClock,
    pub(crate) timers: Timers,
    ready: Ready,
    _entered: Entered,
}

impl Loop {
    pub(crate) fn new() -> Loop {
        let clock = ManualClock::auto_jump();
        let timers = timers(&clock);
        let entered = timers.enter(0);
        Loop { clock, timers, ready: Ready::default(), _entered: entered }
    }

    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) -> Handle {
        let task = Arc::new(Task {
            future: Mutex::new(Some(Box::pin(future))),
            ready: self.ready.clone(),
            woken: Mutex::new(false),
        });
        task.clone().wake();
        Handle(task)
    }

    /// Runs what is ready now, once each, then fires what is due. Whether anything was ready.
    pub(crate) fn tick(&self) -> bool {
        let batch = std::mem::take(&mut *self.ready.lock().unwrap());
        let any = !batch.is_empty();
        for task in batch {
            *task.woken.lock().unwrap() = false;
            let mut future = task.future.lock().unwrap();
            if let Some(running) = future.as_mut() {
                let waker = Waker::from(task.clone());
                if running.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                    *future = None;
                }
            }
        }
        self.timers.fire(self.clock.now());
        any
    }

    /// Runs until nothing is ready and nothing is armed.
    pub(crate) fn run(&self) {
        loop {
            if !self.tick() && self.ready.lock().unwrap().is_empty() {
                if !self.clock.idle(self.timers.next_deadline()) {
                    return;
                }
                self.timers.fire(self.clock.now());
            }
        }
    }
}

/// Runs one future to its end and returns its value.
pub(crate) fn run<T: Send + 'static>(
    world: &Loop,
    future: impl Future<Output = T> + Send + 'static,
) -> T {
    let (send, receive) = std::sync::mpsc::channel();
    world.spawn(async move { send.send(future.await).unwrap() });
    world.run();
    receive.try_recv().expect("the future ended")
}

/// A task that can be cancelled: its future is dropped.
pub(crate) struct Handle(Arc<Task>);

impl Handle {
    pub(crate) fn cancel(&self) {
        let future = self.0.future.lock().unwrap().take();
        drop(future);
    }
}

/// What happened, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub(crate) fn get(&self) -> String {
        self.0.lock().unwrap().join(" ")
    }
}
