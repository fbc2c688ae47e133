//! The broadcast's races: a value against one who begins to wait, lags behind, or leaves.

use std::sync::Arc;

use evenkeel_sync::broadcast::{self, RecvError};
use loom::sync::atomic::AtomicUsize;
use loom::thread;

use crate::{Token, Watched, block_on, drops, poll};

/// Two senders and the end, whenever the receiver looks: it sees both values, and what was done
/// before they were sent. Caught: a last sender that tells nobody.
#[test]
fn send_against_recv() {
    loom::model(|| {
        let (sender, mut receiver) = broadcast::broadcast(2);
        let shared = Arc::new([Watched::new(), Watched::new()]);
        let second = sender.clone();
        let others = [(0, sender), (1, second)].map(|(n, sender)| {
            let shared = shared.clone();
            thread::spawn(move || {
                shared[n].add(1);
                sender.send(n).unwrap();
            })
        });
        let mut sum = 0;
        while let Ok(n) = block_on(receiver.recv()) {
            assert_eq!(shared[n].get(), 1);
            sum += n + 1;
        }
        assert_eq!(sum, 3);
        for other in others {
            other.join().unwrap();
        }
    });
}

/// More is sent than there is room for, while one receives: what it saw and what it missed is all
/// there was. Caught: `take` not telling what was missed; `pop` not counting; `arrive` not looking
/// at the senders.
#[test]
fn send_against_one_who_lags() {
    loom::model(|| {
        let (sender, mut receiver) = broadcast::broadcast(1);
        let other = thread::spawn(move || {
            for n in 0..3 {
                sender.send(n).unwrap();
            }
        });
        let mut next = 0;
        loop {
            match block_on(receiver.recv()) {
                Ok(n) => {
                    assert_eq!(n, next);
                    next += 1;
                }
                Err(RecvError::Lagged(missed)) => next += missed,
                Err(RecvError::Closed) => break,
            }
        }
        assert_eq!(next, 3);
        other.join().unwrap();
    });
}

/// A value is sent and received while another receiver leaves, told or not: the one who stays has
/// it, and it is dropped once. Caught: `leave` not counting down, or not taking out what all have
/// seen; `send` calling only the first in line; `arrive` not looking at what was sent.
#[test]
fn send_against_a_receiver_that_leaves() {
    loom::model(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let (sender, mut stayer) = broadcast::broadcast(2);
        let mut quitter = sender.subscribe();
        let mut leaving = Box::pin(async move { quitter.recv().await.is_ok() });
        assert!(poll(leaving.as_mut()).is_pending());
        let receiving = thread::spawn(move || block_on(stayer.recv()).is_ok());
        let quitting = thread::spawn(move || drop(leaving));
        assert!(sender.send(Arc::new(Token(count.clone()))).is_ok());
        assert!(receiving.join().unwrap());
        quitting.join().unwrap();
        assert_eq!(drops(&count), 1);
        let statistics = sender.statistics();
        assert_eq!((statistics.kept, statistics.receivers, statistics.waiting), (0, 0, 0));
    });
}
