//! Queues, channels and what else carries values: no value is lost, none is there twice.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use evenkeel::sync::{
    LifoQueue, Lock, PriorityQueue, Queue, Shutdown, broadcast, channel, oneshot, unbounded, watch,
};

use crate::harness::{Case, Token, World, case, each, pause, tokens};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = queues();
    cases.extend(queue_orders());
    cases.extend(channels());
    cases.extend(watches());
    cases.extend(broadcasts());
    cases.extend(oneshots());
    cases
}

/// Nobody waits, nothing is promised, `len` items lie there and are not done.
macro_rules! assert_idle {
    ($queue:expr, $len:expr) => {{
        let seen = $queue.statistics();
        assert_eq!((seen.waiting_getters, seen.waiting_putters, seen.waiting_joiners), (0, 0, 0));
        assert_eq!((seen.len, seen.unfinished), ($len, $len));
        for _ in 0..seen.len {
            drop($queue.try_get().unwrap().expect("promised to one who is gone"));
        }
    }};
}

fn queues() -> Vec<Case> {
    let get = &["sync/queue OrderedQueue::get"];
    let put = &["sync/queue OrderedQueue::put"];
    vec![
        case("queue_get", get, || {
            let queue = Queue::bounded(3);
            let (first, second, third, seen) =
                (queue.clone(), queue.clone(), queue.clone(), queue.clone());
            World::new()
                .futures(3, each!(queue => drop(queue.get().await.unwrap())))
                .event("put-1", move || first.try_put(Token::new()).unwrap())
                .event("put-2", move || second.try_put(Token::new()).unwrap())
                .event("put-3", move || third.try_put(Token::new()).unwrap())
                .in_order()
                .check(move |end| assert_idle!(seen, 3 - end.finished()))
        }),
        case("queue_get_item_in_hand", get, || {
            let queue = Queue::bounded(2);
            let (put, seen) = (queue.clone(), queue.clone());
            let make = each!(queue => {
                let _item = queue.get().await.unwrap();
                pause().await; // Dropped here, the item counts as done.
            });
            World::new()
                .futures(2, make)
                .event("put-2", move || {
                    put.try_put(Token::new()).unwrap();
                    put.try_put(Token::new()).unwrap();
                })
                .check(move |_| {
                    let left = seen.len();
                    assert_idle!(seen, left);
                })
        }),
        case("queue_get_shutdown", get, || {
            let queue = Queue::bounded(2);
            let (put, shut, seen) = (queue.clone(), queue.clone(), queue.clone());
            World::new()
                .futures(3, each!(queue => drop(queue.get().await)))
                .event("put", move || drop(put.try_put(Token::new())))
                .event("shutdown", move || shut.shutdown(Shutdown::Graceful))
                // What is left lies there only because one is gone who was to take it.
                .check(move |end| {
                    assert!(seen.is_empty() || end.cut());
                    let left = seen.len();
                    assert_idle!(seen, left);
                })
        }),
        case("queue_put", put, || {
            let queue = Queue::bounded(2);
            (0..2).for_each(|_| queue.try_put(Token::new()).unwrap());
            let (first, second, seen) = (queue.clone(), queue.clone(), queue.clone());
            World::new()
                .futures(2, each!(queue => queue.put(Token::new()).await.unwrap()))
                .event("get-1", move || drop(first.try_get().unwrap().unwrap()))
                .event("get-2", move || drop(second.try_get().unwrap().unwrap()))
                .in_order()
                .check(move |end| {
                    assert_idle!(seen, end.finished());
                    seen.try_put(Token::new()).expect("a place kept for one who is gone");
                })
        }),
        case("queue_put_three", put, || {
            let queue = Queue::bounded(3);
            (0..3).for_each(|_| queue.try_put(Token::new()).unwrap());
            let (first, rest, seen) = (queue.clone(), queue.clone(), queue.clone());
            World::new()
                .futures(3, each!(queue => queue.put(Token::new()).await.unwrap()))
                .event("get", move || drop(first.try_get().unwrap().unwrap()))
                .event("get-2", move || {
                    (0..2).for_each(|_| drop(rest.try_get().unwrap().unwrap()));
                })
                .in_order()
                .check(move |end| assert_idle!(seen, end.finished()))
        }),
        case("queue_put_shutdown", put, || {
            let queue = Queue::bounded(1);
            queue.try_put(Token::new()).unwrap();
            let (shut, seen) = (queue.clone(), queue.clone());
            World::new()
                .futures(2, each!(queue => assert!(queue.put(Token::new()).await.is_err())))
                .event("shutdown", move || shut.shutdown(Shutdown::Graceful))
                .check(move |_| assert_idle!(seen, 1))
        }),
        case("queue_join", &["sync/queue OrderedQueue::join"], || {
            let queue = Queue::bounded(1);
            queue.try_put(Token::new()).unwrap();
            let item = queue.try_get().unwrap();
            let seen = queue.clone();
            World::new()
                .futures(3, each!(queue => queue.join().await))
                .event("done", move || drop(item))
                .check(move |_| assert_idle!(seen, 0))
        }),
    ]
}

