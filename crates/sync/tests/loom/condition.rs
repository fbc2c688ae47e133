//! Notifications against waiters that come, leave, or have the lock to wait for.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use evenkeel_sync::{Condition, Lock, OwnedGuard};
use loom::thread;

use crate::{block_on, poll};

type Shared = Arc<(Arc<Lock<usize>>, Condition)>;

fn shared() -> Shared {
    Arc::new((Arc::new(Lock::new(0)), Condition::new()))
}

/// A future that waits for a notification and holds on to what it waits with.
type Waiting = Pin<Box<dyn Future<Output = OwnedGuard<usize>> + Send>>;

fn waiting(shared: &Shared) -> Waiting {
    let shared = shared.clone();
    Box::pin(async move {
        let guard = shared.0.try_lock_owned().expect("nobody has it yet");
        shared.1.wait(guard).await
    })
}

/// A change and its notification come while a waiter is about to part with the lock. Caught: `part`
/// letting go of the lock before it has joined the line.
#[test]
fn a_notification_while_the_waiter_parts_with_the_lock() {
    loom::model(|| {
        let shared = shared();
        let waiter = {
            let shared = shared.clone();
            thread::spawn(move || {
                block_on(async {
                    let mut guard = shared.0.lock().await;
                    while *guard == 0 {
                        guard = shared.1.wait(guard).await;
                    }
                });
            })
        };
        block_on(async { *shared.0.lock().await = 1 });
        shared.1.notify(1);
        waiter.join().unwrap();
        assert!(shared.0.try_lock().is_some());
        assert_eq!(shared.1.statistics().waiting, 0);
    });
}

/// The first of two gives up while one notification comes: the second has it. Caught: `give_back`
/// doing nothing.
#[test]
fn a_notification_against_the_waiter_that_gives_up() {
    loom::model(|| {
        let shared = shared();
        let mut first = waiting(&shared);
        let mut second = waiting(&shared);
        assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());
        let quitter = thread::spawn(move || drop(first));
        shared.1.notify(1);
        drop(block_on(second));
        quitter.join().unwrap();
        assert!(shared.0.try_lock().is_some());
    });
}

/// The first is notified and gives up while it waits for the lock, which is released meanwhile: the
/// second is notified, and the lock is free in the end. Caught: `PassOn` doing nothing.
#[test]
fn a_release_against_the_notified_waiter_that_gives_up() {
    loom::model(|| {
        let shared = shared();
        let mut first = waiting(&shared);
        let mut second = waiting(&shared);
        assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());
        let held = shared.0.try_lock().unwrap();
        shared.1.notify(1);
        assert!(poll(first.as_mut()).is_pending(), "the lock is held");
        let quitter = thread::spawn(move || drop(first));
        drop(held);
        drop(block_on(second));
        quitter.join().unwrap();
        assert!(shared.0.try_lock().is_some());
    });
}

/// Ready when it is polled a second time.
struct Twice(bool);

impl Future for Twice {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if !std::mem::replace(&mut self.0, true) {
            return Poll::Pending;
        }
        // Without this loom never looks at the schedules in which the notification comes just now.
        thread::yield_now();
        Poll::Ready(())
    }
}

/// A bound comes to its end while one notification comes: either of the two that wait has it. Caught:
/// `give_back` doing nothing; `wait_until` saying that it was not notified when it was.
#[test]
fn a_notification_against_the_bound_of_the_wait() {
    loom::model(|| {
        let shared = shared();
        let guard = shared.0.try_lock().unwrap();
        let mut bounded = pin!(shared.1.wait_until(guard, Twice(false)));
        assert!(poll(bounded.as_mut()).is_pending());
        let mut second = waiting(&shared);
        assert!(poll(second.as_mut()).is_pending());
        let notifier = {
            let shared = shared.clone();
            thread::spawn(move || shared.1.notify(1))
        };
        let (guard, timed_out) = block_on(bounded);
        drop(guard);
        notifier.join().unwrap();
        if timed_out {
            drop(block_on(second));
        } else {
            assert!(poll(second.as_mut()).is_pending());
        }
    });
}
