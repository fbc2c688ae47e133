//! What the two ends of a oneshot share: a word, the value, and a waker of each end.
//!
//! One allocation, given back by the end that leaves last. A send is one exchange; so is, at most, what
//! the receiver does to go.
//!
//! ```text
//!            an end                                     its waker's cell
//!   here ──1──▶ done ──2──▶ gone                empty ──3──▶ full ──4──▶ empty
//!     └───────── 1 and 2 in one ──▶ gone           ▲           │5
//!                                                  └───────────┘
//! 1 leave, close   2 leave   3 register   4 register: takes its own back   5 leave, close, of either end
//! ```
//!
//! # Invariants
//!
//! - FULL: the bit of a cell is set exactly while there is something in it. Whoever clears the bit takes
//!   out what is in the cell, and nobody else; whoever finds it clear may fill it, if it is its own.
//! - NO MORE: once an end is done nobody sets the bit of the other's waker, nor that of the value.
//! - GONE LAST: an end sets its `gone` when it has taken out all that fell to it, and touches nothing
//!   after. Who then finds the other gone is alone, and frees what they shared.
//! - ONE OF EACH: there is one [`End`] of either kind, so the value is put and the cells are filled by one
//!   thread at a time.

use std::mem::MaybeUninit;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::ptr::NonNull;
use std::task::{Context, Poll, Waker};

use crate::loom::{AtomicUsize, Ordering, RawCell, Tracked};

pub(super) struct Shared<T> {
    word: AtomicUsize,
    value: RawCell<MaybeUninit<T>>,
    /// Who waits for the value.
    receiver: RawCell<MaybeUninit<Waker>>,
    /// Who waits for the receiver to go away.
    sender: RawCell<MaybeUninit<Waker>>,
    _freed: Tracked,
}

/// The bits of an end.
struct Bits {
    /// It will do no more: the sender has sent or is gone, the receiver is closed or gone.
    done: usize,
    /// Its waker is in its cell.
    waker: usize,
    gone: usize,
}

const SENDER: Bits = Bits { done: 1, waker: 2, gone: 4 };
const RECEIVER: Bits = Bits { done: 8, waker: 16, gone: 32 };
/// The value is in its cell.
const VALUE: usize = 64;
const WAKERS: usize = SENDER.waker | RECEIVER.waker;

/// The sender's hold of what is shared.
pub(super) struct SenderEnd<T>(NonNull<Shared<T>>);

/// The receiver's.
pub(super) struct ReceiverEnd<T>(NonNull<Shared<T>>);

// SAFETY: the end leads to a value on its way (T: Send), wakers and an atomic word.
unsafe impl<T: Send> Send for SenderEnd<T> {}
// SAFETY: a shared end offers a look at the word.
unsafe impl<T: Send> Sync for SenderEnd<T> {}
// SAFETY: as for the sender's.
unsafe impl<T: Send> Send for ReceiverEnd<T> {}
// SAFETY: as for the sender's.
unsafe impl<T: Send> Sync for ReceiverEnd<T> {}

// Nothing foreign is called while a change is half made.
impl<T> UnwindSafe for SenderEnd<T> {}
impl<T> RefUnwindSafe for SenderEnd<T> {}
impl<T> UnwindSafe for ReceiverEnd<T> {}
impl<T> RefUnwindSafe for ReceiverEnd<T> {}

/// What one who is done has to see to, having nothing shared in hand any more.
#[must_use]
pub(super) struct Duty {
    /// The other end waits for this.
    pub(super) wake: Option<Waker>,
    /// Its own, which nobody will call.
    pub(super) _drop: Option<Waker>,
}

impl Duty {
    #[inline]
    pub(super) fn see_to(self) {
        if let Some(waker) = self.wake {
            waker.wake();
        }
    }
}

/// Whether the value is there.
pub(super) enum Look {
    Value,
    /// None will come.
    Nothing,
    NotYet,
}

pub(super) fn ends<T>() -> (SenderEnd<T>, ReceiverEnd<T>) {
    let shared = NonNull::from(Box::leak(Box::new(Shared {
        word: AtomicUsize::new(0),
        value: RawCell::new(MaybeUninit::uninit()),
        receiver: RawCell::new(MaybeUninit::uninit()),
        sender: RawCell::new(MaybeUninit::uninit()),
        _freed: Tracked::new(()),
    })));
    (SenderEnd(shared), ReceiverEnd(shared))
}

impl<T> SenderEnd<T> {
    fn shared(&self) -> &Shared<T> {
        // SAFETY: GONE LAST: not before this end is.
        unsafe { self.0.as_ref() }
    }

    /// Whether nobody will receive any more.
    pub(super) fn is_closed(&self) -> bool {
        // Acquire: pairs with the Release of `close` and `leave`.
        self.shared().word.load(Ordering::Acquire) & RECEIVER.done != 0
    }

