//! `oneshot`: one value, from one task to another.
//!
//! Both ends share one small lock around a few words, held for a few instructions; values and
//! wakers are moved out of it before they are dropped or called.

use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use evenkeel_context::Wait;

use crate::loom::{AtomicBool, Mutex, MutexGuard, Ordering, lock};
use crate::parking;

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
    let state = Mutex::new(State {
        value: None,
        sender_done: false,
        receiver_done: false,
        receiver: None,
        sender: None,
    });
    let shared = Arc::new(Shared { settled: AtomicBool::new(false), state });
    (Sender { shared: Some(shared.clone()) }, Receiver { shared, waited: false, ended: false })
}

struct Shared<T> {
    /// The sender is done, as a hint that saves the receiver a look or a clone.
    settled: AtomicBool,
    state: Mutex<State<T>>,
}

struct State<T> {
    value: Option<T>,
    /// The sender has sent, or is gone: no value comes any more but the one in `value`.
    sender_done: bool,
    /// The receiver is closed or gone: no value is taken in any more.
    receiver_done: bool,
    /// Who waits for the value.
    receiver: Option<Waker>,
    /// Who waits for the receiver to go away.
    sender: Option<Waker>,
}

impl<T> State<T> {
    /// The value, that none will come (an error), or None: not yet.
    fn take(&mut self) -> Option<Result<T, Closed>> {
        match self.value.take() {
            Some(value) => Some(Ok(value)),
            None if self.sender_done || self.receiver_done => Some(Err(Closed(()))),
            None => None,
        }
    }
}

/// Looks with `ready` under the lock, and if that says no, leaves the waker of `cx` in `slot`.
fn poll_shared<T, R>(
    shared: &Mutex<State<T>>,
    cx: &Context<'_>,
    why: Wait,
    clone_first: bool,
    mut ready: impl FnMut(&mut State<T>) -> Option<R>,
    slot: impl Fn(&mut State<T>) -> &mut Option<Waker>,
) -> Poll<R> {
    // Cloning is the executor's code, so it is done with nothing held: before we look if that is
    // likely to be of use, else after, and then we look again.
    let mut fresh = clone_first.then(|| cx.waker().clone());
    loop {
        let mut state = lock(shared);
        if let Some(outcome) = ready(&mut state) {
            drop(state);
            return Poll::Ready(outcome);
        }
        let slot = slot(&mut state);
        let known = slot.as_ref().is_some_and(|old| old.will_wake(cx.waker()));
        if known || fresh.is_some() {
            if !known {
                mem::swap(slot, &mut fresh);
            }
            drop(state);
            break;
        }
        drop(state);
        fresh = Some(cx.waker().clone());
    }
    evenkeel_context::waiting_for(why, 0);
    Poll::Pending
}

/// Unlocks first, so that what is left to drop is dropped with nothing held.
fn unlocked<T, R>(state: MutexGuard<'_, State<T>>, answer: R) -> R {
    drop(state);
    answer
}

/// The end that sends. Dropping it unused tells the receiver that nothing will come.
pub struct Sender<T> {
    /// None once `send` has done all there is to do.
    shared: Option<Arc<Shared<T>>>,
}

impl<T> Sender<T> {
    fn state(&self) -> &Mutex<State<T>> {
        &self.shared.as_ref().expect("only `send` takes it, and takes us too").state
    }

    /// Sends `value`; never waits.
    ///
    /// # Errors
    ///
    /// The receiver is gone or closed: the value comes back.
    pub fn send(mut self, value: T) -> Result<(), T> {
        let shared = self.shared.take().expect("sent only once");
        let mut state = lock(&shared.state);
        if state.receiver_done {
            return unlocked(state, Err(value));
        }
        state.value = Some(value);
        finish(&shared, state);
        Ok(())
    }

    /// Whether nobody will receive any more.
    pub fn is_closed(&self) -> bool {
        lock(self.state()).receiver_done
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
        let ready = |state: &mut State<T>| state.receiver_done.then_some(());
        poll_shared(self.state(), cx, Wait::Other, false, ready, |state| &mut state.sender)
    }
}

/// The sender has done what it will do: wakes the receiver, once.
fn finish<T>(shared: &Shared<T>, mut state: MutexGuard<'_, State<T>>) {
    state.sender_done = true;
    // Relaxed: a hint, whoever reads it looks again under the lock.
    shared.settled.store(true, Ordering::Relaxed);
    let (receiver, sender) = (state.receiver.take(), state.sender.take());
    drop(state);
    if let Some(receiver) = receiver {
        receiver.wake();
    }
    drop(sender);
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take() {
            finish(&shared, lock(&shared.state));
        }
    }
}

/// The end that receives: a future of the value. Dropping it tells the sender.
#[must_use = "the value is received by awaiting this"]
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
    /// It was polled and had to wait: a waker was left behind.
    waited: bool,
    /// The sender is done and its value, if any, taken: there is nobody left to tell anything.
    ended: bool,
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
        let mut state = lock(&self.shared.state);
        let taken = state.take();
        unlocked(state, taken.transpose())
    }

    /// Takes in nothing more: a later [`send`](Sender::send) gets its value back. One that was sent
    /// before can still be received.
    pub fn close(&mut self) {
        self.refuse(|_| ());
    }

    /// Takes in nothing more, takes out what `take` picks, and tells the sender.
    fn refuse<R>(&self, take: impl FnOnce(&mut State<T>) -> R) {
        let mut state = lock(&self.shared.state);
        state.receiver_done = true;
        let (sender, receiver) = (state.sender.take(), state.receiver.take());
        let taken = take(&mut state);
        drop(state);
        if let Some(sender) = sender {
            sender.wake();
        }
        drop(receiver);
        drop(taken);
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

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        // Relaxed: a hint.
        let likely = !this.waited && !this.shared.settled.load(Ordering::Relaxed);
        let state = &this.shared.state;
        let polled =
            poll_shared(state, cx, Wait::Queue, likely, State::take, |state| &mut state.receiver);
        this.waited = polled.is_pending();
        this.ended |= matches!(polled, Poll::Ready(Ok(_)));
        polled
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        // A value that nobody can take any more is dropped here, and not in the sender's task,
        // which may still be busy waking us.
        if !self.ended {
            self.refuse(|state| state.value.take());
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
        let (sent, done) = {
            let state = lock(&self.shared.state);
            (state.value.is_some(), state.sender_done)
        };
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