fn queue_orders() -> Vec<Case> {
    macro_rules! world {
        ($kind:ident) => {{
            let queue = $kind::bounded(2);
            (0..2).for_each(|n| queue.try_put(n).unwrap());
            let (first, second, seen) = (queue.clone(), queue.clone(), queue.clone());
            World::new()
                .future(each!(queue => queue.put(7).await.unwrap())())
                .future(each!(queue => queue.put(8).await.unwrap())())
                .event("get-1", move || drop(first.try_get().unwrap().unwrap()))
                .event("get-2", move || drop(second.try_get().unwrap().unwrap()))
                .in_order()
                .check(move |end| assert_idle!(seen, end.finished()))
        }};
    }
    let put = &["sync/queue OrderedQueue::put"];
    let get = &["sync/queue OrderedQueue::get"];
    vec![
        case("lifo_queue_put", put, || world!(LifoQueue)),
        case("priority_queue_put", put, || world!(PriorityQueue)),
        case("priority_queue_get", get, || {
            let queue = PriorityQueue::bounded(2);
            let (two, one, seen) = (queue.clone(), queue.clone(), queue.clone());
            World::new()
                .futures(2, each!(queue => drop(queue.get().await.unwrap())))
                .event("put-2", move || two.try_put(2).unwrap())
                .event("put-1", move || one.try_put(1).unwrap())
                .check(move |end| assert_idle!(seen, 2 - end.finished()))
        }),
    ]
}

