//! The lock: strict order, hand-off, and waiters that leave.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use evenkeel_sync::Lock;

use crate::fifo::{Count, Fifo, Log, now, poll, yield_now};

#[test]
fn lck_01_one_per_release_in_order_late_comer_last() {
    let lock = Arc::new(Lock::new(()));
    let log = Log::default();
    let mut fifo = Fifo::default();
    let held = lock.try_lock_owned().unwrap();
    let task = |name: &'static str| {
        let (lock, log) = (lock.clone(), log.clone());
        async move {
            let _guard = lock.lock().await;
            log.say(name);
            yield_now().await;
        }
    };
    for name in ["a", "b", "c"] {
        fifo.spawn(task(name));
    }
    fifo.turn();
    assert_eq!(log.take(), "");
    assert_eq!(lock.statistics().waiting, 3);
    drop(held);
    fifo.turn();
    assert_eq!(log.take(), "a");
    fifo.spawn(task("late"));
    fifo.run();
    assert_eq!(log.take(), "b c late");
    assert!(!lock.is_locked());
}

#[test]
fn lck_01_a_cancelled_waiter_leaves_no_entry() {
    let lock = Lock::new(());
    let held = lock.try_lock().unwrap();
    {
        let mut first = pin!(lock.lock());
        let mut second = Box::pin(lock.lock());
        let mut third = pin!(lock.lock());
        for _ in 0..3 {
            assert!(poll(first.as_mut()).is_pending());
            assert!(poll(second.as_mut()).is_pending());
            assert!(poll(third.as_mut()).is_pending());
        }
        assert_eq!(lock.statistics().waiting, 3);
        drop(second);
        assert_eq!(lock.statistics().waiting, 2);
        drop(held);
        assert!(poll(third.as_mut()).is_pending());
        assert!(poll(first.as_mut()).is_ready());
        assert!(poll(third.as_mut()).is_ready());
    }
    assert_eq!((lock.is_locked(), lock.statistics().waiting), (false, 0));
    assert_eq!(lock.statistics().waits, 3);
}

#[test]
fn lck_02_release_and_cancel_in_one_pass() {
    let lock = Arc::new(Lock::new(()));
    let log = Log::default();
    let mut fifo = Fifo::default();
    let held = lock.try_lock_owned().unwrap();
    let task = |name: &'static str| {
        let (lock, log) = (lock.clone(), log.clone());
        async move {
            let _guard = lock.lock().await;
            log.say(name);
        }
    };
    let b = fifo.spawn(task("b"));
    let c = fifo.spawn(task("c"));
    fifo.run();
    drop(held);
    assert!(lock.is_locked(), "handed to b");
    fifo.cancel(b);
    assert!(lock.is_locked(), "handed on to c");
    fifo.run();
    assert_eq!(log.take(), "c");
    assert!(fifo.is_done(c) && !lock.is_locked());
}

#[test]
fn lck_05_a_dropped_or_panicking_holder_releases() {
    let lock = Arc::new(Lock::new(0));
    *now(lock.lock()) += 1;
    let other = lock.clone();
    std::thread::spawn(move || {
        let mut guard = now(other.lock());
        *guard += 1;
        panic!("while holding the lock");
    })
    .join()
    .unwrap_err();
    assert!(!lock.is_locked());
    assert_eq!(*lock.try_lock().unwrap(), 2);
}

#[test]
fn lck_06_two_loops_alternate() {
    let lock = Lock::new(());
    let log = Log::default();
    let mut fifo = Fifo::default();
    for name in ["g", "o"] {
        let (lock, log) = (&lock, log.clone());
        fifo.spawn(async move {
            for _ in 0..3 {
                let _guard = lock.lock().await;
                log.say(name);
                yield_now().await;
            }
        });
    }
    fifo.run();
    assert_eq!(log.take(), "g o g o g o");
}

#[test]
fn lck_06_the_releaser_that_locks_again_goes_behind() {
    let lock = Lock::new(());
    let log = Log::default();
    let mut fifo = Fifo::default();
    {
        let (lock, log) = (&lock, log.clone());
        fifo.spawn(async move {
            let guard = lock.lock().await;
            yield_now().await;
            drop(guard);
            let _guard = lock.lock().await;
            log.say("late");
        });
    }
    for name in [0, 1] {
        let (lock, log) = (&lock, log.clone());
        fifo.spawn(async move {
            let _guard = lock.lock().await;
            log.say(name);
        });
    }
    fifo.run();
    assert_eq!(log.take(), "0 1 late");
}

