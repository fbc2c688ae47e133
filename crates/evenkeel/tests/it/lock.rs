//! asyncio's cases of `Lock`.

use std::sync::Arc;

use evenkeel::{Lock, Runner, Task, create_task, gather, sleep, timeout, yield_now};

use crate::loops::{ms, on_one, on_one_and_two, options, secs, settle, ticks};
use crate::transcript::{Count, Transcript};

#[test]
fn lck_01_waiters_get_it_one_per_release_in_the_order_they_came() {
    on_one(|| async {
        let (lock, log) = (Arc::new(Lock::new(())), Transcript::new());
        let held = lock.lock().await;
        let waiter = |n: usize| {
            let (lock, log) = (Arc::clone(&lock), log.clone());
            create_task(async move {
                let guard = lock.lock().await;
                log.say(n);
                yield_now().await;
                drop(guard);
            })
        };
        let first = [1, 2, 3].map(waiter);
        ticks(2).await;
        assert_eq!((log.said().as_str(), lock.statistics().waiting), ("", 3));
        drop(held);
        assert!(lock.is_locked(), "it is handed over");
        let late = waiter(4);
        for said in ["1", "1 2", "1 2 3"] {
            ticks(1).await;
            assert_eq!(log.said(), said);
            ticks(1).await;
        }
        gather(first).await;
        late.await;
        assert_eq!(log.said(), "1 2 3 4");
        assert!(!lock.is_locked());
    });
}

#[test]
fn lck_01_a_cancelled_waiter_leaves_no_entry() {
    on_one_and_two(|| async {
        let lock = Arc::new(Lock::new(()));
        let held = lock.lock().await;
        let waiter = create_task({
            let lock = Arc::clone(&lock);
            async move { drop(lock.lock().await) }
        });
        settle().await;
        assert_eq!(lock.statistics().waiting, 1);
        waiter.cancelled().await;
        assert_eq!(lock.statistics().waiting, 0);
        drop(held);
        assert!(!lock.is_locked());
        assert!(lock.try_lock().is_some());
    });
}

#[test]
fn lck_02_a_waiter_cancelled_as_it_gets_the_lock_passes_it_on() {
    on_one(|| async {
        let (lock, log) = (Arc::new(Lock::new(())), Transcript::new());
        let held = lock.lock().await;
        let waiter = |word: &'static str| {
            let (lock, log) = (Arc::clone(&lock), log.clone());
            create_task(async move {
                let _guard = lock.lock().await;
                log.say(word);
            })
        };
        let (b, c) = (waiter("b"), waiter("c"));
        ticks(1).await;
        drop(held);
        b.cancel();
        assert!(b.join().await.unwrap_err().is_cancelled());
        c.await;
        assert_eq!(log.said(), "c");
        assert!(!lock.is_locked());
    });
    // Wherever the cancel falls, the lock is free at the end and nobody hangs.
    on_one_and_two(|| async {
        let lock = Arc::new(Lock::new(0));
        for _ in 0..200 {
            let held = lock.lock().await;
            let waiter = || {
                let lock = Arc::clone(&lock);
                create_task(async move { *lock.lock().await += 1 })
            };
            let (b, c) = (waiter(), waiter());
            yield_now().await;
            drop(held);
            b.cancel();
            let _ = b.join().await;
            assert_eq!(timeout(secs(1), c).await, Ok(()));
            assert!(!lock.is_locked());
        }
    });
}

#[test]
fn lck_05_a_holder_that_is_dropped_or_panics_lets_go() {
    on_one_and_two(|| async {
        let lock = Arc::new(Lock::new(1));
        let panics: Task<()> = create_task({
            let lock = Arc::clone(&lock);
            async move {
                *lock.lock_owned().await = 2;
                let _guard = lock.lock().await;
                std::panic::panic_any("holds the lock");
            }
        });
        assert!(panics.join().await.unwrap_err().is_panic());
        assert!(!lock.is_locked());
        assert_eq!(*lock.lock().await, 2, "and it is not poisoned");

        let holds = create_task({
            let lock = Arc::clone(&lock);
            async move {
                let _guard = lock.lock().await;
                sleep(secs(60)).await;
            }
        });
        settle().await;
        assert!(lock.is_locked() && lock.try_lock().is_none());
        holds.cancelled().await;
        assert!(lock.try_lock().is_some());
    });
}

