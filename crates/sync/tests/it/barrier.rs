//! The barrier: who trips it, with which index, and what cancelling, resetting and aborting do.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Context;

use evenkeel_sync::{Barrier, Broken};

use crate::fifo::{Count, Fifo, Log, now, poll, yield_now};

/// What `wait` answers, in one word.
fn word(answer: Result<usize, Broken>) -> String {
    answer.map_or_else(|_| "broken".into(), |index| index.to_string())
}

/// A task that waits once and says its name and its index.
async fn party(barrier: &Barrier, log: Log, name: char) {
    log.say(format!("{name}{}", word(barrier.wait().await)));
}

#[test]
fn bar_01_the_last_goes_on_first_then_in_order() {
    let barrier = Barrier::new(3);
    let log = Log::default();
    let mut fifo = Fifo::default();
    for name in ['a', 'b', 'c'] {
        fifo.spawn(party(&barrier, log.clone(), name));
    }
    fifo.turn();
    assert_eq!(log.take(), "c2");
    assert_eq!(barrier.statistics().leaving, 2);
    fifo.run();
    assert_eq!(log.take(), "a0 b1");
    let statistics = barrier.statistics();
    assert_eq!((statistics.waiting, statistics.leaving, statistics.trips), (0, 0, 1));
}

#[test]
#[should_panic = "at least one party"]
fn bar_01_nobody_is_refused() {
    let _ = Barrier::new(0);
}

#[test]
fn bar_01_one_party_never_waits() {
    let barrier = Barrier::new(1);
    for _ in 0..3 {
        assert_eq!(now(barrier.wait()), Ok(0));
    }
    assert_eq!((barrier.parties(), barrier.n_waiting()), (1, 0));
}

#[test]
fn bar_01_counts_those_who_wait() {
    let barrier = Barrier::new(3);
    let mut a = pin!(barrier.wait());
    let mut b = pin!(barrier.wait());
    assert!(poll(a.as_mut()).is_pending());
    assert_eq!(barrier.n_waiting(), 1);
    assert!(poll(b.as_mut()).is_pending());
    assert_eq!(barrier.n_waiting(), 2);
    assert_eq!(now(barrier.wait()), Ok(2));
    assert_eq!(barrier.n_waiting(), 0);
    assert_eq!(now(a), Ok(0));
    assert_eq!(now(b), Ok(1));
}

#[test]
fn bar_01_two_generations_of_all() {
    let barrier = Barrier::new(4);
    let indices = RefCell::new([[false; 4]; 2]);
    let mut fifo = Fifo::default();
    for _ in 0..4 {
        let (barrier, indices) = (&barrier, &indices);
        fifo.spawn(async move {
            for round in 0..2 {
                let index = barrier.wait().await.unwrap();
                assert!(!indices.borrow()[round][index], "an index given twice");
                indices.borrow_mut()[round][index] = true;
            }
        });
    }
    fifo.run();
    assert_eq!(*indices.borrow(), [[true; 4]; 2]);
    assert_eq!(barrier.statistics().trips, 2);
}

#[test]
fn bar_02_a_cancelled_waiter_leaves_and_a_replacement_trips_it() {
    let barrier = Barrier::new(3);
    let log = Log::default();
    let mut fifo = Fifo::default();
    let a = fifo.spawn(party(&barrier, log.clone(), 'a'));
    fifo.spawn(party(&barrier, log.clone(), 'b'));
    fifo.run();
    fifo.cancel(a);
    assert_eq!((barrier.n_waiting(), barrier.is_broken()), (1, false));
    fifo.spawn(party(&barrier, log.clone(), 'c'));
    fifo.run();
    assert_eq!(log.take(), "");
    fifo.spawn(party(&barrier, log.clone(), 'd'));
    fifo.run();
    // The places are those at the trip: the one that left took its own along.
    assert_eq!(log.take(), "d2 b0 c1");
}

