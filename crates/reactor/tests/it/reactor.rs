//! A reactor driven by hand: who is woken, by what, and at what price.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use evenkeel_reactor::{Reactor, Source};
use futures_lite::{AsyncReadExt, AsyncWriteExt, future};

use crate::support::{Count, alone, descriptors, poll_once, run, threads};

fn source(reactor: &Reactor) -> (Source<UnixStream>, UnixStream) {
    let (one, two) = UnixStream::pair().unwrap();
    (reactor.register(one).unwrap(), two)
}

#[test]
fn echo() {
    let reactor = Reactor::new().unwrap();
    let heard = run(&reactor, async {
        let listener = Source::<std::net::TcpListener>::bind(([127, 0, 0, 1], 0)).unwrap();
        let address = listener.get_ref().local_addr().unwrap();
        let server = async {
            let (stream, _) = listener.accept().await.unwrap();
            futures_lite::io::copy(&stream, &mut &stream).await.unwrap();
            (&stream).close().await.unwrap();
        };
        let client = async {
            let stream = Source::<std::net::TcpStream>::connect(address).await.unwrap();
            let (mut said, mut heard) = (&stream, Vec::new());
            let talk = async {
                said.write_all(&[7; 100_000]).await.unwrap();
                said.close().await.unwrap();
            };
            let mut listen = &stream;
            future::zip(talk, listen.read_to_end(&mut heard)).await.1.unwrap();
            heard
        };
        future::zip(server, client).await.1
    });
    assert_eq!(heard, [7; 100_000]);
    assert!(reactor.is_empty());
    assert_eq!(reactor.statistics().stale, 0);
}

#[test]
fn looking_does_not_wait() {
    let reactor = Reactor::new().unwrap();
    assert_eq!(reactor.wait(Some(Duration::ZERO)).unwrap(), 0);
}

#[test]
fn notify_ends_a_wait_and_notifies_are_coalesced() {
    let reactor = Reactor::new().unwrap();
    // Before: the next wait returns, whatever it was told about deadlines; no system call was made.
    (0..100).for_each(|_| reactor.notify());
    assert_eq!(reactor.wait(None).unwrap(), 0);
    assert_eq!(reactor.statistics().rings, 0);

    // During: however many come, one rings.
    let waiting = std::thread::spawn({
        let reactor = reactor.clone();
        move || reactor.wait(None).unwrap()
    });
    crate::support::soon("the driver is woken", || {
        (0..100).for_each(|_| reactor.notify());
        waiting.is_finished()
    });
    assert_eq!(waiting.join().unwrap(), 0);
    assert!(reactor.statistics().rings <= 1, "{:?}", reactor.statistics());
}

#[test]
fn notify_from_many_threads_loses_nothing() {
    let reactor = Reactor::new().unwrap();
    let given = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..2000 {
                    given.fetch_add(1, Ordering::Relaxed);
                    reactor.notify();
                }
            });
        }
        // A lost one would leave this in the kernel for ever.
        while given.load(Ordering::Relaxed) < 6000 {
            reactor.wait(None).unwrap();
        }
    });
}

#[test]
fn a_second_driver_is_sent_away() {
    let reactor = Reactor::new().unwrap();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                reactor.wait(None).unwrap();
            }
        });
        // Once the other one is in the kernel, this one does not get there: it is back at once.
        crate::support::soon("one is sent away", || {
            let rest = Duration::from_millis(200);
            let begun = Instant::now();
            assert_eq!(reactor.wait(Some(rest)).unwrap(), 0);
            begun.elapsed() < rest
        });
        over.store(true, Ordering::SeqCst);
        reactor.notify();
    });
}

#[test]
fn a_panicking_waker_loses_no_other_wake() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("a waker panics");
        }
    }
    let reactor = Reactor::new().unwrap();
    let (source, mut peer) = source(&reactor);
    let (count, good) = Count::new();
    let bad = Waker::from(Arc::new(Panics));
    let (mut first, mut second, mut third) =
        (pin!(source.readable()), pin!(source.readable()), pin!(source.readable()));
    assert!(poll_once(first.as_mut(), &bad).is_pending());
    assert!(poll_once(second.as_mut(), &good).is_pending());
    assert!(poll_once(third.as_mut(), &bad).is_pending());
    peer.write_all(b"x").unwrap();
    let waited = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| reactor.wait(None)));
    let message = *waited.unwrap_err().downcast::<&str>().unwrap();
    assert_eq!((message, count.get()), ("a waker panics", 1));
    // And nothing is poisoned.
    assert!(poll_once(second, &good).is_ready());
    assert_eq!(reactor.wait(Some(Duration::ZERO)).unwrap(), 0);
}

