//! "Futurelock": what is granted to a waiter that its task does not poll goes to the one it waits by.

use std::future::Future;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use evenkeel_context::{Record, enter};
use evenkeel_sync::{Lock, RwLock, Semaphore};

use crate::fifo::{Count, now, poll};

fn task(id: u64) -> Record {
    let record = Record::new();
    record.open(id, 0, Location::caller());
    record
}

/// Polls as `task`, with a waker whose wakes are counted.
fn counted<F: Future + ?Sized>(task: &Record, future: Pin<&mut F>) -> (Poll<F::Output>, usize) {
    let (count, waker) = Count::new();
    let polled = enter(task, || future.poll(&mut Context::from_waker(&waker)));
    (polled, count.get())
}

fn polled<F: Future + ?Sized>(task: &Record, future: Pin<&mut F>) -> Poll<F::Output> {
    enter(task, || poll(future))
}

#[test]
fn the_grant_goes_to_the_waiter_that_is_polled_and_the_other_is_next() {
    let one = task(1);
    let lock = Lock::new(());
    let held = lock.try_lock().unwrap();
    let mut forgotten = pin!(lock.lock());
    assert!(polled(&one, forgotten.as_mut()).is_pending());
    let mut stranger = pin!(lock.lock());
    assert!(polled(&task(2), stranger.as_mut()).is_pending());
    drop(held);
    let mut second = pin!(lock.lock());
    let (first_look, wakes) = counted(&one, second.as_mut());
    assert!(first_look.is_pending(), "the others of the task go first");
    assert_eq!(wakes, 1, "but it is polled again by itself");
    let Poll::Ready(guard) = polled(&one, second.as_mut()) else { panic!("taken over") };
    assert_eq!(lock.holder().map(|id| id.get()), Some(1));
    assert_eq!(lock.statistics().waiting, 2);
    assert!(polled(&one, forgotten.as_mut()).is_pending());
    drop(guard);
    assert!(polled(&task(2), stranger.as_mut()).is_pending(), "it was never before the first");
    drop(enter(&one, || now(forgotten)));
    drop(now(stranger));
    assert!(lock.try_lock().is_some());
}

#[test]
fn one_that_was_in_line_before_the_grant_takes_it_over_as_well() {
    let one = task(1);
    let lock = Lock::new(());
    let held = lock.try_lock().unwrap();
    let mut forgotten = pin!(lock.lock());
    let mut second = pin!(lock.lock());
    assert!(polled(&one, forgotten.as_mut()).is_pending());
    assert_eq!(counted(&one, second.as_mut()).1, 0, "nothing is granted: no cause to look again");
    drop(held);
    let (first_look, wakes) = counted(&one, second.as_mut());
    assert_eq!((first_look.is_pending(), wakes), (true, 1));
    assert!(polled(&one, second.as_mut()).is_ready());
}

#[test]
fn branches_of_a_task_that_are_all_polled_keep_their_order() {
    let one = task(1);
    let lock = Lock::new(());
    let held = lock.try_lock().unwrap();
    let mut first = pin!(lock.lock());
    let mut second = pin!(lock.lock());
    assert!(
        polled(&one, first.as_mut()).is_pending() && polled(&one, second.as_mut()).is_pending()
    );
    drop(held);
    // As a join that polls the second before the first: the first comes for what it was granted.
    assert!(polled(&one, second.as_mut()).is_pending());
    let Poll::Ready(guard) = polled(&one, first.as_mut()) else { panic!("its turn") };
    drop(guard);
    let Poll::Ready(guard) = polled(&one, second.as_mut()) else { panic!("its turn") };
    drop(guard);
    // And it begins anew with each grant.
    let held = lock.try_lock().unwrap();
    let mut third = pin!(lock.lock());
    let mut fourth = pin!(lock.lock());
    assert!(
        polled(&one, third.as_mut()).is_pending() && polled(&one, fourth.as_mut()).is_pending()
    );
    drop(held);
    assert!(polled(&one, fourth.as_mut()).is_pending());
    assert!(polled(&one, third.as_mut()).is_ready());
    drop(now(fourth));
}

