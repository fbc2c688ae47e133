//! What CPython's test_locks asks of `Lock`, `Event` and `Semaphore` beyond the cases.

use std::sync::Arc;

use evenkeel::{Event, Lock, Semaphore, create_task, gather, sleep, timeout, yield_now};

use crate::loops::{ms, on_one, on_one_and_two, secs, settle, ticks};
use crate::transcript::Transcript;

/// test_lock, test_release_no_waiters, test_context_manager.
#[test]
fn a_lock_is_locked_for_as_long_as_its_guard_lives() {
    on_one_and_two(|| async {
        let lock = Lock::new(7);
        assert!(!lock.is_locked());
        {
            let guard = lock.lock().await;
            assert!(lock.is_locked());
            assert_eq!(*guard, 7);
        }
        assert!(!lock.is_locked());
    });
}

/// test_cancel_release_race, test_finished_waiter_cancelled: the first in line is cancelled, and in the
/// same pass the lock is released. The second gets it, whichever of the two came first.
#[test]
fn cancel_then_release_and_release_then_cancel_serve_the_next_in_line() {
    for cancel_first in [true, false] {
        on_one(|| async move {
            let (lock, log) = (Arc::new(Lock::new(())), Transcript::new());
            let held = lock.lock().await;
            let waiter = |n: u8| {
                let (lock, log) = (Arc::clone(&lock), log.clone());
                create_task(async move {
                    log.say(format!("calls{n}"));
                    let guard = lock.lock_owned().await;
                    log.say(format!("gets{n}"));
                    guard
                })
            };
            let [first, second, third] = [1, 2, 3].map(waiter);
            ticks(1).await;
            if cancel_first {
                first.cancel();
                drop(held);
            } else {
                drop(held);
                first.cancel();
            }
            assert!(first.join().await.is_err_and(|error| error.is_cancelled()));
            ticks(1).await;
            assert_eq!(log.said(), "calls1 calls2 calls3 gets2");
            assert!(second.is_finished() && !third.is_finished());
            assert!(lock.is_locked(), "the second holds it still, in its result");
            third.cancel();
            ticks(1).await;
            drop(second.await);
            assert!(!lock.is_locked());
        });
    }
}

/// test_clear, test_wait_on_set.
#[test]
fn an_event_is_set_and_cleared() {
    on_one_and_two(|| async {
        let event = Event::new();
        assert!(!event.is_set());
        event.set();
        assert!(event.is_set());
        event.wait().await;
        event.clear();
        assert!(!event.is_set());
    });
}

/// test_clear_with_waiters: set, cleared and set twice, one who waited goes on once.
#[test]
fn an_event_set_again_and_again_lets_a_waiter_go_once() {
    on_one(|| async {
        let (event, log) = (Arc::new(Event::new()), Transcript::new());
        let waiter = create_task({
            let (event, log) = (Arc::clone(&event), log.clone());
            async move {
                event.wait().await;
                log.say(1);
                true
            }
        });
        ticks(1).await;
        event.set();
        event.clear();
        assert!(!event.is_set());
        event.set();
        event.set();
        ticks(1).await;
        assert_eq!((log.said().as_str(), event.statistics().waiting), ("1", 0));
        assert!(waiter.is_finished());
        assert!(waiter.await);
    });
}

/// test_initial_value_zero, test_semaphore, test_release_no_waiters.
#[test]
fn a_semaphore_is_locked_while_nothing_is_left() {
    on_one_and_two(|| async {
        assert!(Semaphore::new(0).is_locked());
        let semaphore = Semaphore::new(1);
        assert_eq!((semaphore.is_locked(), semaphore.available()), (false, 1));
        semaphore.acquire().await.forget();
        assert!(semaphore.is_locked());
        semaphore.add_permits(1);
        assert!(!semaphore.is_locked());
    });
}

/// test_acquire: two permits are taken, the third goes to the first of three, two more to the others.
#[test]
fn permits_go_round_as_they_come_back() {
    on_one(|| async {
        let (semaphore, log) = (Arc::new(Semaphore::new(3)), Transcript::new());
        semaphore.acquire_many(2).await.forget();
        assert!(!semaphore.is_locked());
        let taker = |n: u8| {
            let (semaphore, log) = (Arc::clone(&semaphore), log.clone());
            create_task(async move {
                semaphore.acquire().await.forget();
                log.say(n);
            })
        };
        let first = [1, 2, 3].map(taker);
        ticks(1).await;
        assert_eq!(log.said(), "1");
        assert_eq!((semaphore.statistics().waiting, semaphore.available()), (2, 0));
        let fourth = taker(4);
        semaphore.add_permits(2);
        assert_eq!(semaphore.available(), 0, "they are handed over");
        ticks(1).await;
        assert_eq!(log.said(), "1 2 3");
        assert_eq!((semaphore.statistics().waiting, semaphore.is_locked()), (1, true));
        semaphore.add_permits(1);
        gather(first).await;
        fourth.await;
    });
}

