//! The cases of asyncio's queues.

use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::rc::Rc;

use evenkeel_sync::queue::{Order, OrderedQueue, TryPutError};
use evenkeel_sync::{LifoQueue, PriorityQueue, Queue, Shutdown};
use futures_lite::StreamExt;

use crate::fifo::{Fifo, Log, now, poll, yield_now};

pub(crate) fn put_all<O: Order>(queue: &OrderedQueue<O>, items: impl IntoIterator<Item = O::Item>) {
    for item in items {
        queue.try_put(item).expect("room");
    }
}

/// Gets all there is, each done at once.
pub(crate) fn drain<T: Clone, O: Order<Item = T>>(queue: &OrderedQueue<O>) -> Vec<T> {
    std::iter::from_fn(|| queue.try_get().ok().flatten()).map(|item| item.clone()).collect()
}

/// Nobody in line, and nothing promised to anybody.
pub(crate) fn assert_idle<T: Debug, O: Order<Item = T>>(queue: &OrderedQueue<O>) {
    let seen = queue.statistics();
    assert_eq!((seen.waiting_getters, seen.waiting_putters, seen.waiting_joiners), (0, 0, 0));
    if !seen.shut_down && seen.len > 0 {
        let item = queue.try_get().unwrap().expect("an item is promised to somebody who is gone");
        drop(item);
    }
}

#[test]
fn que_01_orders() {
    let queue = Queue::bounded(4);
    put_all(&queue, [1, 3, 2]);
    assert_eq!(drain(&queue), [1, 3, 2]);
    let queue = LifoQueue::bounded(4);
    put_all(&queue, [1, 3, 2]);
    assert_eq!(drain(&queue), [2, 3, 1]);
    let queue = PriorityQueue::bounded(4);
    put_all(&queue, [1, 3, 2]);
    assert_eq!(drain(&queue), [1, 2, 3]);
}

/// Ordered by its number alone.
#[derive(Clone, Debug)]
struct Ranked(u8, char);

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl Eq for Ranked {}
impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

#[test]
fn que_01_equal_priorities_in_order_of_arrival() {
    let queue = PriorityQueue::unbounded();
    for (n, letter) in "abcdefghijklmnop".chars().enumerate() {
        queue.try_put(Ranked((n % 2) as u8, letter)).unwrap();
    }
    let letters: String = drain(&queue).into_iter().map(|ranked| ranked.1).collect();
    assert_eq!(letters, "acegikmobdfhjlnp");
}

#[test]
fn que_02_a_putter_waits_at_the_bound() {
    let (log, queue) = (Log::default(), Queue::bounded(2));
    let mut tasks = Fifo::default();
    tasks.spawn(async {
        for n in 1..=3 {
            queue.put(n).await.unwrap();
            log.say(format!("put {n}"));
        }
    });
    tasks.run();
    assert_eq!(log.take(), "put 1 put 2");
    assert!(queue.is_full());
    assert!(matches!(queue.try_put(9), Err(TryPutError::Full(9))));
    drop(queue.try_get().unwrap().unwrap());
    assert!(matches!(queue.try_put(9), Err(TryPutError::Full(9))), "the room is the putter's");
    tasks.run();
    assert_eq!(log.take(), "put 3");
    assert_eq!(drain(&queue), [2, 3]);
}

#[test]
fn que_02_producers_and_consumers_take_turns() {
    let (log, queue) = (Log::default(), Queue::bounded(1));
    let mut tasks = Fifo::default();
    for name in ["a", "b"] {
        let (log, queue) = (log.clone(), queue.clone());
        tasks.spawn(async move {
            for n in 0..3 {
                queue.put(format!("{name}{n}")).await.unwrap();
            }
            log.say(format!("{name}."));
        });
    }
    for name in ["x", "y"] {
        let (log, queue) = (log.clone(), queue.clone());
        tasks.spawn(async move {
            for _ in 0..3 {
                let item = queue.get().await.unwrap();
                log.say(format!("{name}:{}", *item));
            }
        });
    }
    tasks.run();
    // As asyncio has it: each line goes round.
    assert_eq!(log.take(), "x:a0 x:a1 y:b0 a. x:a2 y:b1 b. y:b2");
    assert_idle(&queue);
}

#[test]
fn que_03_why_are_getters_waiting() {
    let queue = Queue::<u32>::bounded(1);
    let got = RefCell::new(Vec::new());
    let mut tasks = Fifo::default();
    tasks.spawn(async {
        for _ in 0..5 {
            let item = queue.get().await.unwrap();
            got.borrow_mut().push(item.into_inner());
        }
    });
    tasks.spawn(async {
        for n in 0..5 {
            queue.put(n).await.unwrap();
        }
    });
    tasks.run();
    drop(tasks);
    assert_eq!(got.into_inner(), [0, 1, 2, 3, 4]);
}

#[test]
fn que_03_why_are_putters_waiting() {
    let queue = Queue::bounded(2);
    let mut tasks = Fifo::default();
    for n in 0..4 {
        let queue = queue.clone();
        tasks.spawn(async move { queue.put(n).await.unwrap() });
    }
    let done = Rc::new(Cell::new(false));
    let (all, ended) = (queue.clone(), done.clone());
    tasks.spawn(async move {
        yield_now().await;
        for _ in 0..4 {
            drop(all.get().await.unwrap());
        }
        all.join().await;
        ended.set(true);
    });
    tasks.run();
    assert!(done.get());
}

