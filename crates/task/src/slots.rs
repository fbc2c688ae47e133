//! Where the children of a gather live: each in a slot that later holds its output.
//!
// STAYS PUT: the slots are in a pinned box whose memory is never moved nor given out by value while
//            a future is in it; a slot is only ever reached as `Pin<&mut Slot>`.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::rounds::Answer;

pin_project! {
    /// A child, then its output, then nothing.
    #[project = SlotProjection]
    #[project_replace = SlotReplaced]
    pub enum Slot<F: Future> {
        Running { #[pin] child: F },
        Done { output: F::Output },
        Gone,
    }
}

impl<F: Future> Slot<F> {
    pub(crate) fn new(child: F) -> Slot<F> {
        Slot::Running { child }
    }

    /// Polls the child if it is not done. A child that is done is dropped at once.
    pub(crate) fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Answer {
        let SlotProjection::Running { child } = self.as_mut().project() else {
            return Answer::Pending;
        };
        match child.poll(cx) {
            Poll::Pending => Answer::Pending,
            Poll::Ready(output) => {
                self.set(Slot::Done { output });
                Answer::Done
            }
        }
    }

    /// The output, once.
    pub(crate) fn take(self: Pin<&mut Self>) -> Option<F::Output> {
        match self.project_replace(Slot::Gone) {
            SlotReplaced::Done { output } => Some(output),
            _ => None,
        }
    }

    /// The output, if the child is done.
    pub(crate) fn output(&self) -> Option<&F::Output> {
        match self {
            Slot::Done { output } => Some(output),
            _ => None,
        }
    }
}

/// Any number of slots for futures of one type.
#[allow(unnameable_types, reason = "the associated type of a sealed trait")]
pub struct Slots<F: Future> {
    slots: Pin<Box<[Slot<F>]>>,
}

impl<F: Future> Slots<F> {
    pub(crate) fn new(children: impl Iterator<Item = F>) -> Slots<F> {
        Slots { slots: Box::into_pin(children.map(Slot::new).collect()) }
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The slot of child `index`.
    pub(crate) fn slot(&mut self, index: usize) -> Pin<&mut Slot<F>> {
        // SAFETY: STAYS PUT: an element of a pinned slice is pinned with it.
        unsafe { self.slots.as_mut().map_unchecked_mut(|slots| &mut slots[index]) }
    }

    /// Drops what is in the slots, in order.
    pub(crate) fn clear(&mut self) {
        for index in 0..self.len() {
            self.slot(index).set(Slot::Gone);
        }
    }
}

impl<F: Future> fmt::Debug for Slots<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slots").field("len", &self.len()).finish_non_exhaustive()
    }
}
