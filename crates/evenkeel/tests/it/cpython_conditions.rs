//! What CPython's ConditionTests ask, on the loop. The lock is the waiter's own: it comes as a guard, so
//! neither waiting nor notifying can be done "unacquired".

use std::sync::Arc;

use evenkeel::sync::Condition;
use evenkeel::{Lock, Task, create_task, gather, sleep, timeout};

use crate::loops::{ms, on_one, on_one_and_two, settle, ticks};
use crate::transcript::Transcript;

/// A lock, a condition of it, and what was said.
#[derive(Clone)]
struct World {
    lock: Arc<Lock<i32>>,
    changed: Arc<Condition>,
    log: Transcript,
}

impl World {
    fn new() -> World {
        let (lock, changed) = (Arc::new(Lock::new(0)), Arc::new(Condition::new()));
        World { lock, changed, log: Transcript::new() }
    }

    /// Waits once, says its number, and lets the lock go in its next turn.
    fn waiter(&self, n: usize) -> Task<()> {
        let world = self.clone();
        create_task(async move {
            let guard = world.changed.wait(world.lock.lock().await).await;
            world.log.say(n);
            ticks(1).await;
            drop(guard);
        })
    }

    fn waiting(&self) -> usize {
        self.changed.statistics().waiting
    }
}

/// test_wait, test_context_manager.
#[test]
fn cnd_01_who_is_notified_goes_on_when_the_lock_is_let_go() {
    on_one(|| async {
        let world = World::new();
        let waiters = [1, 2, 3].map(|n| world.waiter(n));
        ticks(2).await;
        assert_eq!((world.log.said().as_str(), world.waiting()), ("", 3));
        assert!(!world.lock.is_locked());
        let guard = world.lock.lock().await;
        world.changed.notify(1);
        ticks(2).await;
        assert_eq!(world.log.said(), "", "the lock is held");
        drop(guard);
        settle().await;
        assert_eq!(world.log.said(), "1");
        let guard = world.lock.lock().await;
        world.changed.notify(2);
        ticks(2).await;
        assert_eq!(world.log.said(), "1");
        drop(guard);
        gather(waiters).await;
        assert_eq!(world.log.said(), "1 2 3");
        assert!(!world.lock.is_locked());
    });
}

/// test_wait_cancel, test_timeout_in_block. There the lock is held again afterwards; here the guard went
/// with the wait, and the lock is free.
#[test]
fn cnd_02_a_wait_that_was_given_up_leaves_the_lock_free() {
    on_one_and_two(|| async {
        let world = World::new();
        let waiter = world.waiter(1);
        settle().await;
        waiter.cancelled().await;
        assert_eq!((world.waiting(), world.lock.is_locked()), (0, false));

        let wait = world.changed.wait(world.lock.lock().await);
        assert!(timeout(ms(500), wait).await.is_err());
        assert_eq!((world.waiting(), world.lock.is_locked()), (0, false));
        // The form that gives the guard back.
        let guard = world.lock.lock().await;
        let (_guard, timed_out) = world.changed.wait_until(guard, sleep(ms(500))).await;
        assert!(timed_out && world.lock.is_locked());
    });
}

/// test_wait_cancel_contested, test_wait_cancel_after_notify: notified, and cancelled while it queues for
/// the lock.
#[test]
fn cnd_03_cancelled_while_it_takes_the_lock_again_it_holds_nothing_up() {
    on_one(|| async {
        let world = World::new();
        let (first, second) = (world.waiter(1), world.waiter(2));
        ticks(2).await;
        let guard = world.lock.lock().await;
        world.changed.notify(1);
        ticks(2).await;
        first.cancel();
        drop(guard);
        assert!(first.join().await.unwrap_err().is_cancelled());
        second.await; // The notification has passed to it.
        assert_eq!(world.log.said(), "2");
        assert!(!world.lock.is_locked());
    });
}

