//! The races of a queue: its shutdown and its work that is not done, against everything else.

use evenkeel_sync::{PriorityQueue, Queue, Shutdown};
use loom::thread;

use crate::{block_on, give_up, poll};

/// A putter in line, a shutdown, and a getter: the item is got exactly if it was put. Caught: `end`
/// not dismissing putters; `put` not looking whether it has ended.
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
/// done. Caught: `end` not telling joiners; `take` counting an item that it did not get.
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

/// Two putters, a getter that was waiting and one who only tries: the trier never gets what the
/// waiter was called for, and each gets one. Caught: `promise` forgetting what is promised.
#[test]
fn a_trier_does_not_rob_one_who_was_called() {
    loom::model(|| {
        let queue = PriorityQueue::unbounded();
        let mut waiter = Box::pin(queue.get());
        assert!(poll(waiter.as_mut()).is_pending());
        let putter = {
            let queue = queue.clone();
            thread::spawn(move || queue.try_put(2).unwrap())
        };
        let trier = {
            let queue = queue.clone();
            thread::spawn(move || queue.try_get().unwrap().map(|item| *item))
        };
        queue.try_put(1).unwrap();
        let tried = trier.join().unwrap();
        putter.join().unwrap();
        let waited = match poll(waiter.as_mut()) {
            std::task::Poll::Ready(got) => *got.unwrap(),
            std::task::Poll::Pending => panic!("robbed"),
        };
        let left = queue.try_get().unwrap().map(|item| *item);
        assert_eq!(tried.unwrap_or(0) + waited + left.unwrap_or(0), 3);
        assert_eq!(tried.is_some(), left.is_none());
    });
}
