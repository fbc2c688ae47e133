//! One binary: records, the current task, endings.
#![allow(missing_docs, reason = "tests")]

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
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
    assert!(leave_ending(ending(async {})).is_err());
    let (inner, outer) = collect_endings(|| {
        let ((), inner) = collect_endings(|| leave_ending(ending(Second(false))).ok().unwrap());
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
            leave_ending(ending(async {})).unwrap();
            panic!("on the way");
        })
    });
    assert!(unwound.is_err() && !is_collecting());
}

#[test]
fn endings_dropped_early_are_left_to_the_next_collector() {
    let ((), inner) = collect_endings(|| leave_ending(ending(Second(false))).ok().unwrap());
    let ((), outer) = collect_endings(|| drop(inner));
    assert!(!outer.is_empty());
}

type Log = Arc<Mutex<Vec<&'static str>>>;

/// Says its name when it is polled, and ends.
fn says(log: &Log, name: &'static str) -> Ending {
    let log = Arc::clone(log);
    ending(async move { log.lock().unwrap().push(name) })
}

fn noop() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

#[test]
fn clean_ups_run_last_in_first_out_and_after_the_endings() {
    let log: Log = Arc::default();
    let owned = Owned::new();
    owned.enter(|| {
        defer(says(&log, "first")).unwrap();
        defer(says(&log, "second")).unwrap();
        leave_ending(says(&log, "child")).unwrap();
    });
    assert!(!owned.is_empty() && defer(says(&log, "nobody's")).is_err());
    assert!(owned.poll_done(&mut noop()).is_ready() && owned.is_empty());
    assert_eq!(*log.lock().unwrap(), ["child", "second", "first"]);
}

#[test]
fn a_clean_up_under_way_goes_on_beside_an_ending_it_left() {
    let log: Log = Arc::default();
    let owned = Owned::new();
    let (gate, open) = (Arc::new(Mutex::new(false)), Arc::clone(&log));
    let waits = Arc::clone(&gate);
    let cleanup = async move {
        // Left behind by the clean-up, and ends only when the clean-up says so.
        let child =
            poll_fn(move |_| if *waits.lock().unwrap() { Poll::Ready(()) } else { Poll::Pending });
        leave_ending(ending(child)).unwrap();
        Second(false).await;
        *gate.lock().unwrap() = true;
        open.lock().unwrap().push("opened");
    };
    owned.enter(|| defer(ending(cleanup)).ok().unwrap());
    owned.enter(|| defer(says(&log, "on top")).ok().unwrap());
    assert!(owned.poll_done(&mut noop()).is_pending());
    assert!(owned.poll_done(&mut noop()).is_ready());
    assert_eq!(*log.lock().unwrap(), ["on top", "opened"]);
}

#[test]
fn a_clean_up_that_panics_costs_nobody_else_his() {
    let log: Log = Arc::default();
    let owned = Owned::new();
    owned.enter(|| {
        defer(says(&log, "below")).unwrap();
        defer(ending(async { panic!("on the way") })).unwrap();
        defer(says(&log, "above")).unwrap();
    });
    let unwound = catch_unwind(AssertUnwindSafe(|| owned.poll_done(&mut noop())));
    assert_eq!(unwound.unwrap_err().downcast_ref(), Some(&"on the way"));
    assert_eq!(*log.lock().unwrap(), ["above", "below"]);
    assert!(owned.is_empty());
}

#[test]
fn what_an_owner_dropped_early_holds_goes_to_the_next_outside_in_order() {
    let log: Log = Arc::default();
    let outer = Owned::new();
    outer.enter(|| {
        defer(says(&log, "outer")).unwrap();
        let inner = Owned::new();
        inner.enter(|| defer(says(&log, "inner first")).ok().unwrap());
        inner.enter(|| defer(says(&log, "inner last")).ok().unwrap());
    });
    assert!(outer.poll_done(&mut noop()).is_ready());
    assert_eq!(*log.lock().unwrap(), ["inner last", "inner first", "outer"]);
}

/// Over from the start, though nobody polls it.
struct Over(#[expect(dead_code, reason = "it is counted")] Arc<()>);

impl Future for Over {
    type Output = ();
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}

impl End for Over {
    fn is_over(&self) -> bool {
        true
    }
}

#[test]
fn endings_that_are_over_do_not_pile_up() {
    let (owned, alive) = (Owned::new(), Arc::new(()));
    owned.enter(|| {
        for _ in 0..10_000 {
            leave_ending(Box::pin(Over(Arc::clone(&alive)))).unwrap();
        }
    });
    assert!(Arc::strong_count(&alive) < 40, "{} are kept", Arc::strong_count(&alive));
}

#[test]
fn a_task_within_a_scope_owns_its_own_and_a_job_nothing() {
    let (scope, task) = (Owned::new(), Owned::new());
    let record = Record::new();
    record.open(1, 0, Location::caller());
    scope.enter(|| {
        enter_task(&record, &task, || defer(ending(async {})).ok().unwrap());
        assert!(is_owned());
        owning_nothing(|| assert!(defer(ending(async {})).is_err() && !is_owned()));
    });
    assert!(scope.is_empty() && !task.is_empty());
}

#[test]
fn what_is_left_to_the_task_passes_by_every_scope_and_collector_between() {
    let (scope, task) = (Owned::new(), Owned::new());
    let record = Record::new();
    record.open(1, 0, Location::caller());
    assert!(leave_to_task(ending(async {})).is_err());
    let ((), collected) = enter_task(&record, &task, || {
        collect_endings(|| scope.enter(|| leave_to_task(ending(async {})).unwrap()))
    });
    assert!(scope.is_empty() && collected.is_empty() && !task.is_empty());
}
