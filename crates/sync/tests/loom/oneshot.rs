//! The word of a oneshot: a value, two wakers, and who frees them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use evenkeel_sync::oneshot;
use loom::thread;

use crate::{Token, Watched, block_on, drops, poll};

/// The value arrives, whenever the receiver looks. Caught: no Release in `try_leave` or in `register`; `gone`
/// set in one with `done` while there is something to take.
#[test]
fn oneshot_send_against_poll() {
    loom::model(|| {
        let (sender, receiver) = oneshot();
        let shared = Arc::new(Watched::new());
        let seen = shared.clone();
        let other = thread::spawn(move || {
            shared.add(1);
            assert!(sender.send(7).is_ok());
        });
        assert_eq!(block_on(receiver), Ok(7));
        assert_eq!(seen.get(), 1);
        other.join().unwrap();
    });
}

/// The value comes back or goes with the receiver: dropped once, never lost. Caught: no Release in
/// `try_leave`; no Acquire for the word that `leave` reads, or for that `try_leave` answers.
#[test]
fn oneshot_send_against_drop() {
    loom::model(|| {
        let count = Arc::new(loom::sync::atomic::AtomicUsize::new(0));
        let (sender, receiver) = oneshot();
        let token = Token(count.clone());
        let other = thread::spawn(move || {
            drop(receiver);
        });
        let closed = sender.is_closed();
        let back = sender.send(token);
        assert!(back.is_err() || !closed, "taken in for nobody");
        let before = drops(&count);
        other.join().unwrap();
        match back {
            Err(token) => {
                assert_eq!(before, 0);
                drop(token);
            }
            Ok(()) => assert_eq!(drops(&count), 1, "gone when both ends are"),
        }
        assert_eq!(drops(&count), 1);
    });
}

/// A receiver that waits hears of a sender that goes. Caught: `gone` set in one with `done` while there
/// is something to take.
#[test]
fn oneshot_sender_drop_against_poll() {
    loom::model(|| {
        let (sender, receiver) = oneshot::<u8>();
        let other = thread::spawn(move || drop(sender));
        assert!(block_on(receiver).is_err());
        other.join().unwrap();
    });
}

/// A sender that waits in `closed` hears of a receiver that goes, and sees what that one did before. Caught:
/// as above; no Release in `register`, no Acquire in it.
#[test]
fn oneshot_closed_against_drop() {
    loom::model(|| {
        let (mut sender, receiver) = oneshot::<u8>();
        let shared = Arc::new(Watched::new());
        let seen = shared.clone();
        let other = thread::spawn(move || {
            shared.add(1);
            drop(receiver);
        });
        block_on(sender.closed());
        assert_eq!(seen.get(), 1);
        assert!(sender.send(1).is_err());
        other.join().unwrap();
    });
}

/// A sender that looks sees what the receiver did before it closed. Caught: no Release in `close`, no Acquire
/// in `is_closed`.
#[test]
fn oneshot_a_look_against_close() {
    loom::model(|| {
        let (sender, receiver) = oneshot::<u8>();
        let shared = Arc::new(Watched::new());
        let seen = shared.clone();
        let other = thread::spawn(move || {
            shared.add(1);
            let mut receiver = receiver;
            receiver.close();
            receiver
        });
        thread::yield_now(); // Or loom never lets it go first.
        if sender.is_closed() {
            assert_eq!(seen.get(), 1);
        }
        drop(other.join().unwrap());
    });
}

/// The receiver comes back with another waker while the value is sent: the new one is called, or the
/// value is seen. Caught: `register` writing over a cell that is full; no Release in it, and no Acquire in the
/// exchange of `try_leave`.
#[test]
fn oneshot_send_against_another_waker() {
    loom::model(|| {
        let (sender, mut receiver) = oneshot();
        assert!(poll(Pin::new(&mut receiver)).is_pending());
        let other = thread::spawn(move || assert!(sender.send(7).is_ok()));
        assert_eq!(block_on(receiver), Ok(7));
        other.join().unwrap();
    });
}

/// A value is sent to a receiver that closes: it arrives or comes back, and one of both. Caught: no
/// Release in `try_leave`.
#[test]
fn oneshot_send_against_close() {
    loom::model(|| {
        let (sender, mut receiver) = oneshot();
        assert!(poll(Pin::new(&mut receiver)).is_pending());
        let other = thread::spawn(move || sender.send(7).is_ok());
        receiver.close();
        let got = matches!(receiver.try_recv(), Ok(Some(7)));
        assert_eq!(other.join().unwrap(), got);
    });
}

/// Both ends wait for the other, and both go: each waker is taken out once, and all is freed. Caught:
/// `gone` set in one with `done` while there is something to take.
#[test]
fn oneshot_both_ends_wait_and_go() {
    loom::model(|| {
        let (mut sender, mut receiver) = oneshot::<u8>();
        let wakers = [Watched::new(), Watched::new()].map(|count| Arc::new(Counted(count)));
        let [mine, theirs] = wakers.clone().map(Waker::from);
        assert!(sender.poll_closed(&mut Context::from_waker(&mine)).is_pending());
        let mut cx = Context::from_waker(&theirs);
        assert!(Future::poll(Pin::new(&mut receiver), &mut cx).is_pending());
        drop((mine, theirs));
        let other = thread::spawn(move || drop(receiver));
        drop(sender);
        other.join().unwrap();
        assert_eq!(wakers.map(|waker| Arc::strong_count(&waker)), [1, 1]);
    });
}

/// A waker whose calls loom watches.
struct Counted(Watched);

impl Wake for Counted {
    fn wake(self: Arc<Self>) {
        self.0.add(1);
    }
}
