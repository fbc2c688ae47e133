//! A local executor that several run at once, as tasks of another executor.

use std::cell::Cell;
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use evenkeel_task::{LocalExecutor, block_on, yield_now};

/// A foreign task's waker, which counts.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Woken {
    fn new() -> (Arc<Woken>, Waker) {
        let woken = Arc::new(Woken::default());
        (Arc::clone(&woken), Waker::from(woken))
    }

    fn take(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

fn poll<F: Future>(future: std::pin::Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(waker))
}

#[test]
fn the_last_of_two_runs_leaves_and_the_first_is_woken_for_what_comes_then() {
    let local = LocalExecutor::new();
    let (one, one_waker) = Woken::new();
    let (_, two_waker) = Woken::new();
    let over = Rc::new(Cell::new(false));
    let its = Rc::clone(&over);
    let mut first = pin!(local.run(pending::<()>()));
    let mut second = pin!(local.run(poll_fn(move |_| match its.get() {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })));
    assert!(poll(first.as_mut(), &one_waker).is_pending());
    assert!(poll(second.as_mut(), &two_waker).is_pending());
    over.set(true);
    assert!(poll(second.as_mut(), &two_waker).is_ready());
    assert_eq!(one.take(), 0, "there is nothing to do yet");
    let ran = Rc::new(Cell::new(false));
    let its = Rc::clone(&ran);
    local.spawn(async move { its.set(true) }).detach();
    assert_eq!(one.take(), 1);
    assert!(poll(first.as_mut(), &one_waker).is_pending());
    assert!(ran.get());
}

#[test]
fn a_run_that_is_dropped_with_work_at_hand_tells_the_other() {
    let local = LocalExecutor::new();
    let (one, one_waker) = Woken::new();
    let (two, two_waker) = Woken::new();
    let mut first = pin!(local.run(pending::<()>()));
    let mut second = Box::pin(local.run(pending::<()>()));
    assert!(poll(first.as_mut(), &one_waker).is_pending());
    assert!(poll(second.as_mut(), &two_waker).is_pending());
    let task = local.spawn(async { yield_now().await });
    assert_eq!((one.take(), two.take()), (1, 1), "both are told, whoever comes first");
    assert!(poll(first.as_mut(), &one_waker).is_pending()); // The yield: there is more.
    assert!(one.take() > 0 && poll(second.as_mut(), &two_waker).is_pending());
    assert!(task.is_finished());
    let more = local.spawn(async { yield_now().await });
    assert!(poll(second.as_mut(), &two_waker).is_pending());
    one.take();
    drop(second); // It was to come back for the second step.
    assert!(poll(first.as_mut(), &one_waker).is_pending());
    assert!(more.is_finished());
}

#[test]
fn a_run_that_sleeps_is_dropped_and_the_other_sleeps_on() {
    let local = LocalExecutor::new();
    let (one, one_waker) = Woken::new();
    let mut first = pin!(local.run(pending::<()>()));
    let mut second = Box::pin(local.run(pending::<()>()));
    assert!(poll(first.as_mut(), &one_waker).is_pending());
    assert!(poll(second.as_mut(), Waker::noop()).is_pending());
    drop(second);
    // From another thread: the way by the door and the parker.
    let (sender, receiver) = std::sync::mpsc::channel();
    let task = local.spawn(poll_fn(move |cx| {
        sender.send(cx.waker().clone()).unwrap();
        Poll::<()>::Pending
    }));
    assert_eq!(one.take(), 1);
    assert!(poll(first.as_mut(), &one_waker).is_pending());
    let second = Box::pin(local.run(pending::<()>()));
    drop(second);
    let waker = receiver.recv().unwrap();
    std::thread::spawn(move || waker.wake()).join().unwrap();
    assert_eq!(one.take(), 1);
    assert!(poll(first.as_mut(), &one_waker).is_pending());
    assert!(receiver.try_recv().is_ok(), "polled again");
    drop(task);
}

#[test]
fn a_run_within_a_run_sleeps_when_there_is_nothing_to_do() {
    let local = LocalExecutor::new();
    let (woken, waker) = Woken::new();
    let mut nested = pin!(local.run(local.run(pending::<()>())));
    for _ in 0..3 {
        assert!(poll(nested.as_mut(), &waker).is_pending());
        assert_eq!(woken.take(), 0, "it would spin");
    }
}

#[test]
fn runs_within_and_beside_each_other_come_to_their_end() {
    let local = LocalExecutor::new();
    let task = local.spawn(async {
        for _ in 0..10 {
            yield_now().await;
        }
        5
    });
    let other = local.spawn(async { yield_now().await });
    let both = async {
        let beside = local.run(other);
        local.run(task).await
            + local
                .run(async {
                    beside.await;
                    1
                })
                .await
    };
    assert_eq!(block_on(local.run(both)), 6);
}

#[test]
fn a_host_is_called_when_there_is_something_to_do() {
    let local = LocalExecutor::new();
    let (woken, waker) = Woken::new();
    let mut cx = Context::from_waker(&waker);
    assert!(local.poll(&mut cx).is_ready(), "there is no task");
    assert_eq!(woken.take(), 0, "it would spin");
    let (sender, receiver) = std::sync::mpsc::channel();
    let task = local.spawn(async move {
        yield_now().await;
        let mut told = false;
        poll_fn(move |cx| {
            if std::mem::replace(&mut told, true) {
                return Poll::Ready(());
            }
            sender.send(cx.waker().clone()).unwrap();
            Poll::Pending
        })
        .await;
    });
    assert_eq!(woken.take(), 1, "spawned");
    assert!(local.poll(&mut cx).is_pending());
    assert_eq!(woken.take(), 1, "yielded");
    assert!(local.poll(&mut cx).is_pending());
    assert_eq!(woken.take(), 0, "waits");
    let waking = receiver.recv().unwrap();
    std::thread::spawn(move || waking.wake()).join().unwrap();
    assert_eq!(woken.take(), 1, "woken from another thread");
    // The host has another waker by now; the old one is called no more.
    let (other, other_waker) = Woken::new();
    assert!(local.poll(&mut Context::from_waker(&other_waker)).is_ready());
    assert!(task.is_finished());
    local.spawn(async {}).detach();
    assert_eq!((woken.take(), other.take()), (0, 1));
}
