//! Every waiting call is polled k times and dropped, for every k and at every moment; afterwards
//! nothing may be missing: no lock held, no permit gone, no entry left, the next one served.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;

use evenkeel_sync::{
    Barrier, BoundedSemaphore, Event, Lock, OnceCell, Queue, RwLock, Semaphore, Shutdown, channel,
    oneshot, unbounded,
};
use futures_lite::StreamExt;

use crate::fifo::{now, poll};

type Steps<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Three contenders; the one at `victim` is dropped after `polls` polls, `late` says whether that
/// is after the release. The others must all end.
fn contend<'a>(
    make: impl Fn() -> Steps<'a>,
    release: impl FnOnce(),
    victim: usize,
    polls: usize,
    late: bool,
) {
    let mut tasks: Vec<Option<Steps<'a>>> = (0..3).map(|_| Some(make())).collect();
    for (n, task) in tasks.iter_mut().enumerate() {
        let times = if n == victim { polls } else { 1 };
        for _ in 0..times {
            assert!(poll(task.as_mut().unwrap().as_mut()).is_pending());
        }
    }
    if late {
        release();
        tasks[victim] = None;
    } else {
        tasks[victim] = None;
        release();
    }
    // In order; twice round is more than any of them needs.
    for _ in 0..2 {
        for task in &mut tasks {
            if task.as_mut().is_some_and(|task| poll(task.as_mut()).is_ready()) {
                *task = None;
            }
        }
    }
    assert!(tasks.iter().all(Option::is_none), "somebody's turn was lost");
}

fn everywhere(mut check: impl FnMut(usize, usize, bool)) {
    for victim in 0..3 {
        for polls in 0..4 {
            for late in [false, true] {
                check(victim, polls, late);
            }
        }
    }
}

#[test]
fn lock() {
    everywhere(|victim, polls, late| {
        let lock = Lock::new(0);
        let held = lock.try_lock().unwrap();
        let make = || -> Steps<'_> { Box::pin(async { *lock.lock().await += 1 }) };
        contend(make, || drop(held), victim, polls, late);
        assert_eq!(lock.statistics().waiting, 0);
        assert_eq!(*lock.try_lock().expect("free"), 2);
    });
}

#[test]
fn semaphore() {
    for want in 1..=3 {
        everywhere(|victim, polls, late| {
            let semaphore = Semaphore::new(3);
            let held = semaphore.try_acquire_many(3).unwrap();
            let make =
                || -> Steps<'_> { Box::pin(async { drop(semaphore.acquire_many(want).await) }) };
            contend(make, || drop(held), victim, polls, late);
            assert_eq!(semaphore.statistics().waiting, 0);
            assert_eq!((semaphore.available(), semaphore.is_locked()), (3, false));
        });
    }
}

#[test]
fn bounded_semaphore() {
    everywhere(|victim, polls, late| {
        let semaphore = BoundedSemaphore::new(1);
        semaphore.try_acquire().unwrap().forget();
        let make = || -> Steps<'_> { Box::pin(async { drop(semaphore.acquire().await) }) };
        contend(make, || semaphore.add_permits(1).unwrap(), victim, polls, late);
        assert_eq!((semaphore.available(), semaphore.statistics().waiting), (1, 0));
        assert!(semaphore.add_permits(1).is_err());
    });
}

#[test]
fn rwlock() {
    // Which of the three write: all of the eight ways, behind a reader or a writer.
    for writers in 0..8_usize {
        for behind_writer in [false, true] {
            everywhere(|victim, polls, late| {
                let lock = RwLock::new(0);
                let mut writer = behind_writer.then(|| lock.try_write().unwrap());
                let mut reader = (!behind_writer).then(|| lock.try_read().unwrap());
                // Behind a reader, somebody who cannot go in keeps all three waiting.
                let mut head = Box::pin(lock.write());
                assert!(poll(head.as_mut()).is_pending());
                let asked = Cell::new(0);
                let make = || -> Steps<'_> {
                    let writes = writers >> asked.replace(asked.get() + 1) & 1 == 1;
                    let lock = &lock;
                    Box::pin(async move {
                        if writes {
                            *lock.write().await += 1;
                        } else {
                            drop(lock.read().await);
                        }
                    })
                };
                let release = || {
                    drop((writer.take(), reader.take()));
                    drop(now(head));
                };
                contend(make, release, victim, polls, late);
                assert_eq!(lock.statistics().waiting, 0);
                let wrote = writers.count_ones() - (writers >> victim & 1) as u32;
                assert_eq!(*lock.try_write().expect("free"), wrote);
            });
        }
    }
}

#[test]
fn event() {
    everywhere(|victim, polls, late| {
        let event = Event::new();
        let make = || -> Steps<'_> { Box::pin(event.wait()) };
        let release = || {
            event.set();
            event.clear();
        };
        contend(make, release, victim, polls, late);
        assert_eq!(event.statistics().waiting, 0);
    });
}

