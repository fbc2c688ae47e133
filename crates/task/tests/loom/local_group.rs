//! Models of the children of a group in place: they are woken on other threads while their scope polls.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use evenkeel_task::LocalGroup;
use loom::sync::atomic::{AtomicBool, Ordering::Relaxed};
use loom::sync::{Mutex, Notify};
use loom::thread;

/// The scope's waker: loom reports a deadlock if it is needed and not woken.
struct Parent(Notify);

impl Wake for Parent {
    fn wake(self: Arc<Self>) {
        self.0.notify();
    }
}

/// A flag that a child waits for, with the child's waker beside it.
struct Gate {
    open: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Gate {
    fn new() -> Arc<Gate> {
        Arc::new(Gate { open: AtomicBool::new(false), waker: Mutex::new(None) })
    }

    /// Relaxed: nothing but the wake orders the flag before the poll.
    fn wait(&self, cx: &mut Context<'_>) -> Poll<()> {
        let waiting = self.waker.lock().unwrap().replace(cx.waker().clone());
        drop(waiting);
        if self.open.load(Relaxed) { Poll::Ready(()) } else { Poll::Pending }
    }

    fn open(&self) {
        self.open.store(true, Relaxed);
        let waker = self.waker.lock().unwrap().take();
        waker.into_iter().for_each(Waker::wake);
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let parent = Arc::new(Parent(Notify::new()));
    let waker = Waker::from(Arc::clone(&parent));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        parent.0.wait();
    }
}

// Weakened: the scope's waker left after body and children are polled (a wake in between finds nobody).
// Relaxed swaps of the mark are caught by neither model: the lock of the list orders as well.
#[test]
fn a_child_is_woken_while_its_scope_polls_it() {
    loom::model(|| {
        let gate = Gate::new();
        let opener = Arc::clone(&gate);
        let hand = thread::spawn(move || opener.open());
        thread::yield_now();
        let over = block_on(LocalGroup::<Infallible>::scope(async |group| {
            group.create_task(poll_fn(|cx| gate.wait(cx)));
        }));
        over.unwrap();
        hand.join().unwrap();
    });
}

// Weakened: a child's mark cleared after its poll and not before (a wake in between is absorbed).
#[test]
fn two_children_are_woken_by_two_threads() {
    loom::model(|| {
        let gates = [Gate::new(), Gate::new()];
        let hands = gates.each_ref().map(|gate| {
            let opener = Arc::clone(gate);
            thread::spawn(move || opener.open())
        });
        thread::yield_now();
        let over = block_on(LocalGroup::<Infallible>::scope(async |group| {
            for gate in &gates {
                group.create_task(poll_fn(|cx| gate.wait(cx)));
            }
        }));
        over.unwrap();
        hands.into_iter().for_each(|hand| hand.join().unwrap());
    });
}