#[test]
fn bar_03_early_ones_wait_for_the_next_generation() {
    let barrier = Barrier::new(2);
    let log = Log::default();
    let mut fifo = Fifo::default();
    fifo.spawn(party(&barrier, log.clone(), 'a'));
    fifo.spawn(party(&barrier, log.clone(), 'b'));
    // As many as a generation, but the first has not gone on yet.
    fifo.spawn(party(&barrier, log.clone(), 'c'));
    fifo.spawn(party(&barrier, log.clone(), 'd'));
    fifo.turn();
    assert_eq!(log.take(), "b1");
    assert_eq!((barrier.n_waiting(), barrier.statistics().waiting), (0, 2));
    fifo.turn();
    assert_eq!(log.take(), "a0");
    // They were let go together, by the one who left last.
    assert_eq!(barrier.statistics().leaving, 2);
    fifo.turn();
    assert_eq!(log.take(), "c0 d1");
}

#[test]
fn bar_03_more_early_ones_than_one_generation_takes() {
    let barrier = Barrier::new(2);
    let log = Log::default();
    let mut fifo = Fifo::default();
    for name in ['a', 'b', 'c', 'd', 'e', 'f', 'g'] {
        fifo.spawn(party(&barrier, log.clone(), name));
    }
    fifo.run();
    assert_eq!(log.take(), "b1 a0 c0 d1 e0 f1");
    assert_eq!(barrier.n_waiting(), 1);
    now(async { assert_eq!(barrier.wait().await, Ok(1)) });
    fifo.run();
    assert_eq!(log.take(), "g0");
}

#[test]
fn bar_03_through_one_barrier_and_three_of_them_through_another() {
    // Five pass the first; as they come out three of them use a second, the others are back early.
    let (first, second) = (Barrier::new(5), Barrier::new(3));
    let ended = Cell::new(0);
    let mut fifo = Fifo::default();
    for _ in 0..5 {
        let (first, second, ended) = (&first, &second, &ended);
        fifo.spawn(async move {
            let index = first.wait().await.unwrap();
            if index < 3 {
                second.wait().await.unwrap();
            }
            first.wait().await.unwrap();
            ended.set(ended.get() + 1);
        });
    }
    fifo.run();
    assert_eq!(ended.get(), 5);
    assert_eq!((first.statistics().trips, second.statistics().trips), (2, 1));
}

#[test]
fn bar_04_reset_breaks_those_who_wait_and_can_be_used_again() {
    let barrier = Barrier::new(3);
    let log = Log::default();
    let mut fifo = Fifo::default();
    fifo.spawn(party(&barrier, log.clone(), 'a'));
    fifo.spawn(party(&barrier, log.clone(), 'b'));
    fifo.run();
    barrier.reset();
    // Who comes now is of a new generation, even before those two have heard of it.
    fifo.spawn(party(&barrier, log.clone(), 'c'));
    fifo.run();
    assert_eq!(log.take(), "abroken bbroken");
    assert_eq!((barrier.is_broken(), barrier.n_waiting()), (false, 1));
    fifo.spawn(party(&barrier, log.clone(), 'd'));
    fifo.spawn(party(&barrier, log.clone(), 'e'));
    fifo.run();
    assert_eq!(log.take(), "e2 c0 d1");
}

#[test]
fn bar_04_abort_holds_until_reset() {
    let barrier = Barrier::new(2);
    let mut a = pin!(barrier.wait());
    assert!(poll(a.as_mut()).is_pending());
    barrier.abort();
    assert!(barrier.is_broken());
    let broken = now(a).unwrap_err();
    assert_eq!(now(barrier.wait()), Err(broken));
    assert_eq!(now(barrier.wait()), Err(broken));
    barrier.reset();
    assert!(!barrier.is_broken());
    let mut b = pin!(barrier.wait());
    assert!(poll(b.as_mut()).is_pending());
    assert_eq!(now(barrier.wait()), Ok(1));
    assert_eq!(now(b), Ok(0));
    assert!(broken.to_string().contains("aborted"));
}

#[test]
fn bar_04_reset_and_abort_leave_those_alone_who_were_let_go() {
    for stop in [Barrier::reset, Barrier::abort] {
        let barrier = Barrier::new(2);
        let mut a = pin!(barrier.wait());
        assert!(poll(a.as_mut()).is_pending());
        assert_eq!(now(barrier.wait()), Ok(1));
        let mut early = pin!(barrier.wait());
        assert!(poll(early.as_mut()).is_pending());
        stop(&barrier);
        assert_eq!(now(a), Ok(0));
        assert!(now(early).is_err());
    }
}

