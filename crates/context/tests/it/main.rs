//! One binary: records, the current task, endings.
#![allow(missing_docs, reason = "tests")]

use std::future::Future;
use std::panic::{Location, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use evenkeel_context::*;

#[test]
fn the_current_task_is_put_back_when_calls_nest_and_unwind() {
    let (outer, inner) = (Record::new(), Record::new());
    outer.open(1, 0, Location::caller());
    inner.open(2, 1, Location::caller());
    enter(&outer, || {
        let unwound = catch_unwind(|| enter(&inner, || panic!("{:?}", current_id())));
        assert!(unwound.is_err());
        assert_eq!(current_id().map(Into::into), Some(1_u64));
    });
    assert_eq!(current_id(), None);
    assert_eq!(inner.parent(), 1);
}

#[test]
fn a_poll_forgets_why_the_task_waited() {
    let record = Record::new();
    record.open(3, 0, Location::caller());
    enter(&record, || waiting_for(Wait::Join, 9));
    assert_eq!(record.wait(), (Wait::Join, 9));
    record.begin_poll();
    assert_eq!(record.wait().0, Wait::Nothing);
    assert_eq!(record.polls(), 1);
    assert!(record.spawned_at().is_some_and(|at| at.file().ends_with("main.rs")));
}

#[test]
fn waiting_outside_a_task_is_nobodys_business() {
    waiting_for(Wait::Sleep, 1);
    assert_eq!(current_record(Record::id), None);
}

/// Ends at its second poll.
struct Second(bool);

impl Future for Second {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

#[test]
fn endings_are_left_to_the_innermost_collector_and_awaited() {
    assert!(!is_collecting());
    assert!(leave_ending(Box::pin(async {})).is_err());
    let (inner, outer) = collect_endings(|| {
        let ((), inner) = collect_endings(|| leave_ending(Box::pin(Second(false))).ok().unwrap());
        inner
    });
    assert!(outer.is_empty() && !inner.is_empty() && !is_collecting());
    let mut inner = inner;
    let mut cx = Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut inner).poll(&mut cx).is_pending());
    assert!(Pin::new(&mut inner).poll(&mut cx).is_ready());
}

#[test]
fn a_collector_that_unwinds_drops_what_it_caught() {
    let unwound = catch_unwind(|| {
        collect_endings(|| {
            leave_ending(Box::pin(async {})).ok().unwrap();
            panic!("on the way");
        })
    });
    assert!(unwound.is_err() && !is_collecting());
}

#[test]
fn endings_dropped_early_are_left_to_the_next_collector() {
    let ((), inner) = collect_endings(|| leave_ending(Box::pin(Second(false))).ok().unwrap());
    let ((), outer) = collect_endings(|| drop(inner));
    assert!(!outer.is_empty());
}