#[test]
fn lck_07_try_lock_does_not_barge() {
    let lock = Arc::new(Lock::new(()));
    let held = lock.try_lock().unwrap();
    assert!(lock.try_lock().is_none());
    let mut waiter = pin!(lock.lock());
    assert!(poll(waiter.as_mut()).is_pending());
    drop(held);
    assert!(lock.try_lock().is_none() && lock.try_lock_owned().is_none());
    assert!(poll(waiter.as_mut()).is_ready());
    assert!(lock.try_lock_owned().is_some());
}

#[test]
fn lck_08_a_lock_only_cancelled_ones_waited_for_is_free() {
    let lock = Lock::new(());
    let held = lock.try_lock().unwrap();
    let mut waiters: Vec<_> = (0..3).map(|_| Box::pin(lock.lock())).collect();
    for waiter in &mut waiters {
        assert!(poll(waiter.as_mut()).is_pending());
    }
    drop(held); // to the first
    drop(waiters.remove(1));
    drop(waiters.remove(1));
    drop(waiters.remove(0));
    drop(now(lock.lock()));
    assert!(lock.try_lock().is_some());
}

#[test]
fn lck_09_one_lock_two_threads_two_executors() {
    let lock = Arc::new(Lock::new(Vec::new()));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            futures_lite::future::block_on(async {
                for _ in 0..100 {
                    lock.lock().await.push('a');
                }
            });
        });
        scope.spawn(|| {
            // Another executor, which spins.
            for _ in 0..100 {
                let mut locking = pin!(lock.lock_owned());
                loop {
                    if let Poll::Ready(mut guard) = poll(locking.as_mut()) {
                        guard.push('b');
                        break;
                    }
                    std::thread::yield_now();
                }
            }
        });
    });
    assert_eq!(now(lock.lock()).len(), 200);
}

#[test]
fn the_latest_waker_is_the_one_woken() {
    let lock = Lock::new(());
    let held = lock.try_lock().unwrap();
    let (old, old_waker) = Count::new();
    let (new, new_waker) = Count::new();
    let mut waiter = pin!(lock.lock());
    assert!(waiter.as_mut().poll(&mut Context::from_waker(&old_waker)).is_pending());
    assert!(waiter.as_mut().poll(&mut Context::from_waker(&old_waker)).is_pending());
    assert!(waiter.as_mut().poll(&mut Context::from_waker(&new_waker)).is_pending());
    assert_eq!(Arc::strong_count(&old), 2, "the old one is dropped when it is replaced");
    drop(held);
    assert_eq!((old.get(), new.get()), (0, 1));
    assert!(waiter.as_mut().poll(&mut Context::from_waker(&old_waker)).is_ready());
}

#[test]
fn the_holder_is_known_from_the_hand_over_on() {
    use evenkeel_context::{Record, enter};
    let task = |id| {
        let record = Record::new();
        record.open(id, 0, std::panic::Location::caller());
        record
    };
    let (one, two) = (task(1), task(2));
    let lock = Lock::new(());
    let holder = || lock.holder().map(|id| id.get());
    assert_eq!(holder(), None);
    let held = enter(&one, || lock.try_lock()).unwrap();
    assert_eq!(holder(), Some(1));
    let mut waiter = pin!(lock.lock());
    assert!(enter(&two, || poll(waiter.as_mut())).is_pending());
    assert_eq!(two.wait(), (evenkeel_context::Wait::Lock, 1));
    drop(held);
    assert_eq!(holder(), Some(2), "handed over, though it has not been polled");
    let held = enter(&two, || now(waiter));
    assert_eq!(lock.statistics().holder.map(|id| id.get()), Some(2));
    drop(held);
    assert_eq!(holder(), None);
    let _outside = lock.try_lock().unwrap();
    assert_eq!(holder(), None);
}

#[test]
fn the_value_and_its_formats() {
    let mut lock = Lock::from(5);
    *lock.get_mut() += 1;
    assert_eq!(format!("{:?}", lock.try_lock().unwrap()), "6");
    assert_eq!(format!("{}", lock.try_lock().unwrap()), "6");
    assert!(format!("{lock:?}").starts_with("Lock { locked: false"));
    assert!(format!("{:?}", lock.lock()).starts_with("Locking"));
    assert_eq!(lock.into_inner(), 6);
    let unsized_lock: Arc<Lock<[u8]>> = Arc::new(Lock::new([1, 2, 3]));
    now(unsized_lock.lock_owned())[0] = 9;
    assert_eq!(&*now(unsized_lock.lock()), &[9, 2, 3]);
    assert_eq!(*now(Lock::<u8>::default().lock()), 0);
}

#[test]
#[should_panic(expected = "polled again after it was ready")]
fn polling_again_is_a_broken_promise() {
    let lock = Lock::new(());
    let mut locking = pin!(lock.lock());
    assert!(poll(locking.as_mut()).is_ready());
    let _ = poll(locking.as_mut());
}
