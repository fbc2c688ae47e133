//! The condition: who is notified, in which order, and what becomes of a notification whose waiter left.

use std::cell::Cell;
use std::future::{pending, ready};
use std::pin::pin;
use std::sync::Arc;
use std::thread;

use evenkeel_sync::{Condition, Event, Lock, RwLock};

use crate::fifo::{Fifo, Log, now, poll, yield_now};

/// Tasks that wait in the order of their names and say so when they have the lock again.
fn waiters<'a>(
    fifo: &mut Fifo<'a>,
    lock: &'a Lock<()>,
    condition: &'a Condition,
    log: &Log,
    names: &[&'static str],
) -> Vec<usize> {
    let spawn = |&name: &&'static str| {
        let log = log.clone();
        fifo.spawn(async move {
            let guard = condition.wait(lock.lock().await).await;
            log.say(name);
            drop(guard);
        })
    };
    names.iter().map(spawn).collect()
}

#[test]
fn cnd_01_notified_under_the_lock_runs_nobody_until_the_release_then_in_order() {
    let (lock, condition, log) = (Lock::new(()), Condition::new(), Log::default());
    let mut fifo = Fifo::default();
    for name in ["1", "2", "3"] {
        let (lock, condition, log) = (&lock, &condition, log.clone());
        fifo.spawn(async move {
            let guard = condition.wait(lock.lock().await).await;
            log.say(name);
            yield_now().await;
            drop(guard);
        });
    }
    fifo.run();
    assert_eq!(condition.statistics().waiting, 3);
    let held = lock.try_lock().expect("waiters do not hold it");
    condition.notify(1);
    fifo.run();
    condition.notify(2);
    fifo.run();
    assert_eq!((log.take().as_str(), condition.statistics().waiting), ("", 0));
    assert_eq!(lock.statistics().waiting, 3);
    drop(held);
    fifo.turn();
    assert_eq!(log.take(), "1");
    fifo.turn();
    fifo.turn();
    assert_eq!(log.take(), "2");
    fifo.run();
    assert_eq!(log.take(), "3");
    assert!(lock.try_lock().is_some());
}

#[test]
fn cnd_02_a_cancelled_wait_leaves_the_lock_free_and_no_entry() {
    let (lock, condition, log) = (Lock::new(()), Condition::new(), Log::default());
    let mut fifo = Fifo::default();
    let tasks = waiters(&mut fifo, &lock, &condition, &log, &["a", "b"]);
    fifo.run();
    fifo.cancel(tasks[0]);
    assert!(!lock.is_locked());
    assert_eq!(condition.statistics().waiting, 1);
    condition.notify(1);
    fifo.run();
    assert_eq!(log.take(), "b");
}

#[test]
fn cnd_02_a_wait_that_timed_out_returns_the_guard() {
    let (lock, condition) = (Lock::new(5), Condition::new());
    let mut other = pin!(condition.wait(now(lock.lock())));
    assert!(poll(other.as_mut()).is_pending());
    let (guard, timed_out) = now(condition.wait_until(now(lock.lock()), ready(())));
    assert_eq!((*guard, timed_out, lock.is_locked()), (5, true, true));
    assert_eq!(condition.statistics().waiting, 1, "nobody is notified by it");
    let elapsed = Event::new();
    let mut wait = pin!(condition.wait_until(guard, elapsed.wait()));
    assert!(poll(wait.as_mut()).is_pending());
    elapsed.set();
    let held = lock.try_lock().unwrap();
    assert!(poll(wait.as_mut()).is_pending(), "the guard is waited for all the same");
    assert_eq!(condition.statistics().waiting, 1);
    drop(held);
    assert!(now(wait).1);
    condition.notify(1);
    drop(now(other));
}

#[test]
fn cnd_02_notified_in_time_is_not_timed_out() {
    let (lock, condition) = (Lock::new(()), Condition::new());
    let elapsed = Event::new();
    let mut wait = pin!(condition.wait_until(now(lock.lock()), elapsed.wait()));
    assert!(poll(wait.as_mut()).is_pending());
    condition.notify(1);
    elapsed.set();
    assert!(!now(wait).1);
    assert_eq!(elapsed.statistics().waiting, 0);
}

