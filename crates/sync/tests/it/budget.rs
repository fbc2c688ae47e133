//! The budget of a task: what is always ready lets the others go first, and loses nothing by it.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use evenkeel_context::{Owned, Record, enter_task, has_budget, spend, unconstrained};
use evenkeel_sync::{
    Barrier, Condition, Event, LifoQueue, Lock, PriorityQueue, Queue, RwLock, Semaphore, broadcast,
    channel, oneshot, unbounded, watch,
};
use futures_core::Stream;

use crate::fifo::{Count, now, poll};

/// What a task may do in one poll.
const UNITS: usize = 128;

/// One poll, as of a task of ours.
fn turn<F: Future + ?Sized>(task: Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
    enter_task(&Record::new(), &Owned::new(), || task.poll(&mut Context::from_waker(waker)))
}

/// `step` does one thing that is ready, for ever: it is made to yield after so many, each time.
fn yields_after_its_units(name: &str, mut step: impl AsyncFnMut()) {
    let done = AtomicUsize::new(0);
    let mut busy = pin!(async {
        loop {
            step().await;
            done.fetch_add(1, Ordering::Relaxed);
        }
    });
    for turns in 1..=3 {
        let (count, waker) = Count::new();
        assert!(turn(busy.as_mut(), &waker).is_pending());
        assert_eq!(count.get(), 1, "{name}: it comes back by itself");
        assert_eq!(done.load(Ordering::Relaxed), turns * UNITS, "{name}");
    }
}

#[test]
fn locks_and_permits_that_are_free() {
    let (lock, table, semaphore) = (Lock::new(0), RwLock::new(0), Semaphore::new(1));
    yields_after_its_units("lock", async || *lock.lock().await += 1);
    yields_after_its_units("lock_checked", async || *lock.lock_checked().await.unwrap() += 1);
    yields_after_its_units("read", async || drop(table.read().await));
    yields_after_its_units("write", async || *table.write().await += 1);
    yields_after_its_units("acquire", async || drop(semaphore.acquire().await));
    assert_eq!((*lock.try_lock().unwrap(), *table.try_read().unwrap()), (6 * UNITS, 3 * UNITS));
}

#[test]
fn what_has_happened_and_whom_nobody_else_has_to_come_for() {
    let (event, barrier) = (Event::new(), Barrier::new(1));
    event.set();
    yields_after_its_units("event", async || event.wait().await);
    yields_after_its_units("barrier", async || assert_eq!(barrier.wait().await, Ok(0)));
    yields_after_its_units("oneshot", async || {
        let (sender, receiver) = oneshot();
        sender.send(1).unwrap();
        assert_eq!(receiver.await, Ok(1));
    });
    let (_sender, mut level) = watch(0);
    yields_after_its_units("watch", async || {
        level.mark_changed();
        level.changed().await.unwrap();
    });
    yields_after_its_units("wait_for", async || drop(level.wait_for(|_| true).await));
}

#[test]
fn items_that_are_there() {
    let items = 3 * UNITS as u32 + 1;
    let (sender, mut receiver) = unbounded();
    yields_after_its_units("send", async || sender.send(0).await.unwrap());
    yields_after_its_units("recv", async || assert_eq!(receiver.recv().await, Ok(0)));
    (0..2 * items).for_each(|n| sender.try_send(n).unwrap());
    // A batch is one operation.
    yields_after_its_units("recv_many", async || {
        assert_eq!(receiver.recv_many(&mut Vec::new(), 2).await, Ok(2));
    });
    (0..items).for_each(|n| sender.try_send(n).unwrap());
    yields_after_its_units("stream", async || {
        let next = std::future::poll_fn(|cx| Pin::new(&mut receiver).poll_next(cx)).await;
        assert!(next.is_some());
    });
    let (fifo, lifo, heap) =
        (Queue::unbounded(), LifoQueue::unbounded(), PriorityQueue::unbounded());
    yields_after_its_units("put", async || fifo.put(0).await.unwrap());
    yields_after_its_units("get", async || drop(fifo.get().await.unwrap()));
    (0..items).for_each(|n| lifo.try_put(n).unwrap());
    yields_after_its_units("get the last", async || drop(lifo.get().await.unwrap()));
    (0..items).for_each(|n| heap.try_put(n).unwrap());
    yields_after_its_units("get the smallest", async || drop(heap.get().await.unwrap()));
    let (sender, mut receiver) = broadcast(items as usize);
    (0..items).for_each(|n| assert!(sender.send(n).is_ok()));
    yields_after_its_units("broadcast", async || assert!(receiver.recv().await.is_ok()));
    let mut queue = Box::pin(fifo.stream());
    (0..items).for_each(|n| fifo.try_put(n).unwrap());
    yields_after_its_units("items", async || {
        drop(std::future::poll_fn(|cx| queue.as_mut().poll_next(cx)).await);
    });
}

