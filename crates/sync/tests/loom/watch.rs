//! The watch's races: a change against one who begins to wait, or leaves; two who modify; the ends.

use std::sync::Arc;

use evenkeel_sync::watch;
use loom::thread;

use crate::{Watched, block_on, give_up, poll};

/// Two changes and the end, whenever the receiver looks: it sees the last value, in order, and what
/// was done before. Caught: `arrive` not looking at the senders; a last sender that tells nobody;
/// `news` looking at the end first; a version that moves on after the book was unlocked.
#[test]
fn send_against_changed() {
    loom::model(|| {
        let (sender, mut receiver) = watch(0);
        let shared = Arc::new(Watched::new());
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                sender.send(1).unwrap();
                shared.add(1);
                sender.send(2).unwrap();
            })
        };
        let mut last = 0;
        while block_on(receiver.changed()).is_ok() {
            let next = *receiver.borrow_and_update();
            assert!(next > last, "told again, or the wrong way round");
            last = next;
            if last == 2 {
                assert_eq!(shared.get(), 1);
            }
        }
        assert_eq!(last, 2);
        other.join().unwrap();
    });
}

/// One who waits gives up just as it is told: the other hears of it, and so does the first when it
/// asks again. Caught: `replace` calling only the first in line; `arrive` not looking at the
/// version.
#[test]
fn send_against_one_who_gives_up() {
    loom::model(|| {
        let (sender, mut quitter) = watch(0);
        let mut stayer = quitter.clone();
        let mut leaving = Box::pin(async { quitter.changed().await });
        assert!(poll(leaving.as_mut()).is_pending());
        let other = thread::spawn(move || {
            assert_eq!(block_on(stayer.changed()), Ok(()));
            *stayer.borrow()
        });
        let sending = thread::spawn(move || {
            sender.send(1).unwrap();
            sender
        });
        let told = poll(leaving.as_mut()).is_ready();
        drop(leaving);
        assert_eq!(other.join().unwrap(), 1);
        let sender = sending.join().unwrap();
        assert_eq!(quitter.has_changed(), Ok(!told));
        assert_eq!(sender.statistics().waiting, 0);
    });
}

/// Two modify at once: neither's work is lost. Caught: `take_turn` not waiting for the turn.
#[test]
fn two_modify() {
    loom::model(|| {
        let (sender, receiver) = watch(0);
        let second = sender.clone();
        let other = thread::spawn(move || second.send_modify(|n| *n += 1));
        sender.send_modify(|n| *n += 1);
        other.join().unwrap();
        assert_eq!((*receiver.borrow(), sender.statistics().changes), (2, 2));
    });
}

/// The receivers go while one waits for that. Caught: a last receiver that tells nobody; `arrive`
/// not looking at the count.
#[test]
fn closed_against_the_last_receivers() {
    loom::model(|| {
        let (sender, receiver) = watch(0);
        let second = receiver.clone();
        let others = [receiver, second].map(|receiver| thread::spawn(move || drop(receiver)));
        assert!(give_up(sender.closed(), 1).is_none_or(|()| sender.is_closed()));
        block_on(sender.closed());
        assert_eq!(sender.send(1), Err(1));
        for other in others {
            other.join().unwrap();
        }
    });
}
