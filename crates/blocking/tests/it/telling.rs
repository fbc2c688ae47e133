//! A thread that has only to tell of its call's end is there for the next one, and not if code of the user's
//! keeps it.

use std::{
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, mpsc},
    task::{Context, Poll, Wake, Waker},
};

use evenkeel_blocking::ThreadPool;
use evenkeel_task::{Builder, LocalExecutor, block_on, task_local};

use crate::gate::{Gate, LONG};

/// Waits, where it is dropped, until somebody sends.
struct DropWaits(Mutex<mpsc::Receiver<()>>);

impl Drop for DropWaits {
    fn drop(&mut self) {
        self.0
            .get_mut()
            .unwrap()
            .recv_timeout(LONG)
            .expect("the next call was left to the thread that waits for it");
    }
}

#[test]
fn one_call_after_the_other_needs_one_thread() {
    let pool = ThreadPool::new(8);
    for n in 0..1000 {
        assert_eq!(block_on(pool.run(move || n + 1)), n + 1);
    }
    assert_eq!(pool.statistics().started, 1);
}

#[test]
fn a_result_that_nobody_takes_may_wait_for_the_next_call() {
    let pool = ThreadPool::new(2);
    for _ in 0..50 {
        let ((sender, receiver), gate) = (mpsc::channel(), Gate::new());
        let (waits, inside) = (DropWaits(Mutex::new(receiver)), gate.clone());
        let call = pool.run(move || {
            inside.pass();
            waits
        });
        gate.wait_for(1);
        call.detach();
        gate.open();
        std::thread::yield_now();
        block_on(pool.run(move || sender.send(()).unwrap()));
    }
    pool.join(LONG).unwrap();
}

#[test]
fn a_done_callback_may_wait_for_the_next_call() {
    let pool = ThreadPool::new(2);
    for _ in 0..50 {
        let ((sender, receiver), gate) = (mpsc::channel(), Gate::new());
        let (waits, inside) = (DropWaits(Mutex::new(receiver)), gate.clone());
        let call = pool.run(move || inside.pass());
        call.add_done_callback(move |_| drop(waits));
        gate.open();
        std::thread::yield_now();
        block_on(pool.run(move || sender.send(()).unwrap()));
        block_on(call);
    }
    pool.join(LONG).unwrap();
}

#[test]
fn task_locals_that_end_with_the_call_may_wait_for_the_next_one() {
    task_local! {
        static WAITS: Option<Arc<DropWaits>> = None;
    }
    let pool = ThreadPool::new(2);
    for _ in 0..50 {
        let ((sender, receiver), gate) = (mpsc::channel(), Gate::new());
        let (waits, inside, calls) =
            (Arc::new(DropWaits(Mutex::new(receiver))), gate.clone(), pool.clone());
        let executor = LocalExecutor::new();
        let caller = executor.spawn(async move {
            WAITS.set(Some(waits));
            calls.run(move || inside.pass()).detach();
        });
        block_on(executor.run(caller));
        gate.open();
        std::thread::yield_now();
        block_on(pool.run(move || sender.send(()).unwrap()));
    }
    pool.join(LONG).unwrap();
}

/// Does on the thread that wakes what no waker should: makes a call and waits for it.
struct CallsAgain(ThreadPool, mpsc::Sender<u32>);

impl Wake for CallsAgain {
    fn wake(self: Arc<Self>) {
        self.1.send(block_on(self.0.run(|| 7))).unwrap();
    }
}

#[test]
fn a_waker_may_make_a_call_and_wait_for_it() {
    let pool = ThreadPool::new(2);
    for _ in 0..50 {
        let ((sender, receiver), gate) = (mpsc::channel(), Gate::new());
        let waker = Waker::from(Arc::new(CallsAgain(pool.clone(), sender)));
        let inside = gate.clone();
        let mut call = pin!(pool.run(move || inside.pass()));
        assert_eq!(call.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Pending);
        gate.open();
        assert_eq!(receiver.recv_timeout(LONG), Ok(7));
        block_on(call);
    }
}

#[test]
fn a_call_that_makes_calls_of_its_own_is_not_at_its_end_with_them() {
    let pool = ThreadPool::new(2);
    let (job, inner) = Builder::new().job(|| 1);
    let again = pool.clone();
    let outer = pool.run(move || {
        job.run(); // On this thread.
        block_on(inner) + block_on(again.run(|| 2))
    });
    assert_eq!(block_on(outer), 3);
    assert!(pool.join(LONG).is_ok());
}
