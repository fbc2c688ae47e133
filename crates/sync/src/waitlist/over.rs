//! Taking over: what was granted to another waiter of the same task goes to the one that is polled.
//!
//! The invariants are those of [`crate::waitlist`].

use std::mem;

use crate::line::{Side, lent};
use crate::serve::Serve;
use crate::waitlist::{Handle, Waiter};
use crate::who::Who;

/// Whether a grant to another waiter of the same task is ours.
#[derive(PartialEq, Eq)]
pub(super) enum Over {
    /// There is none, or it is not enough for us.
    Not,
    /// If nobody comes for it before we are polled again.
    Soon,
    Now,
}

impl<P, S, B> Waiter<P, S, B>
where
    P: Handle<Target: Serve<S, B>>,
    S: Side<B>,
{
    /// In line: whether what we wait for was granted to another waiter of this task, which has not
    /// come for it. That one may never be polled while the task waits for us: the task would wait for
    /// itself ("futurelock"). So after the others had a chance to come, what it has is ours, and it
    /// is the first in line.
    #[cold]
    pub(super) fn take_over(&self, owner: &P, book: &mut B) -> Over {
        let mut node = self.node();
        let Some(other) = S::line(book).granted_to(Who::runs()) else { return Over::Not };
        // SAFETY: LOCKED, by `book` (ONE LIST); another's node, live by LEAVES FIRST.
        let (grant, back) = unsafe { (other.as_ref().mark, other.as_ref().want) };
        // SAFETY: LOCKED; the node is ours, and the other one is not borrowed any more.
        let entry = unsafe { lent(book, &mut node) };
        if mem::replace(&mut entry.mark, grant) != grant {
            return Over::Soon;
        }
        if !owner.exchange(back, self.want) {
            return Over::Not;
        }
        if mem::take(&mut entry.listed) {
            owner.unlist(entry.called());
        }
        // SAFETY: LOCKED; ours is in line, the other was granted what it has.
        unsafe { S::line(book).trade(node, other) };
        Over::Now
    }
}
