//! The watch: no change is missed, and nobody is held up by one who looks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Context;

use evenkeel_sync::watch::{self, Closed, Receiver};
use futures_lite::{StreamExt, future::block_on};

use crate::fifo::{Count, Fifo, Log, now, poll, yield_now};

fn closed<T: PartialEq + std::fmt::Debug>(answer: Result<T, Closed>) -> bool {
    answer.is_err_and(|closed| closed.to_string().contains("senders"))
}

#[test]
fn a_change_before_or_after_one_waits_is_told_once() {
    let (sender, mut receiver) = watch::watch(0);
    assert_eq!(receiver.has_changed(), Ok(false));
    sender.send(1).unwrap();
    assert_eq!(receiver.has_changed(), Ok(true));
    assert_eq!(now(receiver.changed()), Ok(()));
    let (count, waker) = Count::new();
    {
        let mut changed = pin!(receiver.changed());
        assert!(changed.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        sender.send(2).unwrap();
        sender.send(3).unwrap();
        assert_eq!((count.get(), now(changed)), (1, Ok(())));
    }
    assert_eq!((*receiver.borrow(), receiver.has_changed()), (3, Ok(false)));
    let statistics = sender.statistics();
    assert_eq!((statistics.changes, statistics.waiting), (3, 0));
}

#[test]
fn receivers_are_woken_in_order_and_each_sees_the_latest() {
    let (sender, receiver) = watch::watch(0);
    let log = Log::default();
    let mut fifo = Fifo::default();
    for name in ["a", "b", "c"] {
        let (mut receiver, log) = (receiver.clone(), log.clone());
        fifo.spawn(async move {
            while receiver.changed().await.is_ok() {
                log.say(format!("{name}{}", receiver.borrow()));
            }
            log.say(format!("{name}!"));
        });
    }
    drop(receiver);
    fifo.run();
    sender.send(1).unwrap();
    fifo.run();
    sender.send(2).unwrap();
    sender.send(3).unwrap();
    fifo.run();
    assert_eq!(log.take(), "a1 b1 c1 a3 b3 c3");
    sender.send(4).unwrap();
    drop(sender);
    fifo.run();
    assert_eq!(log.take(), "a4 a! b4 b! c4 c!");
}

#[test]
fn a_change_that_was_waited_for_and_not_heard_of_is_not_lost() {
    let (sender, mut receiver) = watch::watch(0);
    let mut other = receiver.clone();
    {
        let mut changed = Box::pin(receiver.changed());
        let mut others = Box::pin(other.changed());
        assert!(poll(changed.as_mut()).is_pending() && poll(others.as_mut()).is_pending());
        sender.send(1).unwrap();
        drop(changed); // called, and dropped before it came for it
        assert_eq!(now(others), Ok(()));
    }
    assert_eq!(receiver.has_changed(), Ok(true));
    assert_eq!(now(receiver.changed()), Ok(()));
}

#[test]
fn looking_holds_nobody_up() {
    let (sender, mut receiver) = watch::watch(String::from("old"));
    let old = receiver.borrow_and_update();
    sender.send("new".into()).unwrap();
    assert_eq!((old.as_str(), receiver.borrow().as_str()), ("old", "new"));
    assert_eq!(*sender.send_replace("newest".into()), "new");
    assert_eq!(*sender.borrow(), "newest");
    let (weak, old) = (Arc::downgrade(&old), drop(old));
    assert!(weak.upgrade().is_none(), "what was replaced is kept");
    let () = old;
}

#[test]
fn nothing_is_sent_to_nobody() {
    let (sender, receiver) = watch::watch(1);
    let (count, waker) = Count::new();
    let mut closed = pin!(sender.closed());
    assert!(closed.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let second = receiver.clone();
    drop(receiver);
    assert!(!sender.is_closed() && count.get() == 0);
    drop(second);
    assert_eq!((sender.is_closed(), count.get()), (true, 1));
    assert_eq!(sender.send(2), Err(2));
    assert_eq!((*sender.borrow(), sender.statistics().changes), (1, 0));
    assert_eq!(*sender.send_replace(3), 1);
    let receiver = sender.subscribe();
    assert!(!sender.is_closed());
    // It was told of the moment in which there was none.
    now(closed);
    assert_eq!((*receiver.borrow(), receiver.has_changed()), (3, Ok(false)));
    assert_eq!(sender.statistics().receivers, 1);
}

#[test]
fn the_last_value_is_told_before_the_end() {
    let (sender, mut receiver) = watch::watch(0);
    let second = sender.clone();
    assert_eq!(second.statistics().senders, 2);
    drop(sender);
    second.send(1).unwrap();
    drop(second);
    assert_eq!(receiver.has_changed(), Ok(true));
    assert_eq!(now(receiver.changed()), Ok(()));
    assert!(closed(now(receiver.changed())) && closed(receiver.has_changed()));
    assert_eq!(*receiver.borrow(), 1);
    assert_eq!(*now(receiver.wait_for(|n| *n == 1)).unwrap(), 1);
    assert!(closed(now(receiver.wait_for(|n| *n == 2)).map(|_| ())));
}

#[test]
fn wait_for_begins_with_the_latest() {
    let (sender, mut receiver) = watch::watch(0);
    let mut asked = Vec::new();
    {
        let mut waiting = pin!(receiver.wait_for(|n| {
            asked.push(*n);
            *n >= 3
        }));
        assert!(poll(waiting.as_mut()).is_pending());
        sender.send(1).unwrap();
        assert!(poll(waiting.as_mut()).is_pending());
        sender.send(2).unwrap();
        sender.send(3).unwrap();
        assert_eq!(*now(waiting).unwrap(), 3);
    }
    assert_eq!((asked, receiver.has_changed()), (vec![0, 1, 3], Ok(false)));
    assert_eq!(*now(receiver.wait_for(|n| *n == 3)).unwrap(), 3);
}

#[test]
fn modified_in_one_step_or_not_at_all() {
    let (sender, mut receiver) = watch::watch(vec![1]);
    let before = receiver.borrow();
    sender.send_modify(|list| list.push(2));
    assert_eq!((before.len(), receiver.borrow_and_update().len()), (1, 2));
    assert!(!sender.send_if_modified(|list| {
        list.clear();
        false
    }));
    assert_eq!(receiver.has_changed(), Ok(false));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        sender.send_modify(|list| {
            list.clear();
            panic!("half done");
        });
    }));
    assert!(panicked.is_err());
    assert_eq!((receiver.borrow().len(), receiver.has_changed()), (2, Ok(false)));
    assert!(sender.send_if_modified(|list| list.pop().is_some()));
    assert_eq!(*receiver.borrow(), [1]);
    // It may look, and it may count: only sending it may not.
    sender.send_modify(|list| list.push(sender.borrow().len() + sender.subscribe().borrow().len()));
    assert_eq!(*receiver.borrow(), [1, 2]);
}

