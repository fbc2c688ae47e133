//! What a task's cell holds: its future, then what is left of it while it leaves, then nothing.
//!
//! An enum would need a word for its tag; the tag lies in the address of the metadata instead.
//!
// STAYS PUT: `meta` leads to the metadata in the header of the very cell that this lies in.
// TAGGED: the lowest two bits of `meta` say which field of `body` is there; a `Meta` lies at a multiple of eight.

use std::future::Future;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::ptr::NonNull;

use crate::meta::Meta;

const STAGE: usize = 3;
const LEAVING: usize = 1;
const GONE: usize = 2;

const _: () = assert!(align_of::<Meta>() > STAGE);

/// Where a task is in its life.
pub(crate) enum At<'s, F, L> {
    Alive(Pin<&'s mut F>),
    Leaving(&'s mut L),
    Gone,
}

/// A task's future or, in a box, what is left of it: few tasks get that far, and the cell of all would be larger.
/// It is not dropped by itself: whoever has it sees to its end, or that it is gone already.
pub(crate) struct Stage<F: Future, L> {
    /// TAGGED.
    meta: NonNull<Meta>,
    body: Body<F, L>,
}

union Body<F, L> {
    alive: ManuallyDrop<F>,
    leaving: ManuallyDrop<Box<L>>,
}

impl<F: Future, L> Stage<F, L> {
    /// Of the cell whose header holds `meta`. STAYS PUT.
    #[inline]
    pub(crate) fn alive(meta: &Meta, future: F) -> Stage<F, L> {
        Stage { meta: NonNull::from(meta), body: Body { alive: ManuallyDrop::new(future) } }
    }

    #[inline]
    fn tag(&self) -> usize {
        self.meta.as_ptr().addr() & STAGE
    }

    /// TAGGED: whoever calls this changes the body, too.
    #[inline]
    fn set_tag(&mut self, tag: usize) {
        let tagged = self.meta.as_ptr().map_addr(|address| address & !STAGE | tag);
        self.meta = NonNull::new(tagged).unwrap_or(self.meta);
    }

    /// The metadata.
    ///
    /// # Safety
    /// It is used no longer than the cell is there.
    #[inline]
    pub(crate) unsafe fn meta<'m>(&self) -> &'m Meta {
        let meta = self.meta.as_ptr().map_addr(|address| address & !STAGE);
        // SAFETY: STAYS PUT, TAGGED; the caller's promise.
        unsafe { &*meta }
    }

    #[inline]
    pub(crate) fn is_gone(&self) -> bool {
        self.tag() == GONE
    }

    #[inline]
    pub(crate) fn at(self: Pin<&mut Self>) -> At<'_, F, L> {
        let tag = self.tag();
        // SAFETY: the future is not moved: it is given out pinned.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: TAGGED.
        unsafe {
            match tag {
                0 => At::Alive(Pin::new_unchecked(&mut *this.body.alive)),
                LEAVING => At::Leaving(&mut *this.body.leaving),
                _ => At::Gone,
            }
        }
    }

    /// Drops what is there. Also if that panics, it is gone.
    #[inline]
    pub(crate) fn end(self: Pin<&mut Self>) {
        let tag = self.tag();
        // SAFETY: the future is dropped where it is.
        let this = unsafe { self.get_unchecked_mut() };
        this.set_tag(GONE);
        // SAFETY: TAGGED, until the line before.
        unsafe {
            match tag {
                0 => ManuallyDrop::drop(&mut this.body.alive),
                LEAVING => ManuallyDrop::drop(&mut this.body.leaving),
                _ => {}
            }
        }
    }

    /// The future, if it was there yet, goes, and leaves this.
    pub(crate) fn leave(mut self: Pin<&mut Self>, leaving: L) {
        self.as_mut().end();
        // SAFETY: there is no future here any more.
        let this = unsafe { self.get_unchecked_mut() };
        this.body.leaving = ManuallyDrop::new(Box::new(leaving));
        this.set_tag(LEAVING);
    }

    /// What is left of it, if it is leaving; then it is gone.
    pub(crate) fn take_leaving(self: Pin<&mut Self>) -> Option<L> {
        if self.tag() != LEAVING {
            return None;
        }
        // SAFETY: there is no future here.
        let this = unsafe { self.get_unchecked_mut() };
        this.set_tag(GONE);
        // SAFETY: TAGGED, until the line before.
        Some(*unsafe { ManuallyDrop::take(&mut this.body.leaving) })
    }
}
