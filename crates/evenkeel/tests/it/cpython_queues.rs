//! What CPython's test_queues asks of the queues, on the loop.

use evenkeel::sync::queue::{Order, OrderedQueue, TryPutError};
use evenkeel::sync::{LifoQueue, PriorityQueue, Queue, Shutdown};
use evenkeel::{TimeoutError, call_later, create_task, gather, now, wait_for, yield_now};

use crate::loops::{ms, on_one, on_one_and_two, settle, ticks};
use crate::transcript::{Count, Transcript};

/// Takes a queue of every kind through `program`.
macro_rules! on_every_kind {
    ($program:ident) => {
        on_one_and_two(|| $program(Queue::unbounded()));
        on_one_and_two(|| $program(LifoQueue::unbounded()));
        on_one_and_two(|| $program(PriorityQueue::unbounded()));
    };
}

/// test_empty, test_full, test_blocking_get, test_blocking_put, test_nonblocking_get,
/// test_nonblocking_put and their exceptions.
#[test]
fn empty_and_full_and_what_does_not_wait() {
    on_one_and_two(|| async {
        let queue = Queue::unbounded();
        assert!(queue.is_empty() && !queue.is_full());
        assert!(queue.try_get().unwrap().is_none(), "asyncio's QueueEmpty");
        queue.put(1).await.unwrap();
        assert!(!queue.is_empty());
        assert_eq!(*queue.get().await.unwrap(), 1);
        assert!(queue.is_empty());
        queue.try_put(2).unwrap();
        assert_eq!(*queue.try_get().unwrap().unwrap(), 2);

        let queue = Queue::bounded(1);
        queue.put(1).await.unwrap();
        assert!(queue.is_full());
        assert!(matches!(queue.try_put(2), Err(TryPutError::Full(2))));
    });
}

/// test_blocking_get_wait.
#[test]
fn a_getter_waits_for_an_item() {
    on_one_and_two(|| async {
        let (queue, begun) = (Queue::<u8>::unbounded(), now());
        let there = queue.clone();
        let getter = create_task(async move { there.get().await.unwrap().into_inner() });
        settle().await;
        assert!(!getter.is_finished());
        let there = queue.clone();
        call_later(ms(10), move || there.try_put(1).unwrap());
        assert_eq!(getter.await, 1);
        assert_eq!(now() - begun, ms(10) + std::time::Duration::from_nanos(1));
    });
}

/// test_blocking_put_wait.
#[test]
fn a_putter_waits_for_room() {
    on_one_and_two(|| async {
        let (queue, begun) = (Queue::bounded(1), now());
        let there = queue.clone();
        call_later(ms(10), move || drop(there.try_get().unwrap().unwrap()));
        let there = queue.clone();
        let putter = create_task(async move {
            there.put(1).await.unwrap();
            there.put(2).await.unwrap();
            now()
        });
        settle().await;
        assert!(!putter.is_finished());
        assert_eq!(putter.await - begun, ms(10));
    });
}

/// test_get_with_putters, test_get_with_waiting_putters, test_put_with_waiting_getters.
#[test]
fn who_gets_makes_room_and_who_puts_serves() {
    on_one(|| async {
        let queue = Queue::bounded(1);
        for word in ["a", "b"] {
            let queue = queue.clone();
            create_task(async move { queue.put(word).await.unwrap() }).detach();
        }
        assert_eq!(*queue.get().await.unwrap(), "a");
        assert_eq!(*queue.get().await.unwrap(), "b");
        assert_eq!(queue.statistics().waiting_putters, 0);
        let there = queue.clone();
        let getter = create_task(async move { there.get().await.unwrap().into_inner() });
        ticks(1).await;
        queue.put("a").await.unwrap();
        assert_eq!(getter.await, "a");
    });
}

/// test_cancelled_getters_not_being_held_in_self_getters, and its twin for putters.
#[test]
fn que_04_a_timeout_leaves_nobody_in_line() {
    on_one_and_two(|| async {
        let queue = Queue::<u8>::bounded(5);
        assert_eq!(wait_for(queue.get(), ms(100)).await.map(drop), Err(TimeoutError));
        assert_eq!(queue.statistics().waiting_getters, 0);
        let queue = Queue::bounded(1);
        queue.try_put(1).unwrap();
        let there = queue.clone();
        let putter = create_task(async move { there.put(1).await });
        settle().await;
        assert_eq!(queue.statistics().waiting_putters, 1);
        putter.cancelled().await;
        assert_eq!((queue.statistics().waiting_putters, queue.len()), (0, 1));
    });
}

/// test_get_cancelled_race, test_get_cancel_drop_many_pending_readers.
#[test]
fn que_05_readers_that_are_cancelled_as_items_come_lose_none() {
    on_one(|| async {
        let queue = Queue::<u8>::unbounded();
        let reader = || {
            let queue = queue.clone();
            create_task(async move { queue.get().await.unwrap().into_inner() })
        };
        let [first, second, third] = [reader(), reader(), reader()];
        ticks(1).await;
        queue.try_put(1).unwrap();
        queue.try_put(2).unwrap();
        first.cancel();
        assert!(first.join().await.unwrap_err().is_cancelled());
        let (second, third) = gather((second, third)).await;
        assert_eq!((second.min(third), second.max(third)), (1, 2));
    });
}

