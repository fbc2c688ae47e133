//! Threads that wait like tasks: in the same line, woken by the same hands, and not within a task.

use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::thread;

use evenkeel_context::{Record, enter};
use evenkeel_sync::{Barrier, Event, Lock, Once, OnceCell, Semaphore, broadcast, oneshot, watch};

use crate::fifo::poll;

/// Until `there` says so; its own end is what the test is about.
fn until(there: impl Fn() -> bool) {
    while !there() {
        thread::yield_now();
    }
}

#[test]
fn a_thread_stands_in_the_line_of_the_tasks() {
    let lock = Lock::new(Vec::new());
    let held = lock.lock_blocking();
    let mut before = pin!(lock.lock());
    assert!(poll(before.as_mut()).is_pending());
    thread::scope(|scope| {
        scope.spawn(|| lock.lock_blocking().push("thread"));
        until(|| lock.statistics().waiting == 2);
        let mut after = pin!(lock.lock());
        assert!(poll(after.as_mut()).is_pending());
        drop(held);
        assert!(poll(after.as_mut()).is_pending());
        let std::task::Poll::Ready(mut guard) = poll(before.as_mut()) else { panic!("first") };
        guard.push("before");
        drop(guard);
        until(|| lock.statistics().waiting == 0);
        futures_lite::future::block_on(after).push("after");
    });
    assert_eq!(*lock.lock_blocking(), ["before", "thread", "after"]);
}

#[test]
fn each_twin_waits_and_is_woken() {
    let lock = Arc::new(Lock::new(0));
    let semaphore = Semaphore::new(0);
    let event = Event::new();
    let held = lock.lock_owned_blocking();
    let (sender, receiver) = oneshot();
    thread::scope(|scope| {
        let waiters = [
            scope.spawn(|| *lock.lock_owned_blocking() += 1),
            scope.spawn(|| semaphore.acquire_blocking().forget()),
            scope.spawn(|| semaphore.acquire_many_blocking(2).forget()),
            scope.spawn(|| event.wait_blocking()),
            scope.spawn(|| assert_eq!(receiver.recv_blocking(), Ok(5))),
        ];
        until(|| lock.statistics().waiting == 1 && semaphore.statistics().waiting == 2);
        until(|| event.statistics().waiting == 1);
        assert!(waiters.iter().all(|waiter| !waiter.is_finished()));
        drop(held);
        semaphore.add_permits(3);
        event.set();
        sender.send(5).unwrap();
    });
    assert_eq!((*lock.lock_blocking(), semaphore.available()), (1, 0));
    event.wait_blocking();
}

#[test]
fn in_a_task_it_panics_and_names_the_remedy_even_if_it_need_not_wait() {
    let record = Record::new();
    record.open(7, 0, Location::caller());
    let (lock, semaphore, event) = (Lock::new(()), Semaphore::new(1), Event::new());
    event.set();
    let calls: [&dyn Fn(); 12] = [
        &|| drop(lock.lock_blocking()),
        &|| drop(semaphore.acquire_blocking()),
        &|| event.wait_blocking(),
        &|| assert!(oneshot::<String>().1.recv_blocking().is_err()),
        &|| assert!(Barrier::new(1).wait_blocking().is_ok()),
        &|| assert_eq!(OnceCell::from(1).get_or_init_blocking(|| 2), &1),
        &|| assert_eq!(OnceCell::from(1).wait_blocking(), &1),
        &|| Once::new().call_blocking(|| ()),
        &|| assert!(watch(1).1.changed_blocking().is_err()),
        &|| assert!(watch(1).1.wait_for_blocking(|n| *n == 1).is_ok()),
        &|| assert!(broadcast::<u8>(1).1.recv_blocking().is_err()),
        &|| assert!(OnceCell::from(1).get_or_try_init_blocking(|| Err(())).is_ok()),
    ];
    for call in calls {
        let payload = catch_unwind(AssertUnwindSafe(|| enter(&record, call))).unwrap_err();
        let message = payload.downcast_ref::<&str>().copied().unwrap_or_default();
        assert!(message.contains("without `_blocking`"), "{message}");
    }
    assert!(!lock.is_locked() && semaphore.available() == 1);
    // A call that was given a thread for it may.
    record.set_may_block();
    enter(&record, || drop(lock.lock_blocking()));
}

#[test]
fn threads_and_tasks_at_one_lock() {
    let lock = Lock::new(0);
    thread::scope(|scope| {
        for n in 0..8 {
            let lock = &lock;
            scope.spawn(move || {
                for _ in 0..1_000 {
                    if n % 2 == 0 {
                        *lock.lock_blocking() += 1;
                    } else {
                        futures_lite::future::block_on(async { *lock.lock().await += 1 });
                    }
                }
            });
        }
    });
    assert_eq!(lock.into_inner(), 8_000);
}
