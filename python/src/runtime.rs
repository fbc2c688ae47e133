//! evenkeel, as pyo3-async-runtimes wants a runtime to be.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use evenkeel::sync::Receiver;
use futures_lite::FutureExt;
use pyo3_async_runtimes::TaskLocals;
use pyo3_async_runtimes::generic::{ContextExt, JoinError, Runtime};

use crate::{background, locals};

/// Names evenkeel to the generic functions of pyo3-async-runtimes, for what this crate does not wrap.
#[derive(Debug)]
pub struct EvenkeelRuntime;

/// Why a spawned future has no value.
#[derive(Debug)]
pub struct Failed(Option<Box<dyn Any + Send>>);

impl JoinError for Failed {
    fn is_panic(&self) -> bool {
        self.0.is_some()
    }

    fn into_panic(self) -> Box<dyn Any + Send> {
        self.0.expect("is_panic() was asked first")
    }
}

/// The end of something spawned. Dropping it leaves the work to itself, as the bridge expects.
#[derive(Debug)]
pub struct Ending(Option<Receiver<Result<(), Failed>>>);

impl Future for Ending {
    type Output = Result<(), Failed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(receiver) = &mut self.0 else {
            return Poll::Ready(Err(Failed(None)));
        };
        // A sender that is gone: the task was cancelled.
        Pin::new(receiver).poll(cx).map(|ended| ended.unwrap_or(Err(Failed(None))))
    }
}

impl Runtime for EvenkeelRuntime {
    type JoinError = Failed;
    type JoinHandle = Ending;

    fn spawn<F>(future: F) -> Ending
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (sender, receiver) = evenkeel::oneshot();
        let Ok(handle) = background::handle() else {
            return Ending(None);
        };
        let told = async move {
            let ended = AssertUnwindSafe(future).catch_unwind().await;
            let _ = sender.send(ended.map_err(|panic| Failed(Some(panic))));
        };
        handle.spawn(told).detach();
        Ending(Some(receiver))
    }

    fn spawn_blocking<F>(call: F) -> Ending
    where
        F: FnOnce() + Send + 'static,
    {
        let (sender, receiver) = evenkeel::oneshot();
        let told = move || {
            let ended = std::panic::catch_unwind(AssertUnwindSafe(call));
            let _ = sender.send(ended.map_err(|panic| Failed(Some(panic))));
        };
        match background::attached(told) {
            Ok(task) => task.detach(),
            Err(_) => return Ending(None),
        }
        Ending(Some(receiver))
    }
}

impl ContextExt for EvenkeelRuntime {
    fn scope<F, R>(locals: TaskLocals, future: F) -> Pin<Box<dyn Future<Output = R> + Send>>
    where
        F: Future<Output = R> + Send + 'static,
    {
        Box::pin(locals::scope(locals, future))
    }

    fn get_task_locals() -> Option<TaskLocals> {
        locals::current()
    }
}
