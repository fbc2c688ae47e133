//! Who waits and who holds: a task, and which strand of it.
//!
//! Branches of one task, of a `gather` for one, may rightly wait for each other's lock. Each has its
//! own waker, so the waker tells them apart: a *strand* is the address a waker leads to.

use std::num::NonZeroU64;
use std::task::Context;

use crate::loom::{AtomicU64, AtomicUsize, Ordering, const_unless_loom};

/// A strand of a task; as far as known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Who {
    /// None outside of our tasks.
    pub(crate) task: Option<NonZeroU64>,
    /// 0 is nobody's: it was not said.
    strand: usize,
}

impl Who {
    /// Who is polling, with `cx`.
    #[inline]
    pub(crate) fn polls(cx: &Context<'_>) -> Self {
        Self { task: evenkeel_context::current_id(), strand: cx.waker().data() as usize }
    }

    /// Who is running, strand unknown.
    #[inline]
    pub(crate) fn runs() -> Self {
        Self { task: evenkeel_context::current_id(), strand: 0 }
    }

    /// Whether both are known to be of one task.
    pub(crate) fn is_of_the_task_of(self, other: Who) -> bool {
        self.task.is_some() && self.task == other.task
    }

    /// Whether both are known to be the same strand.
    pub(crate) fn is(self, other: Who) -> bool {
        self.is_of_the_task_of(other) && self.strand != 0 && self.strand == other.strand
    }
}

/// In `Holder::task`: somebody who is none of our tasks.
const STRANGER: u64 = u64::MAX;

/// Who holds a lock. Written by whoever holds it, and by whoever hands it over; each store is relaxed,
/// so an onlooker may see a holder of a moment ago.
///
/// - OWN: a holder that looks sees itself: it wrote the note, or was woken after it was written.
/// - CLEARED: the note goes before the lock does. So who finds the lock taken and a note there sees
///   the taker's own, not the last one's.
pub(crate) struct Holder {
    /// 0: nobody, or one who has not written yet.
    task: AtomicU64,
    strand: AtomicUsize,
}

impl Holder {
    const_unless_loom! {
        pub(crate) const fn new() -> Self {
            Self { task: AtomicU64::new(0), strand: AtomicUsize::new(0) }
        }
    }

    #[inline]
    pub(crate) fn note(&self, who: Who) {
        // Relaxed, both: see the type. The lock itself orders what has to be.
        self.strand.store(who.strand, Ordering::Relaxed);
        self.task.store(who.task.map_or(STRANGER, NonZeroU64::get), Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn clear(&self) {
        // Relaxed: CLEARED by the Release of the lock, which comes after.
        self.task.store(0, Ordering::Relaxed);
    }

    /// Who holds the lock; None if nobody has written that down, yet.
    pub(crate) fn look(&self) -> Option<Who> {
        // Relaxed: see the type.
        let task = match self.task.load(Ordering::Relaxed) {
            0 => return None,
            STRANGER => None,
            task => NonZeroU64::new(task),
        };
        Some(Who { task, strand: self.strand.load(Ordering::Relaxed) })
    }
}
