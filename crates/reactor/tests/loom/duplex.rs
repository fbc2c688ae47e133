//! A stream in memory, the one protocol of the umbrella's own. What is below that crate does not build
//! under this flag, so its file is compiled once more here, with loom's lock. Each weakening that is named was tried,
//! and is a deadlock.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::PoisonError;
use std::task::{Context, Poll, Waker};
use std::thread::panicking;

use futures_io::{AsyncRead, AsyncWrite};
use loom::sync::{Mutex, MutexGuard};
use loom::thread;

#[allow(unreachable_pub, reason = "the umbrella exports it")]
#[path = "../../../evenkeel/src/io/duplex.rs"]
mod stream;

use self::stream::{DuplexStream, duplex};
use crate::waker;

/// What that file takes from its own facade, with the two above.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = waker();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}

/// A byte; none at the end.
async fn read(end: &mut DuplexStream) -> Option<u8> {
    let mut byte = [0];
    let n = poll_fn(|cx| Pin::new(&mut *end).poll_read(cx, &mut byte)).await.unwrap();
    (n > 0).then_some(byte[0])
}

async fn write(end: &mut DuplexStream, byte: u8) -> io::Result<usize> {
    poll_fn(|cx| Pin::new(&mut *end).poll_write(cx, &[byte])).await
}

/// Two bytes through room for one, and then the end: each waits for the other, and nobody for ever.
/// Weakened: the waker left behind without another look (`op` not tried again after the clone); `poll`
/// waking nobody; `end` telling nobody.
#[test]
fn bytes_and_their_end() {
    loom::model(|| {
        let (mut one, mut two) = duplex(1);
        let writer = thread::spawn(move || {
            block_on(async {
                write(&mut one, 1).await.unwrap();
                write(&mut one, 2).await.unwrap();
            });
        });
        let heard =
            block_on(async { [read(&mut two).await, read(&mut two).await, read(&mut two).await] });
        assert_eq!(heard, [Some(1), Some(2), None]);
        writer.join().unwrap();
    });
}

/// One waits for room while the other end goes: it is told. Weakened: `Drop` ending one way alone.
#[test]
fn write_against_the_drop_of_the_reader() {
    loom::model(|| {
        let (mut one, two) = duplex(1);
        let other = thread::spawn(move || drop(two));
        let told = block_on(async {
            match write(&mut one, 1).await {
                Ok(_) => write(&mut one, 2).await,
                error => error,
            }
        });
        assert_eq!(told.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        other.join().unwrap();
    });
}

/// A reader that was polled with one waker and then with another is woken by the second. Weakened: a
/// waker that stays where there is one.
#[test]
fn the_last_waker_counts() {
    loom::model(|| {
        let (mut one, mut two) = duplex(1);
        let mut byte = [0];
        let mut cx = Context::from_waker(Waker::noop());
        let early = Pin::new(&mut two).poll_read(&mut cx, &mut byte);
        assert!(early.is_pending());
        let writer = thread::spawn(move || {
            block_on(write(&mut one, 1)).unwrap();
            one
        });
        assert_eq!(block_on(read(&mut two)), Some(1));
        drop(writer.join().unwrap());
    });
}

/// Both ways at once, each end of which answers the other. Weakened: a side that takes its own waker
/// instead of the other's.
#[test]
fn question_and_answer() {
    loom::model(|| {
        let (mut one, mut two) = duplex(1);
        let answers = thread::spawn(move || {
            block_on(async {
                let asked = read(&mut two).await.unwrap();
                write(&mut two, asked + 1).await.unwrap();
            });
        });
        let answer = block_on(async {
            write(&mut one, 1).await.unwrap();
            read(&mut one).await
        });
        assert_eq!(answer, Some(2));
        answers.join().unwrap();
    });
}