fn channels() -> Vec<Case> {
    vec![
        case("channel_recv", &["sync/channel Receiver::recv"], || {
            let (sender, receiver) = unbounded();
            let (first, second, mut left) = (sender.clone(), sender.clone(), receiver.clone());
            World::new()
                .futures(2, each!(receiver => drop(receiver.recv().await.unwrap())))
                .event("send-1", move || first.try_send(Token::new()).unwrap())
                .event("send-2", move || second.try_send(Token::new()).unwrap())
                .in_order()
                .check(move |end| {
                    let seen = sender.statistics();
                    assert_eq!((seen.len, seen.waiting_receivers), (2 - end.finished(), 0));
                    while left.try_recv().unwrap().is_some() {}
                    assert_eq!(tokens(), 0);
                })
        }),
        case("channel_recv_many", &["sync/channel/many Receiver::recv_many"], || {
            let (sender, receiver) = unbounded();
            let (first, second, mut left) = (sender.clone(), sender.clone(), receiver.clone());
            let batch = each!(receiver => {
                assert_eq!(receiver.recv_many(&mut Vec::new(), 1).await, Ok(1));
            });
            World::new()
                .futures(2, batch)
                .event("send-1", move || first.try_send(Token::new()).unwrap())
                .event("send-2", move || second.try_send(Token::new()).unwrap())
                .in_order()
                .check(move |end| {
                    let seen = sender.statistics();
                    assert_eq!((seen.len, seen.waiting_receivers), (2 - end.finished(), 0));
                    while left.try_recv().unwrap().is_some() {}
                    assert_eq!(tokens(), 0);
                })
        }),
        case("channel_recv_closed", &["sync/channel Receiver::recv"], || {
            let (sender, receiver) = unbounded();
            let (close, send) = (sender.clone(), sender.clone());
            World::new()
                .futures(2, each!(receiver => drop(receiver.recv().await)))
                .event("send", move || drop(send.try_send(Token::new())))
                .event("close", move || close.close())
                .check(move |_| assert_eq!(sender.statistics().waiting_receivers, 0))
        }),
        case("channel_send", &["sync/channel Sender::send"], || {
            let (sender, receiver) = channel(2);
            (0..2).for_each(|_| sender.try_send(Token::new()).unwrap());
            let (mut first, mut second) = (receiver.clone(), receiver.clone());
            let seen = sender.clone();
            World::new()
                .futures(2, each!(sender => sender.send(Token::new()).await.unwrap()))
                .event("recv-1", move || drop(first.try_recv().unwrap().unwrap()))
                .event("recv-2", move || drop(second.try_recv().unwrap().unwrap()))
                .in_order()
                .check(move |end| {
                    let statistics = seen.statistics();
                    assert_eq!((statistics.len, statistics.waiting_senders), (end.finished(), 0));
                    drop(receiver);
                })
        }),
        case("channel_send_closed", &["sync/channel Sender::send"], || {
            let (sender, receiver) = channel(1);
            sender.try_send(Token::new()).unwrap();
            let seen = sender.clone();
            World::new()
                .futures(3, each!(sender => assert!(sender.send(Token::new()).await.is_err())))
                .event("close", move || drop(receiver))
                .check(move |_| assert_eq!(seen.statistics().waiting_senders, 0))
        }),
        case("channel_reserve", &["sync/channel Sender::reserve"], || {
            let (sender, receiver) = channel(2);
            (0..2).for_each(|_| sender.try_send(Token::new()).unwrap());
            let (mut first, mut second) = (receiver.clone(), receiver.clone());
            let seen = sender.clone();
            let make = each!(sender => {
                let place = sender.reserve().await.unwrap();
                pause().await; // Dropped here, the place is given back.
                place.send(Token::new()).unwrap()
            });
            World::new()
                .futures(2, make)
                .event("recv-1", move || drop(first.try_recv().unwrap().unwrap()))
                .event("recv-2", move || drop(second.try_recv().unwrap().unwrap()))
                .in_order()
                .check(move |end| {
                    let statistics = seen.statistics();
                    assert_eq!((statistics.len, statistics.waiting_senders), (end.finished(), 0));
                    for _ in end.finished()..2 {
                        seen.try_send(Token::new()).expect("a place kept for one who is gone");
                    }
                    drop(receiver);
                })
        }),
        case("channel_closed", &["sync/channel Sender::closed"], || {
            let (sender, receiver) = unbounded::<Token>();
            World::new()
                .futures(3, each!(sender => sender.closed().await))
                .event("close", move || drop(receiver))
        }),
    ]
}

