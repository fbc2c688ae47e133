//! Copying, one way and both.

use std::io::{self, ErrorKind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};

use evenkeel::io::prelude::*;
use evenkeel::io::{
    AsyncRead, AsyncWrite, BufReader, BufWriter, Cursor, copy, copy_bidirectional, copy_buf,
    duplex, empty, sink,
};
use evenkeel::{create_task, gather, run, yield_now};

use super::Pieces;

#[test]
fn everything_comes_over() {
    run(async {
        let all: Vec<u8> = (0..100_000_u32).map(|n| n as u8).collect();
        let (mut there, here) = duplex(1000);
        let sends = create_task({
            let all = all.clone();
            async move {
                let n = copy(&all[..], &mut there).await.unwrap();
                there.close().await.unwrap();
                n
            }
        });
        let mut heard = Vec::new();
        assert_eq!(copy_buf(BufReader::new(here), &mut heard).await.unwrap(), 100_000);
        assert_eq!((sends.await, heard == all), (100_000, true));
        assert_eq!(copy(empty(), sink()).await.unwrap(), 0);
    });
}

#[test]
fn an_error_is_told() {
    run(async {
        let reader = Pieces::of(&[b"ahoy"]).then(ErrorKind::ConnectionReset);
        let mut heard = Vec::new();
        let error = copy(reader, &mut heard).await.unwrap_err();
        assert_eq!((error.kind(), &heard[..]), (ErrorKind::ConnectionReset, &b"ahoy"[..]));
        let mut full = [0; 2];
        let mut full = Cursor::new(&mut full[..]);
        let error = copy(&b"ahoy"[..], &mut full).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WriteZero);
        let error = copy_buf(&b"ahoy"[..], &mut full).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WriteZero);
    });
}

#[test]
fn what_waits_in_a_buffer_is_flushed_while_nothing_comes() {
    run(async {
        let (mut one, inner) = duplex(64);
        let (outer, mut two) = duplex(64);
        let copies =
            create_task(async move { copy(inner, BufWriter::with_capacity(1000, outer)).await });
        one.write_all(b"ahoy").await.unwrap();
        let mut heard = [0; 4];
        two.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"ahoy");
        drop(one);
        assert_eq!(copies.await.unwrap(), 4);
    });
}

#[test]
fn both_ways_and_half_closed() {
    run(async {
        let (mut client, mut inner) = duplex(16);
        let (mut outer, mut server) = duplex(16);
        let proxy =
            create_task(async move { copy_bidirectional(&mut inner, &mut outer).await.unwrap() });
        let asks = async {
            client.write_all(&[1; 1000]).await.unwrap();
            client.close().await.unwrap();
            let mut heard = Vec::new();
            client.read_to_end(&mut heard).await.unwrap();
            heard
        };
        let answers = async {
            // The client's end arrives, and the way back is still open.
            let mut heard = Vec::new();
            server.read_to_end(&mut heard).await.unwrap();
            assert_eq!(heard, [1; 1000]);
            server.write_all(&[2; 500]).await.unwrap();
            server.close().await.unwrap();
        };
        let (heard, ()) = gather((asks, answers)).await;
        assert_eq!((heard, proxy.await), (vec![2; 500], (1000, 500)));
    });
}

/// Always has a byte.
struct Endless;

impl AsyncRead for Endless {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(1))
    }
}

#[test]
fn a_copy_that_never_waits_lets_others_go_first() {
    run(async {
        let endless = create_task(async { copy(Endless, sink()).await });
        for _ in 0..10 {
            yield_now().await;
        }
        endless.cancelled().await;
        let endless = create_task(async { copy_buf(BufReader::new(Endless), sink()).await });
        yield_now().await;
        endless.cancelled().await;
    });
}

#[test]
fn no_memory_before_it_begins() {
    // Ten thousand copies that were made and not polled are small.
    let (one, _two) = duplex(1);
    let mut copies = pin!(copy(one, sink()));
    assert!(size_of_val(&*copies) < 200, "{}", size_of_val(&*copies));
    assert!(copies.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

/// Always gives, always takes, and counts what it took.
struct Talker(Arc<AtomicU64>);

impl AsyncRead for Talker {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }
}

impl AsyncWrite for Talker {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.fetch_add(buf.len() as u64, Relaxed);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn a_way_that_is_always_ready_does_not_starve_the_other() {
    run(async {
        let taken = [Arc::default(), Arc::<AtomicU64>::default()];
        let [mut a, mut b] = [0, 1].map(|at| Talker(Arc::clone(&taken[at])));
        let copies = create_task(async move { copy_bidirectional(&mut a, &mut b).await });
        for _ in 0..10 {
            yield_now().await;
        }
        copies.cancelled().await;
        let taken = taken.map(|bytes| bytes.load(Relaxed));
        assert!(taken[0] > 0 && taken[1] > 0, "{taken:?}");
    });
}
