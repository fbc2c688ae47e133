//! Models of a task's slot, which others reach while the task ends.

use std::sync::Arc;
use std::task::Waker;

use evenkeel_task::model::OneSlot;
use loom::sync::atomic::Ordering;
use loom::thread;

use crate::Count;

// Weakened: `close` or `try_close_plain` that looks and stores without taking the lock first, or that lets go of
// it without a `Release`, or `lock` without its `Acquire`: the canceller is told that it cancelled a task that had
// ended well (and makes a waker of a cell that may be gone). That `try_close_plain` acquires, and that the lock is
// let go of with a `Release` by one who only looked, is not seen by it: a waker's clone is none of loom's words.
#[test]
fn cancel_against_the_close() {
    loom::model(|| {
        let count = Arc::new(Count::default());
        let slot = Arc::new(OneSlot::new(Waker::from(Arc::clone(&count))));
        let other = Arc::clone(&slot);
        let canceller = thread::spawn(move || other.cancel());
        thread::yield_now(); // Or loom never lets the canceller go first.
        let cancelled = slot.close();
        // Who was told that it could cancel is believed by the close.
        let asked = canceller.join().unwrap();
        assert_eq!(cancelled, asked);
        assert_eq!(count.0.load(Ordering::Acquire), usize::from(asked));
    });
}

// Weakened: `reach` that unlocks by a store of what it found: what is said of the next task in the slot is
// lost.
#[test]
fn a_late_look_against_the_next_task() {
    loom::model(|| {
        let count = Arc::new(Count::default());
        let slot = Arc::new(OneSlot::new(Waker::from(Arc::clone(&count))));
        assert!(!slot.close());
        let other = Arc::clone(&slot);
        let late = thread::spawn(move || other.cancel());
        slot.open_next();
        assert!(!late.join().unwrap(), "an earlier task was cancelled");
        assert!(slot.is_shielded() && !slot.is_cancelling());
        assert_eq!(count.0.load(Ordering::Acquire), 0);
    });
}
