//! Eight threads and the tasks of a two-worker runner at one primitive, with timeouts on the real clock:
//! the sums are right and everybody ends.
//!
//! No seed decides what happens here. `EVENKEEL_OPERATIONS` says how much each of them does.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use evenkeel::sync::channel::{Receiver, Sender};
use evenkeel::sync::queue::Shutdown;
use evenkeel::{
    Condition, Lock, Options, Queue, Runner, RwLock, Semaphore, block_on, channel, create_task,
    gather, sleep, timeout, yield_now,
};

use crate::crowd::Draw;

const THREADS: usize = 8;
const TASKS: usize = 4;

/// Operations of each, unless `EVENKEEL_OPERATIONS` says otherwise: a second or two for all tests of this file.
const OPERATIONS: usize = 1_000;

/// What is contended for. Those with an odd number get, and those with an even one give, if there is
/// something to give.
trait Contended: Send + Sync + 'static {
    /// Whether those with an odd number go on until all others have ended.
    const TWO_SIDES: bool;

    /// Once, waiting as a task does, with timeouts. False if there is nothing more to get.
    fn operate(&self, gets: bool, draw: &mut Draw) -> impl Future<Output = bool> + Send;

    /// Once, as a thread, however long it takes.
    fn operate_blocking(&self, gets: bool) -> bool;

    /// All who give have ended.
    fn end(&self) -> impl Future<Output = ()> + Send {
        async {}
    }
}

fn contend<S: Contended>(shared: S) -> Arc<S> {
    let operations = std::env::var("EVENKEEL_OPERATIONS").map_or(OPERATIONS, |text| {
        text.parse().unwrap_or_else(|error| panic!("EVENKEEL_OPERATIONS={text}: {error}"))
    });
    let shared = Arc::new(shared);
    let all = THREADS + TASKS;
    let givers = Arc::new(AtomicUsize::new(if S::TWO_SIDES { all / 2 } else { all }));
    let options = Options { workers: 2, ..Options::default() };
    let mut runner = Runner::new(options).expect("there are threads and descriptors");
    std::thread::scope(|scope| {
        for n in 0..THREADS {
            let (shared, givers) = (&shared, &givers);
            scope.spawn(move || {
                let (gets, mut draw) = (S::TWO_SIDES && n % 2 == 1, Draw::of_number(n as u64 + 1));
                let mut done = 0;
                while (gets || done < operations)
                    && match draw.below(3) {
                        0 => shared.operate_blocking(gets),
                        _ => block_on(shared.operate(gets, &mut draw)),
                    }
                {
                    done += 1;
                }
                block_on(left(&**shared, givers, gets));
            });
        }
        runner.run(async {
            let tasks = (THREADS..all).map(|n| {
                let (shared, givers) = (shared.clone(), givers.clone());
                create_task(async move {
                    let gets = S::TWO_SIDES && n % 2 == 1;
                    let (mut draw, mut done) = (Draw::of_number(n as u64 + 1), 0);
                    while (gets || done < operations) && shared.operate(gets, &mut draw).await {
                        done += 1;
                        if draw.one_in(16) {
                            yield_now().await;
                        }
                    }
                    left(&*shared, &givers, gets).await;
                })
            });
            gather(tasks.collect::<Vec<_>>()).await;
        });
    });
    assert!(runner.close().is_empty());
    shared
}

/// One of them has ended.
async fn left<S: Contended>(shared: &S, givers: &AtomicUsize, gets: bool) {
    if !gets && givers.fetch_sub(1, Ordering::SeqCst) == 1 {
        shared.end().await;
    }
}

/// With a timeout that often expires, and often does not.
async fn shortly<F: Future>(draw: &mut Draw, future: F) -> Option<F::Output> {
    if draw.one_in(3) {
        return Some(future.await);
    }
    timeout(Duration::from_micros(draw.below(60)), future).await.ok()
}

#[derive(Default)]
struct Counts {
    lock: Lock<u64>,
    added: AtomicU64,
}

impl Contended for Counts {
    const TWO_SIDES: bool = false;

    async fn operate(&self, _: bool, draw: &mut Draw) -> bool {
        if let Some(mut count) = shortly(draw, self.lock.lock()).await {
            let seen = *count;
            if draw.one_in(8) {
                yield_now().await;
            }
            *count = seen + 1;
            self.added.fetch_add(1, Ordering::Relaxed);
        }
        true
    }