    pub(super) fn poll_closed(&mut self, cx: &Context<'_>) -> Poll<()> {
        let shared = self.shared();
        shared.register(&shared.sender, &SENDER, RECEIVER.done, cx)
    }

    /// Puts `value` and leaves, unless nobody will receive it: then both come back.
    #[inline]
    pub(super) fn put(self, value: T) -> Result<Duty, (Self, T)> {
        let shared = self.shared();
        // Acquire: as in `is_closed`.
        let mut word = shared.word.load(Ordering::Acquire);
        // SAFETY: ONE OF EACH, and FULL: the value's bit is not set.
        shared.value.with_mut(|cell| unsafe { (*cell).write(value) });
        loop {
            if word & RECEIVER.done != 0 {
                // SAFETY: written above, and FULL: its bit is not set.
                let value = shared.value.with_mut(|cell| unsafe { (*cell).assume_init_read() });
                return Err((self, value));
            }
            // SAFETY: the end is given up if it says that it left.
            match unsafe { Shared::try_leave(self.0, &SENDER, VALUE, WAKERS, word) } {
                Ok(left) => return Ok(Duty { wake: left.receiver, _drop: left.sender }),
                Err(now) => word = now,
            }
        }
    }

    /// Leaves without a value.
    pub(super) fn leave(self) -> Duty {
        // SAFETY: the end is given up.
        let left = unsafe { Shared::leave(self.0, &SENDER, WAKERS) };
        Duty { wake: left.receiver, _drop: left.sender }
    }
}

impl<T> ReceiverEnd<T> {
    fn shared(&self) -> &Shared<T> {
        // SAFETY: GONE LAST: not before this end is.
        unsafe { self.0.as_ref() }
    }

    #[inline]
    pub(super) fn look(&self) -> Look {
        // Acquire: pairs with the Release in `try_leave`, so that who sees the bit sees the value.
        let word = self.shared().word.load(Ordering::Acquire);
        if word & VALUE != 0 {
            Look::Value
        } else if word & (SENDER.done | RECEIVER.done) != 0 {
            Look::Nothing
        } else {
            Look::NotYet
        }
    }

    /// Whether the sender has done all it will.
    pub(super) fn is_sender_done(&self) -> bool {
        // Acquire: as in `look`.
        self.shared().word.load(Ordering::Acquire) & SENDER.done != 0
    }

    /// Leaves the waker of `cx` behind; ready, and it is not left, if there is something to see.
    pub(super) fn poll_sent(&self, cx: &Context<'_>) -> Poll<()> {
        let shared = self.shared();
        shared.register(&shared.receiver, &RECEIVER, SENDER.done, cx)
    }

    /// Takes nothing in any more, but stays, for the value that came before.
    pub(super) fn close(&self) -> Duty {
        let shared = self.shared();
        // Relaxed: `compare_exchange` looks again.
        let mut word = shared.word.load(Ordering::Relaxed);
        loop {
            let next = (word & !WAKERS) | RECEIVER.done;
            // Release: pairs with the Acquire in `is_closed`. Acquire: with the Release in `register`.
            match shared.word.compare_exchange(word, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => break,
                Err(now) => word = now,
            }
        }
        // SAFETY: FULL: we cleared the bits.
        let [wake, _drop] = unsafe { shared.take_wakers(word) };
        Duty { wake, _drop }
    }

    /// Leaves, and takes along the value if there is one.
    #[inline]
    pub(super) fn leave(self) -> (Option<T>, Duty) {
        // SAFETY: the end is given up.
        let left = unsafe { Shared::leave(self.0, &RECEIVER, WAKERS | VALUE) };
        (left.value, Duty { wake: left.sender, _drop: left.receiver })
    }
}

/// What an end took out of the cells.
struct Left<T> {
    value: Option<T>,
    receiver: Option<Waker>,
    sender: Option<Waker>,
}