#[test]
fn cnd_03_notified_then_cancelled_before_it_runs_passes_the_notification_on() {
    let (lock, condition, log) = (Lock::new(()), Condition::new(), Log::default());
    let mut fifo = Fifo::default();
    let tasks = waiters(&mut fifo, &lock, &condition, &log, &["a", "b", "c"]);
    fifo.run();
    condition.notify(1);
    fifo.cancel(tasks[0]);
    fifo.run();
    assert_eq!((log.take().as_str(), condition.statistics().waiting), ("b", 1));
}

#[test]
fn cnd_03_notified_then_cancelled_while_it_waits_for_the_lock() {
    for handed_over in [false, true] {
        let (lock, condition, log) = (Lock::new(()), Condition::new(), Log::default());
        let mut fifo = Fifo::default();
        let tasks = waiters(&mut fifo, &lock, &condition, &log, &["a", "b", "c"]);
        fifo.run();
        let held = lock.try_lock().unwrap();
        condition.notify(1);
        fifo.run();
        assert_eq!((lock.statistics().waiting, condition.statistics().waiting), (1, 2));
        if handed_over {
            drop(held);
            assert!(lock.is_locked());
            fifo.cancel(tasks[0]);
        } else {
            fifo.cancel(tasks[0]);
            drop(held);
        }
        fifo.run();
        assert_eq!((log.take().as_str(), condition.statistics().waiting), ("b", 1));
        assert!(!lock.is_locked(), "neither stuck nor held twice");
    }
}

#[test]
fn cnd_04_notify_some_all_and_more_than_there_are() {
    let (lock, condition, log) = (Lock::new(()), Condition::new(), Log::default());
    let mut fifo = Fifo::default();
    waiters(&mut fifo, &lock, &condition, &log, &["1", "2", "3"]);
    fifo.run();
    condition.notify(0);
    fifo.run();
    assert_eq!(log.take(), "");
    condition.notify(1);
    fifo.run();
    assert_eq!(log.take(), "1");
    condition.notify(1);
    condition.notify(2048);
    fifo.run();
    assert_eq!(log.take(), "2 3");
    condition.notify(1); // for nobody: not remembered
    let names = ["4"; 70]; // more than two batches of wakers
    waiters(&mut fifo, &lock, &condition, &log, &names);
    fifo.run();
    assert_eq!(condition.statistics().waiting, 70);
    condition.notify(33);
    fifo.run();
    assert_eq!(log.take().len(), 2 * 33 - 1);
    condition.notify_all();
    fifo.run();
    assert_eq!(log.take().len(), 2 * 37 - 1);
    assert_eq!(condition.statistics().waits, 73);
}

#[test]
fn cnd_04_wait_for_stays_until_the_predicate_holds() {
    let (lock, condition, log) = (Lock::new(0), Condition::new(), Log::default());
    let looks = Cell::new(0);
    let mut fifo = Fifo::default();
    {
        let (lock, condition, log, looks) = (&lock, &condition, log.clone(), &looks);
        fifo.spawn(async move {
            let wanted = |n: &mut i32| {
                looks.set(looks.get() + 1);
                *n == 2
            };
            let guard = condition.wait_for(lock.lock().await, wanted).await;
            log.say(*guard);
        });
    }
    for n in [1, 2] {
        fifo.run();
        assert_eq!(log.take(), "");
        *lock.try_lock().unwrap() = n;
        condition.notify_all();
    }
    fifo.run();
    assert_eq!((log.take().as_str(), looks.get()), ("2", 3));
    drop(now(condition.wait_for(now(lock.lock()), |n| *n == 2)));
    assert_eq!(looks.get(), 3);
}