#[test]
fn bar_07_one_fails_and_aborts_all_pass_after_a_reset() {
    let (barrier, meeting) = (Rc::new(Barrier::new(5)), Rc::new(Barrier::new(5)));
    let log = Log::default();
    let mut fifo = Fifo::default();
    for n in 0..5 {
        let (barrier, meeting, log) = (barrier.clone(), meeting.clone(), log.clone());
        fifo.spawn(async move {
            if n == 2 {
                yield_now().await;
                barrier.abort(); // this one failed
            } else {
                log.say(word(barrier.wait().await));
            }
            if meeting.wait().await.unwrap() == 4 {
                barrier.reset();
            }
            meeting.wait().await.unwrap();
            barrier.wait().await.unwrap();
            log.say("passed");
        });
    }
    fifo.run();
    assert_eq!(log.take(), "broken broken broken broken passed passed passed passed passed");
}

#[test]
fn bar_08_cancelled_after_the_trip() {
    let barrier = Barrier::new(3);
    let log = Log::default();
    let mut fifo = Fifo::default();
    let a = fifo.spawn(party(&barrier, log.clone(), 'a'));
    fifo.spawn(party(&barrier, log.clone(), 'b'));
    fifo.run();
    assert_eq!(now(barrier.wait()), Ok(2));
    fifo.cancel(a);
    fifo.run();
    assert_eq!(log.take(), "b1");
    let statistics = barrier.statistics();
    assert_eq!((statistics.broken, statistics.leaving), (false, 0));
}

#[test]
fn bar_08_the_last_to_go_on_is_cancelled_and_the_early_ones_have_their_turn() {
    let barrier = Barrier::new(2);
    let mut a = Box::pin(barrier.wait());
    assert!(poll(a.as_mut()).is_pending());
    assert_eq!(now(barrier.wait()), Ok(1));
    let (count, waker) = Count::new();
    let mut cx = Context::from_waker(&waker);
    let (mut c, mut d) = (pin!(barrier.wait()), pin!(barrier.wait()));
    assert!(c.as_mut().poll(&mut cx).is_pending() && d.as_mut().poll(&mut cx).is_pending());
    drop(a);
    assert_eq!(count.get(), 2);
    assert_eq!((now(c), now(d)), (Ok(0), Ok(1)));
}

#[test]
fn a_crowd_of_more_than_one_batch() {
    // Some leave from inside the trip, between two batches: the others are let go all the same.
    struct Leave(std::sync::Mutex<Vec<std::pin::Pin<Box<dyn Future<Output = ()> + Send>>>>);
    impl std::task::Wake for Leave {
        fn wake(self: Arc<Self>) {
            let gone = std::mem::take(&mut *self.0.lock().unwrap());
            drop(gone);
        }
    }
    let barrier = Arc::new(Barrier::new(101));
    let leave = Arc::new(Leave(Default::default()));
    let mut stayers = Vec::new();
    for n in 0..100 {
        let barrier = barrier.clone();
        let waiter = async move { barrier.wait().await };
        if n % 10 == 9 {
            let mut waiter = Box::pin(async move { assert!(waiter.await.is_err()) });
            assert!(poll(waiter.as_mut()).is_pending());
            leave.0.lock().unwrap().push(waiter);
        } else {
            let waker =
                if n == 0 { leave.clone().into() } else { std::task::Waker::noop().clone() };
            let mut waiter = Box::pin(waiter);
            assert!(waiter.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            stayers.push(waiter);
        }
    }
    let mut early = pin!(barrier.wait());
    assert_eq!(now(barrier.wait()), Ok(100));
    assert!(poll(early.as_mut()).is_pending());
    let mut indices: Vec<_> = stayers.into_iter().map(|waiter| now(waiter).unwrap()).collect();
    indices.dedup();
    assert_eq!(indices.len(), 90, "each has an index of its own");
    let statistics = barrier.statistics();
    assert_eq!((statistics.leaving, statistics.waiting), (0, 1));
    assert!(poll(early.as_mut()).is_pending());
    assert!(format!("{barrier:?}").starts_with("Barrier { parties: 101, waiting: 1"));
}