#[test]
#[should_panic = "sends to the channel it modifies"]
fn one_who_modifies_may_not_send() {
    let (sender, _receiver) = watch::watch(1);
    sender.send_modify(|_| assert!(sender.send(2).is_err()));
}

#[test]
fn after_it_has_sent_all_the_same_the_channel_goes_on() {
    let (sender, receiver) = watch::watch(1);
    for _ in 0..2 {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            sender.send_modify(|_| drop(sender.send_replace(2)));
        }));
        assert!(panicked.is_err());
    }
    sender.send_modify(|n| *n += 4);
    sender.send_replace(*sender.borrow() + 1);
    assert_eq!(*receiver.borrow(), 6);
}

#[test]
fn one_who_has_modified_may_wait_for_another_who_does() {
    let (sender, receiver) = watch::watch(0);
    for _ in 0..10 {
        sender.send_modify(|n| *n += 1);
        let (inside, entered) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let other = sender.clone();
            scope.spawn(move || {
                other.send_modify(|n| {
                    inside.send(()).unwrap();
                    // Time for the other to come to the door; if it is late, there is no wait.
                    (0..1_000).for_each(|_| std::thread::yield_now());
                    *n += 1;
                });
            });
            entered.recv().unwrap();
            sender.send_modify(|n| *n += 1);
        });
    }
    assert_eq!(*receiver.borrow(), 30);
}

