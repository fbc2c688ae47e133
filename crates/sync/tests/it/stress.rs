//! Eight threads at one primitive, with waiters that give up now and then.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use evenkeel_sync::broadcast::{self, RecvError};
use evenkeel_sync::{Barrier, Event, Lock, OnceCell, RwLock, Semaphore, oneshot, watch};
use futures_lite::future::{block_on, poll_fn};

pub(crate) const THREADS: usize = 8;
pub(crate) const ROUNDS: usize = 1_000;

/// A few random bits, the same in every run.
pub(crate) fn dice(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state >> 32
}

/// Polls `future` at most `polls` times with the caller's waker, then drops it.
pub(crate) async fn give_up<F: Future>(future: F, polls: u64) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        if let Poll::Ready(output) = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await {
            return Some(output);
        }
        std::thread::yield_now();
    }
    None
}

pub(crate) fn on_all_threads(work: impl Fn(&mut u64) + Sync) {
    std::thread::scope(|scope| {
        for n in 0..THREADS {
            let work = &work;
            scope.spawn(move || {
                let mut seed = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(n as u64 + 1);
                work(&mut seed);
            });
        }
    });
}

#[test]
fn lock() {
    let lock = Arc::new(Lock::new(0_usize));
    let taken = AtomicUsize::new(0);
    on_all_threads(|seed| {
        for _ in 0..ROUNDS {
            let got = block_on(async {
                match dice(seed) % 4 {
                    0 => give_up(lock.lock(), dice(seed) % 3).await.map(|mut g| *g += 1),
                    1 => lock.try_lock().map(|mut guard| *guard += 1),
                    2 => give_up(lock.lock_owned(), dice(seed) % 3).await.map(|mut g| *g += 1),
                    _ => {
                        *lock.lock().await += 1;
                        Some(())
                    }
                }
            });
            taken.fetch_add(usize::from(got.is_some()), Ordering::Relaxed);
        }
    });
    assert_eq!(lock.statistics().waiting, 0);
    assert_eq!(*lock.try_lock().expect("free"), taken.into_inner());
}

#[test]
fn rwlock() {
    let lock = Arc::new(RwLock::new(0_usize));
    let (wrote, readers) = (AtomicUsize::new(0), AtomicUsize::new(0));
    on_all_threads(|seed| {
        for _ in 0..ROUNDS {
            let written = block_on(async {
                match dice(seed) % 6 {
                    0 => give_up(lock.write(), dice(seed) % 3).await,
                    1 => lock.try_write(),
                    2 => Some(lock.write().await),
                    3 => {
                        drop(give_up(lock.read_owned(), dice(seed) % 3).await);
                        None
                    }
                    4 => {
                        drop(lock.try_read());
                        None
                    }
                    _ => {
                        let guard = lock.read().await;
                        readers.fetch_add(1, Ordering::SeqCst);
                        let before = *guard;
                        std::thread::yield_now();
                        assert_eq!(before, *guard);
                        readers.fetch_sub(1, Ordering::SeqCst);
                        None
                    }
                }
            });
            if let Some(mut guard) = written {
                assert_eq!(readers.load(Ordering::SeqCst), 0);
                *guard += 1;
                let now = *guard;
                wrote.fetch_add(1, Ordering::Relaxed);
                let guard = guard.downgrade();
                assert_eq!(now, *guard, "nobody writes in between");
            }
        }
    });
    assert_eq!(lock.statistics().waiting, 0);
    assert_eq!(*lock.try_write().expect("free"), wrote.into_inner());
}

#[test]
fn semaphore() {
    let semaphore = Semaphore::new(3);
    let inside = AtomicUsize::new(0);
    on_all_threads(|seed| {
        for _ in 0..ROUNDS {
            let n = (dice(seed) % 3 + 1) as usize;
            let permit = block_on(async {
                match dice(seed) % 3 {
                    0 => give_up(semaphore.acquire_many(n), dice(seed) % 3).await,
                    1 => semaphore.try_acquire_many(n),
                    _ => Some(semaphore.acquire_many(n).await),
                }
            });
            if let Some(permit) = permit {
                let before = inside.fetch_add(permit.permits(), Ordering::SeqCst);
                assert!(before + permit.permits() <= 3, "more inside than there are permits");
                inside.fetch_sub(permit.permits(), Ordering::SeqCst);
            }
        }
    });
    assert_eq!((semaphore.available(), semaphore.is_locked()), (3, false));
}

