//! The semaphore: permits in order of asking, and back again.

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use evenkeel_sync::{BoundedSemaphore, Semaphore};

use crate::fifo::{Fifo, Log, now, poll, yield_now};

#[test]
fn sem_01_counts() {
    let semaphore = Semaphore::new(2);
    let first = now(semaphore.acquire());
    assert_eq!((semaphore.available(), semaphore.is_locked()), (1, false));
    let second = now(semaphore.acquire());
    assert_eq!((semaphore.available(), semaphore.is_locked()), (0, true));
    assert!(semaphore.try_acquire().is_none());
    drop(first);
    assert_eq!(semaphore.available(), 1);
    drop(second);
    assert_eq!((semaphore.available(), semaphore.is_locked()), (2, false));
}

#[test]
fn sem_01_two_releases_admit_two() {
    let semaphore = Semaphore::new(0);
    assert!(semaphore.is_locked());
    let log = Log::default();
    let mut fifo = Fifo::default();
    for name in 0..3 {
        let (semaphore, log) = (&semaphore, log.clone());
        fifo.spawn(async move {
            semaphore.acquire().await.forget();
            log.say(name);
        });
    }
    fifo.run();
    semaphore.add_permits(1);
    semaphore.add_permits(1);
    fifo.run();
    assert_eq!(log.take(), "0 1");
    assert_eq!(semaphore.statistics().waiting, 1);
}

fn forgetful<'a>(fifo: &mut Fifo<'a>, semaphore: &'a Semaphore, log: &Log, name: u32) -> usize {
    let log = log.clone();
    fifo.spawn(async move {
        semaphore.acquire().await.forget();
        log.say(name);
    })
}

#[test]
fn sem_02_cancelled_before_the_release() {
    let semaphore = Semaphore::new(0);
    let log = Log::default();
    let mut fifo = Fifo::default();
    let tasks = [1, 2, 3, 4].map(|name| forgetful(&mut fifo, &semaphore, &log, name));
    fifo.run();
    fifo.cancel(tasks[0]);
    fifo.cancel(tasks[1]);
    semaphore.add_permits(1);
    fifo.run();
    assert_eq!(log.take(), "3");
    assert!(!fifo.is_done(tasks[3]));
    // The head is cancelled after its permit was handed to it.
    semaphore.add_permits(1);
    fifo.cancel(tasks[3]);
    assert_eq!(semaphore.available(), 1);
    forgetful(&mut fifo, &semaphore, &log, 5);
    fifo.run();
    assert_eq!(log.take(), "5");
}

#[test]
fn sem_04_rounds_keep_their_order() {
    let semaphore = Semaphore::new(1);
    let log = Log::default();
    let mut fifo = Fifo::default();
    for name in ["c1", "c2", "c3"] {
        let (semaphore, log) = (&semaphore, log.clone());
        fifo.spawn(async move {
            for round in 1..=2 {
                let _permit = semaphore.acquire().await;
                log.say(format!("{name}_{round}"));
                yield_now().await;
            }
        });
    }
    fifo.run();
    assert_eq!(log.take(), "c1_1 c2_1 c3_1 c1_2 c2_2 c3_2");
}

#[test]
fn sem_05_the_releaser_that_acquires_again_goes_behind() {
    let semaphore = Semaphore::new(1);
    let log = Log::default();
    let mut fifo = Fifo::default();
    let s = &semaphore;
    let l = log.clone();
    fifo.spawn(async move {
        let permit = s.acquire().await;
        l.say(1);
        yield_now().await;
        drop(permit);
    });
    let l = log.clone();
    fifo.spawn(async move {
        let permit = s.acquire().await;
        l.say(2);
        drop(permit);
        let _permit = s.acquire().await;
        l.say(4);
    });
    let l = log.clone();
    fifo.spawn(async move {
        let _permit = s.acquire().await;
        l.say(3);
    });
    fifo.run();
    assert_eq!(log.take(), "1 2 3 4");
}

#[test]
fn sem_06_cancel_the_first_release_twice() {
    let semaphore = Semaphore::new(0);
    let log = Log::default();
    let mut fifo = Fifo::default();
    let tasks = [1, 2, 3].map(|name| forgetful(&mut fifo, &semaphore, &log, name));
    fifo.run();
    fifo.cancel(tasks[0]);
    semaphore.add_permits(1);
    semaphore.add_permits(1);
    fifo.run();
    assert_eq!(log.take(), "2 3");
}

#[test]
fn sem_08_nobody_barges() {
    let semaphore = Semaphore::new(0);
    let log = Log::default();
    let mut fifo = Fifo::default();
    for name in [0, 1, 2] {
        forgetful(&mut fifo, &semaphore, &log, name);
    }
    fifo.run();
    semaphore.add_permits(2);
    assert!(semaphore.try_acquire().is_none());
    {
        let (semaphore, log) = (&semaphore, log.clone());
        fifo.spawn(async move {
            semaphore.acquire().await.forget();
            log.say("late");
        });
    }
    fifo.run();
    semaphore.add_permits(2);
    fifo.run();
    assert_eq!(log.take(), "0 1 2 late");
}

