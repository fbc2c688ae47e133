//! Items that are done, and who waits until all are.

use std::future::Future;
use std::task::Context;

use evenkeel_sync::Queue;

use crate::fifo::{Count, now, poll};
use crate::queue::{drain, put_all};

#[test]
fn que_09_join_ends_when_all_are_done() {
    let queue = Queue::unbounded();
    put_all(&queue, [1, 2]);
    let (count, waker) = Count::new();
    let mut join = Box::pin(queue.join());
    let mut cx = Context::from_waker(&waker);
    assert!(join.as_mut().poll(&mut cx).is_pending());
    let first = queue.try_get().unwrap().unwrap();
    let second = queue.try_get().unwrap().unwrap();
    assert_eq!((queue.len(), queue.unfinished()), (0, 2));
    drop(first);
    assert_eq!(count.get(), 0);
    // A guard goes where the work goes.
    std::thread::spawn(move || drop(second)).join().unwrap();
    assert_eq!((count.get(), queue.unfinished()), (1, 0));
    now(join);
}

#[test]
fn que_09_task_done_for_what_was_taken_out() {
    let queue = Queue::unbounded();
    assert!(queue.task_done().is_err(), "nothing was got");
    put_all(&queue, [1, 2]);
    assert!(queue.task_done().is_err(), "nothing was taken out");
    assert_eq!(queue.try_get().unwrap().unwrap().into_inner(), 1);
    let guarded = queue.try_get().unwrap().unwrap();
    let mut join = Box::pin(queue.join());
    queue.task_done().unwrap();
    assert!(queue.task_done().is_err(), "the other says so itself");
    assert!(poll(join.as_mut()).is_pending());
    drop(guarded);
    now(join);
    assert!(queue.task_done().is_err());
}

#[test]
fn que_09_an_empty_queue_joins_at_once() {
    let queue = Queue::<u8>::bounded(1);
    now(queue.join());
    queue.join_blocking();
}

#[test]
fn que_09_who_waited_at_the_end_is_let_go_though_more_came() {
    let queue = Queue::unbounded();
    put_all(&queue, [1]);
    let mut join = Box::pin(queue.join());
    assert!(poll(join.as_mut()).is_pending());
    assert_eq!(drain(&queue), [1]);
    put_all(&queue, [2]);
    now(join);
    assert!(poll(Box::pin(queue.join()).as_mut()).is_pending());
}

#[test]
fn que_09_items_of_a_panic_are_done() {
    let queue = Queue::unbounded();
    put_all(&queue, [1]);
    let worker = queue.clone();
    let failed = std::thread::spawn(move || {
        let _item = worker.get_blocking().unwrap();
        std::panic::resume_unwind(Box::new(()));
    });
    assert!(failed.join().is_err());
    assert_eq!(queue.unfinished(), 0);
}