    fn operate_blocking(&self, _: bool) -> bool {
        *self.lock.lock_blocking() += 1;
        self.added.fetch_add(1, Ordering::Relaxed);
        true
    }
}

#[test]
fn lock() {
    let shared = contend(Counts::default());
    assert_eq!(shared.lock.statistics().waiting, 0);
    assert_eq!(*shared.lock.try_lock().expect("free"), shared.added.load(Ordering::Relaxed));
}

#[derive(Default)]
struct Pages {
    /// The same number twice.
    lock: RwLock<(u64, u64)>,
    written: AtomicU64,
}

impl Contended for Pages {
    const TWO_SIDES: bool = false;

    async fn operate(&self, _: bool, draw: &mut Draw) -> bool {
        if draw.one_in(3) {
            if let Some(mut page) = shortly(draw, self.lock.write()).await {
                page.0 += 1;
                if draw.one_in(8) {
                    yield_now().await;
                }
                page.1 += 1;
                self.written.fetch_add(1, Ordering::Relaxed);
            }
        } else if let Some(page) = shortly(draw, self.lock.read()).await {
            assert_eq!(page.0, page.1, "a reader came in between");
        }
        true
    }

    fn operate_blocking(&self, _: bool) -> bool {
        let page = self.lock.read_blocking();
        assert_eq!(page.0, page.1, "a reader came in between");
        true
    }
}

#[test]
fn rwlock() {
    let shared = contend(Pages::default());
    let written = shared.written.load(Ordering::Relaxed);
    assert_eq!(shared.lock.statistics().waiting, 0);
    assert_eq!(*shared.lock.try_write().expect("free"), (written, written));
}

const PERMITS: usize = 3;

struct Seats {
    semaphore: Semaphore,
    inside: AtomicUsize,
}

impl Seats {
    fn sit(&self, permits: usize) {
        let before = self.inside.fetch_add(permits, Ordering::SeqCst);
        assert!(before + permits <= PERMITS, "more inside than there are permits");
        self.inside.fetch_sub(permits, Ordering::SeqCst);
    }
}

impl Contended for Seats {
    const TWO_SIDES: bool = false;

    async fn operate(&self, _: bool, draw: &mut Draw) -> bool {
        let n = 1 + draw.place(PERMITS);
        if let Some(permit) = shortly(draw, self.semaphore.acquire_many(n)).await {
            self.sit(permit.permits());
        }
        true
    }

    fn operate_blocking(&self, _: bool) -> bool {
        let permit = self.semaphore.acquire_blocking();
        self.sit(permit.permits());
        true
    }
}

#[test]
fn semaphore() {
    let shared = contend(Seats { semaphore: Semaphore::new(PERMITS), inside: AtomicUsize::new(0) });
    let end = shared.semaphore.statistics();
    assert_eq!((shared.semaphore.available(), end.waiting), (PERMITS, 0));
}

/// How many items went in and came out, and their sums.
#[derive(Default)]
struct Tally {
    next: AtomicU64,
    put: [AtomicU64; 2],
    got: [AtomicU64; 2],
}

impl Tally {
    fn item(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    fn count(to: &[AtomicU64; 2], item: u64) {
        to[0].fetch_add(1, Ordering::Relaxed);
        to[1].fetch_add(item, Ordering::Relaxed);
    }

    fn check(&self) {
        let read = |of: &[AtomicU64; 2]| [0, 1].map(|n| of[n].load(Ordering::Relaxed));
        assert_eq!(read(&self.put), read(&self.got), "number and sum");
        assert!(read(&self.put)[0] > 0);
    }
}

struct Belt {
    queue: Queue<u64>,
    tally: Tally,
}

impl Contended for Belt {
    const TWO_SIDES: bool = true;

    async fn operate(&self, gets: bool, draw: &mut Draw) -> bool {
        if gets {
            match shortly(draw, self.queue.get()).await {
                Some(Ok(item)) => Tally::count(&self.tally.got, *item),
                Some(Err(_)) => return false,
                None => {}
            }
        } else {
            let item = self.tally.item();
            if let Some(Ok(())) = shortly(draw, self.queue.put(item)).await {
                Tally::count(&self.tally.put, item);
            }
        }
        true
    }

    fn operate_blocking(&self, gets: bool) -> bool {
        if gets {
            return self.queue.get_blocking().is_ok_and(|item| {
                Tally::count(&self.tally.got, *item);
                true
            });
        }
        let item = self.tally.item();
        self.queue.put_blocking(item).expect("it is open while somebody puts");
        Tally::count(&self.tally.put, item);
        true
    }

