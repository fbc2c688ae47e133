//! The cell that is filled once: who fills it, and what becomes of one who does not finish.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Context;

use evenkeel_sync::{Event, Once, OnceCell};
use futures_lite::FutureExt;

use crate::fifo::{Count, Fifo, Log, now, poll, yield_now};

#[test]
fn the_first_makes_it_the_others_wait() {
    let cell = OnceCell::new();
    let log = Log::default();
    let mut fifo = Fifo::default();
    for name in ["a", "b", "c"] {
        let (cell, log) = (&cell, log.clone());
        fifo.spawn(async move {
            let made = cell.get_or_init(async || {
                log.say(format!("{name}:"));
                yield_now().await;
                name
            });
            let made = *made.await;
            log.say(format!("{name}={made}"));
        });
    }
    fifo.turn();
    let statistics = cell.statistics();
    assert_eq!((statistics.initialising, statistics.waiting), (true, 2));
    fifo.run();
    assert_eq!(log.take(), "a: a=a b=a c=a");
    let statistics = cell.statistics();
    assert_eq!((statistics.initialised, statistics.initialising), (true, false));
    assert_eq!((statistics.waiting, cell.get()), (0, Some(&"a")));
}

#[test]
fn one_who_is_cancelled_fails_or_panics_hands_on_to_the_next_in_line() {
    let cell = OnceCell::<&str>::new();
    let (log, gate) = (Log::default(), Event::new());
    let mut fifo = Fifo::default();
    let tasks: Vec<_> = ["cancelled", "fails", "panics", "late", "makes it", "is given it"]
        .map(|name| {
            let (cell, log, gate) = (&cell, log.clone(), &gate);
            fifo.spawn(async move {
                let init = async || {
                    log.say(format!("{name};"));
                    match name {
                        "cancelled" => gate.wait().await,
                        "panics" => panic!("on purpose"),
                        _ => yield_now().await,
                    }
                    if name == "fails" { Err("no") } else { Ok(name) }
                };
                let made = AssertUnwindSafe(cell.get_or_try_init(init)).catch_unwind().await;
                match (name, made) {
                    ("fails", made) => assert_eq!(made.unwrap(), Err("no")),
                    ("panics", made) => assert!(made.is_err()),
                    (_, made) => assert_eq!(made.unwrap(), Ok(&"makes it")),
                }
            })
        })
        .into_iter()
        .collect();
    fifo.run();
    assert_eq!(log.take(), "cancelled;");
    fifo.cancel(tasks[3]);
    fifo.cancel(tasks[0]);
    fifo.run();
    assert_eq!(log.take(), "fails; panics; makes it;");
    assert!((1..3).chain(4..6).all(|n| fifo.is_done(tasks[n])));
    drop(fifo);
    assert_eq!(cell.into_inner(), Some("makes it"));
}

#[test]
fn the_next_begins_after_the_last_one_is_gone() {
    struct Busy<'a>(&'a Cell<bool>);
    impl Drop for Busy<'_> {
        fn drop(&mut self) {
            self.0.set(false);
        }
    }
    let (cell, busy) = (OnceCell::new(), Cell::new(false));
    let init = async |n: u32| {
        assert!(!busy.replace(true), "two at once");
        let _busy = Busy(&busy);
        yield_now().await;
        n
    };
    let mut first = Box::pin(cell.get_or_init(async || init(1).await));
    let mut second = pin!(cell.get_or_init(async || init(2).await));
    assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());
    drop(first);
    assert!(poll(second.as_mut()).is_pending());
    assert_eq!(now(second), &2);
}

#[test]
fn those_who_only_wait_are_told_and_never_asked() {
    let cell = OnceCell::new();
    let (count, waker) = Count::new();
    let mut waiters: Vec<_> = (0..40).map(|_| Box::pin(cell.wait())).collect();
    for waiter in &mut waiters {
        assert!(waiter.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    drop(waiters.swap_remove(3));
    assert_eq!(now(cell.get_or_try_init(async || Err::<u8, _>(7))), Err(7));
    assert_eq!(count.get(), 0);
    assert_eq!(now(cell.get_or_init(async || 8)), &8);
    assert_eq!(count.get(), 39);
    assert!(waiters.into_iter().all(|waiter| *now(waiter) == 8));
    assert_eq!(now(cell.wait()), &8);
}

#[test]
fn set_while_somebody_initialises() {
    let cell = OnceCell::new();
    let mut slow = pin!(cell.get_or_init(async || {
        yield_now().await;
        1
    }));
    let mut next = pin!(cell.get_or_init(async || 2));
    assert!(poll(slow.as_mut()).is_pending() && poll(next.as_mut()).is_pending());
    assert_eq!(cell.set(3), Ok(()));
    assert_eq!(cell.set(4), Err(4));
    assert_eq!(now(next), &3);
    assert_eq!(now(slow), &3);
    assert_eq!(format!("{cell:?}"), "OnceCell(3)");
}

#[test]
fn taken_out_it_is_as_new() {
    let mut cell = OnceCell::from(String::from("a"));
    cell.get_mut().unwrap().push('b');
    assert_eq!(cell.take().as_deref(), Some("ab"));
    assert_eq!((cell.take(), cell.get()), (None, None));
    assert_eq!(format!("{cell:?}"), "OnceCell(<no value>)");
    let mut first = Box::pin(cell.get_or_init(async || {
        yield_now().await;
        String::new()
    }));
    assert!(poll(first.as_mut()).is_pending());
    drop(first);
    assert_eq!(now(cell.get_or_init(async || "c".into())), "c");
}

#[test]
fn once_is_done_once() {
    let once = Once::new();
    assert_eq!(now(once.try_call(async || Err("not yet"))), Err("not yet"));
    let mut waiter = pin!(once.wait());
    assert!(poll(waiter.as_mut()).is_pending());
    let panicked = catch_unwind(AssertUnwindSafe(|| now(once.call(async || panic!("it fails")))));
    assert!(panicked.is_err() && !once.is_done());
    once.call_blocking(|| ());
    assert!(once.is_done());
    now(waiter);
    now(once.call(async || unreachable!()));
    once.wait_blocking();
    assert!(format!("{once:?}").starts_with("Once { done: true"));
    assert!(once.statistics().initialised);
}

#[test]
fn threads_of_which_most_fail() {
    for _ in 0..50 {
        let (cell, tries) = (OnceCell::new(), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for n in 0..8 {
                let (cell, tries) = (&cell, &tries);
                scope.spawn(move || {
                    let made = cell.get_or_try_init_blocking(|| {
                        // The fifth to try makes it, whoever that is.
                        let tried = tries.fetch_add(1, Ordering::SeqCst);
                        if tried == 4 { Ok(tried) } else { Err(n) }
                    });
                    assert!(made == Ok(&4) || made == Err(n));
                });
            }
            assert_eq!(cell.wait_blocking(), &4);
        });
        assert_eq!(tries.into_inner(), 5);
        assert_eq!(*cell.get_or_init_blocking(|| unreachable!()), 4);
    }
}

#[test]
fn a_task_that_initialises_may_be_sent() {
    fn sent<T: Send>(work: T) -> T {
        work
    }
    static CELL: OnceCell<String> = OnceCell::new();
    let name = String::from("sent");
    let made = sent(async move { CELL.get_or_init(async || name.clone()).await.clone() });
    assert_eq!(now(made), "sent");
}
