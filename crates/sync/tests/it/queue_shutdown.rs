//! Queues that are shut down, when drained or at once.

use std::future::Future;
use std::rc::Rc;
use std::task::Context;

use evenkeel_sync::queue::TryPutError;
use evenkeel_sync::{Queue, QueueShutDown, Shutdown};
use futures_lite::StreamExt;

use crate::fifo::{Count, Fifo, Log, now, poll};
use crate::queue::{assert_idle, put_all};

#[test]
fn que_10_shutdown_of_an_empty_queue() {
    let queue = Queue::<u8>::bounded(2);
    let mut getters: Vec<_> = (0..20).map(|_| Box::pin(queue.get())).collect();
    let (count, waker) = Count::new();
    let mut cx = Context::from_waker(&waker);
    for getter in &mut getters {
        assert!(getter.as_mut().poll(&mut cx).is_pending());
    }
    queue.shutdown(Shutdown::Graceful);
    assert_eq!(count.get(), 20);
    for getter in getters {
        assert!(now(getter).is_err());
    }
    assert!(queue.try_get().is_err() && queue.is_shut_down());
    assert!(matches!(queue.try_put(1), Err(TryPutError::ShutDown(1))));
    assert_eq!(now(queue.put(2)), Err(QueueShutDown(2)));
    now(queue.join());
    assert_idle(&queue);
}

#[test]
fn que_10_shutdown_lets_what_is_inside_be_read() {
    let queue = Queue::bounded(1);
    put_all(&queue, [1]);
    let mut putter = Box::pin(queue.put(2));
    let mut join = Box::pin(queue.join());
    assert!(poll(putter.as_mut()).is_pending() && poll(join.as_mut()).is_pending());
    queue.shutdown(Shutdown::Graceful);
    assert_eq!(now(putter), Err(QueueShutDown(2)), "it comes back");
    assert!(poll(join.as_mut()).is_pending());
    let item = now(queue.get()).unwrap();
    assert_eq!(*item, 1);
    assert!(now(queue.get()).is_err() && poll(join.as_mut()).is_pending());
    drop(item);
    now(join);
    assert_idle(&queue);
}

#[test]
fn que_10_immediate_shutdown_throws_away() {
    let queue = Queue::bounded(2);
    let token = Rc::new(());
    put_all(&queue, [token.clone(), token.clone()]);
    let mut join = Box::pin(queue.join());
    assert!(poll(join.as_mut()).is_pending());
    queue.shutdown(Shutdown::Graceful);
    queue.shutdown(Shutdown::Immediate);
    now(join);
    assert_eq!((Rc::strong_count(&token), queue.len()), (1, 0));
    assert!(now(queue.get()).is_err());
}

#[test]
fn que_10_a_getter_that_was_called_when_all_was_thrown_away() {
    let queue = Queue::bounded(2);
    let mut getters: Vec<_> = (0..3).map(|_| Box::pin(queue.get())).collect();
    for getter in &mut getters {
        assert!(poll(getter.as_mut()).is_pending());
    }
    put_all(&queue, [1, 2]);
    queue.shutdown(Shutdown::Immediate);
    for getter in getters {
        assert!(now(getter).is_err());
    }
    assert_eq!(queue.unfinished(), 0);
    assert_idle(&queue);
}

#[test]
fn que_10_nobody_is_told_of_the_end_while_an_item_may_still_be_theirs() {
    let queue = Queue::bounded(2);
    let mut first = Box::pin(queue.get());
    let mut second = Box::pin(queue.get());
    assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());
    put_all(&queue, [1]);
    queue.shutdown(Shutdown::Graceful);
    assert!(poll(second.as_mut()).is_pending(), "the first may yet be cancelled");
    let mut third = Box::pin(queue.get());
    assert!(poll(third.as_mut()).is_pending());
    drop(first);
    assert_eq!(*now(second).unwrap(), 1);
    assert!(now(third).is_err(), "that was the last");
    assert_idle(&queue);
}

#[test]
fn que_11_what_was_taken_before_an_immediate_shutdown_is_waited_for() {
    let queue = Queue::unbounded();
    put_all(&queue, [1, 2, 3]);
    let item = queue.try_get().unwrap().unwrap();
    let by_hand = queue.try_get().unwrap().unwrap().into_inner();
    let mut join = Box::pin(queue.join());
    queue.shutdown(Shutdown::Immediate);
    assert_eq!((by_hand, queue.unfinished()), (2, 2));
    assert!(poll(join.as_mut()).is_pending());
    drop(item);
    assert!(poll(join.as_mut()).is_pending());
    queue.task_done().unwrap();
    now(join);
}

#[test]
fn a_stream_ends_at_the_shutdown() {
    let (log, queue) = (Log::default(), Queue::bounded(1));
    let mut tasks = Fifo::default();
    tasks.spawn(async {
        let mut items = queue.stream();
        while let Some(item) = items.next().await {
            log.say(*item);
        }
        log.say("end");
    });
    tasks.spawn(async {
        for n in 0..3 {
            queue.put(n).await.unwrap();
        }
        queue.shutdown(Shutdown::Graceful);
    });
    tasks.run();
    assert_eq!(log.take(), "0 1 2 end");
    assert_eq!(queue.unfinished(), 0);
}