#[test]
fn another_task_takes_nothing_over_nor_does_anybody_outside_of_tasks() {
    let lock = Lock::new(());
    for owners in [[Some(1), Some(2)], [None, None], [Some(1), None]] {
        let [one, two] = owners.map(|id| id.map(task));
        let polled =
            |task: &Option<Record>, future: Pin<&mut evenkeel_sync::Locking<'_, ()>>| match task {
                Some(task) => enter(task, || poll(future).is_ready()),
                None => poll(future).is_ready(),
            };
        let held = lock.try_lock().unwrap();
        let mut first = pin!(lock.lock());
        let mut second = pin!(lock.lock());
        assert!(!polled(&one, first.as_mut()) && !polled(&two, second.as_mut()));
        drop(held);
        for _ in 0..3 {
            assert!(!polled(&two, second.as_mut()));
        }
        drop(now(first));
        drop(now(second));
    }
}

#[test]
fn the_one_that_was_passed_over_may_go_at_any_time() {
    let one = task(1);
    for dropped_late in [false, true] {
        let lock = Lock::new(());
        let held = lock.try_lock().unwrap();
        let mut forgotten = Box::pin(lock.lock());
        let mut second = Box::pin(lock.lock());
        assert!(polled(&one, forgotten.as_mut()).is_pending());
        assert!(polled(&one, second.as_mut()).is_pending());
        drop(held);
        assert!(polled(&one, second.as_mut()).is_pending());
        let Poll::Ready(guard) = polled(&one, second.as_mut()) else { panic!("taken over") };
        if dropped_late {
            drop(guard);
            assert!(lock.is_locked(), "granted anew");
            drop(forgotten);
        } else {
            drop(forgotten);
            drop(guard);
        }
        assert!(lock.try_lock().is_some());
    }
}

#[test]
fn permits_and_readers_too_as_far_as_they_go() {
    let one = task(1);
    let semaphore = Arc::new(Semaphore::new(0));
    let mut forgotten = pin!(semaphore.acquire_many(3));
    let mut little = pin!(semaphore.acquire());
    let mut large = Box::pin(semaphore.acquire_many_owned(5));
    assert!(polled(&one, forgotten.as_mut()).is_pending());
    assert!(polled(&one, little.as_mut()).is_pending());
    assert!(polled(&one, large.as_mut()).is_pending());
    semaphore.add_permits(3);
    for _ in 0..3 {
        assert!(polled(&one, large.as_mut()).is_pending(), "there are not as many");
    }
    assert!(polled(&one, little.as_mut()).is_pending());
    let Poll::Ready(permit) = polled(&one, little.as_mut()) else { panic!("taken over") };
    assert_eq!(semaphore.available(), 2, "kept for the first in line");
    drop(permit);
    let Poll::Ready(permit) = polled(&one, forgotten.as_mut()) else { panic!("granted anew") };
    drop(permit);
    drop(large);
    assert_eq!((semaphore.available(), semaphore.is_locked()), (3, false));
}

#[test]
fn a_reader_takes_over_from_a_writer_of_its_task() {
    let one = task(1);
    let lock = RwLock::new(());
    let held = now(lock.read());
    let mut writer = pin!(lock.write());
    let mut reader = pin!(lock.read());
    assert!(polled(&one, writer.as_mut()).is_pending());
    assert!(polled(&one, reader.as_mut()).is_pending());
    drop(held);
    assert!(polled(&one, reader.as_mut()).is_pending());
    let Poll::Ready(guard) = polled(&one, reader.as_mut()) else { panic!("taken over") };
    assert_eq!((lock.statistics().readers, lock.statistics().waiting), (1, 1));
    drop(guard);
    assert!(polled(&one, writer.as_mut()).is_ready());
}