#[test]
fn barrier() {
    everywhere(|victim, polls, late| {
        let barrier = Barrier::new(4);
        let make = || -> Steps<'_> { Box::pin(async { assert!(barrier.wait().await.is_ok()) }) };
        let mut others = Vec::new();
        // As many come as it takes.
        let release = || {
            while barrier.statistics().trips == 0 {
                let mut other = make();
                if poll(other.as_mut()).is_pending() {
                    others.push(other);
                }
            }
        };
        contend(make, release, victim, polls, late);
        others.into_iter().for_each(now);
        let statistics = barrier.statistics();
        assert_eq!((statistics.waiting, statistics.leaving, statistics.broken), (0, 0, false));
    });
}

#[test]
fn once_cell() {
    everywhere(|victim, polls, late| {
        // The one who is at it gives up, or brings it to its end, or somebody else sets it.
        for end in 0..3 {
            let (cell, gate) = (OnceCell::new(), Event::new());
            let mut first = Some(Box::pin(cell.get_or_init(async || {
                gate.wait().await;
                1
            })));
            assert!(poll(first.as_mut().unwrap().as_mut()).is_pending());
            let make = || -> Steps<'_> {
                Box::pin(async {
                    let made = async { *cell.get_or_init(async || 2).await };
                    let (made, told) = futures_lite::future::zip(made, cell.wait()).await;
                    assert_eq!(made, *told);
                })
            };
            let release = || match end {
                0 => first = None,
                1 => {
                    gate.set();
                    assert_eq!(now(first.take().unwrap()), &1);
                }
                _ => assert_eq!(cell.set(1), Ok(())),
            };
            contend(make, release, victim, polls, late);
            assert_eq!(cell.statistics().waiting, 0);
            assert_eq!(cell.get(), Some(&if end == 0 { 2 } else { 1 }));
        }
    });
}

#[test]
fn watch() {
    everywhere(|victim, polls, late| {
        let (sender, receiver) = evenkeel_sync::watch(0);
        let make = || -> Steps<'_> {
            let mut receiver = receiver.clone();
            Box::pin(async move {
                assert_eq!(receiver.changed().await, Ok(()));
                assert_eq!(*receiver.borrow_and_update(), 1);
            })
        };
        contend(make, || sender.send(1).unwrap(), victim, polls, late);
        let statistics = sender.statistics();
        assert_eq!((statistics.waiting, statistics.receivers), (0, 1));
        let make = || -> Steps<'_> { Box::pin(sender.closed()) };
        contend(make, || drop(receiver), victim, polls, late);
    });
}

#[test]
fn broadcast() {
    everywhere(|victim, polls, late| {
        let (sender, receiver) = evenkeel_sync::broadcast(2);
        drop(receiver);
        let make = || -> Steps<'_> {
            let mut receiver = sender.subscribe();
            Box::pin(async move { assert_eq!(receiver.recv().await, Ok(1)) })
        };
        contend(make, || assert!(sender.send(1).is_ok()), victim, polls, late);
        let statistics = sender.statistics();
        assert_eq!((statistics.waiting, statistics.receivers, statistics.kept), (0, 0, 0));
    });
}

/// What lies in the queue is done, nobody waits, nothing is promised.
fn assert_idle(queue: &Queue<u8>, len: usize) {
    let seen = queue.statistics();
    assert_eq!((seen.waiting_getters, seen.waiting_putters, seen.waiting_joiners), (0, 0, 0));
    assert_eq!((seen.len, seen.unfinished), (len, len));
    for _ in 0..len {
        drop(queue.try_get().unwrap().expect("promised to one who is gone"));
    }
    queue.try_put(9).expect("kept for one who is gone");
}

#[test]
fn queue_get() {
    everywhere(|victim, polls, late| {
        let queue = Queue::bounded(2);
        let make = || -> Steps<'_> { Box::pin(async { drop(queue.get().await.unwrap()) }) };
        let release = || (0..2).for_each(|n| queue.try_put(n).unwrap());
        contend(make, release, victim, polls, late);
        assert_idle(&queue, 0);
        // The end, with one item for those who are left: nobody is told before it is taken.
        let queue = Queue::bounded(2);
        let make = || -> Steps<'_> { Box::pin(async { drop(queue.get().await) }) };
        let release = || {
            queue.try_put(1).unwrap();
            queue.shutdown(Shutdown::Graceful);
        };
        contend(make, release, victim, polls, late);
        assert_eq!((queue.len(), queue.unfinished()), (0, 0));
    });
}