#[test]
fn one_who_has_modified_is_not_taken_for_one_who_does() {
    let (sender, _receiver) = watch::watch(0);
    sender.send_modify(|n| *n += 1);
    std::thread::scope(|scope| {
        let other = sender.clone();
        scope.spawn(move || (0..200_000).for_each(|n| drop(other.send_replace(n))));
        (0..200_000).for_each(|n| drop(sender.send_replace(n)));
    });
    assert_eq!(sender.statistics().changes, 400_001);
}

#[test]
fn as_a_stream() {
    let (sender, mut receiver) = watch::watch(0);
    receiver.mark_changed();
    let mut changes = receiver.into_stream();
    assert_eq!(now(changes.next()).as_deref(), Some(&0));
    for round in 1..4 {
        assert!(poll(Pin::new(&mut changes.next())).is_pending());
        assert_eq!(sender.statistics().waiting, 1);
        sender.send(10).unwrap();
        sender.send(round).unwrap();
        assert_eq!(now(changes.next()).as_deref(), Some(&round));
    }
    assert!(poll(Pin::new(&mut changes.next())).is_pending());
    sender.send(8).unwrap();
    let mut receiver: Receiver<_> = changes.into_inner(); // called, and left
    assert_eq!(receiver.has_changed(), Ok(true));
    assert_eq!((sender.statistics().waiting, *receiver.borrow_and_update()), (0, 8));
    let mut changes = receiver.into_stream();
    sender.send(9).unwrap();
    drop(sender);
    assert_eq!(now(changes.next()).as_deref(), Some(&9));
    assert_eq!((now(changes.next()), now(changes.next())), (None, None));
}

#[test]
fn what_is_sent_may_call_back() {
    /// Looks at the channel, and sends to it, as it is dropped.
    #[derive(Clone)]
    struct Busy(u32, watch::Sender<Option<Busy>>);
    impl Drop for Busy {
        fn drop(&mut self) {
            if self.0 > 0 {
                self.1.send_replace(None);
            }
        }
    }
    let (sender, receiver) = watch::watch(None);
    assert!(sender.send(Some(Busy(1, sender.clone()))).is_ok());
    assert!(sender.send(Some(Busy(0, sender.clone()))).is_ok());
    assert!(receiver.borrow().is_none());
    // Break the circle of a value that holds its channel.
    sender.send_replace(None);
}

#[test]
fn threads_and_tasks_add_up() {
    let (sender, mut receiver) = watch::watch(0_u32);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let sender = sender.clone();
            scope.spawn(move || (0..250).for_each(|_| sender.send_modify(|sum| *sum += 1)));
        }
        let mut blocking = receiver.clone();
        scope.spawn(move || {
            let mut last = 0;
            while blocking.changed_blocking().is_ok() {
                let next = *blocking.borrow_and_update();
                assert!(next > last, "seen again, or the wrong way round");
                last = next;
            }
            assert_eq!(last, 1000);
        });
        let mut other = receiver.clone();
        scope.spawn(move || assert_eq!(*other.wait_for_blocking(|n| *n == 1000).unwrap(), 1000));
        drop(sender);
        block_on(async {
            let mut last = 0;
            while receiver.changed().await.is_ok() {
                last = *receiver.borrow();
                yield_now().await;
            }
            assert_eq!(last, 1000);
        });
    });
}

#[test]
fn seen_from_outside() {
    let (sender, receiver) = watch::watch(7);
    assert!(format!("{sender:?}").starts_with("Sender { value: 7"));
    assert!(format!("{receiver:?}").starts_with("Receiver { value: 7, changed: false"));
    assert!(format!("{:?}", receiver.into_stream()).starts_with("Changes"));
}