fn watches() -> Vec<Case> {
    vec![
        case("watch_changed", &["sync/watch Receiver::changed"], || {
            let (sender, receiver) = watch(Token::new());
            let sender = Rc::new(sender);
            let send = sender.clone();
            let make = each!(receiver => {
                receiver.changed().await.unwrap();
                drop(receiver.borrow_and_update());
            });
            World::new()
                .futures(3, make)
                .event("send", move || assert!(send.send(Token::new()).is_ok()))
                .check(move |_| {
                    let statistics = sender.statistics();
                    assert_eq!((statistics.waiting, statistics.receivers), (0, 1));
                    drop(receiver);
                })
        }),
        case("watch_changed_closed", &["sync/watch Receiver::changed"], || {
            let (sender, receiver) = watch(Token::new());
            World::new()
                .futures(2, each!(receiver => assert!(receiver.changed().await.is_err())))
                .event("close", move || drop(sender))
                .check(move |_| assert_eq!(receiver.statistics().waiting, 0))
        }),
        case("watch_wait_for", &["sync/watch Receiver::wait_for"], || {
            let (sender, receiver) = watch(0);
            let sender = Rc::new(sender);
            let (first, second) = (sender.clone(), sender.clone());
            World::new()
                .futures(2, each!(receiver => drop(receiver.wait_for(|n| *n == 2).await.unwrap())))
                .event("send-1", move || first.send(1).unwrap())
                .event("send-2", move || second.send(2).unwrap())
                .in_order()
                .check(move |_| {
                    assert_eq!(sender.statistics().waiting, 0);
                    drop(receiver);
                })
        }),
        case("watch_closed", &["sync/watch Sender::closed"], || {
            let (sender, receiver) = watch(0);
            World::new()
                .futures(3, each!(sender => sender.closed().await))
                .event("close", move || drop(receiver))
                .check(move |_| assert_eq!(sender.statistics().waiting, 0))
        }),
    ]
}

fn broadcasts() -> Vec<Case> {
    fn world(end: bool) -> World {
        let (sender, receiver) = broadcast(2);
        drop(receiver);
        let seen = sender.clone();
        let mut world = World::new();
        for _ in 0..3 {
            let mut receiver = sender.subscribe();
            world = world.future(async move { assert_eq!(receiver.recv().await.is_err(), end) });
        }
        let happen = move || {
            if !end {
                drop(sender.send(Token::new()));
            }
            drop(sender);
        };
        let seen = (!end).then_some(seen);
        world.event("send-or-end", happen).check(move |_| {
            if let Some(seen) = seen {
                let statistics = seen.statistics();
                let left = (statistics.waiting, statistics.receivers, statistics.kept);
                assert_eq!(left, (0, 0, 0));
            }
        })
    }
    let covers = &["sync/broadcast Receiver::recv"];
    vec![
        case("broadcast_recv", covers, || world(false)),
        case("broadcast_recv_closed", covers, || world(true)),
    ]
}

fn oneshots() -> Vec<Case> {
    vec![
        case("oneshot_recv", &["sync/oneshot Receiver as Future"], || {
            let (sender, receiver) = oneshot();
            World::new()
                .future(async move { drop(receiver.await.unwrap()) })
                .event("send", move || drop(sender.send(Token::new())))
        }),
        case("oneshot_recv_no_sender", &["sync/oneshot Receiver as Future"], || {
            let (sender, receiver) = oneshot::<Token>();
            World::new()
                .future(async move { assert!(receiver.await.is_err()) })
                .event("drop-sender", move || drop(sender))
        }),
        case("oneshot_closed", &["sync/oneshot Sender::closed"], || {
            let (sender, receiver) = oneshot();
            let sender = Arc::new(Lock::new(sender));
            let (waits, sends) = (sender.clone(), Rc::new(RefCell::new(Some(receiver))));
            let closes = sends.clone();
            World::new()
                .wakers_stay("the sender keeps it until it is asked again, or one side is gone")
                .alone(&sender)
                .future(async move { waits.lock().await.closed().await })
                .event("close", move || drop(closes.take()))
                .check(move |_| {
                    // It can send all the same: nobody is there to take it.
                    let sender = Arc::try_unwrap(sender).expect("alone").into_inner();
                    assert!(sender.send(Token::new()).is_err());
                    drop(sends);
                })
        }),
    ]
}
