//! Sources as byte streams.

use std::future::poll_fn;
use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::pin::{Pin, pin};
use std::task::Context;

use evenkeel_reactor::{Reactor, Source};
use futures_lite::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, future};

use crate::support::{Count, poll_once, run};

fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let one = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (one, listener.accept().unwrap().0)
}

#[test]
fn half_close() {
    let (one, two) = tcp_pair();
    let (mut one, mut two) = (Source::try_from(one).unwrap(), Source::try_from(two).unwrap());
    future::block_on(async {
        one.write_all(b"question").await.unwrap();
        one.close().await.unwrap();
        let mut heard = String::new();
        two.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "question");
        // The other half is open still.
        two.write_all(b"answer").await.unwrap();
        two.close().await.unwrap();
        heard.clear();
        one.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "answer");
        // And closing is no error when there is nothing to close any more.
        one.close().await.unwrap();
    });
}

#[test]
fn the_end_that_came_with_the_last_bytes_is_seen() {
    // Both arrive as one piece of news; the read that takes the bytes is short, and the only sign
    // that reading must go on is the hang-up.
    for (one, mut two) in [tcp_pair(), tcp_pair()] {
        let reactor = Reactor::new().unwrap();
        let entered = reactor.enter();
        let source = Source::try_from(one).unwrap();
        drop(entered);
        two.write_all(b"bye").unwrap();
        drop(two);
        let mut heard = Vec::new();
        run(&reactor, (&source).read_to_end(&mut heard)).unwrap();
        assert_eq!(heard, b"bye");
    }
    let reactor = Reactor::new().unwrap();
    let entered = reactor.enter();
    let (one, two) = Source::<UnixStream>::pair().unwrap();
    drop(entered);
    let mut buf = [0; 64];
    let mut by_reference = &one;
    let mut read = pin!(by_reference.read(&mut buf));
    let (_, waker) = Count::new();
    assert!(poll_once(read.as_mut(), &waker).is_pending());
    two.get_ref().write_all_now(b"bye");
    drop(two);
    assert_eq!(run(&reactor, read).unwrap(), 3);
    assert_eq!(run(&reactor, (&one).read(&mut buf)).unwrap(), 0);
}

trait WriteAllNow {
    fn write_all_now(&self, bytes: &[u8]);
}

impl WriteAllNow for UnixStream {
    fn write_all_now(&self, bytes: &[u8]) {
        Write::write_all(&mut &*self, bytes).unwrap();
    }
}

#[test]
fn a_short_read_is_not_followed_by_one_in_vain() {
    let reactor = Reactor::new().unwrap();
    let entered = reactor.enter();
    let (one, mut peer) = UnixStream::pair().unwrap();
    let source = Source::try_from(one).unwrap();
    drop(entered);
    let mut buf = [0; 8];
    peer.write_all(b"x").unwrap();
    assert_eq!(run(&reactor, (&source).read(&mut buf)).unwrap(), 1);
    while reactor.wait(Some(std::time::Duration::ZERO)).is_ok_and(|woken| woken > 0) {}
    // Of what came next nobody has told the source, because nobody drives the reactor: had it not
    // concluded from the short read that nothing was left, it would try, and find this.
    let (_, waker) = Count::new();
    let mut cx = Context::from_waker(&waker);
    assert_eq!(run(&reactor, (&source).read_again(&mut peer)).unwrap(), 1);
    peer.write_all(b"y").unwrap();
    assert!(Pin::new(&mut &source).poll_read(&mut cx, &mut buf).is_pending());
    assert_eq!(run(&reactor, (&source).read(&mut buf)).unwrap(), 1);
}

trait ReadAgain {
    async fn read_again(self, peer: &mut UnixStream) -> std::io::Result<usize>;
}

impl ReadAgain for &Source<UnixStream> {
    /// Once more around, so that all old news is spent.
    async fn read_again(mut self, peer: &mut UnixStream) -> std::io::Result<usize> {
        let mut buf = [0; 8];
        let mut read = pin!(self.read(&mut buf));
        assert!(future::poll_once(read.as_mut()).await.is_none());
        peer.write_all(b"z")?;
        read.await
    }
}