    async fn end(&self) {
        self.queue.shutdown(Shutdown::Graceful);
    }
}

#[test]
fn queue() {
    let shared = contend(Belt { queue: Queue::bounded(4), tally: Tally::default() });
    shared.tally.check();
    let end = shared.queue.statistics();
    assert_eq!((end.len, end.unfinished), (0, 0));
    assert_eq!((end.waiting_getters, end.waiting_putters), (0, 0));
}

struct Pipe {
    sender: Sender<u64>,
    receiver: Receiver<u64>,
    tally: Tally,
}

impl Contended for Pipe {
    const TWO_SIDES: bool = true;

    async fn operate(&self, gets: bool, draw: &mut Draw) -> bool {
        if gets {
            match shortly(draw, self.receiver.clone().recv()).await {
                Some(Ok(item)) => Tally::count(&self.tally.got, item),
                Some(Err(_)) => return false,
                None => {}
            }
        } else {
            let item = self.tally.item();
            if let Some(Ok(())) = shortly(draw, self.sender.send(item)).await {
                Tally::count(&self.tally.put, item);
            }
        }
        true
    }

    fn operate_blocking(&self, gets: bool) -> bool {
        if gets {
            return self.receiver.clone().recv_blocking().is_ok_and(|item| {
                Tally::count(&self.tally.got, item);
                true
            });
        }
        let item = self.tally.item();
        self.sender.send_blocking(item).expect("it is open while somebody sends");
        Tally::count(&self.tally.put, item);
        true
    }

    async fn end(&self) {
        self.sender.close();
    }
}

#[test]
fn channels() {
    let (sender, receiver) = channel(4);
    let shared = contend(Pipe { sender, receiver, tally: Tally::default() });
    shared.tally.check();
    let end = shared.receiver.statistics();
    assert_eq!((end.len, end.waiting_senders, end.waiting_receivers), (0, 0, 0));
}

/// A queue as one would write it in asyncio.
#[derive(Default)]
struct Store {
    shelf: Lock<(VecDeque<u64>, bool)>,
    filled: Condition,
    room: Condition,
    tally: Tally,
}

const PLACES: usize = 4;

impl Contended for Store {
    const TWO_SIDES: bool = true;

    async fn operate(&self, gets: bool, draw: &mut Draw) -> bool {
        if !gets {
            let item = self.tally.item();
            let put = async {
                let shelf = self.shelf.lock().await;
                let mut shelf = self.room.wait_for(shelf, |shelf| shelf.0.len() < PLACES).await;
                shelf.0.push_back(item);
                Tally::count(&self.tally.put, item);
                drop(shelf);
                self.filled.notify(1);
            };
            let _ = shortly(draw, put).await;
            return true;
        }
        let until = Duration::from_micros(draw.below(60));
        let get = async {
            let mut shelf = self.shelf.lock().await;
            if shelf.0.is_empty() && !shelf.1 {
                (shelf, _) = self.filled.wait_until(shelf, sleep(until)).await;
            }
            let (item, over) = (shelf.0.pop_front(), shelf.1);
            drop(shelf);
            let Some(item) = item else { return !over };
            Tally::count(&self.tally.got, item);
            self.room.notify(1);
            true
        };
        shortly(draw, get).await.unwrap_or(true)
    }

    fn operate_blocking(&self, gets: bool) -> bool {
        let shelf = self.shelf.lock_blocking();
        if gets {
            let more = |shelf: &mut (VecDeque<u64>, bool)| !shelf.0.is_empty() || shelf.1;
            let mut shelf = self.filled.wait_for_blocking(shelf, more);
            let Some(item) = shelf.0.pop_front() else { return false };
            drop(shelf);
            Tally::count(&self.tally.got, item);
            self.room.notify(1);
        } else {
            let mut shelf = self.room.wait_for_blocking(shelf, |shelf| shelf.0.len() < PLACES);
            let item = self.tally.item();
            shelf.0.push_back(item);
            drop(shelf);
            Tally::count(&self.tally.put, item);
            self.filled.notify(1);
        }
        true
    }

    async fn end(&self) {
        self.shelf.lock().await.1 = true;
        self.filled.notify_all();
    }
}

#[test]
fn condition() {
    let shared = contend(Store::default());
    shared.tally.check();
    assert_eq!([&shared.filled, &shared.room].map(|on| on.statistics().waiting), [0, 0]);
    assert_eq!(shared.shelf.statistics().waiting, 0);
}
