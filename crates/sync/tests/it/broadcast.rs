//! The broadcast: everybody sees everything, or is told what it has missed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Context;

use evenkeel_sync::broadcast::{self, Lagged, RecvError, Sender};
use futures_lite::{StreamExt, future::block_on};

use crate::fifo::{Count, Fifo, Log, now, poll};

#[test]
fn everybody_sees_everything_in_order() {
    let (sender, receiver) = broadcast::broadcast(4);
    let log = Log::default();
    let mut fifo = Fifo::default();
    for (name, mut receiver) in [("a", receiver), ("b", sender.subscribe())] {
        let log = log.clone();
        fifo.spawn(async move {
            while let Ok(value) = receiver.recv().await {
                log.say(format!("{name}{value}"));
            }
            log.say(format!("{name}!"));
        });
    }
    fifo.run();
    assert_eq!((sender.send(1), sender.send(2)), (Ok(2), Ok(2)));
    assert_eq!(sender.statistics().kept, 2);
    fifo.run();
    assert_eq!((log.take(), sender.statistics().kept), ("a1 a2 b1 b2".into(), 0));
    sender.clone().send(3).unwrap();
    drop(sender);
    fifo.run();
    assert_eq!(log.take(), "a3 a! b3 b!");
}

#[test]
fn one_sees_what_is_sent_while_it_is_there() {
    let (sender, mut first) = broadcast::broadcast(4);
    sender.send(1).unwrap();
    let mut second = sender.subscribe();
    assert_eq!(sender.send(2), Ok(2));
    let mut third = first.resubscribe();
    assert_eq!(sender.send(3), Ok(3));
    assert_eq!((first.len(), second.len(), third.len()), (3, 2, 1));
    assert_eq!((now(first.recv()), now(second.recv()), now(third.recv())), (Ok(1), Ok(2), Ok(3)));
    assert_eq!(third.try_recv(), Ok(None));
    drop(sender);
    let mut late = third.resubscribe();
    assert_eq!(late.try_recv(), Err(RecvError::Closed));
    assert_eq!(first.try_recv(), Ok(Some(2)));
    assert!(third.is_empty() && !second.is_empty());
}

#[test]
fn one_who_is_slow_is_told_and_goes_on_with_the_oldest() {
    let (sender, mut slow) = broadcast::broadcast(3);
    let mut quick = sender.subscribe();
    for n in 0..5 {
        sender.send(n).unwrap();
        assert_eq!(now(quick.recv()), Ok(n));
    }
    assert_eq!((sender.statistics().kept, sender.statistics().sent), (3, 5));
    assert_eq!(slow.len(), 3);
    let lagged = now(slow.recv()).unwrap_err();
    assert_eq!(lagged, RecvError::Lagged(2));
    assert!(lagged.to_string().contains("missed 2"));
    assert_eq!(slow.try_recv(), Ok(Some(2)));
    sender.send(5).unwrap();
    sender.send(6).unwrap();
    assert_eq!(slow.try_recv(), Err(RecvError::Lagged(1)));
    drop(sender);
    assert_eq!((now(slow.recv()), now(slow.recv()), now(slow.recv())), (Ok(4), Ok(5), Ok(6)));
    assert_eq!(
        (now(slow.recv()), slow.try_recv()),
        (Err(RecvError::Closed), Err(RecvError::Closed))
    );
    assert_eq!(now(quick.recv()), Ok(5));
}

#[test]
fn nothing_is_sent_to_nobody() {
    let (sender, receiver) = broadcast::broadcast(1);
    drop(receiver);
    assert_eq!((sender.send(1), sender.receiver_count()), (Err(1), 0));
    let mut receiver = sender.subscribe();
    assert_eq!((sender.send(2), now(receiver.recv())), (Ok(1), Ok(2)));
}

#[test]
#[should_panic = "room for at least one"]
fn no_room_is_refused() {
    let _ = broadcast::broadcast::<u8>(0);
}