#[test]
fn a_waker_may_do_anything_with_the_reactor() {
    struct Busy(Reactor, AtomicUsize);
    impl Wake for Busy {
        fn wake(self: Arc<Self>) {
            let (one, _two) = UnixStream::pair().unwrap();
            drop(self.0.register(one).unwrap());
            self.0.notify();
            self.0.wait(Some(Duration::ZERO)).unwrap();
            self.1.fetch_add(1, Ordering::SeqCst);
        }
    }
    let reactor = Reactor::new().unwrap();
    let (source, mut peer) = source(&reactor);
    let busy = Arc::new(Busy(reactor.clone(), AtomicUsize::new(0)));
    let waker = Waker::from(busy.clone());
    let mut readable = pin!(source.readable());
    assert!(poll_once(readable.as_mut(), &waker).is_pending());
    peer.write_all(b"x").unwrap();
    reactor.wait(None).unwrap();
    assert_eq!(busy.1.load(Ordering::SeqCst), 1);
}

#[test]
fn a_turn_of_one_ready_socket_is_one_wait() {
    let reactor = Reactor::new().unwrap();
    let (one, mut peer) = UnixStream::pair().unwrap();
    let entered = reactor.enter();
    let mut source = Source::try_from(one).unwrap();
    drop(entered);
    let before = run(&reactor, async {
        source.write_all(b"hello").await.unwrap();
        peer.read_exact(&mut [0; 5]).unwrap();
        reactor.statistics().waits
    });
    for turn in 1..=10 {
        peer.write_all(b"request").unwrap();
        let mut buf = [0; 64];
        let n = run(&reactor, source.read(&mut buf)).unwrap();
        assert_eq!(&buf[..n], b"request");
        // At most one: what is there already is read without asking.
        assert!(reactor.statistics().waits - before <= turn);
    }
}

#[test]
fn a_thousand_sources() {
    alone("reactor::a_thousand_sources", || {
        let mut limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        limit.current = limit.maximum.map(|most| most.min(10_000));
        rustix::process::setrlimit(rustix::process::Resource::Nofile, limit).unwrap();

        let reactor = Reactor::new().unwrap();
        let pairs: Vec<_> = (0..1000).map(|_| source(&reactor)).collect();
        assert_eq!(reactor.statistics().sources, 1000);
        let (mut pairs, waker) = (pairs, Waker::noop());
        let mut bytes = vec![[0]; 1000];
        {
            let mut reads: Vec<_> = pairs
                .iter()
                .zip(&mut bytes)
                .map(|((source, _), byte)| {
                    Box::pin(source.read_with(|mut io| io.read(&mut byte[..])))
                })
                .collect();
            for read in &mut reads {
                assert!(poll_once(read.as_mut(), waker).is_pending());
            }
            pairs.iter().for_each(|(_, peer)| assert_eq!((&*peer).write(b"x").unwrap(), 1));
            let mut woken = 0;
            while woken < 1000 {
                woken += reactor.wait(None).unwrap();
            }
            assert_eq!(woken, 1000);
            for read in &mut reads {
                assert!(poll_once(read.as_mut(), waker).is_ready());
            }
        }
        assert_eq!(bytes, vec![[b'x']; 1000]);
        pairs.clear();
        assert!(reactor.is_empty());
    });
}

#[test]
fn nothing_is_left_behind() {
    alone("reactor::nothing_is_left_behind", || {
        let (before, threads_before) = (descriptors(), threads());
        let reactor = Reactor::new().unwrap();
        let (source, peer) = source(&reactor);
        drop(reactor);
        // The source keeps its reactor.
        assert!(future::block_on(future::poll_once(source.readable())).is_none());
        drop((source, peer));
        assert_eq!(descriptors(), before);
        assert_eq!(threads(), threads_before);
    });
}
