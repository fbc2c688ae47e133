//! Receiving many items at once: what comes, for whom it was kept, and who is woken.

use std::pin::pin;
use std::task::{Context, Poll};

use evenkeel_sync::channel::Receiver;
use evenkeel_sync::{channel, unbounded};
use futures_lite::StreamExt;

use crate::fifo::{Count, Fifo, Log, now, poll};

/// A batch that needs no wait.
fn batch(receiver: &mut Receiver<u32>, limit: usize) -> Vec<u32> {
    let mut room = vec![99];
    let came = now(receiver.recv_many(&mut room, limit)).unwrap();
    assert_eq!((came, room.remove(0)), (room.len(), 99), "at the end of what was there");
    room
}

#[test]
fn what_is_there_comes_in_order_and_up_to_the_limit() {
    for (sender, mut receiver) in [channel(10), unbounded()] {
        (0..10).for_each(|n| sender.try_send(n).unwrap());
        assert_eq!(batch(&mut receiver, 0), []);
        assert_eq!(batch(&mut receiver, 1), [0]);
        assert_eq!(batch(&mut receiver, 4), [1, 2, 3, 4]);
        assert_eq!(batch(&mut receiver, usize::MAX), [5, 6, 7, 8, 9]);
        assert_eq!(batch(&mut receiver, 0), [], "nothing is there, and nothing waited for");
        // The end comes behind the last items, in no batch.
        sender.try_send(10).unwrap();
        drop(sender);
        assert_eq!(batch(&mut receiver, 3), [10]);
        let mut room = Vec::new();
        assert!(now(receiver.recv_many(&mut room, 3)).is_err() && room.is_empty());
    }
}

#[test]
fn it_waits_for_the_first_and_for_no_other() {
    let log = Log::default();
    let (sender, mut receiver) = channel(4);
    let mut tasks = Fifo::default();
    let said = log.clone();
    tasks.spawn(async move {
        let mut room = Vec::new();
        while let Ok(came) = receiver.recv_many(&mut room, 3).await {
            said.say(format!("{came}{room:?}"));
            room.clear();
        }
        said.say("end".to_owned());
    });
    tasks.run();
    sender.try_send(1).unwrap();
    tasks.run();
    // It was called by the first; the others came before it did.
    (2..6).for_each(|n| sender.try_send(n).unwrap());
    tasks.run();
    drop(sender);
    tasks.run();
    assert_eq!(log.take(), "1[1] 3[2, 3, 4] 1[5] end");
}

/// As many are woken as places came free, in the order of asking; also if they are more than are called
/// under one lock.
#[test]
fn senders_get_the_room_of_a_batch() {
    for (places, limit) in [(4, 3), (4, 9), (100, 80), (100, usize::MAX)] {
        let (sender, mut receiver) = channel(places);
        (0..places).for_each(|n| sender.try_send(n).unwrap());
        let woken: Vec<_> = (0..2 * places).map(|_| Count::new()).collect();
        let mut sending: Vec<_> =
            (0..2 * places).map(|n| Box::pin(sender.send(places + n))).collect();
        for (sending, (_, waker)) in sending.iter_mut().zip(&woken) {
            assert!(sending.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
        }
        let mut room = Vec::new();
        let came = now(receiver.recv_many(&mut room, limit)).unwrap();
        assert_eq!(came, limit.min(places));
        let called: Vec<usize> = woken.iter().map(|(count, _)| count.get()).collect();
        assert_eq!(called, [vec![1; came], vec![0; 2 * places - came]].concat());
        // Nobody passes them, and their items follow.
        assert!(sender.try_send(0).is_err());
        for sending in &mut sending[..came] {
            assert!(matches!(poll(sending.as_mut()), Poll::Ready(Ok(()))));
        }
        now(receiver.recv_many(&mut room, places)).unwrap();
        assert_eq!(room, (0..came + places).collect::<Vec<_>>());
    }
}

#[test]
fn what_is_kept_for_others_stays_theirs() {
    let (sender, mut receiver) = unbounded();
    let mut other = receiver.clone();
    let mut first = pin!(other.recv());
    assert!(poll(first.as_mut()).is_pending());
    (0..3).for_each(|n| sender.try_send(n).unwrap());
    // One of the three is promised to the first in line; which, is seen when it comes.
    assert_eq!(batch(&mut receiver, 9), [0, 1]);
    assert!(poll(pin!(receiver.recv_many(&mut Vec::new(), 9)).as_mut()).is_pending());
    assert!(matches!(poll(first), Poll::Ready(Ok(2))));
}

#[test]
fn one_that_is_dropped_has_taken_nothing() {
    let (sender, mut receiver) = unbounded();
    let mut other = receiver.clone();
    let mut room = vec![9];
    {
        let mut leaves = pin!(receiver.recv_many(&mut room, 9));
        assert!(poll(leaves.as_mut()).is_pending());
        (0..2).for_each(|n| sender.try_send(n).unwrap()); // It is called, and does not come.
    }
    assert_eq!((room, batch(&mut other, 9)), (vec![9], vec![0, 1]));
}

#[test]
fn whoever_takes_the_last_tells_the_others_of_the_end() {
    let (sender, mut receiver) = unbounded();
    let (mut other, mut room) = (receiver.clone(), Vec::new());
    let mut first = Box::pin(receiver.recv_many(&mut room, 9));
    let mut second = pin!(other.recv());
    let (count, waker) = Count::new();
    assert!(poll(first.as_mut()).is_pending());
    assert!(second.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    sender.try_send(3).unwrap();
    drop(sender);
    // What is inside is promised to the first, who may yet go: so it is not the end.
    assert_eq!(count.get(), 0);
    assert!(matches!(poll(first.as_mut()), Poll::Ready(Ok(1))));
    assert_eq!(count.get(), 1);
    assert!(matches!(poll(second), Poll::Ready(Err(_))));
}

#[test]
fn a_stream_gives_up_its_place_to_it() {
    let (sender, mut receiver) = unbounded();
    assert!(poll(pin!(receiver.next())).is_pending());
    (0..2).for_each(|n| sender.try_send(n).unwrap()); // Kept for the stream, which is this receiver.
    assert_eq!(batch(&mut receiver, 9), [0, 1]);
    assert_eq!(sender.statistics().waiting_receivers, 0);
}

#[test]
fn a_thread_waits_in_the_same_line() {
    let (sender, mut receiver) = channel(7);
    let sends = std::thread::spawn(move || (0..100).try_for_each(|n| sender.send_blocking(n)));
    let mut room = Vec::new();
    while let Ok(came) = receiver.recv_many_blocking(&mut room, 5) {
        assert!((1..=5).contains(&came));
    }
    sends.join().unwrap().unwrap();
    assert_eq!(room, (0..100).collect::<Vec<_>>());
}
