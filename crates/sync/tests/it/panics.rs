//! Wakers that panic: nobody else's turn goes with them, and nothing stays locked.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, RawWaker, RawWakerVTable, Wake, Waker};

use evenkeel_sync::{
    Barrier, Event, Lock, PriorityQueue, Queue, RwLock, Semaphore, Shutdown, broadcast, channel,
    oneshot, watch,
};

use crate::fifo::{Count, now, poll};

struct Bomb;

impl Wake for Bomb {
    fn wake(self: Arc<Self>) {
        panic!("the waker panics");
    }
}

fn bomb() -> Waker {
    Waker::from(Arc::new(Bomb))
}

fn panics(f: impl FnOnce()) {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("the panic goes on");
    assert_eq!(payload.downcast_ref(), Some(&"the waker panics"));
}

#[test]
fn event_wakes_the_others() {
    let event = Event::new();
    let (count, waker) = Count::new();
    let mut waiters: Vec<_> = (0..100).map(|_| Box::pin(event.wait())).collect();
    for (n, waiter) in waiters.iter_mut().enumerate() {
        let waker = if n % 10 == 0 { bomb() } else { waker.clone() };
        assert!(waiter.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    panics(|| event.set());
    assert_eq!(count.get(), 90);
    assert!(waiters.iter_mut().all(|waiter| poll(waiter.as_mut()).is_ready()));
    event.clear();
    assert_eq!(event.statistics().waiting, 0);
}

#[test]
fn semaphore_wakes_the_others() {
    let semaphore = Semaphore::new(0);
    let (count, waker) = Count::new();
    let mut waiters: Vec<_> = (0..20).map(|_| Box::pin(semaphore.acquire())).collect();
    for (n, waiter) in waiters.iter_mut().enumerate() {
        let waker = if n % 10 == 0 { bomb() } else { waker.clone() };
        assert!(waiter.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    panics(|| semaphore.add_permits(20));
    assert_eq!(count.get(), 18);
    for waiter in waiters {
        now(waiter).forget();
    }
    semaphore.add_permits(1);
    drop(now(semaphore.acquire()));
}

#[test]
fn lock_is_handed_over_all_the_same() {
    let lock = Lock::new(());
    let held = lock.try_lock().unwrap();
    let mut first = Box::pin(lock.lock());
    let mut second = Box::pin(lock.lock());
    assert!(first.as_mut().poll(&mut Context::from_waker(&bomb())).is_pending());
    let (count, waker) = Count::new();
    assert!(second.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    panics(|| drop(held));
    let held = now(first);
    drop(held);
    assert_eq!(count.get(), 1);
    drop(second);
    assert!(lock.try_lock().is_some());
}

#[test]
fn a_cancelled_head_whose_next_panics() {
    let semaphore = Semaphore::new(1);
    let mut head = Box::pin(semaphore.acquire_many(2));
    assert!(poll(head.as_mut()).is_pending());
    let mut next = Box::pin(semaphore.acquire());
    assert!(next.as_mut().poll(&mut Context::from_waker(&bomb())).is_pending());
    panics(|| drop(head));
    drop(now(next));
    assert_eq!(semaphore.available(), 1);
}

#[test]
fn a_guard_dropped_by_a_panic_does_not_abort_on_a_bad_waker() {
    let lock = Lock::new(());
    let held = lock.try_lock().unwrap();
    let mut waiter = Box::pin(lock.lock());
    assert!(waiter.as_mut().poll(&mut Context::from_waker(&bomb())).is_pending());
    let payload = catch_unwind(AssertUnwindSafe(|| {
        let _held = held;
        panic!("the holder's own");
    }))
    .unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"the holder's own"));
    drop(now(waiter));
}

#[test]
fn oneshot_delivers_all_the_same() {
    let (sender, mut receiver) = oneshot();
    let mut cx_bomb = bomb();
    let mut cx = Context::from_waker(&cx_bomb);
    assert!(std::pin::Pin::new(&mut receiver).poll(&mut cx).is_pending());
    panics(|| sender.send(5).unwrap());
    assert_eq!(now(receiver), Ok(5));

    let (mut sender, receiver) = oneshot::<u8>();
    cx_bomb = bomb();
    assert!(sender.poll_closed(&mut Context::from_waker(&cx_bomb)).is_pending());
    panics(|| drop(receiver));
    assert_eq!(sender.send(6), Err(6));
}

#[test]
fn barrier_wakes_the_others() {
    let barrier = Barrier::new(41);
    for stop in [false, true] {
        let (count, waker) = Count::new();
        let mut waiters: Vec<_> = (0..40).map(|_| Box::pin(barrier.wait())).collect();
        for (n, waiter) in waiters.iter_mut().enumerate() {
            let waker = if n % 10 == 0 { bomb() } else { waker.clone() };
            assert!(waiter.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        }
        panics(|| {
            if stop {
                barrier.reset()
            } else {
                now(barrier.wait()).unwrap();
            }
        });
        assert_eq!(count.get(), 36);
        assert!(waiters.into_iter().all(|waiter| now(waiter).is_err() == stop));
    }
    assert_eq!(barrier.statistics().leaving, 0);
}

#[test]
fn a_writer_that_becomes_a_reader_releases_once_all_the_same() {
    let lock = Arc::new(RwLock::new(()));
    for owned in [false, true] {
        let mut first = Box::pin(lock.read());
        let mut second = Box::pin(lock.read());
        let (count, waker) = Count::new();
        let writer = (!owned).then(|| lock.try_write().unwrap());
        let owned = owned.then(|| lock.try_write_owned().unwrap());
        assert!(first.as_mut().poll(&mut Context::from_waker(&bomb())).is_pending());
        assert!(second.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        panics(|| {
            if let Some(writer) = writer {
                drop(writer.downgrade());
            }
            if let Some(writer) = owned {
                drop(writer.downgrade());
            }
        });
        assert_eq!((count.get(), lock.statistics().readers), (1, 2));
        drop((now(first), now(second)));
        assert!(lock.try_write().is_some());
    }
}

#[test]
fn a_watch_and_a_broadcast_tell_the_others() {
    let (values, receiver) = broadcast::broadcast(2);
    let (latest, _seen) = watch::watch(0);
    for end in [false, true] {
        let (count, waker) = Count::new();
        let mut receivers: Vec<_> =
            (0..40).map(|_| (receiver.resubscribe(), latest.subscribe())).collect();
        let mut waiters: Vec<_> = receivers
            .iter_mut()
            .map(|(value, change)| (Box::pin(value.recv()), Box::pin(change.changed())))
            .collect();
        for (n, (value, change)) in waiters.iter_mut().enumerate() {
            let waker = if n % 10 == 0 { bomb() } else { waker.clone() };
            let mut cx = Context::from_waker(&waker);
            assert!(value.as_mut().poll(&mut cx).is_pending());
            assert!(change.as_mut().poll(&mut cx).is_pending());
        }
        if end {
            panics(|| drop(values));
            panics(|| drop(latest));
            assert_eq!(count.get(), 72);
            assert!(waiters.into_iter().all(|(v, c)| now(v).is_err() && now(c).is_err()));
            return;
        }
        panics(|| assert!(values.send(1).is_ok()));
        panics(|| latest.send_modify(|n| *n = 1));
        assert_eq!((count.get(), *latest.borrow()), (72, 1));
        assert!(waiters.into_iter().all(|(v, c)| now(v) == Ok(1) && now(c) == Ok(())));
    }
}

#[test]
fn a_queue_goes_on() {
    let queue = Queue::bounded(1);
    let mut getter = Box::pin(queue.get());
    assert!(getter.as_mut().poll(&mut Context::from_waker(&bomb())).is_pending());
    panics(|| queue.try_put(1).unwrap());
    assert_eq!(*now(getter).unwrap(), 1, "it was put all the same");
    queue.try_put(2).unwrap();
    let mut putter = Box::pin(queue.put(3));
    assert!(putter.as_mut().poll(&mut Context::from_waker(&bomb())).is_pending());
    panics(|| drop(now(queue.get())));
    assert_eq!(queue.unfinished(), 0, "what was got goes with the panic, and counts as done");
    now(putter).unwrap();
    assert_eq!(*queue.try_get().unwrap().unwrap(), 3);
}

#[test]
fn a_shutdown_tells_all_the_others() {
    let queue = Queue::<u8>::bounded(1);
    let (count, waker) = Count::new();
    let mut getters: Vec<_> = (0..20).map(|_| Box::pin(queue.get())).collect();
    for (n, getter) in getters.iter_mut().enumerate() {
        let waker = if n % 10 == 0 { bomb() } else { waker.clone() };
        assert!(getter.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    panics(|| queue.shutdown(Shutdown::Immediate));
    assert_eq!(count.get(), 18);
    assert!(getters.into_iter().all(|getter| now(getter).is_err()));
}

#[test]
fn the_last_item_tells_all_the_others() {
    let (sender, mut receiver) = channel(1);
    let mut first = Box::pin({
        let mut receiver = receiver.clone();
        async move { receiver.recv().await }
    });
    assert!(poll(first.as_mut()).is_pending());
    let (count, waker) = Count::new();
    let mut waits = receiver.clone();
    let mut second = Box::pin(receiver.recv());
    let mut third = Box::pin(waits.recv());
    sender.try_send(1).unwrap();
    assert!(second.as_mut().poll(&mut Context::from_waker(&bomb())).is_pending());
    assert!(third.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop(sender);
    panics(|| assert!(now(first).is_ok()));
    assert_eq!(count.get(), 1);
    assert!(now(second).is_err() && now(third).is_err());
}

#[test]
fn joiners_are_let_go() {
    let queue = Queue::unbounded();
    queue.try_put(1).unwrap();
    let (count, waker) = Count::new();
    let mut first = Box::pin(queue.join());
    let mut second = Box::pin(queue.join());
    assert!(first.as_mut().poll(&mut Context::from_waker(&bomb())).is_pending());
    assert!(second.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let item = queue.try_get().unwrap();
    panics(|| drop(item));
    assert_eq!(count.get(), 1);
    now(first);
    now(second);
}

/// Panics when it is compared.
#[derive(Debug, PartialEq, Eq)]
struct Fragile(u8);

impl PartialOrd for Fragile {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fragile {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        assert!(self.0 < 100 && other.0 < 100, "not comparable");
        self.0.cmp(&other.0)
    }
}

#[test]
fn a_comparison_that_panics_wedges_nothing() {
    let queue = PriorityQueue::bounded(3);
    let mut getter = Box::pin(queue.get());
    assert!(poll(getter.as_mut()).is_pending());
    queue.try_put(Fragile(1)).unwrap();
    let put = catch_unwind(AssertUnwindSafe(|| queue.try_put(Fragile(100))));
    assert!(put.is_err());
    // The heap may have kept it or not; whoever looks finds the queue working.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(now(getter))));
    while let Ok(Ok(Some(item))) = catch_unwind(AssertUnwindSafe(|| queue.try_get())) {
        drop(item);
    }
    queue.shutdown(Shutdown::Immediate);
    now(queue.join());
    assert!(!queue.is_full() && queue.unfinished() == 0);
}

#[test]
fn an_item_whose_drop_panics_is_done() {
    #[derive(Debug)]
    struct Loud;
    impl Drop for Loud {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                std::panic::panic_any("the waker panics");
            }
        }
    }
    let queue = Queue::unbounded();
    queue.try_put(Loud).unwrap();
    let item = queue.try_get().unwrap();
    panics(|| drop(item));
    assert_eq!(queue.unfinished(), 0);
    // Thrown away, and the others are told all the same.
    queue.try_put(Loud).unwrap();
    let mut join = Box::pin(queue.join());
    assert!(poll(join.as_mut()).is_pending());
    panics(|| queue.shutdown(Shutdown::Immediate));
    assert!(queue.is_shut_down());
    now(join);
}

/// A waker whose clone panics while `ARMED`, and whose every clone is counted.
static ARMED: AtomicUsize = AtomicUsize::new(0);
static ALIVE: AtomicUsize = AtomicUsize::new(0);

fn fragile() -> Waker {
    fn clone(_: *const ()) -> RawWaker {
        assert!(ARMED.load(Ordering::SeqCst) == 0, "the waker panics");
        ALIVE.fetch_add(1, Ordering::SeqCst);
        RawWaker::new(std::ptr::null(), &VTABLE)
    }
    fn done(_: *const ()) {
        ALIVE.fetch_sub(1, Ordering::SeqCst);
    }
    static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, done, |_| (), done);
    ALIVE.fetch_add(1, Ordering::SeqCst);
    #[expect(unsafe_code, reason = "a waker that panics when cloned cannot be had otherwise")]
    // SAFETY: the functions ignore their pointer and are safe from any thread.
    unsafe {
        Waker::from_raw(RawWaker::new(std::ptr::null(), &VTABLE))
    }
}

#[test]
fn a_clone_that_panics_leaves_everything_as_it_was() {
    let lock = Lock::new(());
    let event = Event::new();
    let held = lock.try_lock().unwrap();
    {
        let waker = fragile();
        let mut cx = Context::from_waker(&waker);
        let mut locking = Box::pin(lock.lock());
        let mut waiting = Box::pin(event.wait());
        ARMED.store(1, Ordering::SeqCst);
        // On the first poll, and on one that replaces another's waker.
        for _ in 0..2 {
            catch_unwind(AssertUnwindSafe(|| locking.as_mut().poll(&mut cx).is_ready()))
                .unwrap_err();
            catch_unwind(AssertUnwindSafe(|| waiting.as_mut().poll(&mut cx).is_ready()))
                .unwrap_err();
            assert!(poll(locking.as_mut()).is_pending() && poll(waiting.as_mut()).is_pending());
        }
        ARMED.store(0, Ordering::SeqCst);
        assert!(locking.as_mut().poll(&mut cx).is_pending());
        drop(held);
        event.set();
        drop(now(locking));
        now(waiting);
    }
    assert_eq!(ALIVE.load(Ordering::SeqCst), 0);
    assert!(lock.try_lock().is_some());
}