#[test]
fn vectored() {
    let (one, two) = UnixStream::pair().unwrap();
    let (one, two) = (Source::try_from(one).unwrap(), Source::try_from(two).unwrap());
    future::block_on(async {
        let (mut one, mut two) = (&one, &two);
        let bufs = [IoSlice::new(b"ah"), IoSlice::new(b"oy")];
        let n = future::poll_fn(|cx| Pin::new(&mut one).poll_write_vectored(cx, &bufs)).await;
        assert_eq!(n.unwrap(), 4);
        let (mut left, mut right) = ([0; 3], [0; 3]);
        let n = future::poll_fn(|cx| {
            let mut bufs = [IoSliceMut::new(&mut left), IoSliceMut::new(&mut right)];
            Pin::new(&mut two).poll_read_vectored(cx, &mut bufs)
        });
        assert_eq!(n.await.unwrap(), 4);
        assert_eq!((&left, &right), (b"aho", b"y\0\0"));
    });
}

#[test]
fn more_than_the_kernel_holds_goes_through() {
    let (one, mut two) = UnixStream::pair().unwrap();
    let mut one = Source::try_from(one).unwrap();
    let bytes: Vec<u8> = (0..5_000_000_u32).map(|n| (n % 251) as u8).collect();
    let reader = std::thread::spawn(move || {
        let mut heard = Vec::new();
        two.read_to_end(&mut heard).unwrap();
        heard
    });
    future::block_on(async {
        one.write_all(&bytes).await.unwrap();
        one.flush().await.unwrap();
    });
    drop(one);
    assert!(reader.join().unwrap() == bytes);
}

#[test]
fn writing_to_nobody_is_an_error() {
    let (one, two) = UnixStream::pair().unwrap();
    let mut one = Source::try_from(one).unwrap();
    drop(two);
    let error = future::block_on(one.write_all(b"x")).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
}

#[test]
fn two_tasks_each_take_a_direction() {
    let (one, two) = tcp_pair();
    let (one, two) = (Source::try_from(one).unwrap(), Source::try_from(two).unwrap());
    let bytes = vec![3; 3_000_000];
    future::block_on(async {
        // Both sides send more than fits: neither direction may wait for the other.
        let talk = async |source: &Source<TcpStream>| {
            let (mut say, mut hear) = (source, source);
            let mut heard = vec![0; bytes.len()];
            let say = say.write_all(&bytes);
            let (said, listened) = future::zip(say, hear.read_exact(&mut heard)).await;
            said.unwrap();
            listened.unwrap();
            assert!(heard == bytes);
        };
        future::zip(talk(&one), talk(&two)).await;
    });
}

#[test]
fn reading_touches_no_more_than_it_says() {
    let (one, two) = tcp_pair();
    let (mut one, two) = (Source::try_from(one).unwrap(), Source::try_from(two).unwrap());
    future::block_on(async {
        one.write_all(b"ahoy").await.unwrap();
        let mut room = [MaybeUninit::new(7_u8); 8];
        let n = poll_fn(|cx| two.poll_read_uninit(cx, &mut room)).await.unwrap();
        assert_eq!(n, 4);
        let mut rest = &two;
        one.write_all(b"!").await.unwrap();
        one.close().await.unwrap();
        let mut heard = Vec::new();
        rest.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"!", "what was read is gone, and no more");
        assert_eq!(poll_fn(|cx| two.poll_read_uninit(cx, &mut room)).await.unwrap(), 0, "the end");
    });
}

#[test]
fn the_traits_are_there() {
    fn is<T: AsyncRead + AsyncWrite + Unpin>() {}
    is::<Source<TcpStream>>();
    is::<&Source<TcpStream>>();
    is::<Source<UnixStream>>();
    is::<&Source<UnixStream>>();
}
