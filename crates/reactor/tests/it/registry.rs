//! News that is older than what is registered now.

use std::cell::Cell;
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use evenkeel_reactor::{Reactor, Source};

use crate::support::{Count, poll_once};

/// Gives another descriptor after a while: what it must not do, and the way to leave a registration
/// behind in the kernel whose source is gone.
struct Shifty {
    registered: UnixStream,
    decoy: UnixStream,
    shifted: Cell<bool>,
}

impl AsFd for Shifty {
    fn as_fd(&self) -> BorrowedFd<'_> {
        if self.shifted.get() { self.decoy.as_fd() } else { self.registered.as_fd() }
    }
}

#[test]
fn news_for_a_source_that_is_gone_finds_nobody() {
    let reactor = Reactor::new().unwrap();
    let (registered, mut peer) = UnixStream::pair().unwrap();
    let (decoy, _decoy_peer) = UnixStream::pair().unwrap();
    // A second descriptor of the same socket keeps the registration alive in the kernel.
    let _again = registered.try_clone().unwrap();
    let gone = reactor.register(Shifty { registered, decoy, shifted: Cell::new(false) }).unwrap();
    reactor.wait(Some(Duration::ZERO)).unwrap();
    gone.get_ref().shifted.set(true);
    drop(gone);
    assert!(reactor.is_empty());

    // Its slot has a new tenant.
    let (tenant, _tenant_peer) = UnixStream::pair().unwrap();
    let tenant = reactor.register(tenant).unwrap();
    let (count, waker) = Count::new();
    let mut readable = pin!(tenant.readable());
    assert!(poll_once(readable.as_mut(), &waker).is_pending());
    reactor.wait(Some(Duration::ZERO)).unwrap();
    peer.write_all(b"x").unwrap();
    reactor.wait(None).unwrap();
    assert!(reactor.statistics().stale > 0, "{:?}", reactor.statistics());
    assert_eq!(count.get(), 0);
    assert!(poll_once(readable.as_mut(), &waker).is_pending());
}

#[test]
fn a_waker_drops_the_other_source_of_the_batch() {
    struct Drops(std::sync::Mutex<Option<Source<UnixStream>>>, AtomicBool);
    impl Wake for Drops {
        fn wake(self: Arc<Self>) {
            drop(self.0.lock().unwrap().take());
            self.1.store(true, Ordering::SeqCst);
        }
    }
    let reactor = Reactor::new().unwrap();
    let pair = || UnixStream::pair().unwrap();
    let ((one, mut peer_one), (two, mut peer_two)) = (pair(), pair());
    let (one, two) = (reactor.register(one).unwrap(), reactor.register(two).unwrap());
    let drops = Arc::new(Drops(std::sync::Mutex::new(None), AtomicBool::new(false)));
    let waker = Waker::from(drops.clone());
    let mut readable = pin!(one.readable());
    assert!(poll_once(readable.as_mut(), &waker).is_pending());
    let (count, other) = Count::new();
    let mut cx = std::task::Context::from_waker(&other);
    assert!(two.poll_readable(&mut cx).is_pending());
    *drops.0.lock().unwrap() = Some(two);

    peer_two.write_all(b"x").unwrap();
    peer_one.write_all(b"x").unwrap();
    reactor.wait(None).unwrap();
    assert!(drops.1.load(Ordering::SeqCst));
    assert_eq!(count.get(), 1);
    assert_eq!(reactor.statistics().sources, 1);
}

#[test]
fn registrations_come_and_go_while_batches_are_in_flight() {
    let reactor = Reactor::new().unwrap();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                reactor.wait(None).unwrap();
            }
        });
        let hammers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..2000 {
                        let (one, mut two) = UnixStream::pair().unwrap();
                        let source = reactor.register(one).unwrap();
                        let (_, waker) = Count::new();
                        let mut readable = pin!(source.readable());
                        assert!(poll_once(readable.as_mut(), &waker).is_pending());
                        two.write_all(b"x").unwrap();
                    }
                })
            })
            .collect();
        hammers.into_iter().for_each(|hammer| hammer.join().unwrap());
        over.store(true, Ordering::SeqCst);
        reactor.notify();
    });
    assert!(reactor.is_empty());
}
