//! Which task this thread is polling, and why it will wait.
//!
//! The lowest leaf of evenkeel: a thread-local pointer to the [`Record`] of the task being polled. A
//! lock asks it who is about to hold it ([`current_id`]), a leaf future tells it why it returns
//! `Pending` ([`waiting_for`]), and a combinator that drops a future early learns what that future
//! leaves behind ([`collect_endings`]). What a task or a scope must see to before it is done, children
//! that were cancelled and clean-ups, is [`Owned`] by it. How much a task may do before it lets the others
//! go first is its budget: leaf futures ask [`poll_budget`] and [`spend`]. Outside evenkeel's own tasks every call is a
//! no-op, so a crate that uses it works under any executor.
//!
//! ```
//! use evenkeel_context::{current_id, enter, Record, Wait, waiting_for};
//!
//! assert_eq!(current_id(), None);
//! let record = Record::new();
//! record.open(7, 0, std::panic::Location::caller());
//! enter(&record, || {
//!     assert_eq!(current_id().map(|id| id.get()), Some(7));
//!     waiting_for(Wait::Sleep, 0);
//! });
//! assert_eq!(record.wait(), (Wait::Sleep, 0));
//! ```

#![warn(rust_2018_idioms)]

mod loom;
mod record;
#[expect(
    unsafe_code,
    reason = "a thread-local pointer whose borrow ends with the call that set it"
)]
mod current;
mod budget;
mod endings;
mod owned;
mod cancelled;
#[cfg(evenkeel_count)]
#[doc(hidden)]
pub mod count;

pub use budget::{Unconstrained, has_budget, poll_budget, spend, unconstrained, without_budget};
pub use cancelled::{CancelSource, Cancelled};
pub use current::{
    current_id, current_record, enter, enter_task, may_block, owning_nothing, waiting_for,
};
pub use endings::{
    End, Ending, Endings, collect_endings, defer, ending, is_collecting, is_owned, leave_ending,
    leave_to_task,
};
pub use owned::Owned;
pub use record::{Record, Wait};