/// test_acquire_cancel.
#[test]
fn a_cancelled_taker_leaves_no_entry() {
    on_one_and_two(|| async {
        let semaphore = Arc::new(Semaphore::new(1));
        let _held = semaphore.acquire().await;
        let taker = create_task({
            let semaphore = Arc::clone(&semaphore);
            async move { semaphore.acquire().await.forget() }
        });
        settle().await;
        assert_eq!(semaphore.statistics().waiting, 1);
        taker.cancelled().await;
        assert_eq!(semaphore.statistics().waiting, 0);
    });
}

/// test_acquire_no_hang (bpo-45997): the next in line is cancelled as the permit comes to it.
#[test]
fn a_permit_given_to_one_who_is_cancelled_is_not_lost() {
    on_one(|| async {
        let semaphore = Arc::new(Semaphore::new(1));
        let (sender, receiver) = evenkeel::oneshot::<evenkeel::Canceller>();
        let first = create_task({
            let semaphore = Arc::clone(&semaphore);
            async move {
                let permit = semaphore.acquire().await;
                let victim = receiver.await.unwrap();
                yield_now().await;
                drop(permit);
                victim.cancel();
            }
        });
        let second = create_task({
            let semaphore = Arc::clone(&semaphore);
            async move {
                let _permit = semaphore.acquire().await;
                unreachable!("it was cancelled");
            }
        });
        sender.send(second.canceller()).ok().unwrap();
        let (first, second): (_, Result<(), _>) = gather((first.join(), second.join())).await;
        assert!(first.is_ok());
        assert!(second.unwrap_err().is_cancelled());
        assert!(timeout(secs(1), semaphore.acquire()).await.is_ok());
    });
}

/// test_acquire_fifo_order_4. There the permits that are left over wait with the one who was woken, and
/// the result is 1, 2, 3, 4. Here the one who waited is handed its permit, and what is left over is had
/// without waiting: nobody is overtaken, since its permit is the first one's already.
#[test]
fn a_permit_handed_over_is_the_waiters_and_what_is_left_is_free() {
    on_one(|| async {
        let (semaphore, log) = (Arc::new(Semaphore::new(0)), Transcript::new());
        let (said, there) = (log.clone(), Arc::clone(&semaphore));
        let first = create_task(async move {
            there.acquire().await.forget();
            said.say(1);
        });
        let (said, there) = (log.clone(), Arc::clone(&semaphore));
        let second = create_task(async move {
            there.add_permits(3);
            assert_eq!(there.available(), 2, "one is the first one's");
            there.acquire().await.forget();
            said.say(2);
        });
        let (said, there) = (log.clone(), Arc::clone(&semaphore));
        let third = create_task(async move {
            there.acquire().await.forget();
            assert!(there.is_locked());
            said.say(3);
        });
        gather((first, second, third)).await;
        assert_eq!((log.said().as_str(), semaphore.available()), ("2 3 1", 0));
    });
}

/// test_acquire_hang: the head of the line is cancelled and a permit released in one pass.
#[test]
fn a_release_beside_a_cancel_reaches_the_next() {
    for cancel_first in [true, false] {
        on_one(|| async move {
            let semaphore = Arc::new(Semaphore::new(0));
            let taker = || {
                let semaphore = Arc::clone(&semaphore);
                create_task(async move { semaphore.acquire().await.forget() })
            };
            let (head, next) = (taker(), taker());
            ticks(1).await;
            if cancel_first {
                head.cancel();
            }
            semaphore.add_permits(1);
            head.cancel();
            ticks(2).await;
            assert!(semaphore.is_locked() && next.is_finished());
            assert!(head.join().await.unwrap_err().is_cancelled());
        });
    }
}

/// The same lock under a timeout that expires as it is handed over: either way nobody hangs.
#[test]
fn a_lock_handed_over_at_the_deadline_is_held_or_free() {
    on_one_and_two(|| async {
        let lock = Arc::new(Lock::new(()));
        for _ in 0..50 {
            let held = lock.lock().await;
            let waits = create_task({
                let lock = Arc::clone(&lock);
                async move { timeout(ms(10), lock.lock_owned()).await.is_ok() }
            });
            let releases = create_task(async { sleep(ms(10)).await });
            releases.await;
            drop(held);
            waits.await;
            assert!(!lock.is_locked());
        }
    });
}
