//! Channels: both ends, in line and closed, by tasks and threads.

use std::future::Future;
use std::rc::Rc;
use std::task::Context;

use evenkeel_sync::channel::{Receiver, SendError, TrySendError};
use evenkeel_sync::{channel, unbounded};
use futures_lite::{Stream, StreamExt};

use crate::fifo::{Count, Fifo, Log, now, poll};

fn rest<T>(receiver: &mut Receiver<T>) -> Vec<T> {
    std::iter::from_fn(|| receiver.try_recv().ok().flatten()).collect()
}

#[test]
fn items_arrive_in_order() {
    let (sender, mut receiver) = channel(3);
    for n in 0..3 {
        now(sender.send(n)).unwrap();
    }
    assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
    assert!(sender.is_full() && !sender.is_empty());
    assert_eq!(rest(&mut receiver), [0, 1, 2]);
    assert_eq!(receiver.try_recv(), Ok(None));
}

#[test]
fn receivers_are_served_in_the_order_of_asking() {
    let log = Log::default();
    let (sender, receiver) = channel(1);
    let mut tasks = Fifo::default();
    for name in ["x", "y", "z"] {
        let (log, mut receiver) = (log.clone(), receiver.clone());
        tasks.spawn(async move {
            while let Ok(n) = receiver.recv().await {
                log.say(format!("{name}{n}"));
            }
            log.say(format!("{name}."));
        });
    }
    drop(receiver);
    tasks.spawn(async move {
        for n in 0..6 {
            sender.send(n).await.unwrap();
        }
    });
    tasks.run();
    assert_eq!(log.take(), "x0 y1 z2 x3 y4 z5 z. x. y.");
}

#[test]
fn senders_get_room_in_the_order_of_asking() {
    let log = Log::default();
    let (sender, mut receiver) = channel(1);
    let mut tasks = Fifo::default();
    sender.try_send(0).unwrap();
    let senders: Vec<_> = (1..=4)
        .map(|n| {
            let (sender, log) = (sender.clone(), log.clone());
            tasks.spawn(async move {
                sender.send(n).await.unwrap();
                log.say(n);
            })
        })
        .collect();
    tasks.run();
    tasks.cancel(senders[1]);
    drop(sender);
    let log = log.clone();
    let heard = log.clone();
    tasks.spawn(async move {
        while let Ok(n) = receiver.recv().await {
            heard.say(format!("<{n}"));
        }
    });
    tasks.run();
    assert_eq!(log.take(), "<0 1 <1 3 <3 4 <4");
}

#[test]
fn a_sender_that_is_cancelled_when_it_was_called_passes_the_room_on() {
    let (sender, mut receiver) = channel(1);
    sender.try_send(0).unwrap();
    let mut first = Box::pin(sender.send(1));
    let mut second = Box::pin(sender.send(2));
    assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());
    assert_eq!(receiver.try_recv(), Ok(Some(0)));
    assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)), "the room is promised");
    drop(first);
    assert_eq!(now(second), Ok(()));
    assert_eq!(rest(&mut receiver), [2]);
}

#[test]
fn a_receiver_that_is_cancelled_when_it_was_called_passes_the_item_on() {
    let (sender, mut receiver) = channel(2);
    let mut other = receiver.clone();
    let mut first = Box::pin(receiver.recv());
    let mut second = Box::pin(other.recv());
    assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());
    sender.try_send(1).unwrap();
    drop(first);
    assert_eq!(receiver.try_recv(), Ok(None), "it is promised to the second");
    assert_eq!(now(second), Ok(1));
    sender.try_send(2).unwrap();
    assert_eq!(now(receiver.recv()), Ok(2));
}