/// Uses up what the task has, then awaits `future`.
async fn late<F: Future>(future: F) -> F::Output {
    std::future::poll_fn(|_| {
        while has_budget() {
            spend();
        }
        Poll::Ready(())
    })
    .await;
    future.await
}

#[test]
fn who_is_refused_has_not_come() {
    let lock = Lock::new(());
    let held = lock.try_lock().unwrap();
    let mut waiting = pin!(late(lock.lock()));
    assert!(turn(waiting.as_mut(), Waker::noop()).is_pending());
    assert_eq!(lock.statistics().waiting, 0);
    assert!(turn(waiting.as_mut(), Waker::noop()).is_pending());
    assert_eq!(lock.statistics().waiting, 1);
    drop(held);

    // Its answer says whether it was the last to come.
    let barrier = Barrier::new(2);
    let mut first = pin!(barrier.wait());
    assert!(poll(first.as_mut()).is_pending());
    let mut second = pin!(late(barrier.wait()));
    assert!(turn(second.as_mut(), Waker::noop()).is_pending());
    assert_eq!(barrier.n_waiting(), 1);
    assert_eq!(turn(second.as_mut(), Waker::noop()), Poll::Ready(Ok(1)));
    assert_eq!(now(first), Ok(0));
    assert_eq!(barrier.statistics().leaving, 0);
}

#[test]
fn a_lock_is_not_let_go_of_before_one_is_in_line_for_the_condition() {
    let (lock, changed) = (Lock::new(0), Condition::new());
    let mut waiting = pin!(late(changed.wait(now(lock.lock()))));
    assert!(turn(waiting.as_mut(), Waker::noop()).is_pending());
    assert!(lock.try_lock().is_none(), "a change now would be missed");
    assert!(turn(waiting.as_mut(), Waker::noop()).is_pending());
    *lock.try_lock().expect("in line") += 1;
    changed.notify(1);
    let Poll::Ready(guard) = turn(waiting.as_mut(), Waker::noop()) else { panic!("notified") };
    assert_eq!(*guard, 1);
}

#[test]
fn what_was_granted_is_kept_for_the_next_turn_or_given_back() {
    for dropped in [false, true] {
        let lock = Arc::new(Lock::new(()));
        let held = lock.try_lock().unwrap();
        let mut waiting = Box::pin(lock.lock_owned());
        assert!(turn(waiting.as_mut(), Waker::noop()).is_pending());
        drop(held);
        assert!(turn(pin!(late(waiting.as_mut())), Waker::noop()).is_pending());
        assert!(lock.is_locked());
        if !dropped {
            assert!(turn(waiting.as_mut(), Waker::noop()).is_ready());
        }
        drop(waiting);
        assert!(lock.try_lock().is_some());
    }
}

#[test]
fn who_waits_spends_nothing_and_who_is_unconstrained_never_yields() {
    let event = Event::new();
    let mut waits: Vec<_> = (0..10 * UNITS).map(|_| Box::pin(event.wait())).collect();
    let joined = turn(
        pin!(std::future::poll_fn(|cx| {
            waits.iter_mut().for_each(|wait| assert!(wait.as_mut().poll(cx).is_pending()));
            Poll::Ready(has_budget())
        })),
        Waker::noop(),
    );
    assert_eq!((joined, event.statistics().waiting), (Poll::Ready(true), 10 * UNITS));

    let (sender, mut receiver) = channel(1);
    let all = unconstrained(async {
        for n in 0..10 * UNITS {
            sender.send(n).await.unwrap();
            assert_eq!(receiver.recv().await, Ok(n));
        }
    });
    assert!(turn(pin!(all), Waker::noop()).is_ready());
}