#[test]
fn que_04_a_cancelled_getter_passes_the_item_on() {
    let (log, queue) = (Log::default(), Queue::bounded(5));
    let mut tasks = Fifo::default();
    let first = tasks.spawn(async { drop(queue.get().await) });
    tasks.spawn(async { log.say(*queue.get().await.unwrap()) });
    tasks.run();
    put_all(&queue, [7]);
    tasks.cancel(first);
    tasks.run();
    assert_eq!(log.take(), "7");
}

#[test]
fn que_04_nobody_is_left_in_line() {
    let queue = Queue::bounded(1);
    for _ in 0..3 {
        let mut getter = Box::pin(queue.get());
        assert!(poll(getter.as_mut()).is_pending());
        assert_eq!(queue.statistics().waiting_getters, 1);
    }
    put_all(&queue, [1]);
    for _ in 0..3 {
        let mut putter = Box::pin(queue.put(2));
        assert!(poll(putter.as_mut()).is_pending());
        assert_eq!(queue.statistics().waiting_putters, 1);
    }
    assert_idle(&queue);
    assert_eq!(queue.len(), 0, "a putter that was cancelled has put nothing");
}

#[test]
fn que_04_a_cancelled_putter_passes_the_room_on() {
    let queue = Queue::bounded(1);
    put_all(&queue, [0]);
    let mut first = Box::pin(queue.put(1));
    let mut second = Box::pin(queue.put(2));
    assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());
    drop(queue.try_get().unwrap().unwrap());
    drop(first); // The room was kept for it.
    assert!(now(second).is_ok());
    assert_eq!(drain(&queue), [2]);
    assert_idle(&queue);
}

#[test]
fn que_05_a_cancelled_reader_leaves_the_order_alone() {
    let queue = Queue::bounded(5);
    let mut reader = Box::pin(queue.get());
    assert!(poll(reader.as_mut()).is_pending());
    put_all(&queue, [1, 2]);
    drop(reader);
    assert_eq!(drain(&queue), [1, 2]);
}

#[test]
fn que_08_cancelled_in_the_pass_of_the_put_it_gets_the_item_or_leaves_it() {
    for late in [false, true] {
        let queue = Queue::bounded(5);
        let mut getter = Box::pin(queue.get());
        assert!(poll(getter.as_mut()).is_pending());
        put_all(&queue, [1]);
        if late {
            // The timeout looks at the call first, as ours does: it has the item.
            assert_eq!(*now(getter).unwrap(), 1);
            assert!(queue.is_empty());
        } else {
            drop(getter);
            assert_eq!(drain(&queue), [1]);
        }
    }
}

#[test]
fn que_12_nobody_robs_one_who_was_called() {
    let queue = Queue::unbounded();
    let mut getter = Box::pin(queue.get());
    assert!(poll(getter.as_mut()).is_pending());
    put_all(&queue, [1]);
    assert!(queue.try_get().unwrap().is_none(), "it is promised");
    let mut second = Box::pin(queue.get());
    assert!(poll(second.as_mut()).is_pending(), "it queues");
    put_all(&queue, [2, 3]);
    assert_eq!(*queue.try_get().unwrap().unwrap(), 1, "one of the three is free");
    assert_eq!(*now(getter).unwrap(), 2);
    assert_eq!(*now(second).unwrap(), 3);
}

#[test]
fn que_13_a_priority_is_looked_at_when_the_getter_runs() {
    let queue = PriorityQueue::unbounded();
    let mut getter = Box::pin(queue.get());
    assert!(poll(getter.as_mut()).is_pending());
    put_all(&queue, [5, 1]);
    assert_eq!(*now(getter).unwrap(), 1);
    assert_eq!(drain(&queue), [5]);
}

#[test]
fn a_dropped_stream_passes_on_what_was_kept_for_it() {
    let queue = Queue::unbounded();
    let mut items = queue.stream();
    assert!(poll(Box::pin(items.next()).as_mut()).is_pending());
    put_all(&queue, [1]);
    assert!(queue.try_get().unwrap().is_none());
    drop(items);
    assert_eq!(drain(&queue), [1]);
}

#[test]
fn parts() {
    let queue = Queue::unbounded();
    put_all(&queue, [vec![1]]);
    let mut item = now(queue.get()).unwrap();
    item.push(2);
    assert_eq!(format!("{item:?}"), "Item([1, 2])");
    let (value, unfinished) = item.into_parts();
    assert_eq!((value, queue.unfinished()), (vec![1, 2], 1));
    drop(unfinished);
    assert_eq!(queue.unfinished(), 0);
}

#[test]
fn figures() {
    let queue = Queue::bounded(3);
    assert_eq!((queue.capacity(), Queue::<u8>::unbounded().capacity()), (Some(3), None));
    put_all(&queue, [1, 2, 3]);
    assert_eq!(drain(&queue), [1, 2, 3]);
    put_all(&queue, [4]);
    let seen = queue.statistics();
    assert_eq!((seen.len, seen.peak, seen.puts, seen.unfinished), (1, 3, 4, 1));
    assert_eq!(
        format!("{queue:?}"),
        "OrderedQueue { len: 1, unfinished: 1, shut_down: false, .. }"
    );
}

#[test]
#[should_panic(expected = "asyncio's 0 is `unbounded()`")]
fn a_queue_without_room() {
    let _ = Queue::<u8>::bounded(0);
}

#[test]
fn threads_wait_in_the_same_line() {
    let queue = Queue::bounded(1);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            for n in 0..100 {
                queue.put_blocking(n).unwrap();
            }
            queue.join_blocking();
            queue.shutdown(Shutdown::Graceful);
        });
        for n in 0..100 {
            assert_eq!(*queue.get_blocking().unwrap(), n);
        }
        assert!(queue.get_blocking().is_err());
    });
}
