//! The event: who is woken, in which order, and who is not.

use std::pin::pin;
use std::sync::Arc;

use evenkeel_sync::Event;

use crate::fifo::{Count, Fifo, Log, now, poll};

#[test]
fn evt_01_set_wakes_in_order() {
    let event = Event::new();
    let log = Log::default();
    let mut fifo = Fifo::default();
    let task = |name: u32| {
        let (event, log) = (&event, log.clone());
        async move {
            event.wait().await;
            log.say(name);
        }
    };
    fifo.spawn(task(1));
    fifo.spawn(task(2));
    fifo.run();
    fifo.spawn(task(3)); // not yet run
    event.set();
    fifo.turn();
    assert_eq!(log.take(), "3 1 2");
    now(event.wait());
    assert!(event.is_set());
}

#[test]
fn evt_01_a_cancelled_waiter_leaves_no_entry() {
    let event = Event::new();
    let mut waiter = Box::pin(event.wait());
    assert!(poll(waiter.as_mut()).is_pending());
    assert_eq!(event.statistics().waiting, 1);
    drop(waiter);
    assert_eq!(event.statistics().waiting, 0);
    assert!(!event.is_set());
}

#[test]
fn evt_03_cancelling_one_that_was_let_go_keeps_the_others_going() {
    let event = Event::new();
    let log = Log::default();
    let mut fifo = Fifo::default();
    let tasks: Vec<_> = (0..3)
        .map(|name| {
            let (event, log) = (&event, log.clone());
            fifo.spawn(async move {
                event.wait().await;
                log.say(name);
            })
        })
        .collect();
    fifo.run();
    event.set();
    fifo.cancel(tasks[1]);
    fifo.run();
    assert_eq!(log.take(), "0 2");
}

#[test]
fn set_then_clear_lets_go_those_who_waited_and_nobody_else() {
    let event = Arc::new(Event::new());
    // More than one batch of wakers.
    let mut waiters: Vec<_> = (0..100).map(|_| Box::pin(event.wait_owned())).collect();
    for waiter in &mut waiters {
        assert!(poll(waiter.as_mut()).is_pending());
    }
    event.set();
    event.clear();
    let mut late = pin!(event.wait());
    assert!(poll(late.as_mut()).is_pending());
    for waiter in &mut waiters {
        assert!(poll(waiter.as_mut()).is_ready());
    }
    assert!(poll(late.as_mut()).is_pending());
    assert_eq!(event.statistics().waiting, 1);
    event.set();
    assert!(poll(late.as_mut()).is_ready());
    assert_eq!(event.statistics().waits, 101);
}

#[test]
fn one_wake_for_one_set() {
    let event = Event::default();
    let (count, waker) = Count::new();
    let mut waiter = pin!(event.wait());
    let mut cx = std::task::Context::from_waker(&waker);
    assert!(waiter.as_mut().poll(&mut cx).is_pending());
    event.set();
    event.set();
    event.clear();
    event.set();
    assert_eq!(count.get(), 1);
    assert!(waiter.as_mut().poll(&mut cx).is_ready());
    assert!(format!("{event:?}").starts_with("Event { set: true"));
}

#[test]
fn a_waker_that_clears_and_waits_again_is_not_let_go_twice() {
    // The event is cleared and waited for from inside `set`, between two of its batches.
    struct Again {
        event: Arc<Event>,
        late: std::sync::Mutex<Vec<std::pin::Pin<Box<evenkeel_sync::WaitingOwned>>>>,
    }
    impl std::task::Wake for Again {
        fn wake(self: Arc<Self>) {
            self.event.clear();
            let mut waiter = Box::pin(self.event.wait_owned());
            assert!(poll(waiter.as_mut()).is_pending());
            self.late.lock().unwrap().push(waiter);
        }
    }
    let event = Arc::new(Event::new());
    let again = Arc::new(Again { event: event.clone(), late: Default::default() });
    let mut waiters: Vec<_> = (0..70).map(|_| Box::pin(event.wait_owned())).collect();
    for (n, waiter) in waiters.iter_mut().enumerate() {
        let waker = if n == 0 { again.clone().into() } else { std::task::Waker::noop().clone() };
        assert!(waiter.as_mut().poll(&mut std::task::Context::from_waker(&waker)).is_pending());
    }
    event.set();
    assert!(waiters.iter_mut().all(|waiter| poll(waiter.as_mut()).is_ready()));
    let mut late = std::mem::take(&mut *again.late.lock().unwrap());
    assert_eq!(late.len(), 1);
    assert!(poll(late[0].as_mut()).is_pending(), "it came after the clear");
}
