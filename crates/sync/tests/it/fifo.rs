//! An executor of one thread and one strict queue: what was ready when a turn began runs in it, in
//! order. Tasks are cancelled by dropping them. No clock, no luck.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

type Queue = Arc<Mutex<VecDeque<usize>>>;

struct TaskWaker {
    task: usize,
    queue: Queue,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let mut queue = self.queue.lock().unwrap();
        if !queue.contains(&self.task) {
            queue.push_back(self.task);
        }
    }
}

#[derive(Default)]
pub(crate) struct Fifo<'a> {
    tasks: Vec<Option<Pin<Box<dyn Future<Output = ()> + 'a>>>>,
    queue: Queue,
}

impl<'a> Fifo<'a> {
    pub(crate) fn spawn(&mut self, task: impl Future<Output = ()> + 'a) -> usize {
        self.tasks.push(Some(Box::pin(task)));
        let id = self.tasks.len() - 1;
        self.queue.lock().unwrap().push_back(id);
        id
    }

    /// Polls what is ready now, once each.
    pub(crate) fn turn(&mut self) {
        let batch = std::mem::take(&mut *self.queue.lock().unwrap());
        for id in batch {
            self.poll(id);
        }
    }

    /// Polls one task out of its turn.
    pub(crate) fn poll(&mut self, id: usize) {
        let waker = Waker::from(Arc::new(TaskWaker { task: id, queue: self.queue.clone() }));
        if let Some(task) = &mut self.tasks[id] {
            if task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                self.tasks[id] = None;
            }
        }
    }

    pub(crate) fn run(&mut self) {
        while !self.queue.lock().unwrap().is_empty() {
            self.turn();
        }
    }

    pub(crate) fn cancel(&mut self, id: usize) {
        assert!(self.tasks[id].take().is_some(), "task {id} had ended");
    }

    pub(crate) fn is_done(&self, id: usize) -> bool {
        self.tasks[id].is_none()
    }
}

/// What the tasks of a test have to say, in the order in which they said it.
#[derive(Clone, Default)]
pub(crate) struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    pub(crate) fn say(&self, word: impl ToString) {
        self.0.borrow_mut().push(word.to_string());
    }

    /// What was said since the last time, in one line.
    pub(crate) fn take(&self) -> String {
        self.0.take().join(" ")
    }
}

/// Lets the others go first, once.
pub(crate) async fn yield_now() {
    futures_lite::future::yield_now().await;
}

/// Counts its wakes.
#[derive(Default)]
pub(crate) struct Count(AtomicUsize);

impl Count {
    pub(crate) fn new() -> (Arc<Self>, Waker) {
        let count = Arc::new(Self::default());
        (count.clone(), Waker::from(count))
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Polls once, with a waker nobody listens to.
pub(crate) fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls once, and it had better be ready.
pub(crate) fn now<F: Future>(future: F) -> F::Output {
    match poll(std::pin::pin!(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it would have to wait"),
    }
}
