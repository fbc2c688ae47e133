//! Streams whose reads fill their buffers and leave nothing behind: guessed dry, and asked about together.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use evenkeel_reactor::{Reactor, Source};
use futures_lite::{AsyncReadExt, future};

use crate::support::{Count, poll_once};

const NO_TIME: Option<Duration> = Some(Duration::ZERO);

/// A source that has the habit, and its other side.
fn pair(reactor: &Reactor) -> (Source<UnixStream>, UnixStream) {
    let (one, mut two) = UnixStream::pair().unwrap();
    let entered = reactor.enter();
    let mut source = Source::try_from(one).unwrap();
    drop(entered);
    for _ in 0..8 {
        two.write_all(b"four").unwrap();
        reactor.wait(NO_TIME).unwrap();
        assert_eq!(read(&mut source), Some(*b"four"));
        assert_eq!(read(&mut source), None);
    }
    (source, two)
}

/// What one poll of a read of four bytes gives.
fn read(source: &mut Source<UnixStream>) -> Option<[u8; 4]> {
    let mut buffer = [0; 4];
    let read = pin!(source.read_exact(&mut buffer));
    let mut cx = Context::from_waker(Waker::noop());
    match future::Future::poll(read, &mut cx) {
        Poll::Ready(read) => read.map(|()| Some(buffer)).unwrap(),
        Poll::Pending => None,
    }
}

#[test]
fn a_wrong_guess_is_found_out_by_the_next_wait() {
    let reactor = Reactor::new().unwrap();
    let (mut source, mut peer) = pair(&reactor);
    peer.write_all(b"one two ").unwrap();
    reactor.wait(NO_TIME).unwrap();
    assert_eq!(read(&mut source), Some(*b"one "));
    // Believed dry: it waits, and no news will ever come of what is there already.
    let (count, waker) = Count::new();
    let mut buffer = [0; 4];
    let mut rest = pin!(source.read_exact(&mut buffer));
    assert!(poll_once(rest.as_mut(), &waker).is_pending());
    // It does not sleep for ever either.
    assert_eq!(reactor.wait(None).unwrap(), 1);
    assert_eq!(count.get(), 1);
    assert!(poll_once(rest, &waker).is_ready());
    assert_eq!(&buffer, b"two ");
}

#[test]
fn a_right_guess_waits_for_the_next_message() {
    let reactor = Reactor::new().unwrap();
    let (mut source, mut peer) = pair(&reactor);
    for _ in 0..64 {
        peer.write_all(b"more").unwrap();
        assert_eq!(reactor.wait(None).unwrap(), 1);
        assert_eq!(read(&mut source), Some(*b"more"));
        assert_eq!(read(&mut source), None);
        assert_eq!(reactor.wait(NO_TIME).unwrap(), 0);
    }
}

#[test]
fn an_end_after_a_guess_is_read() {
    let reactor = Reactor::new().unwrap();
    let (mut source, mut peer) = pair(&reactor);
    peer.write_all(b"last").unwrap();
    reactor.wait(NO_TIME).unwrap();
    assert_eq!(read(&mut source), Some(*b"last"));
    assert_eq!(read(&mut source), None);
    drop(peer);
    assert_eq!(reactor.wait(None).unwrap(), 1);
    assert_eq!(future::block_on(source.read(&mut [0; 4])).unwrap(), 0);
}

#[test]
fn a_source_that_is_gone_leaves_no_doubt() {
    let reactor = Reactor::new().unwrap();
    let (mut source, mut peer) = pair(&reactor);
    peer.write_all(b"one two ").unwrap();
    reactor.wait(NO_TIME).unwrap();
    assert_eq!(read(&mut source), Some(*b"one "));
    assert_eq!(read(&mut source), None);
    drop(source);
    assert_eq!(reactor.wait(NO_TIME).unwrap(), 0);
}

/// The driver sleeps and wakes on its own thread while messages of all lengths come.
#[test]
fn no_byte_waits_behind_a_sleeping_driver() {
    let reactor = Reactor::new().unwrap();
    let (one, mut two) = UnixStream::pair().unwrap();
    let entered = reactor.enter();
    let mut source = Source::try_from(one).unwrap();
    drop(entered);
    let over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(std::sync::atomic::Ordering::Relaxed) {
                reactor.wait(None).unwrap();
            }
        });
        scope.spawn(move || {
            for length in 0..3000_usize {
                // Mostly what the reader has room for, now and then more.
                two.write_all(&[7; 12][..if length % 23 == 0 { 12 } else { 4 }]).unwrap();
                if length % 5 == 0 {
                    std::thread::yield_now();
                }
            }
        });
        let mut heard = 0;
        let mut buffer = [0; 4];
        loop {
            let read = future::block_on(source.read(&mut buffer)).unwrap();
            if read == 0 {
                break;
            }
            assert!(buffer[..read].iter().all(|&byte| byte == 7));
            heard += read;
        }
        assert_eq!(heard, 3000 * 4 + 3000_usize.div_ceil(23) * 8);
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        reactor.notify();
    });
}
