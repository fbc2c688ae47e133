//! A grant to a waiter that its task does not poll while it waits by another one.

use std::future::{Future, poll_fn};
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use evenkeel_context::{Record, enter};
use evenkeel_sync::{Lock, Semaphore};
use loom::thread;

use crate::{Watched, block_on, poll};

/// Polls as a task of ours. Only one thread of a model may: loom's threads share the thread-local in
/// which the task is noted. The others only release.
struct InTask<F>(Record, F);

fn in_task<F: Future + Unpin>(future: F) -> InTask<F> {
    let record = Record::new();
    record.open(7, 0, Location::caller());
    InTask(record, future)
}

impl<F: Future + Unpin> Future for InTask<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let InTask(record, future) = &mut *self;
        enter(record, || Pin::new(future).poll(cx))
    }
}

/// The lock is released, to a waiter that is never polled again, while its task begins to wait by
/// another: that one gets it. Caught: `look` not asking `take_over`; `wait_with` not asking to be
/// polled again; `trade` leaving the first one without a waker.
#[test]
fn a_release_to_a_waiter_that_is_not_polled() {
    loom::model(|| {
        let lock = Arc::new(Lock::new(Watched::new()));
        let held = lock.clone();
        let held = {
            let mut taking = Box::pin(async move { held.lock_owned().await });
            let Poll::Ready(held) = poll(taking.as_mut()) else { panic!("it is free") };
            held
        };
        let ours = lock.clone();
        block_on(in_task(Box::pin(async move {
            let mut forgotten = pin!(ours.lock());
            assert!(once(forgotten.as_mut()).await.is_pending());
            let releaser = thread::spawn(move || {
                held.add(1);
                drop(held);
            });
            let guard = ours.lock().await;
            assert_eq!(guard.get(), 1);
            assert!(once(forgotten.as_mut()).await.is_pending(), "first in line again");
            drop(guard);
            releaser.join().unwrap();
            assert!(ours.try_lock().is_none(), "kept for the first in line");
            drop(forgotten.await);
        })));
        assert!(lock.try_lock().is_some());
    });
}

/// One poll, with the waker of the task.
async fn once<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

/// Two permits are given to a waiter that is not polled, and one that wants one takes over: none is lost
/// or made. Caught: `exchange` not counting in what comes back.
#[test]
fn a_part_of_a_grant_is_taken_over() {
    loom::model(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let mut forgotten = in_task(Box::pin(semaphore.acquire_many(2)));
        assert!(poll(Pin::new(&mut forgotten)).is_pending());
        let giver = {
            let semaphore = semaphore.clone();
            thread::spawn(move || semaphore.add_permits(2))
        };
        {
            let mut second = pin!(in_task(Box::pin(semaphore.acquire())));
            for _ in 0..3 {
                if let Poll::Ready(permit) = poll(second.as_mut()) {
                    permit.forget();
                    semaphore.add_permits(1);
                    break;
                }
            }
        }
        giver.join().unwrap();
        block_on(forgotten).forget();
        assert_eq!((semaphore.available(), semaphore.is_locked()), (0, true));
    });
}
