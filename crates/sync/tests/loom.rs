//! Models of every race in this crate: each is run through all schedules loom can tell apart,
//! within the bound of `LOOM_MAX_PREEMPTIONS`. Beside each stands a weakening it was seen to catch.
//!
//! ```text
//! RUSTFLAGS="--cfg loom" LOOM_MAX_PREEMPTIONS=2 \
//!     cargo test --release -p evenkeel-sync --test loom
//! ```
#![cfg(loom)]
#![allow(missing_docs, reason = "tests are not modelled")]
#![expect(unsafe_code, reason = "loom's cells are looked into by pointer")]

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use evenkeel_sync::{Event, Lock, Semaphore};
use loom::cell::UnsafeCell;
use loom::sync::{Condvar, Mutex};
use loom::thread;

#[path = "loom/barrier.rs"]
mod barrier;
#[path = "loom/bounded.rs"]
mod bounded;
#[path = "loom/broadcast.rs"]
mod broadcast;
#[path = "loom/channel.rs"]
mod channel;
#[path = "loom/condition.rs"]
mod condition;
#[path = "loom/once.rs"]
mod once;
#[path = "loom/oneshot.rs"]
mod oneshot;
#[path = "loom/queue.rs"]
mod queue;
#[path = "loom/futurelock.rs"]
mod futurelock;
#[path = "loom/rwlock.rs"]
mod rwlock;
#[path = "loom/tiny.rs"]
mod tiny;
#[path = "loom/watch.rs"]
mod watch;

/// A number that loom watches: two accesses that are not ordered fail the model.
struct Watched(UnsafeCell<usize>);

// SAFETY: that it is reached by one thread at a time is what the models check.
unsafe impl Send for Watched {}
// SAFETY: as above.
unsafe impl Sync for Watched {}

impl Watched {
    fn new() -> Self {
        Self(UnsafeCell::new(0))
    }

    fn add(&self, n: usize) {
        // SAFETY: loom fails the model if another access is not ordered with this one.
        self.0.with_mut(|number| unsafe { *number += n });
    }

    fn get(&self) -> usize {
        // SAFETY: as above.
        self.0.with(|number| unsafe { *number })
    }
}

fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Sleeps until it is woken; a wake that comes first is remembered.
#[derive(Default)]
struct Alarm {
    rung: Mutex<bool>,
    bell: Condvar,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        *self.rung.lock().unwrap() = true;
        self.bell.notify_one();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let alarm = Arc::new(Alarm::default());
    let waker = Waker::from(alarm.clone());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        let mut rung = alarm.rung.lock().unwrap();
        while !*rung {
            rung = alarm.bell.wait(rung).unwrap();
        }
        *rung = false;
    }
}

/// Polls `times` times and drops: a waiter that gives up, perhaps just as it is called.
fn give_up<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..times {
        if let Poll::Ready(output) = poll(future.as_mut()) {
            return Some(output);
        }
    }
    None
}

/// Three threads take, change, release. Caught: Relaxed for Acquire in `try_take_only`; Relaxed for
/// Release in `try_give`; `serve` leaving QUEUED set for an empty line.
#[test]
fn lock_between_three() {
    loom::model(|| {
        let lock = Arc::new(Lock::new(Watched::new()));
        let others: Vec<_> = (0..2)
            .map(|_| {
                let lock = lock.clone();
                thread::spawn(move || block_on(async { lock.lock().await.add(1) }))
            })
            .collect();
        block_on(async { lock.lock().await.add(1) });
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(lock.try_lock().expect("free").get(), 3);
    });
}

/// The holder releases while one of two waiters gives up, called or not. Caught: `leave` not giving
/// back what a called waiter had; `leave` unlinking a called one; `serve` leaving QUEUED set.
#[test]
fn release_against_a_waiter_that_gives_up() {
    loom::model(|| {
        let lock = Arc::new(Lock::new(Watched::new()));
        let held = lock.try_lock().unwrap();
        let quitter = {
            let lock = lock.clone();
            thread::spawn(move || drop(give_up(lock.lock(), 2)))
        };
        let stayer = {
            let lock = lock.clone();
            thread::spawn(move || block_on(async { lock.lock().await.add(1) }))
        };
        held.add(1);
        drop(held);
        quitter.join().unwrap();
        stayer.join().unwrap();
        assert_eq!(lock.try_lock().expect("free").get(), 2);
        assert_eq!(lock.statistics().waiting, 0);
    });
}