#[test]
fn sem_09_permits_come_back_once() {
    let semaphore = Arc::new(Semaphore::new(3));
    let two = now(semaphore.acquire_many_owned(2));
    assert_eq!((two.permits(), semaphore.available()), (2, 1));
    drop(two);
    assert_eq!(semaphore.available(), 3);
    now(semaphore.acquire_owned()).forget();
    assert_eq!(semaphore.available(), 2);
    let one = semaphore.try_acquire_owned().unwrap();
    assert!(semaphore.try_acquire_many_owned(2).is_none());
    drop(one);
    drop(semaphore.try_acquire_many(2).unwrap());
    assert_eq!(semaphore.available(), 2);
}

#[test]
fn sem_09_a_bound_cannot_be_passed() {
    let semaphore = BoundedSemaphore::new(2);
    assert_eq!((semaphore.bound(), semaphore.available()), (2, 2));
    let refused = semaphore.add_permits(1).unwrap_err();
    assert!(refused.to_string().contains("more permits than it was made with"));
    let both = now(semaphore.acquire_many(2));
    assert!(semaphore.add_permits(1).is_err(), "they are in use, not gone");
    let mut waiter = pin!(semaphore.acquire_owned());
    assert!(poll(waiter.as_mut()).is_pending());
    both.forget();
    assert!(semaphore.add_permits(3).is_err());
    assert_eq!(semaphore.add_permits(1), Ok(()));
    assert!(semaphore.try_acquire().is_none() && semaphore.is_locked(), "to the first in line");
    let permit = now(waiter);
    assert_eq!(semaphore.add_permits(1), Ok(()));
    assert!(semaphore.add_permits(1).is_err());
    drop(permit);
    assert_eq!((semaphore.available(), semaphore.statistics().waits), (2, 1));
    let owned = semaphore.try_acquire_many_owned(2).unwrap();
    assert!(semaphore.try_acquire_owned().is_none() && semaphore.try_acquire_many(1).is_none());
    drop(owned);
    drop(now(semaphore.acquire_many_owned(2)));
    drop(semaphore.acquire_blocking());
    drop(semaphore.acquire_many_blocking(2));
    assert_eq!((semaphore.available(), semaphore.add_permits(0)), (2, Ok(())));
}

#[test]
#[should_panic(expected = "3 permits of 2")]
fn more_than_the_bound_would_wait_for_ever() {
    drop(BoundedSemaphore::new(2).acquire_many(3));
}

#[test]
fn many_at_once_hold_up_those_behind_until_they_leave() {
    let semaphore = Semaphore::new(2);
    let mut many = Box::pin(semaphore.acquire_many(3));
    assert!(poll(many.as_mut()).is_pending());
    let mut one = pin!(semaphore.acquire());
    let mut other = pin!(semaphore.acquire());
    let mut third = pin!(semaphore.acquire());
    assert!(poll(one.as_mut()).is_pending(), "two are free, but kept for the first in line");
    assert!(poll(other.as_mut()).is_pending());
    assert!(poll(third.as_mut()).is_pending());
    assert!(semaphore.try_acquire().is_none());
    assert_eq!((semaphore.available(), semaphore.is_locked()), (2, true));
    drop(many);
    assert!(poll(third.as_mut()).is_pending());
    let (_a, _b) = (now(one), now(other));
    assert_eq!(semaphore.statistics().waiting, 1);
}

#[test]
fn many_called_and_dropped_pass_on_all_they_had() {
    let semaphore = Semaphore::new(0);
    let mut many = Box::pin(semaphore.acquire_many(20));
    assert!(poll(many.as_mut()).is_pending());
    // More than one batch of wakers.
    let mut ones: Vec<_> = (0..21).map(|_| Box::pin(semaphore.acquire())).collect();
    for one in &mut ones {
        assert!(poll(one.as_mut()).is_pending());
    }
    semaphore.add_permits(20);
    assert!(poll(ones[0].as_mut()).is_pending());
    drop(many);
    let mut permits = Vec::new();
    for one in &mut ones {
        if let Poll::Ready(permit) = poll(one.as_mut()) {
            permits.push(permit);
        }
    }
    assert_eq!(permits.len(), 20);
    assert_eq!(semaphore.statistics().waiting, 1);
    drop(permits);
    assert_eq!(semaphore.available(), 19, "the last in line was handed one");
    drop(ones);
    assert_eq!(semaphore.available(), 20);
}

#[test]
fn nothing_wanted_waits_its_turn_as_well() {
    let semaphore = Semaphore::new(0);
    drop(now(semaphore.acquire_many(0)));
    let mut one = pin!(semaphore.acquire());
    assert!(poll(one.as_mut()).is_pending());
    let mut none = pin!(semaphore.acquire_many(0));
    assert!(poll(none.as_mut()).is_pending());
    semaphore.add_permits(1);
    assert!(poll(none.as_mut()).is_ready());
    assert!(poll(one.as_mut()).is_ready());
}

#[test]
fn the_most_there_can_be() {
    let semaphore = Semaphore::new(Semaphore::MAX_PERMITS);
    assert_eq!(semaphore.available(), Semaphore::MAX_PERMITS);
    let all = now(semaphore.acquire_many(Semaphore::MAX_PERMITS));
    assert_eq!(semaphore.available(), 0);
    drop(all);
    assert_eq!(semaphore.available(), Semaphore::MAX_PERMITS);
}

#[test]
#[should_panic(expected = "more permits than a semaphore can count")]
fn one_more_than_that() {
    Semaphore::new(Semaphore::MAX_PERMITS).add_permits(1);
}