/// Counts its clones and drops.
struct Token<'a>(&'a [AtomicUsize; 2]);

impl Clone for Token<'_> {
    fn clone(&self) -> Self {
        self.0[0].fetch_add(1, Ordering::Relaxed);
        Self(self.0)
    }
}

impl Drop for Token<'_> {
    fn drop(&mut self) {
        self.0[1].fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_value_is_dropped_when_all_have_seen_it() {
    let counts = [const { AtomicUsize::new(0) }; 2];
    let seen = || counts.each_ref().map(|count| count.load(Ordering::Relaxed));
    let (sender, mut a) = broadcast::broadcast(2);
    let (mut b, c) = (sender.subscribe(), sender.subscribe());
    assert!(sender.send(Token(&counts)).is_ok());
    drop(now(a.recv()));
    drop(c);
    assert_eq!((seen(), sender.statistics().kept), ([1, 1], 1));
    drop(now(b.recv())); // the last gets the value itself
    assert_eq!((seen(), sender.statistics().kept), ([1, 2], 0));
    // The room is exceeded: the oldest goes.
    for _ in 0..3 {
        assert!(sender.send(Token(&counts)).is_ok());
    }
    assert_eq!((seen(), sender.statistics().kept), ([1, 3], 2));
    // One goes away: what it alone had not seen goes with it.
    assert!(now(a.recv()).is_err());
    drop((now(a.recv()), now(a.recv())));
    assert_eq!((seen(), sender.statistics().kept), ([3, 5], 2));
    drop(b);
    assert_eq!((seen(), sender.statistics().kept), ([3, 7], 0));
    assert_eq!(sender.receiver_count(), 1);
}

#[test]
fn values_may_call_back() {
    /// Uses the channel as it is cloned and dropped.
    struct Busy(Arc<std::sync::OnceLock<Sender<Busy>>>, bool);
    impl Clone for Busy {
        fn clone(&self) -> Self {
            let sender = self.0.get().unwrap();
            drop((sender.subscribe(), sender.statistics()));
            Self(self.0.clone(), false)
        }
    }
    impl Drop for Busy {
        fn drop(&mut self) {
            if self.1 {
                drop(self.0.get().unwrap().send(Busy(self.0.clone(), false)));
            }
        }
    }
    let cell = Arc::new(std::sync::OnceLock::new());
    let (sender, mut a) = broadcast::broadcast(2);
    let mut b = sender.subscribe();
    cell.set(sender.clone()).ok().unwrap();
    for _ in 0..3 {
        sender.send(Busy(cell.clone(), true)).ok().unwrap();
    }
    assert!(matches!(now(a.recv()), Err(RecvError::Lagged(4))), "each sent another");
    drop((now(a.recv()), now(b.recv())));
    drop((a, b));
    assert_eq!(sender.statistics().kept, 0);
}

#[test]
fn a_clone_that_panics_counts_as_seen() {
    #[derive(Debug)]
    struct Bad;
    impl Clone for Bad {
        fn clone(&self) -> Self {
            panic!("not to be cloned")
        }
    }
    let (sender, mut a) = broadcast::broadcast(2);
    let mut b = sender.subscribe();
    sender.send(Bad).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| now(a.recv()))).is_err());
    assert!(a.try_recv().unwrap().is_none());
    assert!(now(b.recv()).is_ok());
    assert_eq!(sender.statistics().kept, 0);
}