#[test]
fn lck_06_two_that_lock_in_a_loop_take_turns() {
    on_one(|| async {
        let (lock, log) = (Arc::new(Lock::new(())), Transcript::new());
        let loops = |word: &'static str| {
            let (lock, log) = (Arc::clone(&lock), log.clone());
            create_task(async move {
                for _ in 0..3 {
                    let _guard = lock.lock().await;
                    log.say(word);
                    yield_now().await;
                }
            })
        };
        gather((loops("g"), loops("o"))).await;
        assert_eq!(log.said(), "g o g o g o");
    });
    on_one(|| async {
        let (lock, log) = (Arc::new(Lock::new(())), Transcript::new());
        let held = lock.lock().await;
        let waiters = [0, 1].map(|n| {
            let (lock, log) = (Arc::clone(&lock), log.clone());
            create_task(async move {
                let _guard = lock.lock().await;
                log.say(n);
            })
        });
        ticks(1).await;
        drop(held);
        let again = lock.lock().await;
        log.say("late");
        drop(again);
        gather(waiters).await;
        assert_eq!(log.said(), "0 1 late");
    });
}

#[test]
fn lck_06_on_two_workers_nobody_starves() {
    on_one_and_two(|| async {
        let (lock, counts) = (Arc::new(Lock::new(())), [Count::default(), Count::default()]);
        let greedy = counts.clone().map(|count| {
            let lock = Arc::clone(&lock);
            create_task(async move {
                for _ in 0..200 {
                    let _guard = lock.lock().await;
                    count.one();
                    yield_now().await;
                }
            })
        });
        settle().await;
        gather(greedy).await;
        assert_eq!(counts.map(|count| count.get()), [200, 200]);
    });
}

#[test]
fn lck_07_nobody_barges_past_a_waiter() {
    on_one(|| async {
        let (lock, log) = (Arc::new(Lock::new(())), Transcript::new());
        let held = lock.lock().await;
        let waiter = create_task({
            let (lock, log) = (Arc::clone(&lock), log.clone());
            async move {
                let _guard = lock.lock().await;
                log.say("waiter");
            }
        });
        ticks(1).await;
        drop(held);
        assert!(lock.try_lock().is_none(), "it belongs to the waiter, which has not run yet");
        assert!(lock.try_lock_owned().is_none());
        assert_eq!(log.said(), "");
        waiter.await;
        assert!(lock.try_lock().is_some());
    });
}

#[test]
fn lck_08_a_free_lock_with_only_cancelled_waiters_is_had_without_waiting() {
    on_one(|| async {
        let lock = Arc::new(Lock::new(()));
        let held = lock.lock().await;
        let waiters = [0; 3].map(|_| {
            let lock = Arc::clone(&lock);
            create_task(async move { drop(lock.lock().await) })
        });
        ticks(1).await;
        drop(held);
        waiters.iter().for_each(|waiter| assert!(waiter.cancel()));
        // Handed to the first, which is cancelled, and so on: one pass.
        ticks(3).await;
        let polls = Count::default();
        drop(polls.polls_of(lock.lock()).await);
        assert_eq!(polls.get(), 1);
        drop(waiters);
    });
}

#[test]
fn lck_09_one_lock_serves_two_loops_and_a_thread() {
    let (lock, total) = (Arc::new(Lock::new(0)), 3 * 300);
    let adds = |lock: Arc<Lock<i32>>| async move {
        for _ in 0..300 {
            *lock.lock().await += 1;
            yield_now().await;
        }
    };
    std::thread::scope(|scope| {
        for workers in [1, 2] {
            let work = adds(Arc::clone(&lock));
            scope.spawn(move || Runner::new(options(workers).0).unwrap().run(work));
        }
        let work = adds(Arc::clone(&lock));
        scope.spawn(move || evenkeel::block_on(work));
    });
    assert_eq!(*evenkeel::block_on(lock.lock()), total);
}

#[test]
fn a_lock_that_is_held_for_a_second_by_two_takes_two() {
    on_one_and_two(|| async {
        let (lock, begun) = (Arc::new(Lock::new(())), evenkeel::now());
        let holders = [0; 2].map(|_| {
            let lock = Arc::clone(&lock);
            create_task(async move {
                let _guard = lock.lock().await;
                sleep(secs(1)).await;
            })
        });
        let others = create_task(async {
            for _ in 0..15 {
                sleep(ms(100)).await;
            }
            evenkeel::now()
        });
        gather(holders).await;
        assert_eq!(evenkeel::now() - begun, secs(2));
        assert_eq!(others.await - begun, ms(1500));
    });
}