/// test_put_cancel_drop, test_cancelled_put_silence_value_error_exception.
#[test]
fn a_putter_that_is_cancelled_as_room_comes_has_put_nothing() {
    on_one(|| async {
        let queue = Queue::bounded(1);
        queue.try_put(1).unwrap();
        let writer = || {
            let queue = queue.clone();
            create_task(async move { queue.put(2).await.unwrap() })
        };
        let first = writer();
        ticks(1).await;
        assert_eq!(*queue.try_get().unwrap().unwrap(), 1);
        first.cancel();
        assert!(first.join().await.unwrap_err().is_cancelled());
        assert!(queue.is_empty());
        writer().await;
        assert_eq!(*queue.try_get().unwrap().unwrap(), 2);
        assert!(queue.is_empty());
    });
}

/// test_put_cancelled, test_put_cancelled_race.
#[test]
fn a_cancelled_putter_holds_nobody_up() {
    on_one(|| async {
        let queue = Queue::bounded(1);
        let put = |word: &'static str| {
            let queue = queue.clone();
            create_task(async move { queue.put(word).await.unwrap() })
        };
        let [a, b, c] = ["a", "b", "X"].map(put);
        ticks(1).await;
        assert!(a.is_finished() && !b.is_finished());
        c.cancel();
        ticks(1).await;
        assert!(c.is_finished());
        assert_eq!(*queue.try_get().unwrap().unwrap(), "a");
        ticks(1).await;
        assert_eq!(*queue.try_get().unwrap().unwrap(), "b");
        b.await;
        assert!(queue.is_empty());
    });
}

async fn two_workers_join<O>(queue: OrderedQueue<O>)
where
    O: Order<Item = u64> + Send + 'static,
    OrderedQueue<O>: Clone + Send + Sync,
{
    for n in 0..100 {
        queue.try_put(n).unwrap();
    }
    let sum = Count::default();
    let workers: [_; 2] = std::array::from_fn(|_| {
        let (queue, sum) = (queue.clone(), sum.clone());
        create_task(async move {
            while let Ok(item) = queue.get().await {
                (0..*item).for_each(|_| sum.one());
                yield_now().await;
            }
        })
    });
    queue.join().await;
    assert_eq!(sum.get(), (0..100).sum::<usize>());
    queue.shutdown(Shutdown::Graceful);
    gather(workers).await;
    // test_task_done_underflow: one time too many is an error.
    assert!(queue.task_done().is_err());
}

/// test_task_done, test_join_empty_queue, test_task_done_underflow; of every kind of queue.
#[test]
fn que_09_join_waits_for_all_that_was_put_in_every_kind_of_queue() {
    on_every_kind!(two_workers_join);
    on_one_and_two(|| async {
        let queue = Queue::<u8>::unbounded();
        queue.join().await;
        queue.join().await;
    });
}

async fn shut_down<O>(queue: OrderedQueue<O>)
where
    O: Order<Item = u64> + Send + 'static,
    OrderedQueue<O>: Clone + Send + Sync,
{
    let there = queue.clone();
    let getter = create_task(async move { there.get().await.is_err() });
    settle().await;
    queue.shutdown(Shutdown::Graceful);
    assert_eq!(queue.len(), 0);
    queue.join().await;
    assert!(getter.await, "asyncio's QueueShutDown");
    assert!(queue.put(1).await.is_err() && queue.try_put(1).is_err());
    assert!(queue.get().await.is_err() && queue.try_get().is_err());
}

/// test_shutdown_empty; of every kind of queue.
#[test]
fn que_10_an_empty_queue_of_every_kind_is_shut_down() {
    on_every_kind!(shut_down);
}

async fn shut_down_now<O>(queue: OrderedQueue<O>)
where
    O: Order<Item = u64> + Send + 'static,
    OrderedQueue<O>: Clone + Send + Sync,
{
    queue.try_put(1).unwrap();
    queue.try_put(2).unwrap();
    let taken = queue.get().await.unwrap();
    let there = queue.clone();
    let log = Transcript::new();
    let said = log.clone();
    let joiner = create_task(async move {
        there.join().await;
        said.say("joined");
    });
    settle().await;
    queue.shutdown(Shutdown::Immediate);
    assert_eq!((queue.len(), queue.unfinished()), (0, 1));
    settle().await;
    assert_eq!(log.said(), "", "one is still worked on");
    assert!(queue.get().await.is_err() && queue.put(3).await.is_err());
    drop(taken);
    joiner.await;
    assert!(queue.task_done().is_err());
}

/// test_shutdown_immediate, test_shutdown_immediate_with_unfinished; of every kind of queue.
#[test]
fn que_11_what_was_taken_from_a_queue_of_every_kind_is_waited_for() {
    on_every_kind!(shut_down_now);
}