#[test]
fn a_wake_nobody_comes_for_costs_nothing() {
    let (sender, mut a) = broadcast::broadcast(2);
    let mut b = sender.subscribe();
    let (count, waker) = Count::new();
    {
        let mut first = Box::pin(a.recv());
        let mut second = pin!(b.recv());
        let mut cx = Context::from_waker(&waker);
        assert!(first.as_mut().poll(&mut cx).is_pending());
        assert!(second.as_mut().poll(&mut cx).is_pending());
        assert_eq!(sender.statistics().waiting, 2);
        sender.send(1).unwrap();
        drop(first);
        assert_eq!((count.get(), now(second)), (2, Ok(1)));
    }
    assert_eq!(a.try_recv(), Ok(Some(1)));
    // One that comes late enough finds that it has missed something.
    let mut late = pin!(a.recv());
    assert!(poll(late.as_mut()).is_pending());
    (0..3).for_each(|n| assert_eq!(sender.send(n), Ok(2)));
    assert_eq!(now(late), Err(RecvError::Lagged(1)));
}

#[test]
fn as_a_stream() {
    let (sender, receiver) = broadcast::broadcast(2);
    let mut values = receiver.into_stream();
    for round in 0..3 {
        assert!(poll(Pin::new(&mut values.next())).is_pending());
        sender.send(round).unwrap();
        assert_eq!(now(values.next()), Some(Ok(round)));
    }
    (0..3).for_each(|n| assert_eq!(sender.send(n), Ok(1)));
    assert_eq!(now(values.next()), Some(Err(Lagged(1))));
    assert_eq!(now(values.next()), Some(Ok(1)));
    let mut receiver = values.into_inner();
    assert_eq!(now(receiver.recv()), Ok(2));
    let mut values = receiver.into_stream();
    assert!(poll(Pin::new(&mut values.next())).is_pending());
    drop(sender);
    assert_eq!((now(values.next()), now(values.next())), (None, None));
}

#[test]
fn threads_and_tasks_see_all_of_each_sender_in_order() {
    const EACH: usize = 500;
    let (sender, mut receiver) = broadcast::broadcast(4 * EACH);
    let check = |seen: &mut [usize; 4], (who, n): (usize, usize)| {
        assert_eq!(std::mem::replace(&mut seen[who], n + 1), n, "missed, or out of order");
    };
    std::thread::scope(|scope| {
        let mut blocking = sender.subscribe();
        scope.spawn(move || {
            let mut seen = [0; 4];
            while let Ok(value) = blocking.recv_blocking() {
                check(&mut seen, value);
            }
            assert_eq!(seen, [EACH; 4]);
        });
        let mut small = sender.subscribe();
        scope.spawn(move || {
            // Comes and goes.
            for _ in 0..100 {
                assert_ne!(block_on(small.recv()), Err(RecvError::Lagged(0)));
                small = small.resubscribe();
            }
        });
        for who in 0..4 {
            let sender = sender.clone();
            scope.spawn(move || (0..EACH).for_each(|n| assert!(sender.send((who, n)).is_ok())));
        }
        drop(sender);
        let mut seen = [0; 4];
        block_on(async {
            while let Ok(value) = receiver.recv().await {
                check(&mut seen, value);
            }
        });
        assert_eq!(seen, [EACH; 4]);
    });
}

#[test]
fn the_slow_ones_sum_is_right_as_well() {
    let (sender, receiver) = broadcast::broadcast(3);
    std::thread::scope(|scope| {
        for mut receiver in [receiver, sender.subscribe(), sender.subscribe()] {
            scope.spawn(move || {
                let mut next = 0;
                loop {
                    match receiver.recv_blocking() {
                        Ok(n) => assert_eq!(std::mem::replace(&mut next, n + 1), n),
                        Err(RecvError::Lagged(missed)) => next += missed,
                        Err(RecvError::Closed) => break,
                    }
                }
                assert_eq!(next, 3000);
            });
        }
        (0..3000).for_each(|n| assert!(sender.send(n).is_ok()));
        drop(sender);
    });
}

#[test]
fn seen_from_outside() {
    let (sender, receiver) = broadcast::broadcast::<u8>(7);
    assert!(format!("{sender:?}").starts_with("Sender { capacity: 7, receivers: 1"));
    assert!(format!("{receiver:?}").starts_with("Receiver { len: 0"));
    assert!(format!("{:?}", receiver.into_stream()).starts_with("Values"));
}
