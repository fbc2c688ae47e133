//! The races of a channel: items promised and places reserved, while ends and waiters go away.

use std::sync::Arc;

use evenkeel_sync::channel;
use evenkeel_sync::channel::{Receiver, SendError, Sender};
use loom::sync::atomic::AtomicUsize;
use loom::thread;

use crate::{Token, Watched, block_on, drops, give_up, poll};

fn receive(mut receiver: Receiver<usize>) -> Vec<usize> {
    let mut items = Vec::new();
    while let Ok(item) = block_on(receiver.recv()) {
        items.push(item);
    }
    items
}

/// The item arrives whenever the receiver looks, with all that came before it; then the end does.
/// Caught: `end` not telling those in line; `put` calling nobody.
#[test]
fn send_and_drop_against_receive() {
    loom::model(|| {
        let (sender, receiver) = channel(1);
        let shared = Arc::new(Watched::new());
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.add(1);
                block_on(sender.send(1)).unwrap();
            })
        };
        assert_eq!(receive(receiver), [1]);
        assert_eq!(shared.get(), 1);
        other.join().unwrap();
    });
}

/// One of two receivers gives up, called or not, while an item is sent: the other gets it, or the
/// quitter has. Caught: `break_promise` calling nobody; `promise` forgetting what is promised.
#[test]
fn send_against_a_receiver_that_gives_up() {
    loom::model(|| {
        let (sender, mut receiver) = channel(2);
        let mut other = receiver.clone();
        let quitter = thread::spawn(move || give_up(receiver.recv(), 2).is_some());
        let stayer = thread::spawn(move || block_on(other.recv()));
        sender.try_send(1).unwrap();
        if quitter.join().unwrap() {
            sender.try_send(2).unwrap();
        }
        assert!(stayer.join().unwrap().is_ok());
        assert_eq!((sender.len(), sender.statistics().waiting_receivers), (0, 0));
    });
}

/// The last sender goes while one who was promised the last item gives up: the second in line gets
/// it, and nobody is told of the end before. Caught: `end` telling of the end while items are
/// inside; `break_promise` calling nobody; `take` not saying that it took the last.
#[test]
fn the_end_against_a_promised_receiver_that_gives_up() {
    loom::model(|| {
        let (sender, mut receiver) = channel(1);
        let (mut second, third) = (receiver.clone(), receiver.clone());
        let mut quitter = Box::pin(receiver.recv());
        let mut stayer = Box::pin(second.recv());
        assert!(poll(quitter.as_mut()).is_pending() && poll(stayer.as_mut()).is_pending());
        sender.try_send(1).unwrap();
        let ender = thread::spawn(move || drop(sender));
        let last = thread::spawn(move || receive(third));
        drop(quitter);
        let got = block_on(stayer);
        ender.join().unwrap();
        let rest = last.join().unwrap();
        assert!(got.is_ok() && rest.is_empty(), "the second in line had it coming");
    });
}

/// Two senders, one of which sends again at once, and one place: never two items in it, and all get
/// in. Caught: `is_full` forgetting what is reserved; `take` calling no putter.
#[test]
fn two_senders_and_one_place() {
    loom::model(|| {
        let (sender, mut receiver) = channel(1);
        let again = sender.clone();
        let others = [
            thread::spawn(move || block_on(sender.send(1)).unwrap()),
            thread::spawn(move || {
                block_on(again.send(2)).unwrap();
                block_on(again.send(3)).unwrap();
            }),
        ];
        let mut items = [0; 3];
        for item in &mut items {
            *item = block_on(receiver.recv()).unwrap();
        }
        assert_eq!(items.iter().sum::<usize>(), 6);
        assert_eq!(receiver.statistics().peak, 1);
        for other in others {
            other.join().unwrap();
        }
    });
}

/// A batch frees two places for which two wait: both get in. Caught: `take_many` keeping the first of the
/// wakers alone.
#[test]
fn a_batch_against_two_senders() {
    loom::model(|| {
        let (sender, mut receiver) = channel(2);
        (0..2).for_each(|n| sender.try_send(n).unwrap());
        let again = sender.clone();
        let others = [
            thread::spawn(move || block_on(sender.send(2)).unwrap()),
            thread::spawn(move || block_on(again.send(3)).unwrap()),
        ];
        let mut items = Vec::new();
        while block_on(receiver.recv_many(&mut items, 9)).is_ok() {}
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(items[..2], [0, 1]);
        assert_eq!((items.iter().sum::<usize>(), receiver.statistics().peak), (6, 2));
    });
}