/// test_cancelled_wakeup, test_cancelled_wakeup_relock: of two consumers the one that was notified is
/// cancelled, before it runs or while it queues for the lock; the other consumes.
#[test]
fn cnd_03_the_other_consumer_gets_what_the_cancelled_one_was_notified_of() {
    for turns in [0, 1] {
        on_one(|| async move {
            let world = World::new();
            let consumer = || {
                let world = world.clone();
                create_task(async move {
                    let mut state = world.lock.lock().await;
                    loop {
                        state = world.changed.wait_for(state, |state| *state != 0).await;
                        if *state < 0 {
                            return;
                        }
                        *state -= 1;
                        world.changed.notify_all();
                    }
                })
            };
            let [first, second] = [consumer(), consumer()];
            ticks(2).await;
            let mut state = world.lock.lock().await;
            *state += 1;
            world.changed.notify(1);
            ticks(turns).await;
            first.cancel();
            let consumed = world.changed.wait_for(state, |state| *state == 0);
            let mut state = timeout(ms(10), consumed).await.expect("nobody consumed");
            *state = -1;
            world.changed.notify_all();
            drop(state);
            second.await;
            assert!(first.join().await.unwrap_err().is_cancelled());
        });
    }
}

/// test_wait_for, test_wait_for_unacquired as far as it can be said.
#[test]
fn cnd_04_a_predicate_is_looked_at_now_and_at_each_notification() {
    on_one_and_two(|| async {
        let world = World::new();
        let there = world.clone();
        let waiter = create_task(async move {
            let guard = there.lock.lock().await;
            *there.changed.wait_for(guard, |state| *state == 3).await
        });
        for _ in 0..2 {
            settle().await;
            world.changed.notify(1);
        }
        settle().await;
        assert!(!waiter.is_finished());
        *world.lock.lock().await = 3;
        world.changed.notify(1);
        assert_eq!(waiter.await, 3);
        // It holds already: no wait.
        let guard = world.changed.wait_for(world.lock.lock().await, |state| *state == 3).await;
        assert_eq!(*guard, 3);
    });
}

/// test_notify, test_notify_all.
#[test]
fn cnd_04_one_and_more_than_there_are_and_all() {
    on_one(|| async {
        let world = World::new();
        let waiters = [1, 2, 3].map(|n| world.waiter(n));
        ticks(2).await;
        world.changed.notify(1);
        settle().await;
        assert_eq!(world.log.said(), "1");
        world.changed.notify(1);
        world.changed.notify(2048);
        gather(waiters).await;
        assert_eq!(world.log.said(), "1 2 3");

        let waiters = [4, 5].map(|n| world.waiter(n));
        ticks(2).await;
        world.changed.notify_all();
        gather(waiters).await;
        assert_eq!(world.log.said(), "1 2 3 4 5");
    });
}

/// test_explicit_lock: a condition belongs to no lock, and a lock may have several.
#[test]
fn cnd_05_two_conditions_on_one_lock() {
    on_one_and_two(|| async {
        let (lock, log) = (Arc::new(Lock::new(0)), Transcript::new());
        let conditions = [(); 2].map(|()| Arc::new(Condition::new()));
        let waiters = [0, 1].map(|n| {
            let (lock, log, changed) = (Arc::clone(&lock), log.clone(), conditions[n].clone());
            create_task(async move {
                drop(changed.wait(lock.lock().await).await);
                log.say(n);
            })
        });
        settle().await;
        conditions[1].notify_all();
        settle().await;
        assert_eq!(log.said(), "1");
        conditions[0].notify_all();
        gather(waiters).await;
        assert_eq!((log.said().as_str(), lock.is_locked()), ("1 0", false));
    });
}

/// test_cancelled_error_wakeup, test_cancelled_error_re_aquire: the reason comes through, in the line and
/// in that for the lock.
#[test]
fn cnd_06_the_reason_of_a_cancel_survives_in_both_phases() {
    for notified in [false, true] {
        on_one(|| async move {
            let world = World::new();
            let waiter = world.waiter(1);
            ticks(2).await;
            let guard = world.lock.lock().await;
            if notified {
                world.changed.notify(1);
                ticks(2).await;
            }
            waiter.cancel_with("foo");
            drop(guard);
            assert_eq!(waiter.join().await.unwrap_err().reason(), Some("foo"));
            assert!(!world.lock.is_locked());
        });
    }
}