#[test]
fn queue_put() {
    everywhere(|victim, polls, late| {
        let queue = Queue::bounded(2);
        (0..2).for_each(|n| queue.try_put(n).unwrap());
        let make = || -> Steps<'_> { Box::pin(async { queue.put(7).await.unwrap() }) };
        let release = || (0..2).for_each(|_| drop(queue.try_get().unwrap().unwrap()));
        contend(make, release, victim, polls, late);
        assert_idle(&queue, 2);
        let queue = Queue::bounded(1);
        queue.try_put(1).unwrap();
        let make = || -> Steps<'_> {
            Box::pin(async { assert_eq!(queue.put(7).await.unwrap_err().0, 7) })
        };
        contend(make, || queue.shutdown(Shutdown::Graceful), victim, polls, late);
        assert_eq!(queue.len(), 1);
    });
}

#[test]
fn queue_join() {
    everywhere(|victim, polls, late| {
        let queue = Queue::bounded(1);
        queue.try_put(1).unwrap();
        let item = queue.try_get().unwrap();
        let make = || -> Steps<'_> { Box::pin(queue.join()) };
        contend(make, || drop(item), victim, polls, late);
        assert_idle(&queue, 0);
    });
}

#[test]
fn channel_recv() {
    for way in ["recv", "recv_many", "stream"] {
        everywhere(|victim, polls, late| {
            let (sender, receiver) = unbounded();
            let make = || -> Steps<'_> {
                let mut receiver = receiver.clone();
                Box::pin(async move {
                    match way {
                        "recv" => drop(receiver.recv().await.unwrap()),
                        "stream" => drop(receiver.next().await.unwrap()),
                        _ => assert_eq!(receiver.recv_many(&mut Vec::new(), 1).await, Ok(1)),
                    }
                })
            };
            let release = || (0..2).for_each(|n| sender.try_send(n).unwrap());
            contend(make, release, victim, polls, late);
            let seen = sender.statistics();
            assert_eq!((seen.len, seen.waiting_receivers, seen.receivers), (0, 0, 1));
            sender.try_send(3).unwrap();
            assert_eq!(receiver.clone().try_recv(), Ok(Some(3)));
        });
    }
}

#[test]
fn channel_send() {
    for reserve in [false, true] {
        everywhere(|victim, polls, late| {
            let (sender, mut receiver) = channel(2);
            (0..2).for_each(|n| sender.try_send(n).unwrap());
            let make = || -> Steps<'_> {
                Box::pin(async {
                    if reserve {
                        sender.reserve().await.unwrap().send(7).unwrap();
                    } else {
                        sender.send(7).await.unwrap();
                    }
                })
            };
            let mut receiver_too = receiver.clone();
            let release = || (0..2).for_each(|n| assert_eq!(receiver_too.try_recv(), Ok(Some(n))));
            contend(make, release, victim, polls, late);
            assert_eq!(sender.statistics().waiting_senders, 0);
            assert_eq!((receiver.try_recv(), receiver.try_recv()), (Ok(Some(7)), Ok(Some(7))));
            assert_eq!((receiver.try_recv(), sender.is_full()), (Ok(None), false));
        });
    }
}

#[test]
fn channel_closed() {
    everywhere(|victim, polls, late| {
        let (sender, receiver) = unbounded::<u8>();
        let make = || -> Steps<'_> { Box::pin(sender.closed()) };
        contend(make, || drop(receiver), victim, polls, late);
        assert!(sender.is_closed());
    });
}

#[test]
fn the_same_with_owned_futures_and_every_pair_of_victims() {
    let lock = std::sync::Arc::new(Lock::new(()));
    let semaphore = std::sync::Arc::new(Semaphore::new(1));
    for first in 0..4 {
        for second in 0..4 {
            for late in [false, true] {
                let held = (now(lock.lock_owned()), now(semaphore.acquire_owned()));
                let mut tasks: Vec<_> = (0..4)
                    .map(|_| {
                        Some((Box::pin(lock.lock_owned()), Box::pin(semaphore.acquire_owned())))
                    })
                    .collect();
                for (lock, permit) in tasks.iter_mut().flatten() {
                    assert!(poll(lock.as_mut()).is_pending() && poll(permit.as_mut()).is_pending());
                }
                let held = if late {
                    drop(held);
                    None
                } else {
                    Some(held)
                };
                tasks[first] = None;
                tasks[second] = None;
                drop(held);
                for (lock, permit) in tasks.into_iter().flatten() {
                    drop(now(lock));
                    drop(now(permit));
                }
                assert!(!lock.is_locked());
                assert_eq!(semaphore.available(), 1);
            }
        }
    }
}

#[test]
fn oneshot_receiver() {
    for polls in 0..4 {
        let (mut sender, mut receiver) = oneshot();
        for _ in 0..polls {
            assert!(poll(Pin::new(&mut receiver)).is_pending());
            assert!(poll(std::pin::pin!(sender.closed()).as_mut()).is_pending());
        }
        drop(receiver);
        now(sender.closed());
        assert_eq!(sender.send(polls), Err(polls));
    }
}