/// One who asks for a batch, called or not, behind one in line, while two items are sent and the channel ends:
/// the first in line has one of them, and nothing is lost. Caught: `take_many` taking what is promised.
#[test]
fn a_batch_against_one_in_line() {
    loom::model(|| {
        let (sender, mut receiver) = channel(2);
        let mut other = receiver.clone();
        let mut first = Box::pin(other.recv());
        assert!(poll(first.as_mut()).is_pending());
        let quitter = thread::spawn(move || {
            let mut items = Vec::new();
            let came = give_up(receiver.recv_many(&mut items, 2), 2);
            assert_eq!(came.map_or(0, |came| came.unwrap_or(0)), items.len());
            items
        });
        let sends = thread::spawn(move || (1..3).for_each(|n| sender.try_send(n).unwrap()));
        let mut all = vec![block_on(first).expect("it had it coming")];
        all.extend(receive(other));
        sends.join().unwrap();
        all.extend(quitter.join().unwrap());
        all.sort_unstable();
        assert_eq!(all, [1, 2]);
    });
}

/// A sender in line gives up, called or not, while room comes free: the next one gets it. Caught:
/// `unreserve` calling nobody.
#[test]
fn receive_against_a_sender_that_gives_up() {
    loom::model(|| {
        let (sender, mut receiver) = channel(1);
        sender.try_send(0).unwrap();
        let second = sender.clone();
        let mut quitter = Box::pin(sender.send(1));
        let mut stayer = Box::pin(second.send(2));
        assert!(poll(quitter.as_mut()).is_pending() && poll(stayer.as_mut()).is_pending());
        let getter = thread::spawn(move || {
            let first = receiver.try_recv().unwrap();
            (first, block_on(receiver.recv()).unwrap())
        });
        drop(quitter);
        block_on(stayer).unwrap();
        assert_eq!(getter.join().unwrap(), (Some(0), 2));
    });
}

fn send_token(sender: &Sender<Token>, token: Token) -> bool {
    match block_on(sender.send(token)) {
        Ok(()) => true,
        Err(SendError(token)) => {
            drop(token);
            false
        }
    }
}

/// The last receiver goes while somebody sends, in line or not: the items are dropped once each,
/// and not before their time. Caught: `end` not dismissing the putters; `put` not looking whether
/// it has ended (an item is left inside, for nobody).
#[test]
fn send_against_the_last_receiver() {
    loom::model(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let (sender, receiver) = channel(1);
        let tokens = [Token(count.clone()), Token(count.clone())];
        let other = thread::spawn(move || drop(receiver));
        let [first, second] = tokens;
        send_token(&sender, first);
        send_token(&sender, second);
        other.join().unwrap();
        assert_eq!((drops(&count), sender.len()), (2, 0));
        block_on(sender.closed());
    });
}

/// A place is kept while the channel closes: once a receiver was told of the end nothing is sent into
/// it. Caught: `put` not looking whether it has ended.
#[test]
fn a_place_against_close() {
    loom::model(|| {
        let (sender, mut receiver) = channel(1);
        let place = sender.try_reserve().unwrap();
        let told = thread::spawn(move || {
            receiver.close();
            receiver.try_recv().is_err()
        });
        let sent = place.send(1).is_ok();
        assert!(!(told.join().unwrap() && sent), "sent after the end");
        assert!(sender.is_closed());
    });
}

/// One waits for a place while room comes free and the channel closes: no place is kept for nobody.
/// Caught: `keep` not giving it back.
#[test]
fn a_place_in_line_against_close() {
    loom::model(|| {
        let (sender, receiver) = channel(1);
        sender.try_send(0).unwrap();
        let mut other = receiver.clone();
        let closer = thread::spawn(move || {
            assert_eq!(other.try_recv(), Ok(Some(0)));
            other.close();
        });
        drop(block_on(sender.reserve()));
        closer.join().unwrap();
        assert!(!sender.is_full() && sender.is_closed());
        drop(receiver);
    });
}