#[test]
fn cnd_05_several_conditions_on_one_lock_and_every_guard() {
    let lock = Arc::new(Lock::new(()));
    let rwlock = Arc::new(RwLock::new(()));
    let (one, two) = (Condition::new(), Condition::new());
    {
        let mut first = pin!(one.wait(now(lock.lock())));
        assert!(poll(first.as_mut()).is_pending());
        let mut second = pin!(two.wait(now(lock.lock_owned())));
        assert!(poll(second.as_mut()).is_pending());
        let mut third = pin!(one.wait(now(rwlock.write())));
        assert!(poll(third.as_mut()).is_pending());
        let mut fourth = pin!(two.wait(now(rwlock.write_owned())));
        assert!(poll(fourth.as_mut()).is_pending());
        two.notify_all();
        assert!(poll(first.as_mut()).is_pending() && poll(third.as_mut()).is_pending());
        drop((now(second), now(fourth)));
        one.notify_all();
        drop((now(first), now(third)));
    }
    assert!(lock.try_lock().is_some() && rwlock.try_write().is_some());
}

#[test]
fn dropped_before_its_first_poll_it_lets_go_of_the_lock() {
    let (lock, condition) = (Lock::new(()), Condition::new());
    let wait = condition.wait(now(lock.lock()));
    assert!(lock.is_locked());
    drop(wait);
    assert!(!lock.is_locked());
    assert_eq!(condition.statistics().waits, 0);
}

/// Polled `polls` times, notified or not, and dropped: the next one has what is to be had.
#[test]
fn dropped_at_every_moment() {
    for polls in 0..3 {
        for bounded in [false, true] {
            for (notified, locked) in [(false, false), (false, true), (true, false), (true, true)] {
                let (lock, condition) = (Lock::new(()), Condition::new());
                let mut victim = Box::pin(async {
                    if bounded {
                        condition.wait_until(lock.lock().await, pending()).await.0
                    } else {
                        condition.wait(lock.lock().await).await
                    }
                });
                let mut next = Box::pin(async { condition.wait(lock.lock().await).await });
                for _ in 0..polls {
                    assert!(poll(victim.as_mut()).is_pending());
                }
                assert!(poll(next.as_mut()).is_pending());
                let held = locked.then(|| lock.try_lock().unwrap());
                if notified && polls > 0 {
                    condition.notify(1);
                    assert!(!locked || poll(victim.as_mut()).is_pending());
                }
                drop(victim);
                drop(held);
                assert!(!lock.is_locked());
                if !notified || polls == 0 {
                    assert!(poll(next.as_mut()).is_pending());
                    condition.notify(1);
                }
                drop(now(next));
                assert_eq!((lock.is_locked(), condition.statistics().waiting), (false, 0));
            }
        }
    }
}

#[test]
fn threads_and_tasks_pass_a_ball() {
    const ROUNDS: usize = 500;
    const PLAYERS: usize = 6;
    let (ball, moved) = (Lock::new(0), Condition::new());
    thread::scope(|scope| {
        for player in 0..PLAYERS {
            let (ball, moved) = (&ball, &moved);
            scope.spawn(move || {
                let mine = |at: &mut usize| *at % PLAYERS == player;
                for _ in 0..ROUNDS {
                    if player % 2 == 0 {
                        *moved.wait_for_blocking(ball.lock_blocking(), mine) += 1;
                    } else {
                        futures_lite::future::block_on(async {
                            *moved.wait_for(ball.lock().await, mine).await += 1;
                        });
                    }
                    moved.notify_all();
                }
            });
        }
    });
    assert_eq!(moved.statistics().waiting, 0);
    assert_eq!(*ball.lock_blocking(), ROUNDS * PLAYERS);
}

#[test]
fn a_thread_waits_as_well() {
    let (lock, condition) = (Lock::new(false), Condition::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut guard = lock.lock_blocking();
            while !*guard {
                guard = condition.wait_blocking(guard);
            }
        });
        *lock.lock_blocking() = true;
        condition.notify(1);
    });
}

#[test]
fn formats() {
    let condition = Condition::default();
    assert_eq!(format!("{condition:?}"), "Condition { waiting: 0, .. }");
}