#[test]
fn event() {
    let event = Event::new();
    let waited = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let waiters: Vec<_> = (1..THREADS)
            .map(|n| {
                let (event, waited) = (&event, &waited);
                scope.spawn(move || {
                    let mut seed = n as u64;
                    for _ in 0..ROUNDS {
                        block_on(give_up(event.wait(), dice(&mut seed) % 3));
                        block_on(event.wait());
                        waited.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        while !waiters.iter().all(|waiter| waiter.is_finished()) {
            event.set();
            event.clear();
            std::thread::yield_now();
        }
    });
    assert_eq!(waited.into_inner(), (THREADS - 1) * ROUNDS);
    assert_eq!(event.statistics().waiting, 0);
}

#[test]
fn barrier_in_step() {
    let barrier = Barrier::new(THREADS);
    let (done, indices) = (AtomicUsize::new(0), AtomicUsize::new(0));
    on_all_threads(|_| {
        for round in 1..=ROUNDS / 4 {
            done.fetch_add(1, Ordering::Relaxed);
            indices.fetch_add(block_on(barrier.wait()).unwrap(), Ordering::Relaxed);
            assert_eq!(done.load(Ordering::Relaxed), round * THREADS, "somebody is out of step");
            indices.fetch_add(barrier.wait_blocking().unwrap(), Ordering::Relaxed);
        }
    });
    let trips = barrier.statistics().trips as usize;
    assert_eq!(trips, ROUNDS / 4 * 2);
    assert_eq!(indices.into_inner(), trips * (0..THREADS).sum::<usize>());
}

#[test]
fn barrier_with_those_who_give_up() {
    let barrier = Barrier::new(3);
    on_all_threads(|seed| {
        for round in 0..ROUNDS {
            let polls = dice(seed) % 3;
            let answer = match dice(seed) % 8 {
                0 if round % 16 == 0 => {
                    barrier.reset();
                    None
                }
                0..4 => block_on(give_up(barrier.wait(), polls)),
                _ => Some(block_on(barrier.wait())),
            };
            // The first to be through aborts it: three may not be left by then.
            if answer.is_some_and(|answer| answer.is_err()) && barrier.is_broken() {
                break;
            }
        }
        barrier.abort();
    });
    let statistics = barrier.statistics();
    assert_eq!((statistics.waiting, statistics.leaving, statistics.broken), (0, 0, true));
}

#[test]
fn once_cells() {
    for round in 0..ROUNDS / 10 {
        let (cell, busy) = (OnceCell::new(), AtomicUsize::new(0));
        on_all_threads(|seed| {
            let init = async |n: u64| {
                assert_eq!(busy.fetch_add(1, Ordering::SeqCst), 0, "two at once");
                let _busy = Busy(&busy);
                for _ in 0..n {
                    futures_lite::future::yield_now().await;
                }
                if n == 3 { Err(n) } else { Ok(round) }
            };
            let n = dice(seed) % 4;
            block_on(give_up(cell.get_or_try_init(async || init(n).await), dice(seed) % 3));
            block_on(give_up(cell.wait(), dice(seed) % 2));
            assert_eq!(*block_on(cell.get_or_init(async || round)), round);
            assert_eq!(*block_on(cell.wait()), round);
        });
        assert_eq!(cell.statistics().waiting, 0);
    }
}

struct Busy<'a>(&'a AtomicUsize);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn a_watch_and_those_who_give_up() {
    let (sender, receiver) = watch::watch(0);
    on_all_threads(|seed| {
        let (sender, mut receiver) = (sender.clone(), receiver.clone());
        let mut seen = 0;
        for _ in 0..ROUNDS {
            match dice(seed) % 4 {
                0 => sender.send_modify(|n| *n += 1),
                1 => receiver = sender.subscribe(),
                2 => {
                    let wanted = seen + 1;
                    block_on(give_up(receiver.wait_for(|n| *n >= wanted), dice(seed) % 3));
                }
                _ => drop(block_on(give_up(receiver.changed(), dice(seed) % 3))),
            }
            let next = *receiver.borrow();
            assert!(next >= seen, "the wrong way round");
            seen = next;
        }
        // Whoever is the last to do this, nobody is left waiting for it.
        sender.send_modify(|n| *n += 1_000_000);
        let all = THREADS * 1_000_000;
        assert!(block_on(receiver.wait_for(|n| *n >= all)).is_ok());
    });
    let statistics = sender.statistics();
    assert_eq!((statistics.waiting, statistics.senders, statistics.receivers), (0, 1, 1));
    assert_eq!(statistics.changes as usize, *receiver.borrow() % 1_000_000 + THREADS);
}

#[test]
fn a_broadcast_and_those_who_give_up() {
    let (sender, receiver) = broadcast::broadcast(16);
    let sent = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for n in 0..THREADS {
            let mut receiver = if n % 2 == 0 { sender.subscribe() } else { receiver.resubscribe() };
            scope.spawn(move || {
                let (mut seed, mut seen) = (n as u64 + 1, 0);
                loop {
                    match block_on(give_up(receiver.recv(), dice(&mut seed) % 3)) {
                        Some(Ok(())) => seen += 1,
                        Some(Err(RecvError::Lagged(missed))) => seen += missed as usize,
                        Some(Err(RecvError::Closed)) => break,
                        None if dice(&mut seed) % 64 == 0 => drop(receiver.resubscribe()),
                        None => {}
                    }
                }
                assert_eq!(seen, 2 * ROUNDS);
            });
        }
        drop(receiver);
        for sender in [sender.clone(), sender] {
            let sent = &sent;
            scope.spawn(move || {
                for _ in 0..ROUNDS {
                    assert!(sender.send(()).unwrap() >= THREADS);
                    sent.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(sent.into_inner(), 2 * ROUNDS);
}

#[test]
fn oneshots() {
    let drops = AtomicUsize::new(0);
    struct Token<'a>(&'a AtomicUsize);
    impl Drop for Token<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    for round in 0..ROUNDS {
        let (sender, receiver) = oneshot();
        std::thread::scope(|scope| {
            scope.spawn(|| drop(sender.send(Token(&drops))));
            match round % 3 {
                0 => assert!(block_on(receiver).is_ok()),
                1 => drop(receiver),
                _ => drop(block_on(give_up(receiver, 2))),
            }
        });
        assert_eq!(drops.load(Ordering::Relaxed), round + 1, "dropped exactly once");
    }
}