/// The first waiter has been called and is dropped while the second joins or looks. Caught:
/// `leave` not giving back; `serve` leaving QUEUED set for an empty line.
#[test]
fn a_called_waiter_dropped_while_another_joins() {
    loom::model(|| {
        let lock = Arc::new(Lock::new(Watched::new()));
        let held = lock.try_lock().unwrap();
        let mut first = Box::pin(lock.lock_owned());
        assert!(poll(first.as_mut()).is_pending());
        drop(held);
        let second = {
            let lock = lock.clone();
            thread::spawn(move || block_on(async { lock.lock().await.add(1) }))
        };
        drop(first);
        second.join().unwrap();
        assert_eq!(lock.try_lock().expect("free").get(), 1);
    });
}

/// A release, a waiter, and one who only tries: the trier never gets past the waiter. Caught:
/// `serve` leaving the permit it handed over free as well.
#[test]
fn a_trier_does_not_barge() {
    loom::model(|| {
        let lock = Arc::new(Lock::new(()));
        let held = lock.try_lock().unwrap();
        let mut waiter = pin!(lock.lock());
        assert!(poll(waiter.as_mut()).is_pending());
        let trier = {
            let lock = lock.clone();
            thread::spawn(move || lock.try_lock().is_none())
        };
        drop(held);
        assert!(trier.join().unwrap(), "barged");
        assert!(poll(waiter.as_mut()).is_ready());
    });
}

/// Two give one permit each, a third wants both: it sees what either did before. Caught: Relaxed
/// for Acquire in `try_take` or `take_or_queue`.
#[test]
fn two_permits_from_two_givers() {
    loom::model(|| {
        let shared = Arc::new((Semaphore::new(0), [Watched::new(), Watched::new()]));
        let givers: Vec<_> = (0..2)
            .map(|n| {
                let shared = shared.clone();
                thread::spawn(move || {
                    shared.1[n].add(1);
                    shared.0.add_permits(1);
                })
            })
            .collect();
        block_on(shared.0.acquire_many(2)).forget();
        assert_eq!(shared.1[0].get() + shared.1[1].get(), 2);
        for giver in givers {
            giver.join().unwrap();
        }
        assert_eq!(shared.0.available(), 0);
    });
}

/// A waiter is called and a permit is left over, for one who was never in line: it sees what the
/// giver did. Caught: Relaxed for Release in `serve`.
#[test]
fn what_a_call_leaves_over() {
    loom::model(|| {
        let shared = Arc::new((Semaphore::new(0), Watched::new()));
        let mut waiter = pin!(shared.0.acquire());
        assert!(poll(waiter.as_mut()).is_pending());
        let giver = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.1.add(1);
                shared.0.add_permits(2);
            })
        };
        // Without this loom never looks at the schedules in which the giver is first.
        thread::yield_now();
        if let Some(_permit) = shared.0.try_acquire() {
            assert_eq!(shared.1.get(), 1);
        }
        giver.join().unwrap();
        assert!(poll(waiter.as_mut()).is_ready());
    });
}

/// One who wants two gives up in front of one who wants one, while a permit is given. Caught:
/// `leave` not serving those the leaver held up; `try_give` ignoring QUEUED.
#[test]
fn the_first_gives_up_before_a_smaller_one() {
    loom::model(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let giver = {
            let semaphore = semaphore.clone();
            thread::spawn(move || semaphore.add_permits(1))
        };
        let mut large = Box::pin(semaphore.acquire_many(2));
        let mut small = Box::pin(semaphore.acquire());
        assert!(poll(large.as_mut()).is_pending());
        let got = poll(small.as_mut());
        assert!(got.is_pending(), "it came second");
        drop(large);
        block_on(small).forget();
        giver.join().unwrap();
        assert_eq!((semaphore.available(), semaphore.is_locked()), (0, true));
    });
}