impl<T> Shared<T> {
    /// Leaves `cx`'s waker in `cell`, the own one of the end of these `bits`. Ready, and it is not left
    /// there, if the other end is `done`.
    fn register(
        &self,
        cell: &RawCell<MaybeUninit<Waker>>,
        bits: &Bits,
        done: usize,
        cx: &Context<'_>,
    ) -> Poll<()> {
        let mut fresh = None;
        loop {
            // Acquire: pairs with the Release in `try_leave` and `close`.
            let word = self.word.load(Ordering::Acquire);
            if word & done != 0 {
                return Poll::Ready(());
            }
            if word & bits.waker != 0 {
                // SAFETY: we filled the cell; the other end at most copies what is in it, to call it.
                // Two pointers are compared, and nothing is called.
                let same =
                    cell.with(|waker| unsafe { (*waker).assume_init_ref().will_wake(cx.waker()) });
                if same {
                    return Poll::Pending;
                }
                // Relaxed: what is in the cell is our own; the loop looks again.
                let (clear, relaxed) = (word & !bits.waker, Ordering::Relaxed);
                if self.word.compare_exchange(word, clear, relaxed, relaxed).is_ok() {
                    // SAFETY: FULL: we cleared the bit.
                    drop(cell.with(|waker| unsafe { (*waker).assume_init_read() }));
                }
                continue;
            }
            // The executor's code, and the cell untouched meanwhile.
            let waker = fresh.take().unwrap_or_else(|| cx.waker().clone());
            // SAFETY: FULL, ONE OF EACH: it is our own, and empty.
            cell.with_mut(|cell| unsafe { (*cell).write(waker) });
            // Release: pairs with the Acquire of whoever takes the waker.
            let (order, failed) = (Ordering::Release, Ordering::Relaxed);
            if self.word.compare_exchange(word, word | bits.waker, order, failed).is_ok() {
                return Poll::Pending;
            }
            // SAFETY: written above, and FULL: its bit is not set.
            fresh = Some(cell.with(|waker| unsafe { (*waker).assume_init_read() }));
        }
    }

    /// The end of these `bits` leaves, with what is in the cells `falls`.
    ///
    /// # Safety
    /// `this` is that end's, which is given up.
    #[inline]
    unsafe fn leave(this: NonNull<Self>, bits: &Bits, falls: usize) -> Left<T> {
        // SAFETY: GONE LAST, for the word.
        let mut word = unsafe { this.as_ref() }.word.load(Ordering::Acquire);
        loop {
            // SAFETY: the caller's word.
            match unsafe { Self::try_leave(this, bits, 0, falls, word) } {
                Ok(left) => return left,
                Err(now) => word = now,
            }
        }
    }

    /// The same if the word is `word`, read with Acquire; else what it is now. `puts` are the bits of
    /// what comes with it.
    ///
    /// # Safety
    /// As for `leave`, if the answer is that it left.
    #[inline]
    unsafe fn try_leave(
        this: NonNull<Self>,
        bits: &Bits,
        puts: usize,
        falls: usize,
        word: usize,
    ) -> Result<Left<T>, usize> {
        // SAFETY: GONE LAST.
        let shared = unsafe { this.as_ref() };
        let other = (SENDER.gone | RECEIVER.gone) & !bits.gone;
        if word & other != 0 {
            // GONE LAST, and we are alone: the Acquire of `word` pairs with the Release below.
            // SAFETY: FULL, and nobody else is there; after that nothing leads to it any more.
            return Ok(unsafe {
                let left = shared.take(word & falls);
                drop(Box::from_raw(this.as_ptr()));
                left
            });
        }
        let gone = if word & falls == 0 { bits.gone } else { 0 };
        let next = (word & !falls) | bits.done | puts | gone;
        // Release: pairs with the Acquire in `look`, for the value, and in `is_closed`; and where we are
        // gone with it, with that of the last. Acquire: pairs with the Release in `register` and here.
        shared.word.compare_exchange(word, next, Ordering::AcqRel, Ordering::Acquire)?;
        if gone != 0 {
            return Ok(Left { value: None, receiver: None, sender: None });
        }
        // SAFETY: FULL: we cleared the bits.
        let left = unsafe { shared.take(word & falls) };
        // Release: pairs with the Acquire of the last, who frees the cells we have emptied. Acquire: the
        // same the other way round.
        if shared.word.fetch_or(bits.gone, Ordering::AcqRel) & other != 0 {
            // SAFETY: GONE LAST, and we are alone.
            drop(unsafe { Box::from_raw(this.as_ptr()) });
        }
        Ok(left)
    }

    /// # Safety
    /// The cells of these bits are full, and the caller's to empty.
    #[inline]
    unsafe fn take(&self, full: usize) -> Left<T> {
        // SAFETY: the caller's word.
        let value = (full & VALUE != 0)
            .then(|| self.value.with_mut(|cell| unsafe { (*cell).assume_init_read() }));
        // SAFETY: the caller's word.
        let [sender, receiver] = unsafe { self.take_wakers(full) };
        Left { value, receiver, sender }
    }

    /// The sender's and the receiver's.
    ///
    /// # Safety
    /// As for `take`.
    #[inline]
    unsafe fn take_wakers(&self, full: usize) -> [Option<Waker>; 2] {
        [(SENDER.waker, &self.sender), (RECEIVER.waker, &self.receiver)].map(|(bit, cell)| {
            // SAFETY: the caller's word. Its end may be comparing it, which only reads.
            (full & bit != 0).then(|| cell.with(|waker| unsafe { (*waker).assume_init_read() }))
        })
    }
}
