//! The races of a queue: its shutdown and its work that is not done, against everything else.

use evenkeel_sync::{PriorityQueue, Queue, Shutdown};
use loom::thread;

use crate::{block_on, give_up, poll};

/// A putter in line, a shutdown, and a getter: the item is got exactly if it was put. Caught: `end`
/// not telling getters; `put` not looking whether it has ended.
#[test]
fn shutdown_against_a_putter_in_line() {
    loom::model(|| {
        let queue = Queue::bounded(1);
        queue.try_put(1).unwrap();
        let putter = {
            let queue = queue.clone();
            thread::spawn(move || block_on(queue.put(2)).is_ok())
        };
        let ender = {
            let queue = queue.clone();
            thread::spawn(move || queue.shutdown(Shutdown::Graceful))
        };
        let mut got = Vec::new();
        while let Ok(item) = block_on(queue.get()) {
            got.push(*item);
        }
        assert_eq!(got.contains(&2), putter.join().unwrap());
        assert_eq!(got[0], 1);
        ender.join().unwrap();
    });
}

/// An item is promised, and thrown away before the getter comes: it is told, and the work counts as
/// done. Caught: `take` counting an item that it did not get; `end` not telling getters.
#[test]
fn immediate_shutdown_against_a_promised_getter() {
    loom::model(|| {
        let queue = Queue::unbounded();
        let mut getter = Box::pin(queue.get());
        assert!(poll(getter.as_mut()).is_pending());
        let putter = {
            let queue = queue.clone();
            thread::spawn(move || queue.try_put(1).is_ok())
        };
        let ender = {
            let queue = queue.clone();
            thread::spawn(move || queue.shutdown(Shutdown::Immediate))
        };
        let got = block_on(getter).is_ok();
        block_on(queue.join());
        let put = putter.join().unwrap();
        ender.join().unwrap();
        assert!(put || !got);
        assert_eq!((queue.unfinished(), queue.len()), (0, 0));
    });
}

/// Somebody joins while the only item is thrown away, or got and done. Caught: `end` not telling
/// joiners.
#[test]
fn immediate_shutdown_against_join() {
    loom::model(|| {
        let queue = Queue::unbounded();
        queue.try_put(1).unwrap();
        let joiner = {
            let queue = queue.clone();
            thread::spawn(move || block_on(queue.join()))
        };
        let ender = {
            let queue = queue.clone();
            thread::spawn(move || queue.shutdown(Shutdown::Immediate))
        };
        drop(queue.try_get());
        joiner.join().unwrap();
        ender.join().unwrap();
        assert_eq!(queue.unfinished(), 0);
    });
}

/// Two items are done on two threads while somebody joins, and another gives up joining. Caught:
/// `done` telling nobody; `done` telling before the last is done.
#[test]
fn join_against_the_last_that_is_done() {
    loom::model(|| {
        let queue = Queue::unbounded();
        queue.try_put(1).unwrap();
        queue.try_put(2).unwrap();
        let workers: Vec<_> = (0..2)
            .map(|_| {
                let queue = queue.clone();
                thread::spawn(move || drop(queue.try_get().unwrap().expect("one for each")))
            })
            .collect();
        give_up(queue.join(), 1);
        block_on(queue.join());
        assert_eq!((queue.unfinished(), queue.len()), (0, 0));
        for worker in workers {
            worker.join().unwrap();
        }
    });
}

/// Whoever waited when all was done is let go, though more is put at once. Caught: a joiner that was
/// called looking again.
#[test]
fn join_against_more_work() {
    loom::model(|| {
        let queue = Queue::unbounded();
        queue.try_put(1).unwrap();
        let mut joiner = Box::pin(queue.join());
        assert!(poll(joiner.as_mut()).is_pending());
        let worker = {
            let queue = queue.clone();
            thread::spawn(move || {
                drop(queue.try_get().unwrap());
                queue.try_put(2).unwrap();
            })
        };
        block_on(joiner);
        worker.join().unwrap();
        assert_eq!(queue.unfinished(), 1);
    });
}

/// An item is put for one who waits while others only try, and ask anew: nobody robs the one who
/// waited. Caught: `promise` forgetting what is promised.
#[test]
fn nobody_robs_one_who_was_called() {
    loom::model(|| {
        let queue = PriorityQueue::unbounded();
        let mut waiter = Box::pin(queue.get());
        assert!(poll(waiter.as_mut()).is_pending());
        let trier = {
            let queue = queue.clone();
            thread::spawn(move || queue.try_get().unwrap().is_some())
        };
        let newcomer = {
            let queue = queue.clone();
            thread::spawn(move || give_up(queue.get(), 2).is_some())
        };
        queue.try_put(1).unwrap();
        assert!(!trier.join().unwrap() && !newcomer.join().unwrap(), "robbed");
        assert!(poll(waiter.as_mut()).is_ready());
        assert_eq!((queue.len(), queue.statistics().waiting_getters), (0, 0));
    });
}
