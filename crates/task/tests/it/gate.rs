//! A future that a test opens by hand and that counts its polls; and a waker that counts its wakes.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use evenkeel_task::yield_now;

/// The hand that opens.
#[derive(Clone)]
pub(crate) struct Gate<T> {
    state: Arc<Mutex<State<T>>>,
}

struct State<T> {
    value: Option<T>,
    waker: Option<Waker>,
    polls: usize,
}

impl<T> Gate<T> {
    pub(crate) fn new() -> Gate<T> {
        Gate { state: Arc::new(Mutex::new(State { value: None, waker: None, polls: 0 })) }
    }

    pub(crate) fn opened(value: T) -> Gate<T> {
        let gate = Gate::new();
        gate.open(value);
        gate
    }

    pub(crate) fn open(&self, value: T) {
        let mut state = self.state.lock().unwrap();
        state.value = Some(value);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(crate) fn polls(&self) -> usize {
        self.state.lock().unwrap().polls
    }

    /// The waker of the last poll.
    pub(crate) fn waker(&self) -> Waker {
        self.state.lock().unwrap().waker.clone().expect("not polled")
    }

    /// Whether a future of this gate is still about.
    pub(crate) fn is_awaited(&self) -> bool {
        Arc::strong_count(&self.state) > 1
    }

    pub(crate) fn wait(&self) -> Through<T> {
        Through { state: Arc::clone(&self.state) }
    }
}

pub(crate) fn gates<T>(count: usize) -> Vec<Gate<T>> {
    std::iter::repeat_with(Gate::new).take(count).collect()
}

pub(crate) struct Through<T> {
    state: Arc<Mutex<State<T>>>,
}

impl<T> Future for Through<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let mut state = self.state.lock().unwrap();
        state.polls += 1;
        if let Some(value) = state.value.take() {
            return Poll::Ready(value);
        }
        let old = state.waker.replace(cx.waker().clone());
        drop(state);
        drop(old);
        Poll::Pending
    }
}

/// How often it was woken.
#[derive(Default)]
pub(crate) struct Wakes(AtomicUsize);

impl Wakes {
    pub(crate) fn take(&self) -> usize {
        self.0.swap(0, SeqCst)
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Polls once; every later use wakes `wakes`.
pub(crate) fn poll<F: Future + Unpin>(future: &mut F, wakes: &Arc<Wakes>) -> Poll<F::Output> {
    let waker = Waker::from(Arc::clone(wakes));
    Pin::new(future).poll(&mut Context::from_waker(&waker))
}

/// Lets the others go first, `count` times.
pub(crate) async fn ticks(count: usize) {
    for _ in 0..count {
        yield_now().await;
    }
}

/// What happened, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    /// `name` is logged when this is dropped: what `finally` is in Python.
    pub(crate) fn guard(&self, name: &str) -> Guard {
        Guard { log: self.clone(), name: name.to_owned() }
    }

    /// Whether everybody who might add a line is gone.
    pub(crate) fn is_only_held_here(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    /// All lines in one.
    pub(crate) fn said(&self) -> String {
        self.0.lock().unwrap().join(" ")
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

pub(crate) struct Guard {
    log: Log,
    name: String,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.log.add(&*self.name);
    }
}