#[test]
fn the_last_sender_ends_it() {
    let (sender, mut receiver) = unbounded();
    let second = sender.clone();
    sender.try_send(1).unwrap();
    drop(sender);
    assert_eq!(now(receiver.recv()), Ok(1));
    let (count, waker) = Count::new();
    let mut receiving = Box::pin(receiver.recv());
    assert!(receiving.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop(second);
    assert_eq!(count.get(), 1);
    assert!(now(receiving).is_err());
    assert!(receiver.try_recv().is_err() && receiver.is_closed());
}

#[test]
fn the_last_receiver_ends_it_and_takes_what_is_inside_along() {
    let token = Rc::new(());
    let (sender, receiver) = channel(1);
    let second = receiver.clone();
    sender.try_send(token.clone()).unwrap();
    let mut sending = Box::pin(sender.send(token.clone()));
    let mut closed = Box::pin(sender.closed());
    assert!(poll(sending.as_mut()).is_pending());
    drop(receiver);
    assert!(poll(sending.as_mut()).is_pending() && poll(closed.as_mut()).is_pending());
    drop(second);
    assert!(now(sending).is_err());
    now(closed);
    assert_eq!(Rc::strong_count(&token), 1);
    assert!(matches!(sender.try_send(token), Err(TrySendError::Closed(_))));
}

#[test]
fn closing_leaves_what_is_inside() {
    let (sender, mut receiver) = channel(2);
    sender.try_send(1).unwrap();
    receiver.close();
    assert!(sender.is_closed() && receiver.is_closed());
    assert_eq!(now(sender.send(2)), Err(SendError(2)));
    now(sender.closed());
    assert_eq!(now(receiver.recv()), Ok(1));
    assert!(now(receiver.recv()).is_err());
    // Through the other end, twice.
    let (sender, mut receiver) = channel(1);
    sender.try_send(1).unwrap();
    let mut waits = Box::pin(sender.send(2));
    assert!(poll(waits.as_mut()).is_pending());
    sender.close();
    sender.close();
    assert_eq!(now(waits), Err(SendError(2)));
    assert_eq!((now(receiver.recv()), receiver.try_recv().is_err()), (Ok(1), true));
}

#[test]
fn the_end_waits_for_those_who_were_promised_an_item() {
    let (sender, mut receiver) = channel(2);
    let mut other = receiver.clone();
    let mut first = Box::pin(receiver.recv());
    let mut second = Box::pin(other.recv());
    assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());
    sender.try_send(1).unwrap();
    drop(sender);
    assert!(poll(second.as_mut()).is_pending());
    drop(first);
    assert_eq!(now(second), Ok(1));
}

#[test]
fn a_place_is_kept_until_it_is_used_or_dropped() {
    let (sender, mut receiver) = channel(2);
    let place = now(sender.reserve()).unwrap();
    sender.try_send(1).unwrap();
    assert!(matches!(sender.try_reserve(), Err(TrySendError::Full(()))));
    let mut waits = Box::pin(sender.reserve());
    let mut behind = Box::pin(sender.send(3));
    assert!(poll(waits.as_mut()).is_pending() && poll(behind.as_mut()).is_pending());
    place.send(2).unwrap();
    assert_eq!(receiver.try_recv(), Ok(Some(1)));
    let place = now(waits).unwrap();
    assert!(poll(behind.as_mut()).is_pending());
    drop(place);
    assert_eq!(now(behind), Ok(()));
    assert_eq!(rest(&mut receiver), [2, 3]);
    let place = sender.try_reserve().unwrap();
    assert_eq!((sender.len(), sender.capacity()), (0, Some(2)));
    drop(receiver);
    assert_eq!(place.send(4), Err(SendError(4)), "closed meanwhile");
    assert!(matches!(sender.try_reserve(), Err(TrySendError::Closed(()))));
    assert!(now(sender.reserve()).is_err());
}

#[test]
fn a_place_promised_when_the_channel_closed() {
    let (sender, mut receiver) = channel(1);
    sender.try_send(1).unwrap();
    let mut sending = Box::pin(sender.send(2));
    let mut reserving = Box::pin(sender.reserve());
    assert!(poll(sending.as_mut()).is_pending() && poll(reserving.as_mut()).is_pending());
    assert_eq!(receiver.try_recv(), Ok(Some(1)));
    receiver.close();
    assert_eq!(now(sending), Err(SendError(2)));
    assert!(now(reserving).is_err());
    assert!(!sender.is_full(), "no place is kept for anybody");
    let (sender, mut receiver) = channel(1);
    sender.try_send(1).unwrap();
    let mut reserving = Box::pin(sender.reserve());
    assert!(poll(reserving.as_mut()).is_pending());
    assert_eq!(receiver.try_recv(), Ok(Some(1)));
    receiver.close();
    assert!(now(reserving).is_err());
    assert!(!sender.is_full(), "no place is kept for anybody");
}

