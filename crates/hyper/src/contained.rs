//! A child whose panic is its own affair.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use evenkeel::task::report_failure;
use evenkeel::{Cancelled, FailureKind};
use pin_project_lite::pin_project;

pin_project! {
    /// Ends when `future` does, also by a panic, which is reported.
    pub(crate) struct Contained<F> {
        #[pin]
        future: F,
    }
}

impl<F> Contained<F> {
    pub(crate) fn new(future: F) -> Contained<F> {
        Contained { future }
    }
}

impl<F: Future> Future for Contained<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let future = self.project().future;
        match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
            Ok(polled) => polled.map(drop),
            // It awaited a task that was cancelled: so is it, which is no failure.
            Err(payload) if payload.is::<Cancelled>() => resume_unwind(payload),
            Err(payload) => {
                report_panic(&*payload);
                Poll::Ready(())
            }
        }
    }
}

/// Tells the failure hook.
pub(crate) fn report_panic(payload: &(dyn Any + Send)) {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or(payload.downcast_ref::<String>().map(String::as_str));
    report_failure(FailureKind::Panicked, text.unwrap_or("a panic without words"));
}
