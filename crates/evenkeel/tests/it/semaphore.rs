//! asyncio's cases of `Semaphore`. A permit is given back by dropping it; `add_permits` is the `release`
//! of one that nobody acquired.

use std::sync::Arc;

use evenkeel::{Semaphore, Task, create_task, gather, sleep, yield_now};

use crate::loops::{ms, on_one, on_one_and_two, settle, ticks};
use crate::transcript::{Count, Transcript};

/// Acquires for good, then says `word`.
fn taker(semaphore: &Arc<Semaphore>, log: &Transcript, word: impl ToString) -> Task<()> {
    let (semaphore, log, word) = (Arc::clone(semaphore), log.clone(), word.to_string());
    create_task(async move {
        semaphore.acquire().await.forget();
        log.say(word);
    })
}

#[test]
fn sem_01_it_counts_and_two_releases_admit_two() {
    on_one_and_two(|| async {
        let semaphore = Semaphore::new(1);
        assert!(!semaphore.is_locked());
        let permit = semaphore.acquire().await;
        assert!(semaphore.is_locked());
        assert_eq!(semaphore.available(), 0);
        drop(permit);
        assert_eq!(semaphore.available(), 1);
    });
    on_one_and_two(|| async {
        let (semaphore, log) = (Arc::new(Semaphore::new(0)), Transcript::new());
        let takers: Vec<_> = (0..4).map(|n| taker(&semaphore, &log, n)).collect();
        settle().await;
        assert_eq!((log.said().as_str(), semaphore.statistics().waiting), ("", 4));
        semaphore.add_permits(1);
        semaphore.add_permits(1);
        settle().await;
        assert_eq!(log.said().split_whitespace().count(), 2);
        assert_eq!((semaphore.statistics().waiting, semaphore.available()), (2, 0));
        assert!(semaphore.is_locked(), "others wait");
        drop(takers);
    });
}

#[test]
fn sem_02_cancelled_waiters_are_passed_over() {
    on_one_and_two(|| async {
        let (semaphore, log) = (Arc::new(Semaphore::new(0)), Transcript::new());
        let mut takers = Vec::new();
        for n in 1..=4 {
            takers.push(taker(&semaphore, &log, n));
            settle().await;
        }
        takers[0].cancel();
        takers[1].cancel();
        semaphore.add_permits(1);
        settle().await;
        assert_eq!(log.said(), "3");
        assert!(!takers[3].is_finished());
        assert_eq!(semaphore.statistics().waiting, 1);
    });
    // The head is cancelled after it was given the permit.
    on_one(|| async {
        let (semaphore, log) = (Arc::new(Semaphore::new(0)), Transcript::new());
        let [head, next] = [1, 2].map(|n| taker(&semaphore, &log, n));
        ticks(1).await;
        semaphore.add_permits(1);
        head.cancel();
        next.await;
        assert_eq!(log.said(), "2");
        assert!(head.join().await.unwrap_err().is_cancelled());
    });
    // The head is cancelled, then released.
    on_one(|| async {
        let (semaphore, log) = (Arc::new(Semaphore::new(1)), Transcript::new());
        let permit = semaphore.acquire().await;
        let [head, next] = [1, 2].map(|n| taker(&semaphore, &log, n));
        ticks(1).await;
        head.cancel();
        ticks(1).await;
        drop(permit);
        next.await;
        assert_eq!(log.said(), "2");
    });
}

#[test]
fn sem_04_three_tasks_in_two_rounds_take_turns() {
    on_one(|| async {
        let (semaphore, log) = (Arc::new(Semaphore::new(1)), Transcript::new());
        let tasks = ["c1", "c2", "c3"].map(|name| {
            let (semaphore, log) = (Arc::clone(&semaphore), log.clone());
            create_task(async move {
                for round in 1..=2 {
                    let _permit = semaphore.acquire().await;
                    log.say(format!("{name}_{round}"));
                    sleep(ms(10)).await;
                }
            })
        });
        gather(tasks).await;
        assert_eq!(log.said(), "c1_1 c2_1 c3_1 c1_2 c2_2 c3_2");
    });
}

#[test]
fn sem_05_who_releases_and_acquires_again_comes_after_those_who_wait() {
    on_one(|| async {
        let (semaphore, log) = (Arc::new(Semaphore::new(1)), Transcript::new());
        let first = taker(&semaphore, &log, 1);
        let second = create_task({
            let (semaphore, log) = (Arc::clone(&semaphore), log.clone());
            async move {
                let permit = semaphore.acquire().await;
                log.say(2);
                drop(permit);
                semaphore.acquire().await.forget();
                log.say(4);
            }
        });
        let third = taker(&semaphore, &log, 3);
        ticks(1).await;
        semaphore.add_permits(1);
        ticks(1).await;
        assert_eq!(log.said(), "1 2");
        ticks(1).await;
        assert_eq!(log.said(), "1 2 3");
        semaphore.add_permits(1);
        gather((first, second, third)).await;
        assert_eq!(log.said(), "1 2 3 4");
    });
}

#[test]
fn sem_06_the_first_is_cancelled_and_two_releases_serve_the_other_two() {
    on_one(|| async {
        let (semaphore, log) = (Arc::new(Semaphore::new(0)), Transcript::new());
        let [first, second, third] = [1, 2, 3].map(|n| taker(&semaphore, &log, n));
        ticks(1).await;
        first.cancel();
        ticks(1).await;
        semaphore.add_permits(2);
        gather((second, third)).await;
        assert!(first.join().await.unwrap_err().is_cancelled());
        assert_eq!((log.said().as_str(), semaphore.available()), ("2 3", 0));
    });
}

#[test]
fn sem_08_nobody_barges_and_a_newcomer_is_last() {
    on_one(|| async {
        let (semaphore, log) = (Arc::new(Semaphore::new(1)), Transcript::new());
        let permit = semaphore.acquire().await;
        let waiters = [0, 1, 2].map(|n| {
            let (semaphore, log) = (Arc::clone(&semaphore), log.clone());
            create_task(async move {
                let _permit = semaphore.acquire().await;
                log.say(n);
                yield_now().await;
            })
        });
        ticks(1).await;
        drop(permit);
        assert!(semaphore.is_locked());
        assert!(semaphore.try_acquire().is_none());
        assert!(semaphore.try_acquire_owned().is_none());
        let _late = semaphore.acquire().await;
        log.say("late");
        assert_eq!(log.said(), "0 1 2 late");
        gather(waiters).await;
    });
}

#[test]
fn sem_09_a_permit_is_given_back_once_and_no_more() {
    on_one_and_two(|| async {
        let semaphore = Arc::new(Semaphore::new(2));
        let count = Count::default();
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (semaphore, count) = (Arc::clone(&semaphore), count.clone());
                create_task(async move {
                    let permit = semaphore.acquire_owned().await;
                    assert!(semaphore.available() <= 1);
                    count.one();
                    sleep(ms(1)).await;
                    drop(permit); // Moved: a second time does not compile.
                })
            })
            .collect();
        gather(tasks).await;
        assert_eq!((count.get(), semaphore.available()), (20, 2));
    });
}