#[test]
fn a_receiver_is_a_stream() {
    let (sender, receiver) = channel(1);
    std::thread::spawn(move || {
        for n in 0..10 {
            sender.send_blocking(n).unwrap();
        }
    });
    let items: Vec<_> = futures_lite::future::block_on(receiver.collect());
    assert_eq!(items, (0..10).collect::<Vec<_>>());
}

#[test]
fn a_stream_keeps_its_place_until_it_receives_otherwise() {
    let (sender, mut receiver) = channel(2);
    let mut other = receiver.clone();
    assert!(poll(Box::pin(receiver.next()).as_mut()).is_pending());
    sender.try_send(1).unwrap();
    assert_eq!(other.try_recv(), Ok(None), "kept for the stream");
    assert_eq!(now(receiver.recv()), Ok(1), "which is the same receiver");
    assert!(poll(Box::pin(receiver.next()).as_mut()).is_pending());
    sender.try_send(2).unwrap();
    assert_eq!(receiver.try_recv(), Ok(Some(2)));
    assert!(poll(Box::pin(receiver.next()).as_mut()).is_pending());
    assert!(poll(Box::pin(other.next()).as_mut()).is_pending());
    sender.try_send(3).unwrap();
    drop(receiver);
    assert_eq!(now(other.next()), Some(3), "the next in line");
    drop(sender);
    assert_eq!((now(other.next()), now(other.next())), (None, None));
}

#[test]
fn a_stream_that_moves_between_polls() {
    fn stream() -> impl Stream<Item = u8> + Unpin {
        let (sender, mut receiver) = channel(1);
        assert!(poll(Box::pin(receiver.next()).as_mut()).is_pending());
        sender.try_send(1).unwrap();
        receiver
    }
    let mut moved = vec![stream(), stream()].pop().unwrap();
    assert_eq!((now(moved.next()), now(moved.next())), (Some(1), None));
}

#[test]
fn figures() {
    let (sender, mut receiver) = channel(2);
    let (more, _clone) = (sender.clone(), receiver.clone());
    sender.try_send(1).unwrap();
    sender.try_send(2).unwrap();
    let mut waits = Box::pin(more.send(3));
    assert!(poll(waits.as_mut()).is_pending());
    let seen = sender.statistics();
    assert_eq!((seen.len, seen.capacity, seen.peak, seen.sent), (2, Some(2), 2, 2));
    assert_eq!((seen.senders, seen.receivers, seen.closed), (2, 2, false));
    assert_eq!((seen.waiting_senders, seen.waiting_receivers), (1, 0));
    assert_eq!(seen, receiver.statistics());
    assert_eq!(format!("{sender:?}"), "Sender { len: 2, closed: false, .. }");
    assert_eq!(rest(&mut receiver), [1, 2]);
    assert_eq!((receiver.len(), receiver.is_empty()), (0, true));
    assert_eq!((receiver.capacity(), unbounded::<u8>().1.capacity()), (Some(2), None));
}

#[test]
#[should_panic(expected = "give it one place")]
fn a_channel_without_room() {
    let _ = channel::<u8>(0);
}

#[test]
fn threads_at_both_ends() {
    let (sender, receiver) = channel(3);
    let total = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|threads| {
        for _ in 0..3 {
            let sender = sender.clone();
            threads.spawn(move || {
                for n in 0..200 {
                    sender.send_blocking(n).unwrap();
                }
            });
        }
        drop(sender);
        for _ in 0..3 {
            let (mut receiver, total) = (receiver.clone(), &total);
            threads.spawn(move || {
                while let Ok(n) = receiver.recv_blocking() {
                    total.fetch_add(n, std::sync::atomic::Ordering::Relaxed);
                }
            });
        }
        drop(receiver);
    });
    assert_eq!(total.into_inner(), 3 * 199 * 100);
}
