//! `oneshot`: one value, from one task to another.
//!
//! Values and wakers are moved out of what the ends share before they are dropped or called.

#[expect(
    unsafe_code,
    reason = "the ends share a value, two wakers and a word that says whose they are"
)]
mod shared; // what both ends lead to

use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use evenkeel_context::{Wait, poll_budget, spend, waiting_for};

use crate::parking;
use shared::{Look, ReceiverEnd, SenderEnd, ends};

/// A channel for one value: asyncio's `Future`, as two ends.
///
/// The value is never lost without a word: it arrives, or [`send`](Sender::send) gives it back, or
/// it is dropped with the receiver it had been sent to, exactly once.
///
/// ```
/// use evenkeel_sync::oneshot;
///
/// # futures_lite::future::block_on(async {
/// let (sender, receiver) = oneshot();
/// std::thread::spawn(move || sender.send("done"));
/// assert_eq!(receiver.await, Ok("done"));
/// # })
/// ```
pub fn oneshot<T>() -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = ends();
    (Sender { end: Some(sender) }, Receiver { end: Some(receiver) })
}

/// The end that sends. Dropping it unused tells the receiver that nothing will come.
pub struct Sender<T> {
    /// None once `send` has done all there is to do.
    end: Option<SenderEnd<T>>,
}

impl<T> Sender<T> {
    /// Sends `value`; never waits.
    ///
    /// # Errors
    ///
    /// The receiver is gone or closed: the value comes back.
    #[inline]
    pub fn send(mut self, value: T) -> Result<(), T> {
        match self.end.take().expect("sent only once").put(value) {
            Ok(duty) => {
                duty.see_to();
                Ok(())
            }
            Err((end, value)) => {
                self.end = Some(end);
                Err(value)
            }
        }
    }

    /// Whether nobody will receive any more.
    pub fn is_closed(&self) -> bool {
        self.end().is_closed()
    }

    /// Waits until nobody will receive any more, so that the work for it can be given up.
    ///
    /// ```
    /// use evenkeel_sync::oneshot;
    ///
    /// # futures_lite::future::block_on(async {
    /// let (mut sender, receiver) = oneshot::<u8>();
    /// drop(receiver);
    /// sender.closed().await;
    /// assert_eq!(sender.send(1), Err(1));
    /// # })
    /// ```
    ///
    /// # Cancellation
    ///
    /// Nothing lost: dropping this future and awaiting anew is as good.
    pub async fn closed(&mut self) {
        poll_fn(|cx| self.poll_closed(cx)).await;
    }

    /// The poll under [`closed`](Sender::closed); only the latest caller is woken.
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        ready!(poll_budget(cx));
        let polled = self.end.as_mut().expect(SENT_LAST).poll_closed(cx);
        match polled {
            Poll::Pending => waiting_for(Wait::Other, 0),
            Poll::Ready(()) => spend(),
        }
        polled
    }

    fn end(&self) -> &SenderEnd<T> {
        self.end.as_ref().expect(SENT_LAST)
    }
}

const SENT_LAST: &str = "only `send` takes the end, and takes the sender too";

impl<T> Drop for Sender<T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            end.leave().see_to();
        }
    }
}

/// The end that receives: a future of the value. Dropping it tells the sender.
#[must_use = "the value is received by awaiting this"]
pub struct Receiver<T> {
    /// None once there is nothing more to be told.
    end: Option<ReceiverEnd<T>>,
}

impl<T> Receiver<T> {
    /// Blocks this thread until the value comes: the form of awaiting for a thread.
    ///
    /// ```
    /// use evenkeel_sync::oneshot;
    ///
    /// let (sender, receiver) = oneshot();
    /// std::thread::spawn(move || sender.send("done"));
    /// assert_eq!(receiver.recv_blocking(), Ok("done"));
    /// ```
    ///
    /// # Errors
    ///
    /// [`Closed`]: as when awaited.
    ///
    /// # Panics
    ///
    /// In a task of evenkeel, where it would stop the loop: await the receiver. A call in
    /// `to_thread` may block.
    #[track_caller]
    pub fn recv_blocking(self) -> Result<T, Closed> {
        parking::block_on(self)
    }

    /// The value if it is there, `None` if it may yet come; never waits.
    ///
    /// # Errors
    ///
    /// [`Closed`] when none will come: the sender was dropped, the value was taken before, or this
    /// end was closed.
    pub fn try_recv(&mut self) -> Result<Option<T>, Closed> {
        match self.look() {
            Look::Value => self.take().map(Some),
            Look::Nothing => Err(Closed(())),
            Look::NotYet => Ok(None),
        }
    }

    /// Takes in nothing more: a later [`send`](Sender::send) gets its value back. One that was sent
    /// before can still be received.
    pub fn close(&mut self) {
        if let Some(end) = &self.end {
            end.close().see_to();
        }
    }

    #[inline]
    fn look(&self) -> Look {
        self.end.as_ref().map_or(Look::Nothing, ReceiverEnd::look)
    }

    /// The value, which was seen: nobody else takes it.
    #[inline]
    fn take(&mut self) -> Result<T, Closed> {
        let (value, duty) = self.end.take().ok_or(Closed(()))?.leave();
        duty.see_to();
        value.ok_or(Closed(()))
    }
}

/// Answers the value, or [`Closed`] when none will come; polled again after that, `Closed`.
///
/// # Cancellation
///
/// Nothing lost: awaited as `(&mut receiver).await`, it can be left and awaited again. Dropping the
/// receiver itself drops a value already sent.
impl<T> Future for Receiver<T> {
    type Output = Result<T, Closed>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(poll_budget(cx));
        let this = self.get_mut();
        let outcome = loop {
            match this.look() {
                Look::Value => break this.take(),
                Look::Nothing => break Err(Closed(())),
                Look::NotYet => {}
            }
            if this.end.as_ref().is_some_and(|end| end.poll_sent(cx).is_pending()) {
                waiting_for(Wait::Queue, 0);
                return Poll::Pending;
            }
        };
        spend();
        Poll::Ready(outcome)
    }
}

impl<T> Drop for Receiver<T> {
    #[inline]
    fn drop(&mut self) {
        // A value that nobody can take any more is dropped here, and not in the sender's task,
        // which may still be busy waking us.
        if let Some(end) = self.end.take() {
            let (_value, duty) = end.leave();
            duty.see_to();
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sent = matches!(self.look(), Look::Value);
        let done = self.end.as_ref().is_none_or(ReceiverEnd::is_sender_done);
        f.debug_struct("Receiver")
            .field("sent", &sent)
            .field("sender_done", &done)
            .finish_non_exhaustive()
    }
}

/// No value will come: those who could send one are gone, or it was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Closed(());

impl Closed {
    pub(crate) const fn new() -> Self {
        Self(())
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "no value will come: whoever could send was dropped without sending, or it was closed",
        )
    }
}

impl Error for Closed {}
