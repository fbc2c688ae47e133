//! The oneshot: one value, given once, never lost.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use evenkeel_sync::oneshot;

use crate::fifo::{Count, now, poll};

/// A value that counts its drops.
#[derive(Debug, Clone)]
struct Token(Arc<AtomicUsize>);

impl Drop for Token {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn sent_before_and_after_the_wait() {
    let (sender, receiver) = oneshot();
    sender.send(1).unwrap();
    assert_eq!(now(receiver), Ok(1));

    let (sender, mut receiver) = oneshot();
    let (count, waker) = Count::new();
    let mut cx = Context::from_waker(&waker);
    assert!(Pin::new(&mut receiver).poll(&mut cx).is_pending());
    assert!(Pin::new(&mut receiver).poll(&mut cx).is_pending());
    sender.send(2).unwrap();
    assert_eq!(count.get(), 1, "woken once: the sender's end does not wake again");
    assert_eq!(Pin::new(&mut receiver).poll(&mut cx), Poll::Ready(Ok(2)));
    assert!(matches!(Pin::new(&mut receiver).poll(&mut cx), Poll::Ready(Err(_))));
}

#[test]
fn a_sender_dropped_unused_is_heard() {
    let (sender, mut receiver) = oneshot::<u8>();
    let (count, waker) = Count::new();
    assert!(Pin::new(&mut receiver).poll(&mut Context::from_waker(&waker)).is_pending());
    drop(sender);
    assert_eq!(count.get(), 1);
    let error = now(receiver).unwrap_err();
    assert!(error.to_string().contains("dropped without sending"));
}

#[test]
fn a_value_to_nobody_comes_back() {
    let drops = Arc::new(AtomicUsize::new(0));
    let (sender, receiver) = oneshot();
    assert!(!sender.is_closed());
    drop(receiver);
    assert!(sender.is_closed());
    let back = sender.send(Token(drops.clone())).unwrap_err();
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    drop(back);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

#[test]
fn a_value_sent_and_not_taken_is_dropped_with_the_receiver_once() {
    let drops = Arc::new(AtomicUsize::new(0));
    let (sender, receiver) = oneshot();
    sender.send(Token(drops.clone())).unwrap();
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    drop(receiver);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

#[test]
fn closed_waits_for_the_receiver_to_go() {
    let (mut sender, receiver) = oneshot::<u8>();
    let (count, waker) = Count::new();
    let mut cx = Context::from_waker(&waker);
    {
        let mut closed = std::pin::pin!(sender.closed());
        assert!(closed.as_mut().poll(&mut cx).is_pending());
        drop(receiver);
        assert_eq!(count.get(), 1);
        assert!(closed.as_mut().poll(&mut cx).is_ready());
    }
    assert!(sender.poll_closed(&mut cx).is_ready());
    assert_eq!(sender.send(1), Err(1));
}

#[test]
fn a_closed_receiver_still_gives_what_came_before() {
    let (sender, mut receiver) = oneshot();
    assert_eq!(receiver.try_recv(), Ok(None));
    sender.send(7).unwrap();
    receiver.close();
    assert_eq!(receiver.try_recv(), Ok(Some(7)));
    assert!(receiver.try_recv().is_err());

    let (sender, mut receiver) = oneshot();
    receiver.close();
    assert_eq!(sender.send(8), Err(8));
    assert!(receiver.try_recv().is_err());
    assert!(now(receiver).is_err());
}

#[test]
fn awaited_by_reference_nothing_is_lost() {
    let (sender, mut receiver) = oneshot();
    {
        let mut left = &mut receiver;
        assert!(poll(Pin::new(&mut left)).is_pending());
    }
    sender.send(3).unwrap();
    assert_eq!(now(&mut receiver), Ok(3));
}

#[test]
fn wakers_are_dropped_with_their_ends() {
    let (sender, mut receiver) = oneshot::<u8>();
    let (count, waker) = Count::new();
    assert!(Pin::new(&mut receiver).poll(&mut Context::from_waker(&waker)).is_pending());
    drop(receiver);
    drop(waker);
    assert_eq!((Arc::strong_count(&count), count.get()), (1, 0));
    assert!(format!("{sender:?}").contains("closed: true"));
    let (sender, receiver) = oneshot::<u8>();
    assert!(format!("{receiver:?}").contains("sent: false"));
    drop(sender);
}
