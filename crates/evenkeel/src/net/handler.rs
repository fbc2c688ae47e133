//! What a server runs for each connection: what it may answer, and its panics.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use evenkeel_task::Cancelled;
use pin_project_lite::pin_project;

/// What a handler may answer: nothing, or a `Result`, whose error is reported.
#[diagnostic::on_unimplemented(
    message = "a handler answers `()` or a `Result` whose error is `Display`, not `{Self}`"
)]
pub trait Handled {
    /// What went wrong, if anybody should hear of it.
    #[doc(hidden)]
    fn failure(self) -> Option<String>;
}

impl Handled for () {
    fn failure(self) -> Option<String> {
        None
    }
}

impl<T, E: fmt::Display + 'static> Handled for Result<T, E> {
    fn failure(self) -> Option<String> {
        let error = self.err()?;
        let of_io = (&error as &dyn Any).downcast_ref::<io::Error>();
        let hung_up = of_io.is_some_and(|error| {
            use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
            matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset)
        });
        (!hung_up).then(|| error.to_string())
    }
}

pin_project! {
    /// A handler's future, whose panic is caught.
    pub(super) struct Guarded<F> {
        #[pin]
        future: F,
    }
}

impl<F> Guarded<F> {
    pub(super) fn new(future: F) -> Guarded<F> {
        Guarded { future }
    }
}

impl<F: Future> Future for Guarded<F> {
    type Output = Result<F::Output, Box<dyn Any + Send>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match catch_unwind(AssertUnwindSafe(|| self.project().future.poll(cx))) {
            Ok(polled) => polled.map(Ok),
            // It awaited somebody who was cancelled: it is, too.
            Err(payload) if payload.is::<Cancelled>() => resume_unwind(payload),
            Err(payload) => Poll::Ready(Err(payload)),
        }
    }
}

/// What a panic said.
pub(super) fn text_of(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "a payload that is no text"
    }
}