/// Permits are given and taken on the fast path and on the slow one at once; none is lost. Caught:
/// `serve` storing the word without `n` when it finds QUEUED; `take_or_queue` not setting QUEUED.
#[test]
fn permits_are_neither_lost_nor_made() {
    loom::model(|| {
        let semaphore = Arc::new(Semaphore::new(2));
        let others: Vec<_> = [1, 2]
            .map(|n| {
                let semaphore = semaphore.clone();
                thread::spawn(move || drop(block_on(semaphore.acquire_many(n))))
            })
            .into_iter()
            .collect();
        drop(give_up(semaphore.acquire(), 1));
        for other in others {
            other.join().unwrap();
        }
        assert_eq!((semaphore.available(), semaphore.is_locked()), (2, false));
    });
}

/// A waiter joins while the event is set: it is let go, and sees what came before. Caught: Relaxed
/// in `set` or in `is_set`; `set` storing after it called the line; `join` not looking again.
#[test]
fn set_against_a_waiter_that_joins() {
    loom::model(|| {
        let shared = Arc::new((Event::new(), Watched::new()));
        let waiter = {
            let shared = shared.clone();
            thread::spawn(move || {
                block_on(shared.0.wait());
                shared.1.get()
            })
        };
        shared.1.add(1);
        shared.0.set();
        assert_eq!(waiter.join().unwrap(), 1);
    });
}

/// `set(); clear()` lets go all who had joined, one of which gives up meanwhile. Caught: `look`
/// asking the flag instead of the node, or not looking again when it has cloned its waker.
#[test]
fn set_and_clear_against_a_waiter_that_gives_up() {
    loom::model(|| {
        let event = Arc::new(Event::new());
        let mut quitter = Box::pin(event.wait_owned());
        let mut stayer = Box::pin(event.wait_owned());
        assert!(poll(quitter.as_mut()).is_pending() && poll(stayer.as_mut()).is_pending());
        let setter = {
            let event = event.clone();
            thread::spawn(move || {
                event.set();
                event.clear();
            })
        };
        drop(quitter);
        block_on(stayer);
        setter.join().unwrap();
        assert_eq!(event.statistics().waiting, 0);
    });
}

/// A waiter looks before it is woken, and without the lock: if it was told, it sees what came before.
/// Weakened: Relaxed in `tell_first`, or in `was_told`: it reads what the setter writes (a race).
#[test]
fn set_against_a_waiter_that_looks_unasked() {
    loom::model(|| {
        let shared = Arc::new((Event::new(), Watched::new()));
        let mut waiter = pin!(shared.0.wait());
        assert!(poll(waiter.as_mut()).is_pending());
        let setter = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.1.add(1);
                shared.0.set();
                shared.0.clear();
            })
        };
        // Without this loom never looks at the schedules in which the setter is first.
        thread::yield_now();
        let told = poll(waiter.as_mut()).is_ready();
        if told {
            assert_eq!(shared.1.get(), 1);
        }
        setter.join().unwrap();
        assert!(told || poll(waiter.as_mut()).is_ready());
    });
}

/// A value that is counted until it is dropped.
struct Token(Arc<loom::sync::atomic::AtomicUsize>);

impl Drop for Token {
    fn drop(&mut self) {
        self.0.fetch_add(1, loom::sync::atomic::Ordering::Relaxed);
    }
}

fn drops(count: &Arc<loom::sync::atomic::AtomicUsize>) -> usize {
    count.load(loom::sync::atomic::Ordering::Relaxed)
}

/// A thread parks in a line while it is called: it is woken, and sees what the releaser did.
/// Caught: `wake` not
/// noting that it rang; `sleep` not looking before it sleeps.
#[test]
fn a_thread_parks_while_it_is_called() {
    loom::model(|| {
        let lock = Arc::new(Lock::new(Watched::new()));
        let held = lock.try_lock().unwrap();
        let other = {
            let lock = lock.clone();
            thread::spawn(move || lock.lock_blocking().add(1))
        };
        held.add(1);
        drop(held);
        other.join().unwrap();
        assert_eq!(lock.try_lock().expect("free").get(), 2);
    });
}
