//! Streams in memory.

use std::future::Future;
use std::io::{ErrorKind, IoSlice, IoSliceMut};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Wake, Waker};

use evenkeel::io::prelude::*;
use evenkeel::io::{duplex, split};
use evenkeel::{create_task, run, testing, yield_now};
use futures_lite::future::poll_once;

#[test]
fn bytes_keep_their_order_round_the_end() {
    // Sizes that do not divide each other meet every place of the ring.
    testing::schedules(20, async |_| {
        let (mut one, mut two) = duplex(7);
        let sends = create_task(async move {
            let all: Vec<u8> = (0..=255).cycle().take(1000).collect();
            for piece in all.chunks(11) {
                one.write_all(piece).await.unwrap();
            }
        });
        let mut heard = Vec::new();
        let mut room = [0; 5];
        loop {
            match two.read(&mut room).await.unwrap() {
                0 => break,
                n => heard.extend_from_slice(&room[..n]),
            }
        }
        sends.await;
        assert!(heard.iter().copied().eq((0..=255).cycle().take(1000)));
    });
}

#[test]
fn it_waits_for_room_and_for_bytes() {
    run(async {
        let (mut one, mut two) = duplex(4);
        assert!(poll_once(two.read(&mut [0; 1])).await.is_none());
        assert_eq!(one.write(b"ahoy!").await.unwrap(), 4);
        assert!(poll_once(one.write(b"!")).await.is_none());
        let mut heard = [0; 3];
        assert_eq!(two.read(&mut heard).await.unwrap(), 3);
        assert_eq!(one.write(b"123456").await.unwrap(), 3);
        // Nothing asked for is nothing waited for.
        assert_eq!(two.read(&mut []).await.unwrap(), 0);
        assert_eq!(one.write(&[]).await.unwrap(), 0);
        assert_eq!(format!("{two:?}"), "DuplexStream { readable: 4, unread: 0, .. }");
    });
}

#[test]
fn ends() {
    run(async {
        let (mut one, mut two) = duplex(16);
        one.write_all(b"last").await.unwrap();
        one.close().await.unwrap();
        let error = one.write(b"more").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        let mut heard = String::new();
        two.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "last");
        // One way is closed, the other is open.
        two.write_all(b"answer").await.unwrap();
        drop(two);
        let mut heard = String::new();
        one.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "answer");

        let (mut one, two) = duplex(1);
        one.write_all(b"x").await.unwrap();
        let waits = create_task(async move { one.write_all(b"y").await });
        yield_now().await;
        drop(two);
        assert_eq!(waits.await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

struct Bomb;

impl Wake for Bomb {
    fn wake(self: Arc<Self>) {
        panic!("the waker panics");
    }
}

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

#[test]
fn a_waker_that_panics_keeps_the_end_from_nobody() {
    let (one, two) = duplex(1);
    let (mut reader, mut writer) = split(one);
    let mut byte = [0];
    let mut reads = pin!(reader.read(&mut byte));
    let mut writes = pin!(writer.write_all(b"ab"));
    let (bomb, count) = (Waker::from(Arc::new(Bomb)), Arc::new(Count::default()));
    assert!(reads.as_mut().poll(&mut Context::from_waker(&bomb)).is_pending());
    let waker = Waker::from(Arc::clone(&count));
    assert!(writes.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    catch_unwind(AssertUnwindSafe(|| drop(two))).expect_err("the panic goes on");
    assert_eq!(count.0.load(Relaxed), 1);
    run(async {
        assert_eq!(reads.await.unwrap(), 0);
        assert_eq!(writes.await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

/// What a waker may panic with: its drop panics as well.
struct Loaded;

impl Drop for Loaded {
    fn drop(&mut self) {
        panic!("the payload panics");
    }
}

impl Wake for Loaded {
    fn wake(self: Arc<Self>) {
        std::mem::forget(self);
        panic_any(Loaded);
    }
}

#[test]
fn a_payload_that_panics_takes_no_other_panics_place() {
    // As a stream is dropped, and as one is dropped by another panic.
    for before in [None, Some("another panic")] {
        let (one, two) = duplex(1);
        let (mut reader, mut writer) = split(one);
        let mut byte = [0];
        let mut reads = pin!(reader.read(&mut byte));
        let mut writes = pin!(writer.write_all(b"ab"));
        let (bomb, loaded) = (Waker::from(Arc::new(Bomb)), Waker::from(Arc::new(Loaded)));
        let first = if before.is_some() { &loaded } else { &bomb };
        assert!(reads.as_mut().poll(&mut Context::from_waker(first)).is_pending());
        assert!(writes.as_mut().poll(&mut Context::from_waker(&loaded)).is_pending());
        let drops = || {
            let _two = two;
            if let Some(text) = before {
                panic_any(text);
            }
        };
        let payload = catch_unwind(AssertUnwindSafe(drops)).unwrap_err();
        let said = payload.downcast_ref::<&str>().copied();
        assert_eq!(said, before.or(Some("the waker panics")));
    }
}

#[test]
fn several_buffers_in_one_go() {
    run(async {
        let (mut one, mut two) = duplex(8);
        let load = [IoSlice::new(b"even"), IoSlice::new(b""), IoSlice::new(b"keel!")];
        assert_eq!(one.write_vectored(&load).await.unwrap(), 8);
        let (mut a, mut b) = ([0; 3], [0; 10]);
        let mut room = [IoSliceMut::new(&mut a), IoSliceMut::new(&mut b)];
        assert_eq!(two.read_vectored(&mut room).await.unwrap(), 8);
        assert_eq!((&a, &b[..5]), (b"eve", &b"nkeel"[..]));
    });
}

#[test]
fn two_that_are_always_ready_let_others_go_first() {
    run(async {
        let (mut one, mut two) = duplex(1024);
        let endless = create_task(async move {
            loop {
                one.write_all(b"x").await.unwrap();
                two.read_exact(&mut [0; 1]).await.unwrap();
            }
        });
        for _ in 0..10 {
            yield_now().await;
        }
        endless.cancelled().await;
    });
}

#[test]
#[should_panic(expected = "would carry nothing")]
fn without_a_capacity() {
    let _ = duplex(0);
}
